//! Logical lines and their words: continuation, quotes, comments, odd blanks.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::cursor::{Cursor, span};
use super::word::Enclosed;
use super::{Diagnostic, Remarks, Severity, Source, Span, Spanned, Word, blank, is_blank};
use crate::code::Code;

/// Reads a text logical line by logical line: a physical line that ends in `\` goes on in the next.
#[derive(Debug)]
pub struct Lexer<'a> {
    cursor: Cursor<'a>,
    odd: Option<(char, Span)>,
}

impl<'a> Lexer<'a> {
    /// Begins at the top of `source`.
    pub fn new(source: &'a Source) -> Self {
        Self { cursor: Cursor::new(source.text()), odd: None }
    }

    /// Goes to the next line that is neither empty nor a comment and tells its first word, if that is a bare one.
    /// Then either [`words`](Self::words) or [`skip`](Self::skip) has to be called. `None`: the text ends here.
    pub fn next_line(&mut self) -> Option<&'a str> {
        loop {
            self.cursor.skip_while(is_blank);
            match self.cursor.peek()? {
                '#' => self.cursor.skip_while(|c| c != '\n'),
                _ => break,
            }
        }
        let rest = self.cursor.rest();
        let end = rest.find(|c| is_blank(c) || c == '"').unwrap_or(rest.len());
        rest.get(..end).map(|word| word.trim_end_matches('\\'))
    }

    /// Passes over this logical line without a look at its words.
    pub fn skip(&mut self) -> Span {
        let start = self.cursor.at();
        loop {
            let line = self.cursor.at();
            self.cursor.skip_while(|c| c != '\n');
            let is_last = !self.cursor.since(line).trim_end_matches(is_blank).ends_with('\\');
            let end = self.cursor.at();
            self.cursor.bump();
            if is_last || self.cursor.at() == end {
                return span(start, end);
            }
        }
    }

    /// Reads the words of this logical line into `words`, in place of what was there, and tells where the line stands.
    pub fn words(&mut self, words: &mut Vec<Word<'a>>, remarks: &mut Remarks) -> Span {
        words.clear();
        let start = self.cursor.at();
        let mut end = start;
        loop {
            self.skip_blanks(remarks);
            match self.cursor.peek() {
                None => break,
                Some('\n') => {
                    self.cursor.bump();
                    break;
                }
                Some('#') if !self.is_decimal_hostid(words) => {
                    self.comment(remarks);
                    break;
                }
                Some(_) => {
                    if self.cursor.at() == end && !words.is_empty() {
                        let message = "a blank is missing here, between a word and a quoted text";
                        remarks.push(Diagnostic::new(Severity::Warning, self.cursor.here(), message));
                    }
                    words.push(self.word(remarks));
                    end = self.cursor.at();
                }
            }
        }
        if let Some((c, place)) = self.odd.take() {
            remarks.push(blank::remark(c, place));
        }
        span(start, end)
    }

    /// `SERVER lic1 #1234`: the one place where a word may begin with `#`.
    fn is_decimal_hostid(&self, words: &[Word<'_>]) -> bool {
        let [server, _] = words else { return false };
        let word = self.cursor.rest().split(is_blank).next().unwrap_or("");
        let digits = word.strip_prefix('#').unwrap_or("");
        server.bare.eq_ignore_ascii_case("SERVER")
            && !digits.is_empty()
            && digits.bytes().all(|byte| byte.is_ascii_digit())
    }

    /// Passes over blanks and joins.
    fn skip_blanks(&mut self, remarks: &mut Remarks) {
        while let Some(c) = self.cursor.peek() {
            match c {
                '\n' => break,
                '\\' => match self.backslash() {
                    Backslash::Join => self.join(),
                    Backslash::Text if self.cursor.rest().starts_with("\\#") => self.join(),
                    Backslash::Text => break,
                    Backslash::Stray => self.stray(remarks),
                },
                _ if is_blank(c) => {
                    self.note_odd(c);
                    self.cursor.bump();
                }
                _ => break,
            }
        }
    }

    fn word(&mut self, remarks: &mut Remarks) -> Word<'a> {
        let start = self.cursor.at();
        loop {
            self.cursor.skip_while(|c| !is_blank(c) && !matches!(c, '"' | '{' | '\\'));
            let goes_on = match self.cursor.peek() {
                Some('{') => !self.cursor.since(start).eq_ignore_ascii_case("AUTH="),
                Some('\\') => matches!(self.backslash(), Backslash::Text),
                Some(_) | None => false,
            };
            if !goes_on {
                break;
            }
            self.cursor.bump();
            self.cursor.skip_while(|c| c == '\\');
        }
        let bare = self.cursor.since(start);
        let wants_value = bare.find('=').is_some_and(|equals| equals + 1 == bare.len());
        let enclosed = match self.cursor.peek() {
            Some('"') if bare.is_empty() || wants_value => {
                Some(Enclosed::Quotes(self.enclosed('"', remarks)))
            }
            Some('{') if wants_value => Some(Enclosed::Braces(self.enclosed('}', remarks))),
            _ => None,
        };
        Word { span: span(start, self.cursor.at()), bare, enclosed }
    }

    /// Reads from the opening quote or brace to the closing one. A join becomes one blank with those around it, and
    /// so does every odd blank.
    fn enclosed(&mut self, close: char, remarks: &mut Remarks) -> Spanned<Cow<'a, str>> {
        let opening = self.cursor.here();
        self.cursor.bump();
        let start = self.cursor.at();
        let mut piece = start;
        // What was read before `piece`, once it differs from the source.
        let mut read: Option<String> = None;
        let end = loop {
            self.cursor.skip_while(|c| c != close && c != '\\' && (c == ' ' || c == '\t' || !is_blank(c)));
            match self.cursor.peek() {
                None | Some('\n') => {
                    remarks.push(unclosed(close, opening));
                    break self.cursor.at();
                }
                Some(c) if c == close => {
                    self.cursor.bump();
                    break self.cursor.at() - close.len_utf8();
                }
                Some('\\') if ends_line(self.cursor.behind()) => {
                    let text = read.get_or_insert_default();
                    text.push_str(self.cursor.since(piece));
                    text.truncate(text.trim_end_matches([' ', '\t']).len());
                    text.push(' ');
                    self.join();
                    self.cursor.skip_while(|c| c != '\n' && is_blank(c));
                    piece = self.cursor.at();
                }
                Some(c) if c == '\r' || blank::is_odd(c) => {
                    self.note_odd(c);
                    let text = read.get_or_insert_default();
                    text.push_str(self.cursor.since(piece));
                    text.push(' ');
                    self.cursor.bump();
                    piece = self.cursor.at();
                }
                Some(_) => self.cursor.bump(),
            }
        };
        let last = self.cursor.between(piece, end);
        let text = match read {
            None => Cow::Borrowed(last),
            Some(text) => Cow::Owned(text + last),
        };
        Spanned::new(span(start, end), text)
    }

    fn comment(&mut self, remarks: &mut Remarks) {
        let start = self.cursor.at();
        self.cursor.skip_while(|c| c != '\n');
        let comment = self.cursor.since(start).trim_end_matches(is_blank);
        if comment.ends_with('\\') {
            let at = start + comment.len() - 1;
            let message = "this `\\` belongs to the comment, so the line does not go on";
            remarks.push(
                Diagnostic::new(Severity::Warning, span(at, at + 1), message)
                    .with_hint("write the comment behind the `\\`, or on a line of its own"),
            );
        }
        self.cursor.bump();
    }

    /// What the `\` here is, outside quotes; several in a row are the same thing.
    fn backslash(&self) -> Backslash {
        let tail = self.cursor.rest().trim_start_matches('\\');
        let next = tail.trim_start_matches(|c| c != '\n' && is_blank(c));
        if ends_line(next) || (next.starts_with('#') && next.len() < tail.len()) {
            Backslash::Join
        } else if tail.starts_with(|c| is_blank(c) || c == '"') {
            Backslash::Stray
        } else {
            Backslash::Text
        }
    }

    fn join(&mut self) {
        self.cursor.skip_while(|c| c != '\n');
        self.cursor.bump();
    }

    fn stray(&mut self, remarks: &mut Remarks) {
        let message = "a `\\` in the middle of a line; it is read as a blank";
        remarks.push(
            Diagnostic::new(Severity::Error, self.cursor.here(), message).with_code(Code::SYNTAX).with_hint(
                "a `\\` that continues a line is its last character; a path that ends in `\\` goes in quotes",
            ),
        );
        self.cursor.skip_while(|c| c == '\\');
    }

    /// Remembers the first odd blank of the line, to be told once.
    fn note_odd(&mut self, c: char) {
        if blank::is_odd(c) && self.odd.is_none() {
            self.odd = Some((c, self.cursor.here()));
        }
    }
}

fn ends_line(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with('\n')
}

/// What a `\` outside quotes can be.
enum Backslash {
    /// The end of a physical line that goes on.
    Join,
    /// A character of a word.
    Text,
    /// A mistake.
    Stray,
}

fn unclosed(close: char, opening: Span) -> Diagnostic {
    let (what, hint) = match close {
        '}' => ("brace", "add the missing `}`, or a `\\` at the end of each line but the last"),
        _ => ("quote", "add the missing `\"`, or a `\\` at the end of each line but the last"),
    };
    Diagnostic::new(Severity::Error, opening, alloc::format!("this {what} is never closed"))
        .with_code(Code::SYNTAX)
        .with_hint(hint)
}

#[cfg(test)]
mod tests;
