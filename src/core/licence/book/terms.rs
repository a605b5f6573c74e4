//! What a line's attributes mean for serving it: the one table of what is enforced, what is only said, and what makes
//! a line unservable.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::code::Code;
use crate::host::HostId;
use crate::id::FeatureName;
use crate::licence::ast::{Attribute, DupGroup};
use crate::licence::sign;
use crate::text::{Span, Spanned};
use crate::time::Date;

/// The attributes of one line, read for serving.
#[derive(Debug, Clone, Default)]
pub(in crate::licence) struct Terms<'a> {
    pub(in crate::licence) hostids: Option<&'a [HostId]>,
    pub(in crate::licence) dup_group: Option<DupGroup>,
    pub(in crate::licence) overdraft: Option<u32>,
    /// The inner `None`: without a number of hours.
    pub(in crate::licence) borrow: Option<Option<u32>>,
    pub(in crate::licence) linger: Option<u32>,
    pub(in crate::licence) minimum: Option<u32>,
    pub(in crate::licence) platforms: Option<&'a [String]>,
    pub(in crate::licence) vendor_string: Option<&'a str>,
    pub(in crate::licence) issued: Option<Date>,
    pub(in crate::licence) start: Option<Date>,
    pub(in crate::licence) sort: Option<u8>,
    /// Empty: the line's own feature.
    pub(in crate::licence) supersedes: Option<&'a [FeatureName]>,
    pub(in crate::licence) supersedes_signed: Option<Vec<(FeatureName, [u8; 64])>>,
    /// The first reason for which the line cannot be served.
    pub(in crate::licence) refusal: Option<Refusal>,
}

/// A signed term that cannot be kept. A line with one is not served at all: to grant seats without the condition that
/// the vendor put on them would be to break the licence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::licence) struct Refusal {
    pub(in crate::licence) span: Span,
    pub(in crate::licence) code: Code,
    /// What stands in the way, as the rest of a sentence on the line.
    pub(in crate::licence) why: String,
}

impl<'a> Terms<'a> {
    pub(in crate::licence) fn read(attributes: &'a [Spanned<Attribute>]) -> Self {
        let mut terms = Self::default();
        for attribute in attributes {
            if let Err((code, why)) = terms.take(&attribute.node) {
                terms.refuse(attribute.span, code, why);
            }
        }
        if terms.supersedes.is_some() && terms.issued.is_none() {
            let why = String::from("has SUPERSEDE but no ISSUED date, so nobody can say what it replaces");
            let span = attributes.first().map(|attribute| attribute.span).unwrap_or_default();
            terms.refuse(span, Code::SYNTAX, why);
        }
        terms
    }

    /// Keeps the first reason.
    pub(in crate::licence) fn refuse(&mut self, span: Span, code: Code, why: String) {
        self.refusal.get_or_insert(Refusal { span, code, why });
    }

    /// The table. What is not enforced by a later step that reads the field, said to people only, or a mere permission,
    /// is refused.
    fn take(&mut self, attribute: &'a Attribute) -> Result<(), (Code, String)> {
        match attribute {
            // Enforced by the ledger, per checkout.
            Attribute::HostId(ids) => set(&mut self.hostids, attribute, ids),
            Attribute::DupGroup(group) => set(&mut self.dup_group, attribute, *group),
            Attribute::Overdraft(seats) => set(&mut self.overdraft, attribute, *seats),
            Attribute::Linger(seconds) => set(&mut self.linger, attribute, *seconds),
            Attribute::Minimum(seats) => set(&mut self.minimum, attribute, *seats),
            Attribute::Platforms(words) => set(&mut self.platforms, attribute, words),
            // Enforced by keeping pools apart; the application reads it from there.
            Attribute::VendorString(text) | Attribute::LegacyVendorString(text) => {
                set(&mut self.vendor_string, attribute, text)
            }
            // Enforced by this compilation.
            Attribute::Start(date) => set(&mut self.start, attribute, *date),
            Attribute::Issued(date) => set(&mut self.issued, attribute, *date),
            Attribute::Supersede(names) => set(&mut self.supersedes, attribute, names),
            Attribute::SupersedeSign(text) => {
                let signed = signatures(text).ok_or((
                    Code::SYNTAX,
                    String::from("has a SUPERSEDE_SIGN that is not of the form \"feature:signature …\""),
                ))?;
                set(&mut self.supersedes_signed, attribute, signed)
            }
            // A permission: who does not use it breaks nothing. It keeps pools apart all the same.
            Attribute::Borrow(hours) => set(&mut self.borrow, attribute, *hours),
            Attribute::TsOk | Attribute::OneTsOk => Ok(()),
            // The administrator's.
            Attribute::Sort(number) => {
                self.sort = Some(*number);
                Ok(())
            }
            // Said to people, or to other software.
            Attribute::Sign(_)
            | Attribute::Sign2(_)
            | Attribute::Auth(_)
            | Attribute::LegacyKey(_)
            | Attribute::Notice(_)
            | Attribute::Issuer(_)
            | Attribute::SerialNumber(_)
            | Attribute::AssetInfo(_)
            | Attribute::DistInfo(_)
            | Attribute::UserInfo(_)
            | Attribute::VendorInfo(_)
            | Attribute::Checksum(_) => Ok(()),
            // Not enforced by this version.
            Attribute::HostBased(_) | Attribute::UserBased(_) => {
                Err((Code::NO_NAMED_USERS, not_enforced(attribute)))
            }
            Attribute::SuiteDupGroup(_)
            | Attribute::SuiteReserved
            | Attribute::FloatOk(_)
            | Attribute::Capacity
            | Attribute::Metered
            | Attribute::VmPlatforms(_)
            | Attribute::TimeZones(_) => Err((Code::UNSUPPORTED, not_enforced(attribute))),
            Attribute::Unknown(name, _) => Err((
                Code::FUTURE_FORMAT,
                format!("has {name}, which is misspelt or newer than this version of licgate"),
            )),
        }
    }
}

fn not_enforced(attribute: &Attribute) -> String {
    format!("has {}, which this version of licgate does not enforce", attribute.name())
}

/// A term that stands twice has two meanings, and one of them would be ignored.
fn set<T>(slot: &mut Option<T>, attribute: &Attribute, value: T) -> Result<(), (Code, String)> {
    if slot.is_some() {
        return Err((Code::SYNTAX, format!("has {} twice", attribute.name())));
    }
    *slot = Some(value);
    Ok(())
}

/// Reads `feature:hex digits …`. The digits may be grouped with blanks, as they are after `SIGN=`.
fn signatures(text: &str) -> Option<Vec<(FeatureName, [u8; 64])>> {
    let mut entries: Vec<(FeatureName, String)> = Vec::new();
    for word in text.split_whitespace() {
        match word.rsplit_once(':') {
            Some((feature, digits)) => entries.push((feature.into(), digits.into())),
            None => entries.last_mut()?.1.push_str(word),
        }
    }
    entries.into_iter().map(|(feature, digits)| Some((feature, sign::digits(&digits)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;

    fn read(attributes: Vec<Attribute>) -> Option<(i16, String)> {
        let attributes: Vec<_> =
            attributes.into_iter().map(|node| Spanned::new(Span::default(), node)).collect();
        Terms::read(&attributes).refusal.map(|refusal| (refusal.code.major(), refusal.why))
    }

    #[test]
    fn a_term_that_nobody_enforces_is_refused() {
        for (attribute, code, words) in [
            (
                Attribute::UserBased(None),
                -84,
                "has USER_BASED, which this version of licgate does not enforce",
            ),
            (Attribute::HostBased(Some(1)), -84, "has HOST_BASED, which"),
            (Attribute::Capacity, -18, "has CAPACITY, which"),
            (Attribute::Metered, -18, "has METERED, which"),
            (Attribute::FloatOk(None), -18, "has FLOAT_OK, which"),
            (Attribute::TimeZones("SERVERTZ".into()), -18, "has TZ, which"),
            (Attribute::VmPlatforms("PHYSICAL".into()), -18, "has VM_PLATFORMS, which"),
            (Attribute::SuiteDupGroup(DupGroup::Site), -18, "has SUITE_DUP_GROUP, which"),
            (Attribute::SuiteReserved, -18, "has SUITE_RESERVED, which"),
            (Attribute::Unknown("NEW".into(), None), -90, "has NEW, which is misspelt or newer"),
            (Attribute::Supersede(vec![]), -2, "has SUPERSEDE but no ISSUED date"),
            (Attribute::SupersedeSign("f1:00".into()), -2, "has a SUPERSEDE_SIGN that is not"),
            (Attribute::SupersedeSign("00".into()), -2, "has a SUPERSEDE_SIGN that is not"),
        ] {
            let (major, why) = read(vec![attribute.clone()]).unwrap();
            assert!(major == code && why.starts_with(words), "{attribute:?}: {why}");
        }
        let twice = vec![Attribute::Overdraft(1), Attribute::Overdraft(1)];
        assert_eq!(read(twice), Some((-2, "has OVERDRAFT twice".into())));
    }

    #[test]
    fn what_only_permits_or_informs_stands_in_nobodys_way() {
        let attributes = vec![
            Attribute::Borrow(None),
            Attribute::TsOk,
            Attribute::OneTsOk,
            Attribute::Issued(Date::parse("1-jan-2024").unwrap()),
            Attribute::Notice("n".into()),
            Attribute::Issuer("i".into()),
            Attribute::SerialNumber("s".into()),
            Attribute::Auth("a".into()),
            Attribute::Checksum(1),
        ];
        assert_eq!(read(attributes), None);
    }

    #[test]
    fn signatures_to_supersede_may_be_grouped() {
        let text = format!("f1:{} f2:{}", "AB".repeat(64), "00cd ".repeat(32));
        let signed = signatures(&text).unwrap();
        assert_eq!(signed[0], ("f1".into(), [0xab; 64]));
        assert_eq!(signed[1].1[..3], [0, 0xcd, 0]);
        assert_eq!(signed.len(), 2);
    }
}
