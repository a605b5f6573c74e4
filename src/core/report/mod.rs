//! What people and their scripts read: status text and debug-log lines, in FlexNet's form.

pub mod log;
mod page;

pub use page::page;
