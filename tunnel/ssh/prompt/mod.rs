//! Asking the user: passphrases, passwords, codes, and whether an unknown host is the right one.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;

use zeroize::Zeroizing;

mod terminal;

pub use terminal::Terminal;

/// The longest answer that is taken, in bytes.
pub const LONGEST_ANSWER: usize = 4096;

/// The longest text of a server that is shown, in characters.
const LONGEST_TEXT: usize = 2000;

/// An answer that comes later.
pub type Answer<'a> = Pin<Box<dyn Future<Output = Result<Zeroizing<String>, NoAnswer>> + Send + 'a>>;

/// A terminal left to somebody else, until this is dropped.
pub type Turn<'a> = Box<dyn Send + 'a>;

/// Someone who can be asked.
pub trait Prompt: Send + Sync {
    /// Whether anyone is there to answer.
    fn can_ask(&self) -> bool;

    /// Asks, and waits as long as it takes. Dropping the answer takes the question back.
    fn ask(&self, question: Question) -> Answer<'_>;

    /// Shows what a server wants its users to read, or what they have to know before they are asked.
    fn show(&self, text: &str);

    /// Waits until nobody asks anything, and then leaves the terminal to another program that asks (`sudo`).
    fn turn(&self) -> Pin<Box<dyn Future<Output = Turn<'_>> + Send + '_>> {
        Box::pin(std::future::ready(Box::new(()) as Turn<'_>))
    }
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The text, ready to be shown; see [`printable`].
    pub text: String,
    /// Whether the answer may be seen while it is typed.
    pub echo: bool,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum NoAnswer {
    /// There is no terminal, or asking is switched off.
    Nobody,
    /// The user ended the input.
    Cancelled,
    /// The terminal failed.
    Failed(io::Error),
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => write!(f, "there is no terminal to ask at"),
            Self::Cancelled => write!(f, "the question was not answered"),
            Self::Failed(why) => write!(f, "the terminal failed: {why}"),
        }
    }
}

/// Nobody: batch mode, and processes without a terminal.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nobody;

impl Prompt for Nobody {
    fn can_ask(&self) -> bool {
        false
    }

    fn ask(&self, _: Question) -> Answer<'_> {
        Box::pin(std::future::ready(Err(NoAnswer::Nobody)))
    }

    fn show(&self, text: &str) {
        tracing::info!("the server says: {}", printable(text));
    }
}

/// Text from a server made fit for a terminal: control characters could move the cursor or imitate another question.
pub fn printable(text: &str) -> String {
    text.chars()
        .take(LONGEST_TEXT)
        .map(|c| if c == '\n' || !(c.is_control() || is_format(c)) { c } else { ' ' })
        .collect()
}

/// Characters that change the order or the look of those around them.
pub(crate) fn is_format(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{61c}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_cannot_paint_on_the_terminal() {
        assert_eq!(printable("Code\r\u{1b}[2JPassphrase: \u{202e}x\n"), "Code  [2JPassphrase:  x\n");
        assert_eq!(printable(&"a".repeat(9999)).len(), LONGEST_TEXT);
    }
}
