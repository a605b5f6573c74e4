//! An application with a hosts file of its own, in a user and mount namespace, without any privilege (Linux).
