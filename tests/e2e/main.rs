//! End-to-end tests: the real programs on ports that the system chooses.

mod redirect;
mod restart;
mod seats;
mod startup;
mod tidy;
