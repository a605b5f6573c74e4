//! Standard error and the terminal: lines that stay, one that is written anew, and questions, none in the way of another.

use std::future::Future;
use std::io::{self, IsTerminal as _, Write};
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::ssh::prompt::{Answer, Prompt, Question, Terminal, Turn, printable};
use crate::tasks::Tasks;

/// So much is kept of what is said while a person is asked, in bytes.
const MOST_KEPT: usize = 64 * 1024;
/// Clears the line.
const CLEAR: &[u8] = b"\r\x1b[K";
/// The width of a terminal that does not tell its own.
const WIDTH: usize = 80;

/// The screen of this process. It is also who can be asked.
pub(super) struct Screen {
    is_terminal: bool,
    asks: Terminal,
    /// Who has the terminal.
    turn: tokio::sync::Mutex<()>,
    drawn: Mutex<Drawn>,
}

/// What stands on the screen.
#[derive(Debug, Default)]
struct Drawn {
    /// The last line, which is written anew; empty for none.
    live: String,
    /// A person is asked: nothing is written, and what was to be is kept.
    kept: Option<Vec<u8>>,
}

impl Screen {
    /// The screen of this process.
    pub(super) fn new(tasks: &Tasks) -> Self {
        Self {
            is_terminal: io::stderr().is_terminal(),
            asks: Terminal::new(tasks),
            turn: tokio::sync::Mutex::default(),
            drawn: Mutex::default(),
        }
    }

    /// Writes lines that stay.
    pub(super) fn print(&self, lines: &str) {
        self.write_lines(format!("{}\n", lines.trim_end()).as_bytes());
    }

    /// Writes the last line anew, on a terminal.
    pub(super) fn show_live(&self, line: String) {
        let mut drawn = self.drawn();
        if self.is_terminal && drawn.live != line {
            drawn.live = line;
            if drawn.kept.is_none() {
                put(&drawn.with_live(b"", width()));
            }
        }
    }

    fn write_lines(&self, lines: &[u8]) {
        let mut drawn = self.drawn();
        match &mut drawn.kept {
            Some(kept) if kept.len() + lines.len() <= MOST_KEPT => kept.extend_from_slice(lines),
            Some(_) => {}
            None if self.is_terminal => put(&drawn.with_live(lines, width())),
            None => put(lines),
        }
    }

    fn drawn(&self) -> MutexGuard<'_, Drawn> {
        self.drawn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn quiet(&self) -> Quiet<'_> {
        let turn = self.turn.lock().await;
        let mut drawn = self.drawn();
        drawn.kept = Some(Vec::new());
        if !drawn.live.is_empty() {
            put(CLEAR);
        }
        Quiet { screen: self, is_over: true, _turn: turn }
    }
}

impl Drawn {
    /// The bytes that bring these lines above the live one.
    fn with_live(&self, lines: &[u8], width: usize) -> Vec<u8> {
        let live: String = self.live.chars().take(width.saturating_sub(1)).collect();
        [CLEAR, lines, live.as_bytes()].concat()
    }
}

/// While somebody else has the terminal.
struct Quiet<'a> {
    screen: &'a Screen,
    /// Whether what was written on the terminal meanwhile is whole: a question that is taken back ends its line only later.
    is_over: bool,
    _turn: tokio::sync::MutexGuard<'a, ()>,
}

impl Drop for Quiet<'_> {
    fn drop(&mut self) {
        let mut drawn = self.screen.drawn();
        let kept = drawn.kept.take().unwrap_or_default();
        if !self.is_over {
            drawn.live.clear();
        }
        put(&if self.screen.is_terminal && self.is_over { drawn.with_live(&kept, width()) } else { kept });
    }
}

impl Prompt for Screen {
    fn can_ask(&self) -> bool {
        self.asks.can_ask()
    }

    fn ask(&self, question: Question) -> Answer<'_> {
        Box::pin(async move {
            let mut quiet = self.quiet().await;
            quiet.is_over = false;
            let answer = self.asks.ask(question).await;
            quiet.is_over = true;
            answer
        })
    }

    fn show(&self, text: &str) {
        if self.is_terminal { self.print(&printable(text)) } else { self.asks.show(text) }
    }

    fn turn(&self) -> Pin<Box<dyn Future<Output = Turn<'_>> + Send + '_>> {
        Box::pin(async { Box::new(self.quiet().await) as Turn<'_> })
    }
}

/// For the log, which writes whole lines.
impl Write for &Screen {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        self.write_lines(lines);
        Ok(lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn put(bytes: &[u8]) {
    let mut out = io::stderr().lock();
    // Nobody to read it is no failure.
    drop(out.write_all(bytes).and_then(|()| out.flush()));
}

fn width() -> usize {
    terminal_size::terminal_size_of(io::stderr()).map_or(WIDTH, |(width, _)| width.0.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_above_the_live_one_which_fits_the_terminal() {
        let drawn = Drawn { live: "lic1: connecting …".into(), kept: None };
        let shown = |lines: &str, width| String::from_utf8(drawn.with_live(lines.as_bytes(), width)).unwrap();
        assert_eq!(shown("WARN x\n", 80), "\r\x1b[KWARN x\nlic1: connecting …");
        assert_eq!(shown("", 8), "\r\x1b[Klic1: c");
        assert_eq!(shown("", 0), "\r\x1b[K");
    }

    #[tokio::test]
    async fn nothing_is_said_while_a_person_is_asked_and_nothing_is_lost() {
        let tasks = Tasks::new();
        let screen = Screen::new(&tasks);
        let quiet = screen.quiet().await;
        (&screen).write_all(b"WARN one\n").unwrap();
        screen.print("two\n");
        assert_eq!(screen.drawn().kept.as_deref(), Some(&b"WARN one\ntwo\n"[..]));
        let one = vec![b'x'; MOST_KEPT];
        (&screen).write_all(&one).unwrap();
        assert_eq!(screen.drawn().kept.as_ref().map(Vec::len), Some(13), "it is bounded");
        assert!(screen.turn.try_lock().is_err(), "one at a time");
        // It is not for whoever reads the results of tests.
        screen.drawn().kept = Some(Vec::new());
        drop(quiet);
        assert!(screen.drawn().kept.is_none() && screen.turn.try_lock().is_ok());
    }
}
