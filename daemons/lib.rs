//! The programs of a licence host: the master daemon licmgrd and the vendor daemon licvendord.

pub mod journal;
