//! What to do about a vendor daemon that ended.
