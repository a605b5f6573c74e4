//! What people and their scripts read: status text and debug-log lines, in FlexNet's form.

pub mod event;
pub mod listing;
pub mod log;
mod page;
pub mod status;
pub mod usage;

pub use page::page;
