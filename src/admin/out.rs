//! The only printer: data goes to standard output, talk to standard error.

use std::io::{self, BufWriter, ErrorKind, Write};

use serde::Serialize;

use crate::failure::{Failure, Kind};

/// In which form data is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// For people and their scripts.
    Text,
    /// One JSON document.
    Json,
}

impl Form {
    /// What the flag `--json` asks for.
    pub fn of_flag(json: bool) -> Self {
        if json { Self::Json } else { Self::Text }
    }
}

/// Where a program prints.
///
/// When the reader of standard output has gone away (`licutil stat -a | head`), the rest is dropped without a word. Any
/// other trouble in printing data is kept and told by [`finish`](Self::finish), so that a full disk never passes for success.
pub struct Out {
    data: BufWriter<Box<dyn Write + Send>>,
    talk: Box<dyn Write + Send>,
    state: io::Result<()>,
}

/// The number that changes when a field of a JSON document is renamed or removed. New fields do not change it.
const SCHEMA: u32 = 1;

/// A JSON document with its schema number in front.
#[derive(Serialize)]
struct Document<'a, T> {
    schema: u32,
    #[serde(flatten)]
    body: &'a T,
}

impl Out {
    /// Prints to this process's standard output and standard error.
    pub fn of_process() -> Self {
        Self::new(Box::new(io::stdout()), Box::new(io::stderr()))
    }

    /// Prints to these writers.
    pub fn new(data: Box<dyn Write + Send>, talk: Box<dyn Write + Send>) -> Self {
        Self { data: BufWriter::with_capacity(64 * 1024, data), talk, state: Ok(()) }
    }

    /// Prints data as it is.
    pub fn data(&mut self, text: &str) {
        if self.state.is_ok() {
            self.state = self.data.write_all(text.as_bytes());
        }
    }

    /// Prints a line of data.
    pub fn line(&mut self, text: &str) {
        self.data(text);
        self.data("\n");
    }

    /// Prints a value as a JSON document.
    ///
    /// # Panics
    /// When the value is no JSON object: a mistake in this program.
    pub fn json(&mut self, body: &impl Serialize) {
        let text = serde_json::to_string_pretty(&Document { schema: SCHEMA, body });
        self.line(&text.expect("documents are made of objects with text keys"));
    }

    /// Says something to the person who called. Nobody to hear it is no failure.
    pub fn talk(&mut self, text: &str) {
        self.flush();
        writeln!(self.talk, "{text}").ok();
    }

    /// Asks on standard error, without a line feed.
    pub fn ask(&mut self, question: &str) {
        self.flush();
        write!(self.talk, "{question}").and_then(|()| self.talk.flush()).ok();
    }

    /// Sees to it that everything is printed.
    ///
    /// # Errors
    /// Data could not be written, and not just because its reader went away.
    pub fn finish(&mut self) -> Result<(), Failure> {
        self.flush();
        match std::mem::replace(&mut self.state, Ok(())) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(Failure::new(Kind::CannotWrite, format!("cannot write to standard output: {error}")))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn flush(&mut self) {
        if self.state.is_ok() {
            self.state = self.data.flush();
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    /// A writer whose content can be read while another owns it.
    #[derive(Default, Clone)]
    pub(crate) struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Kept {
        pub(crate) fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Broken(ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_went_away_is_no_failure_but_a_full_disk_is() {
        for (kind, fails) in [(ErrorKind::BrokenPipe, false), (ErrorKind::StorageFull, true)] {
            let mut out = Out::new(Box::new(Broken(kind)), Box::new(io::sink()));
            out.line(&"x".repeat(100_000));
            out.line("more");
            assert_eq!(out.finish().is_err(), fails, "{kind:?}");
        }
    }

    #[test]
    fn talk_comes_after_the_data_before_it() {
        let kept = Kept::default();
        let mut out = Out::new(Box::new(kept.clone()), Box::new(kept.clone()));
        out.line("data");
        out.talk("talk");
        out.json(&std::collections::BTreeMap::from([("a", 1)]));
        out.finish().unwrap();
        assert_eq!(kept.text(), "data\ntalk\n{\n  \"schema\": 1,\n  \"a\": 1\n}\n");
    }
}
