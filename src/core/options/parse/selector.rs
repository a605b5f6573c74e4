//! `feature`, `feature:KEY=VALUE`, `"feature KEY=VALUE"`: which seats a rule is for.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::ToString;

use super::line::{Line, error};
use crate::host::HostId;
use crate::id::FeatureName;
use crate::licence::ast::Expiry;
use crate::options::ast::{Narrowing, Selector};
use crate::text::{Span, Spanned, Word, in_ticks, spelling};
use crate::version::Version;

/// The keywords that narrow a rule, in their canonical case.
const KEYS: [&str; 11] = [
    "VERSION",
    "HOSTID",
    "EXPDATE",
    "KEY",
    "SIGN",
    "ISSUER",
    "NOTICE",
    "VENDOR_STRING",
    "dist_info",
    "user_info",
    "asset_info",
];

/// Reads the next word of the line. `None`: it selects nothing, which has been said.
pub(super) fn read(line: &mut Line<'_, '_>) -> Option<Selector> {
    let word = line.word("feature")?;
    let (feature, narrowing) = split(word);
    if !is_feature(feature) {
        let message = format!("{} cannot be the name of a feature", in_ticks(feature));
        line.push(
            error(word.span, message).with_hint("write feature, feature:KEY=VALUE or \"feature KEY=VALUE\""),
        );
        return None;
    }
    let narrowing = match narrowing {
        None => None,
        Some(text) => Some(Spanned::new(word.span, self::narrowing(word.span, &text, line)?)),
    };
    Some(Selector { feature: Spanned::new(word.span, FeatureName::from(feature)), narrowing })
}

/// The feature, and what stands behind its colon or, in quotes, its blank.
fn split<'w>(word: &'w Word<'_>) -> (&'w str, Option<Cow<'w, str>>) {
    let Some(text) = word.text() else {
        // `feature:KEY="a value"`
        let (feature, key) = word.bare.split_once(':').unwrap_or(("", word.bare));
        let value = word.value().map(|value| value.text).unwrap_or_default();
        return (feature, Some(format!("{key}{value}").into()));
    };
    let colon = text.split_once(':').map(|(feature, rest)| (feature, Cow::Borrowed(rest)));
    if !word.is_quoted() {
        return colon.map_or((text, None), |(feature, rest)| (feature, Some(rest)));
    }
    let text = text.trim_start();
    match text.split_once([' ', '\t']) {
        Some((feature, rest)) => {
            let rest = rest.trim_start();
            (feature, (!rest.is_empty()).then_some(Cow::Borrowed(rest)))
        }
        // In quotes a colon may belong to the name.
        None => match colon.filter(|(_, rest)| rest.contains('=')) {
            Some((feature, rest)) => (feature.trim_start(), Some(rest)),
            None => (text, None),
        },
    }
}

fn is_feature(name: &str) -> bool {
    spelling::is_bare(name) && !name.contains(['=', '\\', '{', '}', ',', ';'])
}

/// Reads `KEY=VALUE`. `None`: it is not that, which has been said.
fn narrowing(span: Span, text: &str, line: &mut Line<'_, '_>) -> Option<Narrowing> {
    let Some((key, value)) = text.split_once('=') else {
        let message = format!("{} is no KEY=VALUE", in_ticks(text));
        let hint = "a name with a colon in it is written in quotes; KEY is VERSION, VENDOR_STRING, HOSTID, …";
        line.push(error(span, message).with_hint(hint));
        return None;
    };
    let key = key.trim_end();
    let Some(known) = KEYS.iter().find(|known| known.eq_ignore_ascii_case(key)) else {
        let message = format!("{} is no keyword that a feature can be narrowed by", in_ticks(key));
        let hint = match line.remarks().closest(key, KEYS) {
            Some(meant) => format!("did you mean {meant}?"),
            None => format!("write one of {}", KEYS.join(", ")),
        };
        line.push(error(span, message).with_hint(hint));
        return None;
    };
    let narrowing = valued(known, value);
    if narrowing.is_none() {
        let hint = match *known {
            "VERSION" => "a version is a decimal number without letters, for example 2.1 or 2027.06",
            "EXPDATE" => "write dd-mmm-yyyy, for example 30-jun-2027, or permanent",
            _ => "write the host id as it stands in the licence file",
        };
        let message = format!("{} is no value for {known}", in_ticks(value));
        line.push(error(span, message).with_hint(hint));
    }
    narrowing
}

fn valued(key: &str, value: &str) -> Option<Narrowing> {
    let text = || value.to_string();
    Some(match key {
        "VERSION" => Narrowing::Version(Version::parse(value)?),
        "HOSTID" => Narrowing::HostId(HostId::parse_list(value)?),
        "EXPDATE" => Narrowing::ExpiryDate(Expiry::parse(value)?),
        "KEY" => Narrowing::Key(text()),
        "SIGN" => Narrowing::Sign(text()),
        "ISSUER" => Narrowing::Issuer(text()),
        "NOTICE" => Narrowing::Notice(text()),
        "VENDOR_STRING" => Narrowing::VendorString(text()),
        "dist_info" => Narrowing::DistInfo(text()),
        "user_info" => Narrowing::UserInfo(text()),
        "asset_info" => Narrowing::AssetInfo(text()),
        _ => return None,
    })
}
