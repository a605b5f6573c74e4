//! An authenticated ssh session: commands, forwards, pings.
