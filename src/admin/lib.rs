//! The programs of administrators, vendors and users: licutil, licsign, licrun.

pub mod run;
