//! What can stand behind the fixed fields of a licence line.

use alloc::string::String;
use alloc::vec::Vec;

use super::ast::DupGroup;
use crate::host::HostId;
use crate::id::FeatureName;
use crate::time::Date;

/// One `KEY=VALUE` or flag of a FEATURE, INCREMENT, UPGRADE or PACKAGE line, as flexnet's manuals list them.
/// Publishers write them in upper case; the last six may be edited by administrators and are never signed.
#[derive(Debug, Clone, PartialEq)]
pub enum Attribute {
    /// `SIGN="…"`: hex groups of a signature.
    Sign(String),
    /// `SIGN2="…"`
    Sign2(String),
    /// `AUTH={…}`: another system's signatures, as written between the braces.
    Auth(String),
    /// The hex key that lines before version 7.1 have as sixth field.
    LegacyKey(String),
    /// The bare quoted string that ends a line of version 2.
    LegacyVendorString(String),
    /// `ISSUED=`
    Issued(Date),
    /// `START=`
    Start(Date),
    /// `NOTICE=""`
    Notice(String),
    /// `ISSUER=""`
    Issuer(String),
    /// `SN=`
    SerialNumber(String),
    /// `VENDOR_STRING=""`
    VendorString(String),
    /// `HOSTID=`: any of them.
    HostId(Vec<HostId>),
    /// `HOST_BASED[=n]`
    HostBased(Option<u32>),
    /// `USER_BASED[=n]`
    UserBased(Option<u32>),
    /// `DUP_GROUP=`
    DupGroup(DupGroup),
    /// `SUITE_DUP_GROUP=`
    SuiteDupGroup(DupGroup),
    /// `SUITE_RESERVED`
    SuiteReserved,
    /// `OVERDRAFT=n`
    Overdraft(u32),
    /// `BORROW[=hours]`
    Borrow(Option<u32>),
    /// `LINGER=n`, seconds.
    Linger(u32),
    /// `FLOAT_OK[=hostid]`
    FloatOk(Option<HostId>),
    /// `CAPACITY`
    Capacity,
    /// `METERED`
    Metered,
    /// `MINIMUM=n`
    Minimum(u32),
    /// `PLATFORMS=""`, in order.
    Platforms(Vec<String>),
    /// `VM_PLATFORMS=`
    VmPlatforms(String),
    /// `TZ=`
    TimeZones(String),
    /// `TS_OK`
    TsOk,
    /// `ONE_TS_OK`
    OneTsOk,
    /// `SUPERSEDE[="f1 f2"]`; empty means the line's own feature.
    Supersede(Vec<FeatureName>),
    /// `SUPERSEDE_SIGN="…"`
    SupersedeSign(String),
    /// An upper-case attribute that licgate does not know (−90) or whose value does not parse: name as written,
    /// value if it had one.
    Unknown(String, Option<String>),
    /// `asset_info=""`
    AssetInfo(String),
    /// `dist_info=""`
    DistInfo(String),
    /// `user_info=""`
    UserInfo(String),
    /// `vendor_info=""`
    VendorInfo(String),
    /// `sort=nnn`, 0 to 255.
    Sort(u8),
    /// `ck=nnn`
    Checksum(u32),
}

impl Attribute {
    /// The name in its canonical case, which for [`Unknown`](Self::Unknown) is as it was written. The two that are
    /// written without a name have none: the empty text.
    pub fn name(&self) -> &str {
        match self {
            Self::LegacyKey(_) | Self::LegacyVendorString(_) => "",
            Self::Unknown(name, _) => name,
            Self::Sign(_) => "SIGN",
            Self::Sign2(_) => "SIGN2",
            Self::Auth(_) => "AUTH",
            Self::Issued(_) => "ISSUED",
            Self::Start(_) => "START",
            Self::Notice(_) => "NOTICE",
            Self::Issuer(_) => "ISSUER",
            Self::SerialNumber(_) => "SN",
            Self::VendorString(_) => "VENDOR_STRING",
            Self::HostId(_) => "HOSTID",
            Self::HostBased(_) => "HOST_BASED",
            Self::UserBased(_) => "USER_BASED",
            Self::DupGroup(_) => "DUP_GROUP",
            Self::SuiteDupGroup(_) => "SUITE_DUP_GROUP",
            Self::Overdraft(_) => "OVERDRAFT",
            Self::Borrow(_) => "BORROW",
            Self::Linger(_) => "LINGER",
            Self::FloatOk(_) => "FLOAT_OK",
            Self::Minimum(_) => "MINIMUM",
            Self::Platforms(_) => "PLATFORMS",
            Self::VmPlatforms(_) => "VM_PLATFORMS",
            Self::TimeZones(_) => "TZ",
            Self::Supersede(_) => "SUPERSEDE",
            Self::SupersedeSign(_) => "SUPERSEDE_SIGN",
            Self::AssetInfo(_) => "asset_info",
            Self::DistInfo(_) => "dist_info",
            Self::UserInfo(_) => "user_info",
            Self::VendorInfo(_) => "vendor_info",
            Self::Sort(_) => "sort",
            Self::Checksum(_) => "ck",
            Self::SuiteReserved => "SUITE_RESERVED",
            Self::Capacity => "CAPACITY",
            Self::Metered => "METERED",
            Self::TsOk => "TS_OK",
            Self::OneTsOk => "ONE_TS_OK",
        }
    }
}
