//! Which ports a server's licence system uses: from files, from its master daemon, from a look at the host.
