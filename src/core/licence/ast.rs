//! One type per statement of a licence file, with every part that was written.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

pub use super::attribute::Attribute;
use crate::host::HostId;
use crate::id::{FeatureName, VendorName};
use crate::text::Spanned;
use crate::time::Date;
use crate::version::Version;

/// A licence file: its statements in the order of the file. Comments and line breaks are not kept.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Licence {
    /// Each with the span of its logical line.
    pub statements: Vec<Spanned<Statement>>,
}

/// One logical line.
#[derive(Debug, Clone, PartialEq)]
pub enum Statement {
    /// `SERVER host hostid [port] …`
    Server(Server),
    /// `VENDOR name [path] [options] [port]` (or `DAEMON`).
    Vendor(Vendor),
    /// `USE_SERVER`
    UseServer,
    /// `FEATURE …` or `INCREMENT …`
    Feature(Feature),
    /// `UPGRADE …`
    Upgrade(Upgrade),
    /// `PACKAGE …`
    Package(Package),
}

/// A licence host.
#[derive(Debug, Clone, PartialEq)]
pub struct Server {
    /// Name, address, or `this_host`.
    pub host: Spanned<String>,
    /// What the host must show; several mean any of them.
    pub hostids: Spanned<Vec<HostId>>,
    /// The master daemon's port; without one it takes the first free of 27000 to 27009.
    pub port: Option<Spanned<u16>>,
    /// `PRIMARY_IS_MASTER`
    pub primary_is_master: bool,
    /// `HEARTBEAT_INTERVAL=` (older: `SERVER_TIMEOUT=`), seconds.
    pub heartbeat_interval: Option<u32>,
    /// `PLAT=`, as written.
    pub plat: Option<String>,
}

impl Server {
    /// The word that stands for "the host by which the client found the server".
    pub const THIS_HOST: &'static str = "this_host";
}

/// A vendor daemon.
#[derive(Debug, Clone, PartialEq)]
pub struct Vendor {
    /// Its name.
    pub name: Spanned<VendorName>,
    /// The program; without one, licgate's own vendor daemon.
    pub path: Option<Spanned<String>>,
    /// The options file; without one, `<name>.opt` beside the licence file.
    pub options: Option<Spanned<String>>,
    /// The port; without one the system chooses.
    pub port: Option<Spanned<u16>>,
}

impl Vendor {
    /// Where its options file lies: as written, else `<name>.opt`; what is not absolute counts from the directory of the
    /// file `licence`.
    pub fn options_file(&self, licence: &str) -> String {
        let name =
            self.options.as_ref().map_or_else(|| format!("{}.opt", self.name.node), |it| it.node.clone());
        match licence.rsplit_once('/') {
            Some((directory, _)) if !name.starts_with('/') => format!("{directory}/{name}"),
            Some(_) | None => name,
        }
    }
}

/// Which of the two keywords a feature line begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FeatureKind {
    /// Only the first FEATURE line of a name counts.
    Feature,
    /// Each line adds seats.
    Increment,
}

/// `FEATURE` and `INCREMENT`: seats of one feature.
#[derive(Debug, Clone, PartialEq)]
pub struct Feature {
    /// The keyword.
    pub kind: FeatureKind,
    /// The feature's name.
    pub name: Spanned<FeatureName>,
    /// The vendor daemon that serves it.
    pub vendor: Spanned<VendorName>,
    /// The highest version that may be checked out.
    pub version: Spanned<Version>,
    /// The last day.
    pub expiry: Spanned<Expiry>,
    /// How many seats.
    pub count: Spanned<Count>,
    /// Everything after the positional fields, in order.
    pub attributes: Vec<Spanned<Attribute>>,
}

/// `UPGRADE`: lifts some seats of an earlier line to a higher version.
#[derive(Debug, Clone, PartialEq)]
pub struct Upgrade {
    /// The feature's name.
    pub name: Spanned<FeatureName>,
    /// The vendor daemon that serves it.
    pub vendor: Spanned<VendorName>,
    /// The lowest version that is lifted.
    pub from: Spanned<Version>,
    /// The version that it is lifted to.
    pub to: Spanned<Version>,
    /// The last day.
    pub expiry: Spanned<Expiry>,
    /// How many seats.
    pub count: Spanned<Count>,
    /// Everything after the positional fields, in order.
    pub attributes: Vec<Spanned<Attribute>>,
}

/// `PACKAGE`: one name for several features.
#[derive(Debug, Clone, PartialEq)]
pub struct Package {
    /// The package's name.
    pub name: Spanned<FeatureName>,
    /// The vendor daemon that serves it.
    pub vendor: Spanned<VendorName>,
    /// The version of components that name none.
    pub version: Option<Spanned<Version>>,
    /// `COMPONENTS="…"`
    pub components: Vec<Spanned<Component>>,
    /// `OPTIONS=SUITE` / `OPTIONS=SUITE_RESERVED`
    pub suite: Option<Suite>,
    /// The other attributes, in order.
    pub attributes: Vec<Spanned<Attribute>>,
}

/// How a package's seat relates to its components' seats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suite {
    /// A checkout of any component takes a seat of the suite as well.
    Suite,
    /// The same, and the other components are kept for the same user.
    Reserved,
}

/// `name[:version[:count]]` inside `COMPONENTS`.
#[derive(Debug, Clone, PartialEq)]
pub struct Component {
    /// The feature.
    pub name: FeatureName,
    /// Its version; without one, the package's.
    pub version: Option<Version>,
    /// Seats per seat of the package; without one, 1.
    pub count: Option<u32>,
}

/// The last day of a line. It holds through the end of that day, local time of the licence host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Expiry {
    /// This day.
    On(Date),
    /// `permanent`, `1-jan-0`, `01-jan-0000`, …
    Never,
}

/// The number of seats on a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Count {
    /// That many.
    Counted(u32),
    /// `uncounted` or `0`: as many as come.
    Uncounted,
}

/// What decides that two checkouts are the same and share a seat: the letters of `DUP_GROUP=`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DupGroup {
    /// Every checkout takes its own seat.
    None,
    /// All checkouts of the site share one.
    Site,
    /// Those that agree in everything named here share one.
    By {
        /// `U`
        user: bool,
        /// `H`
        host: bool,
        /// `D`
        display: bool,
        /// `V`: the checkout data that the application gives.
        vendor: bool,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Span;

    #[test]
    fn an_options_file_lies_beside_the_licence_file() {
        let spanned = |text: &str| Spanned { node: text.into(), span: Span::default() };
        for (written, licence, place) in [
            (None, "/etc/licgate/acme.lic", "/etc/licgate/acme.opt"),
            (None, "acme.lic", "acme.opt"),
            (None, "/acme.lic", "/acme.opt"),
            (Some("site.opt"), "etc/acme.lic", "etc/site.opt"),
            (Some("../site.opt"), "/etc/licgate/acme.lic", "/etc/licgate/../site.opt"),
            (Some("/opt/site.opt"), "/etc/acme.lic", "/opt/site.opt"),
        ] {
            let name = Spanned { node: "acme".into(), span: Span::default() };
            let vendor = Vendor { name, path: None, options: written.map(spanned), port: None };
            assert_eq!(vendor.options_file(licence), place);
        }
    }
}
