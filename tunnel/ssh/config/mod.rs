//! The user's ssh configuration: evaluated by OpenSSH itself where it is installed, else by our own reader.
