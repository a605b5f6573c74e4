//! The server's real address, past our own override in the hosts file.
