//! The known-hosts files: who a host has to be, and what to do when it is not.
