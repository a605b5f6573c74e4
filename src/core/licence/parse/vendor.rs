//! `VENDOR name [path] [[OPTIONS=]file] [[PORT=]port]`, or `DAEMON`.

use alloc::format;
use alloc::string::String;

use super::line::{Line, error};
use super::value;
use crate::code::Code;
use crate::licence::ast::Vendor;
use crate::licence::spelling;
use crate::text::{Diagnostic, Severity, Span, Spanned, Word, in_ticks};

const NAMES: [&str; 2] = ["OPTIONS", "PORT"];

/// Reads a VENDOR line. What stands there without a keyword is path, options file and port in this order, but a number
/// is always the port.
pub(super) fn read(line: &mut Line<'_, '_>) -> Option<Vendor> {
    let [name] = line.fields(["vendor name"])?;
    let name = value::vendor_name(name, line.remarks());
    let name = name.inspect(|name| value::remark_long_vendor(name, line.remarks()));
    let (mut path, mut options, mut port) = (None, None, None);
    while let Some(word) = line.next() {
        if spelling::is_keyword(word.bare) {
            keyword(word, &mut options, &mut port, line);
            continue;
        }
        let Some(text) = word.text() else {
            unexpected(word.span, word.bare, line);
            continue;
        };
        let number = Spanned::new(word.span, text);
        if !word.is_quoted() && value::number(text).is_some() && port.is_none() {
            if path.is_none() {
                let hint = format!("write PORT={text}: FlexNet takes it for the path of the daemon");
                let message = format!("the port {} has no keyword before it", in_ticks(text));
                line.push(Diagnostic::new(Severity::Warning, word.span, message).with_hint(hint));
            }
            port = value::port(number, line.remarks());
        } else if path.is_none() && options.is_none() && port.is_none() {
            path = Some(Spanned::new(word.span, String::from(text)));
        } else if options.is_none() {
            options = Some(Spanned::new(word.span, String::from(text)));
        } else {
            unexpected(word.span, text, line);
        }
    }
    Some(Vendor { name: name?, path, options, port })
}

fn keyword(
    word: &Word<'_>,
    options: &mut Option<Spanned<String>>,
    port: &mut Option<Spanned<u16>>,
    line: &mut Line<'_, '_>,
) {
    let (Some(name), Some(value)) = (word.name(), word.value()) else { return };
    let is_options = name.eq_ignore_ascii_case("OPTIONS");
    let is_port = name.eq_ignore_ascii_case("PORT");
    if (is_options && options.is_some()) || (is_port && port.is_some()) {
        let message = format!("{} is written twice; the first one counts", name.to_ascii_uppercase());
        line.push(Diagnostic::new(Severity::Warning, word.span, message).with_hint("remove one of them"));
    } else if is_options {
        *options = Some(Spanned::new(value.span, value.text.into_owned()));
    } else if is_port {
        *port = value::port(Spanned::new(value.span, &value.text), line.remarks());
    } else {
        unexpected(word.span, name, line);
    }
}

fn unexpected(span: Span, text: &str, line: &mut Line<'_, '_>) {
    let message = format!("{} has no meaning on a VENDOR line", in_ticks(text));
    let remark = error(span, Code::FUTURE_FORMAT, message);
    let remark = match line.remarks().closest(text, NAMES) {
        Some(meant) => remark.with_hint(format!("did you mean {meant}?")),
        None => remark.with_hint("it is ignored; a path with blanks or `=` in it goes in quotes"),
    };
    line.push(remark);
}
