//! The lines that a pool has its seats from, as far as rules of an options file can tell them apart.

use alloc::vec::Vec;

use super::upgrade::Share;
use crate::id::FeatureName;
use crate::licence::ast::{Attribute, Expiry, Statement};

/// A line that a pool has seats from.
#[derive(Debug, Clone, PartialEq)]
pub struct Origin {
    /// The package that the feature is a component of.
    pub package: Option<FeatureName>,
    /// Its last day.
    pub expiry: Expiry,
    /// Its attributes that pools are not kept apart by, but rules can ask for: SIGN, the key of old lines, ISSUER,
    /// NOTICE and the administrator's texts; those of the PACKAGE line as well.
    pub attributes: Vec<Attribute>,
}

impl Origin {
    pub(super) fn of(share: &Share<'_>) -> Self {
        let package = share.package.and_then(|statement| match statement {
            Statement::Package(package) => Some(package.name.node.clone()),
            Statement::Server(_)
            | Statement::Vendor(_)
            | Statement::UseServer
            | Statement::Feature(_)
            | Statement::Upgrade(_) => None,
        });
        let lines = share.package.into_iter().chain([share.statement]);
        let attributes = lines.flat_map(attributes).filter(|attribute| can_be_asked_for(attribute));
        Self { package, expiry: share.expiry, attributes: attributes.cloned().collect() }
    }
}

fn attributes(statement: &Statement) -> impl Iterator<Item = &Attribute> {
    let attributes = match statement {
        Statement::Feature(line) => line.attributes.as_slice(),
        Statement::Upgrade(line) => line.attributes.as_slice(),
        Statement::Package(line) => line.attributes.as_slice(),
        Statement::Server(_) | Statement::Vendor(_) | Statement::UseServer => &[],
    };
    attributes.iter().map(|attribute| &attribute.node)
}

fn can_be_asked_for(attribute: &Attribute) -> bool {
    matches!(
        attribute,
        Attribute::Sign(_)
            | Attribute::LegacyKey(_)
            | Attribute::Issuer(_)
            | Attribute::Notice(_)
            | Attribute::DistInfo(_)
            | Attribute::UserInfo(_)
            | Attribute::AssetInfo(_)
    )
}
