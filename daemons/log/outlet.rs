//! Where the lines of this process go, which can change while it runs.

use std::io::{self, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use licgate_core::time::Zone as _;
use licgate_machine::zone::Local;
use tracing_subscriber::fmt::MakeWriter;

use super::{LogFile, Sink};
use crate::clock;

/// The log's way out: to the sink that the daemon was started with, or to a file instead. Clones are the same way.
#[derive(Debug, Clone)]
pub struct Outlet {
    sink: Sink,
    file: Arc<Mutex<Option<LogFile>>>,
    zone: Local,
}

impl Outlet {
    /// To `sink`. `zone` is that of the names of files which are put aside.
    pub fn new(sink: Sink, zone: Local) -> Self {
        Self { sink, file: Arc::default(), zone }
    }

    /// What the daemon was started with.
    pub fn sink(&self) -> &Sink {
        &self.sink
    }

    /// The zone of its times.
    pub fn zone(&self) -> &Local {
        &self.zone
    }

    /// Leads to `file` from now on, or back to the sink.
    pub fn turn(&self, file: Option<LogFile>) {
        *self.file.lock().unwrap_or_else(PoisonError::into_inner) = file;
    }

    /// Whether the lines go to a file, so that nobody sees them who looks at stderr.
    pub fn is_file(&self) -> bool {
        matches!(self.sink, Sink::File(_))
            || self.file.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// A line that the file does not take goes to the sink.
    fn line(&self, line: &[u8]) -> io::Result<()> {
        if let Some(file) = &mut *self.file.lock().unwrap_or_else(PoisonError::into_inner)
            && file.append(line, self.zone.civil(clock::wall())).is_ok()
        {
            return Ok(());
        }
        match &self.sink {
            Sink::Stderr => io::stderr().write_all(line),
            Sink::File(file) => (&**file).write_all(line),
        }
    }
}

impl io::Write for &Outlet {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.line(line).map(|()| line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Outlet {
    type Writer = &'a Self;

    fn make_writer(&'a self) -> Self::Writer {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn lines_go_where_they_are_led() {
        let folder = tempfile::tempdir().unwrap();
        let (near, far) = (folder.path().join("near"), folder.path().join("far"));
        let sink = Sink::open(Some(near.to_str().unwrap())).unwrap();
        let outlet = Outlet::new(sink, Local::system());
        let write = |line: &[u8]| (&outlet).write_all(line).unwrap();
        write(b"one\n");
        outlet.turn(Some(LogFile::open(&far, None).unwrap()));
        write(b"two\n");
        outlet.turn(None);
        write(b"three\n");
        assert_eq!(fs::read_to_string(near).unwrap(), "one\nthree\n");
        assert_eq!(fs::read_to_string(far).unwrap(), "two\n");
    }
}
