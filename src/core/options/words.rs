//! The words that an options file has for kinds, narrowing keys, classes of events and trusted storage.

use super::ast::{Kind, LogClass, Narrowing, TrustedStorage};

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 7] =
        [Self::User, Self::Host, Self::Display, Self::Internet, Self::Project, Self::Group, Self::HostGroup];

    /// The word before the name: `USER`.
    pub fn word(self) -> &'static str {
        match self {
            Self::User => "USER",
            Self::Host => "HOST",
            Self::Display => "DISPLAY",
            Self::Internet => "INTERNET",
            Self::Project => "PROJECT",
            Self::Group => "GROUP",
            Self::HostGroup => "HOST_GROUP",
        }
    }

    /// The word in place of a name that means each of them by itself: `ALL_USERS`. Not all kinds have one.
    pub fn all_word(self) -> Option<&'static str> {
        match self {
            Self::User => Some("ALL_USERS"),
            Self::Host => Some("ALL_HOSTS"),
            Self::Group => Some("ALL_GROUPS"),
            Self::HostGroup => Some("ALL_HOST_GROUPS"),
            Self::Display | Self::Internet | Self::Project => None,
        }
    }
}

impl Narrowing {
    /// The keyword, in its canonical case.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Version(_) => "VERSION",
            Self::HostId(_) => "HOSTID",
            Self::ExpiryDate(_) => "EXPDATE",
            Self::Key(_) => "KEY",
            Self::Sign(_) => "SIGN",
            Self::Issuer(_) => "ISSUER",
            Self::Notice(_) => "NOTICE",
            Self::VendorString(_) => "VENDOR_STRING",
            Self::DistInfo(_) => "dist_info",
            Self::UserInfo(_) => "user_info",
            Self::AssetInfo(_) => "asset_info",
        }
    }
}

impl LogClass {
    /// All classes.
    pub const ALL: [Self; 7] =
        [Self::In, Self::Out, Self::Denied, Self::Queued, Self::Dequeued, Self::Unsupported, Self::Upgrade];

    /// The word behind `NOLOG`.
    pub fn word(self) -> &'static str {
        match self {
            Self::In => "IN",
            Self::Out => "OUT",
            Self::Denied => "DENIED",
            Self::Queued => "QUEUED",
            Self::Dequeued => "DEQUEUED",
            Self::Unsupported => "UNSUPPORTED",
            Self::Upgrade => "UPGRADE",
        }
    }
}

impl TrustedStorage {
    /// The keyword.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Lowwater => "ACTIVATION_LOWWATER",
            Self::ExpiryDays => "ACTIVATION_EXPIRY_DAYS",
            Self::Exclude => "EXCLUDE_ENTITLEMENT",
            Self::ExcludeAll => "EXCLUDEALL_ENTITLEMENT",
            Self::Include => "INCLUDE_ENTITLEMENT",
            Self::IncludeAll => "INCLUDEALL_ENTITLEMENT",
        }
    }
}
