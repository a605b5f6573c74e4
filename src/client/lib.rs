//! Hold floating-licence seats from an application.
