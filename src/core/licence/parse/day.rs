//! Days in licence files: expiry dates, and what was probably meant by a text that is none.

use alloc::format;
use alloc::string::String;

use super::line::error;
use crate::code::Code;
use crate::licence::ast::Expiry;
use crate::text::{Remarks, Spanned, in_ticks};
use crate::time::Date;

/// An expiry date, or one of the spellings of "never". `None`: it is neither, which has been said.
pub(super) fn expiry(word: Spanned<&str>, remarks: &mut Remarks) -> Option<Spanned<Expiry>> {
    let Spanned { span, node: text } = word;
    let Some(expiry) = Expiry::parse(text) else {
        let message = format!("{} is no date", in_ticks(text));
        let hint = match remarks.closest(text, ["permanent"]) {
            Some(meant) => format!("did you mean {meant}?"),
            None => hint(text),
        };
        remarks.push(error(span, Code::BAD_DATE, message).with_hint(hint));
        return None;
    };
    Some(Spanned::new(span, expiry))
}

impl Expiry {
    /// Reads a date or one of the spellings of "never".
    pub fn parse(text: &str) -> Option<Self> {
        match Date::parse(text) {
            Some(date) => Some(Self::On(date)),
            None => is_never(text).then_some(Self::Never),
        }
    }
}

/// `permanent`, or a date in the year 0, which may have one to four digits.
pub(super) fn is_never(text: &str) -> bool {
    let is_year_zero = || {
        let (day, month, year) = parts(text)?;
        let is_day = (1..=2).contains(&day.len()) && day.bytes().all(|byte| byte.is_ascii_digit());
        let is_zero = (1..=4).contains(&year.len()) && year.bytes().all(|byte| byte == b'0');
        Date::parse(&format!("1-{month}-2000")).filter(|_| is_day && is_zero)
    };
    text.eq_ignore_ascii_case("permanent") || is_year_zero().is_some()
}

/// How to write the date that `text` was probably meant to be.
pub(super) fn hint(text: &str) -> String {
    if let Some(date) = last_of_month(text) {
        return format!("write it as dd-mmm-yyyy, for example {date}");
    }
    if let Some(date) = short_year(text) {
        return format!("the year has four digits: {date}");
    }
    if let Some(date) = year_first(text) {
        return format!("write it as {date}");
    }
    "write it as dd-mmm-yyyy, for example 31-dec-2027".into()
}

fn parts(text: &str) -> Option<(&str, &str, &str)> {
    let (day, rest) = text.split_once('-')?;
    let (month, year) = rest.split_once('-')?;
    Some((day, month, year))
}

/// `31-feb-2027` has a good month and year.
fn last_of_month(text: &str) -> Option<Date> {
    let (_, month, year) = parts(text)?;
    (28..=31).rev().find_map(|day| Date::parse(&format!("{day}-{month}-{year}")))
}

fn short_year(text: &str) -> Option<Date> {
    let (day, month, year) = parts(text)?;
    Date::parse(&format!("{day}-{month}-20{year}"))
}

fn year_first(text: &str) -> Option<Date> {
    let (year, month, day) = parts(text)?;
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}
