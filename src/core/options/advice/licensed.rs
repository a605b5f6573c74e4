//! The file against the pools that it rules: features that are not licensed, and rules that the licence leaves no room for.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::Advice;
use crate::id::FeatureName;
use crate::licence::{Book, Pool, Seats};
use crate::options::Options;
use crate::options::ast::{Name, Narrowing, Scope, Selector, Statement};
use crate::options::policy::pools::Pools;
use crate::text::{Span, Spanned, in_ticks};

pub(super) fn look(options: &Options, book: &Book, advice: &mut Advice<'_>) {
    let selection = Pools::of(book);
    let mut unreserved: BTreeMap<usize, u32> = BTreeMap::new();
    for statement in &options.statements {
        let Some(selector) = selector(&statement.node) else { continue };
        let places = selection.select(selector);
        if places.is_empty() {
            missing(selector, book, &selection, advice);
            continue;
        }
        let pools: Vec<_> = places.iter().filter_map(|place| Some((*place, book.pool(*place)?))).collect();
        match &statement.node {
            Statement::Reserve(seats, feature, _) => reserve(seats, feature, &pools, &mut unreserved, advice),
            other => room(other, statement.span, &pools, advice),
        }
    }
}

fn selector(statement: &Statement) -> Option<&Selector> {
    match statement {
        Statement::Exclude(Scope::Of(feature), _)
        | Statement::Include(Scope::Of(feature), _)
        | Statement::Timeout(Scope::Of(feature), _)
        | Statement::ExcludeBorrow(feature, _)
        | Statement::IncludeBorrow(feature, _)
        | Statement::Reserve(_, feature, _)
        | Statement::Max(_, feature, _)
        | Statement::MaxOverdraft(feature, _)
        | Statement::BorrowLowwater(feature, _)
        | Statement::MaxBorrowHours(feature, _)
        | Statement::Linger(feature, _) => Some(feature),
        Statement::Exclude(Scope::All, _)
        | Statement::Include(Scope::All, _)
        | Statement::Timeout(Scope::All, _)
        | Statement::Group(_)
        | Statement::HostGroup(_)
        | Statement::GroupCaseInsensitive(_)
        | Statement::FqdnMatching(_)
        | Statement::MaxConnections(_)
        | Statement::NoLog(_)
        | Statement::DebugLog(_)
        | Statement::ReportLog(_)
        | Statement::AutomaticReread(_)
        | Statement::SelectTimeout(_)
        | Statement::TrustedStorage(_) => None,
    }
}

/// The rule is for no pool: says why.
fn missing(selector: &Selector, book: &Book, selection: &Pools<'_>, advice: &mut Advice<'_>) {
    let feature = &selector.feature.node;
    let shown = in_ticks(feature.as_str());
    if let Some(narrowing) = &selector.narrowing {
        let whole = Selector { narrowing: None, ..selector.clone() };
        let places = selection.select(&whole);
        if !places.is_empty() {
            let (key, value) = (narrowing.node.key(), narrowing.node.value());
            let message =
                format!("no licence line of {shown} has {key}={value}, so this rule is for no seat");
            let pools = places.iter().filter_map(|place| book.pool(*place));
            return advice.warn(narrowing.span, message, &values(&narrowing.node, pools));
        }
    }
    if let Some(absence) = book.absent(feature).first() {
        let message = format!("{shown} is not served: {}", absence.why);
        return advice.warn(selector.feature.span, message, "this rule has no effect until it is");
    }
    let names =
        book.pools().iter().map(|pool| &pool.feature).chain(book.absences().iter().map(|it| &it.feature));
    let names = names.map(FeatureName::as_str).filter(|name| name.is_ascii());
    let hint = match advice.remarks.closest(feature.as_str(), names) {
        _ if feature.as_str() == "*" => {
            "all features have keywords of their own: EXCLUDEALL, INCLUDEALL, TIMEOUTALL".into()
        }
        Some(meant) => format!("did you mean {meant}?"),
        None => "`licutil stat -i` lists the features of a licence".to_string(),
    };
    advice.warn(selector.feature.span, format!("no licence line is for the feature {shown}"), &hint);
}

/// What a rule could be narrowed to.
fn values<'a>(narrowing: &Narrowing, pools: impl Iterator<Item = &'a Pool>) -> String {
    let mut values: Vec<String> = pools
        .filter_map(|pool| match narrowing {
            Narrowing::Version(_) => Some(pool.version.to_string()),
            Narrowing::VendorString(_) => Some(pool.vendor_string.clone().unwrap_or_default()),
            Narrowing::ExpiryDate(_) => Some(pool.expiry.to_string()),
            _ => None,
        })
        .collect();
    values.sort();
    values.dedup();
    if values.is_empty() {
        return "compare it with the lines of the licence file".into();
    }
    format!("there is {}={}", narrowing.key(), values.join(", "))
}

/// Says how many seats of a RESERVE line there are not, after those above it.
fn reserve(
    seats: &Spanned<u32>,
    feature: &Selector,
    pools: &[(usize, &Pool)],
    unreserved: &mut BTreeMap<usize, u32>,
    advice: &mut Advice<'_>,
) {
    let mut left: BTreeMap<&FeatureName, (u32, bool)> = BTreeMap::new();
    for (place, pool) in pools {
        let (left, is_counted) = left.entry(&pool.feature).or_insert((seats.node, false));
        let Seats::Counted { total, .. } = pool.seats else { continue };
        *is_counted = true;
        let free = unreserved.entry(*place).or_insert(total);
        let taken = (*left).min(*free);
        *left -= taken;
        *free -= taken;
    }
    for (name, (left, is_counted)) in left {
        let name = in_ticks(name.as_str());
        if !is_counted {
            let message = format!("{name} is not counted, so there is nothing to reserve");
            advice.warn(feature.feature.span, message, "remove the line");
        } else if left > 0 {
            let message = match seats.node - left {
                0 => format!("no seat of {name} is left to reserve"),
                can => format!("only {can} of these {} seats of {name} can be reserved", seats.node),
            };
            advice.warn(
                seats.span,
                message,
                "the licence has no more that are not reserved already; the rest is cut off",
            );
        }
    }
}

/// Says of terms that they change nothing for any of the pools.
fn room(statement: &Statement, span: Span, pools: &[(usize, &Pool)], advice: &mut Advice<'_>) {
    let pools = || pools.iter().map(|(_, pool)| *pool);
    let shown = |feature: &Selector| in_ticks(feature.feature.node.as_str());
    match statement {
        Statement::ExcludeBorrow(feature, _)
        | Statement::IncludeBorrow(feature, _)
        | Statement::BorrowLowwater(feature, _)
        | Statement::MaxBorrowHours(feature, _)
            if pools().all(|pool| pool.borrow.is_none()) =>
        {
            let message = format!("{} cannot be borrowed: its licence lines have no BORROW", shown(feature));
            advice.warn(span, message, "this line has no effect; remove it");
        }
        Statement::MaxBorrowHours(feature, hours) => {
            let longest = pools().filter_map(|pool| pool.borrow).max().unwrap_or(0);
            if hours.node >= longest {
                let message =
                    format!("the licence lets {} be borrowed for {longest} hours at most", shown(feature));
                advice.warn(hours.span, message, "this line can only make them fewer; it has no effect");
            }
        }
        Statement::BorrowLowwater(feature, seats)
            if pools().filter_map(total).all(|total| total <= seats.node) =>
        {
            let message = format!("with so many kept back, no seat of {} can be borrowed", shown(feature));
            advice.warn(seats.span, message, "write fewer than there are");
        }
        Statement::MaxOverdraft(feature, seats) if pools().all(|pool| overdraft(pool) <= seats.node) => {
            let message = match pools().map(overdraft).max().unwrap_or(0) {
                0 => format!("the licence lines of {} have no OVERDRAFT", shown(feature)),
                most => format!("the OVERDRAFT of {} is {most} already", shown(feature)),
            };
            advice.warn(span, message, "this line can only make it smaller; it has no effect");
        }
        Statement::Linger(feature, seconds) => {
            let least = pools().map(|pool| pool.linger.as_secs()).min().unwrap_or(0);
            if u64::from(seconds.node) <= least {
                let message =
                    format!("seats of {} linger for {least} seconds by the licence", shown(feature));
                advice.warn(seconds.span, message, "this line can only make it longer; it has no effect");
            }
        }
        Statement::Max(seats, feature, who) if who.name.node != Name::All => {
            let most: u64 = pools().filter_map(total).map(u64::from).sum();
            let is_counted = pools().all(|pool| total(pool).is_some());
            let most_over: u64 = most + pools().map(|pool| u64::from(overdraft(pool))).sum::<u64>();
            if is_counted && u64::from(seats.node) >= most_over {
                let message = format!("this limit is never reached: {} has {most} seats", shown(feature));
                advice.note(seats.span, message, "");
            }
        }
        _ => {}
    }
}

fn total(pool: &Pool) -> Option<u32> {
    match pool.seats {
        Seats::Counted { total, .. } => Some(total),
        Seats::Uncounted => None,
    }
}

fn overdraft(pool: &Pool) -> u32 {
    match pool.seats {
        Seats::Counted { overdraft, .. } => overdraft,
        Seats::Uncounted => 0,
    }
}
