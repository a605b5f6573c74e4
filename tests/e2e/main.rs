//! End-to-end tests: the real programs on ports that the system chooses.

mod tidy;
