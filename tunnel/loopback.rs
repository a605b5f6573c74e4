//! The loopback address of a server on this machine: its own, and the same every time.
