//! The one canonical spelling of each statement: `parse(print(x)) == x`.

use alloc::string::ToString;
use core::fmt;

use super::ast::{
    Attribute, Component, Count, DupGroup, Expiry, Feature, FeatureKind, Licence, Package, Server, Statement,
    Suite, Upgrade, Vendor,
};
use super::spelling;
use crate::host::HostId;
use crate::text::Spanned;

impl fmt::Display for Licence {
    /// One statement a line, wrapped with `\` before FlexNet's 2048 characters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        spelling::write_lines(f, &self.statements)
    }
}

impl fmt::Display for Statement {
    /// The statement on one line, single blanks between its parts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server(server) => server.fmt(f),
            Self::Vendor(vendor) => vendor.fmt(f),
            Self::UseServer => f.write_str("USE_SERVER"),
            Self::Feature(feature) => feature.fmt(f),
            Self::Upgrade(upgrade) => upgrade.fmt(f),
            Self::Package(package) => package.fmt(f),
        }
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SERVER {} ", self.host.node)?;
        spelling::write_value(f, &host_ids(&self.hostids.node))?;
        if let Some(port) = &self.port {
            write!(f, " {}", port.node)?;
        }
        if self.primary_is_master {
            f.write_str(" PRIMARY_IS_MASTER")?;
        }
        if let Some(seconds) = self.heartbeat_interval {
            write!(f, " HEARTBEAT_INTERVAL={seconds}")?;
        }
        let Some(plat) = &self.plat else { return Ok(()) };
        f.write_str(" PLAT=")?;
        spelling::write_value(f, plat)
    }
}

impl fmt::Display for Vendor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VENDOR {}", self.name.node)?;
        if let Some(path) = &self.path {
            f.write_str(" ")?;
            spelling::write_path(f, &path.node)?;
        }
        if let Some(options) = &self.options {
            f.write_str(" OPTIONS=")?;
            spelling::write_value(f, &options.node)?;
        }
        self.port.as_ref().map_or(Ok(()), |port| write!(f, " PORT={}", port.node))
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, name, vendor, version, expiry, count, attributes } = self;
        let (name, vendor, version) = (&name.node, &vendor.node, &version.node);
        write!(f, "{kind} {name} {vendor} {version} {} {}", expiry.node, count.node)?;
        write_attributes(f, attributes)
    }
}

impl fmt::Display for Upgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, vendor, from, to, expiry, count, attributes } = self;
        let (name, vendor, from, to) = (&name.node, &vendor.node, &from.node, &to.node);
        write!(f, "UPGRADE {name} {vendor} {from} {to} {} {}", expiry.node, count.node)?;
        write_attributes(f, attributes)
    }
}

impl fmt::Display for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PACKAGE {} {}", self.name.node, self.vendor.node)?;
        if let Some(version) = &self.version {
            write!(f, " {}", version.node)?;
        }
        f.write_str(" COMPONENTS=\"")?;
        write_list(f, self.components.iter().map(|component| &component.node))?;
        f.write_str("\"")?;
        if let Some(suite) = self.suite {
            write!(f, " OPTIONS={suite}")?;
        }
        write_attributes(f, &self.attributes)
    }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        match (&self.version, self.count) {
            (None, None) => Ok(()),
            (Some(version), None) => write!(f, ":{version}"),
            (None, Some(count)) => write!(f, "::{count}"),
            (Some(version), Some(count)) => write!(f, ":{version}:{count}"),
        }
    }
}

impl fmt::Display for Attribute {
    /// `NAME=value`, quoted where FlexNet writes it so or the value needs it, or the bare name of a flag.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name();
        match self {
            Self::LegacyKey(key) => f.write_str(key),
            Self::LegacyVendorString(text) => write!(f, "\"{text}\""),
            Self::Auth(text) => write!(f, "{name}={{{text}}}"),
            Self::Sign(text)
            | Self::Sign2(text)
            | Self::SupersedeSign(text)
            | Self::Notice(text)
            | Self::Issuer(text)
            | Self::VendorString(text)
            | Self::AssetInfo(text)
            | Self::DistInfo(text)
            | Self::UserInfo(text)
            | Self::VendorInfo(text) => write!(f, "{name}=\"{text}\""),
            Self::SerialNumber(text)
            | Self::VmPlatforms(text)
            | Self::TimeZones(text)
            | Self::Unknown(_, Some(text)) => write_pair(f, name, text),
            Self::HostId(ids) => write_pair(f, name, &host_ids(ids)),
            Self::FloatOk(Some(id)) => write_pair(f, name, &id.to_string()),
            Self::Platforms(words) => {
                write!(f, "{name}=\"")?;
                write_list(f, words)?;
                f.write_str("\"")
            }
            Self::Supersede(features) if !features.is_empty() => {
                write!(f, "{name}=\"")?;
                write_list(f, features)?;
                f.write_str("\"")
            }
            Self::Issued(date) | Self::Start(date) => write!(f, "{name}={date}"),
            Self::DupGroup(group) | Self::SuiteDupGroup(group) => write!(f, "{name}={group}"),
            Self::HostBased(Some(number))
            | Self::UserBased(Some(number))
            | Self::Borrow(Some(number))
            | Self::Overdraft(number)
            | Self::Linger(number)
            | Self::Minimum(number)
            | Self::Checksum(number) => write!(f, "{name}={number}"),
            Self::Sort(number) => write!(f, "{name}={number}"),
            Self::HostBased(None)
            | Self::UserBased(None)
            | Self::Borrow(None)
            | Self::FloatOk(None)
            | Self::SuiteReserved
            | Self::Capacity
            | Self::Metered
            | Self::TsOk
            | Self::OneTsOk
            | Self::Supersede(_)
            | Self::Unknown(_, None) => f.write_str(name),
        }
    }
}

impl fmt::Display for FeatureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Feature => "FEATURE",
            Self::Increment => "INCREMENT",
        })
    }
}

impl fmt::Display for Expiry {
    /// `31-dec-2027` or `permanent`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::On(date) => date.fmt(f),
            Self::Never => f.write_str("permanent"),
        }
    }
}

impl fmt::Display for Count {
    /// A number or `uncounted`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Counted(seats) => seats.fmt(f),
            Self::Uncounted => f.write_str("uncounted"),
        }
    }
}

impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Suite => "SUITE",
            Self::Reserved => "SUITE_RESERVED",
        })
    }
}

impl fmt::Display for DupGroup {
    /// `NONE`, `SITE`, or letters in the order `UHDV`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::None | Self::By { user: false, host: false, display: false, vendor: false } => {
                f.write_str("NONE")
            }
            Self::Site => f.write_str("SITE"),
            Self::By { user, host, display, vendor } => {
                [(user, "U"), (host, "H"), (display, "D"), (vendor, "V")]
                    .iter()
                    .filter(|(counts, _)| *counts)
                    .try_for_each(|(_, letter)| f.write_str(letter))
            }
        }
    }
}

fn host_ids(ids: &[HostId]) -> alloc::string::String {
    ids.iter().map(ToString::to_string).collect::<alloc::vec::Vec<_>>().join(" ")
}

fn write_attributes(f: &mut fmt::Formatter<'_>, attributes: &[Spanned<Attribute>]) -> fmt::Result {
    attributes.iter().try_for_each(|attribute| write!(f, " {}", attribute.node))
}

fn write_pair(f: &mut fmt::Formatter<'_>, name: &str, value: &str) -> fmt::Result {
    write!(f, "{name}=")?;
    spelling::write_value(f, value)
}

fn write_list<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    items: impl IntoIterator<Item = T>,
) -> fmt::Result {
    items.into_iter().enumerate().try_for_each(|(index, item)| {
        let blank = if index == 0 { "" } else { " " };
        write!(f, "{blank}{item}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;
    use std::string::String;
    use std::vec;

    fn printed(attribute: &Attribute) -> String {
        format!("{attribute}")
    }

    #[test]
    fn attributes_print_in_their_canonical_case_and_quoting() {
        let by = |user, host, display, vendor| DupGroup::By { user, host, display, vendor };
        for (attribute, text) in [
            (Attribute::Sign("0123 4567".into()), r#"SIGN="0123 4567""#),
            (Attribute::SerialNumber("A-17".into()), "SN=A-17"),
            (Attribute::SerialNumber("A 17".into()), r#"SN="A 17""#),
            (Attribute::SerialNumber(String::new()), r#"SN="""#),
            (Attribute::VendorString(String::new()), r#"VENDOR_STRING="""#),
            (Attribute::Auth(" acme=( 1 ) ".into()), "AUTH={ acme=( 1 ) }"),
            (Attribute::LegacyKey("7D57F8AC868C".into()), "7D57F8AC868C"),
            (Attribute::LegacyVendorString("edu".into()), r#""edu""#),
            (Attribute::DupGroup(by(true, true, false, false)), "DUP_GROUP=UH"),
            (Attribute::DupGroup(by(false, false, true, true)), "DUP_GROUP=DV"),
            (Attribute::SuiteDupGroup(DupGroup::Site), "SUITE_DUP_GROUP=SITE"),
            (Attribute::Borrow(None), "BORROW"),
            (Attribute::Borrow(Some(72)), "BORROW=72"),
            (Attribute::Platforms(vec!["i86_n".into()]), r#"PLATFORMS="i86_n""#),
            (Attribute::Supersede(vec![]), "SUPERSEDE"),
            (Attribute::Supersede(vec!["a".into(), "b".into()]), r#"SUPERSEDE="a b""#),
            (Attribute::HostId(vec![HostId::Any]), "HOSTID=ANY"),
            (Attribute::HostId(vec![HostId::Any, HostId::Demo]), r#"HOSTID="ANY DEMO""#),
            (Attribute::UserInfo("x".into()), r#"user_info="x""#),
            (Attribute::Sort(20), "sort=20"),
            (Attribute::Unknown("New".into(), Some("{x}".into())), r#"New="{x}""#),
            (Attribute::Unknown("New".into(), None), "New"),
        ] {
            assert_eq!(printed(&attribute), text);
        }
    }
}
