//! What differs between Linux, macOS and Windows: places, privilege, loopback addresses, detaching.
