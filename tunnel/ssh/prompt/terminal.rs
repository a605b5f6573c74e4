//! Asking at the terminal of the process, whatever its standard input is.

use std::io::{self, Write as _};

use zeroize::Zeroizing;

use super::{Answer, LONGEST_ANSWER, NoAnswer, Prompt, Question, printable};
use crate::tasks::Tasks;

/// The controlling terminal. One question at a time.
#[derive(Debug)]
pub struct Terminal {
    tasks: Tasks,
    one: tokio::sync::Mutex<()>,
}

impl Terminal {
    /// The terminal of this process, if it has one.
    pub fn new(tasks: &Tasks) -> Self {
        Self { tasks: tasks.clone(), one: tokio::sync::Mutex::new(()) }
    }
}

impl Prompt for Terminal {
    fn can_ask(&self) -> bool {
        platform::is_there()
    }

    fn ask(&self, question: Question) -> Answer<'_> {
        Box::pin(async move {
            let _one = self.one.lock().await;
            // The thread that reads sees the writing end close when this future is dropped.
            let (taken_back, _asking) = io::pipe().map_err(NoAnswer::Failed)?;
            self.tasks
                .blocking(move || platform::ask(&question, &taken_back))
                .await
                .unwrap_or(Err(NoAnswer::Nobody))
        })
    }

    fn show(&self, text: &str) {
        let text = printable(text);
        // Where it is asked what this may be about, wherever standard error leads.
        let shown = platform::output().and_then(|mut terminal| writeln!(terminal, "{}", text.trim_end()));
        if shown.is_err() {
            // What cannot be shown is no reason to stop.
            drop(writeln!(io::stderr(), "{}", text.trim_end()));
        }
    }
}

#[cfg(unix)]
mod platform {
    use std::fs::{File, OpenOptions};
    use std::io::{self, Read as _, Write as _};

    use rustix::event::{PollFd, PollFlags, poll};
    use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

    use super::{LONGEST_ANSWER, NoAnswer, Question, Zeroizing};

    pub(super) fn is_there() -> bool {
        open().is_ok()
    }

    pub(super) fn output() -> io::Result<File> {
        open()
    }

    fn open() -> io::Result<File> {
        OpenOptions::new().read(true).write(true).open("/dev/tty")
    }

    pub(super) fn ask(
        question: &Question,
        taken_back: &io::PipeReader,
    ) -> Result<Zeroizing<String>, NoAnswer> {
        let mut tty = open().map_err(|_| NoAnswer::Nobody)?;
        let _quiet = if question.echo { None } else { Some(Quiet::new(&tty).map_err(NoAnswer::Failed)?) };
        write!(tty, "{}", question.text).map_err(NoAnswer::Failed)?;
        let answer = read_line(&mut tty, taken_back);
        if !question.echo || answer.is_err() {
            // The line feed that the user typed was not shown. A failure shows at the next use of the terminal.
            drop(writeln!(tty));
        }
        answer
    }

    fn read_line(tty: &mut File, taken_back: &io::PipeReader) -> Result<Zeroizing<String>, NoAnswer> {
        let mut line = Zeroizing::new(Vec::with_capacity(LONGEST_ANSWER));
        let mut byte = Zeroizing::new([0; 1]);
        loop {
            let mut ready = [PollFd::new(tty, PollFlags::IN), PollFd::new(taken_back, PollFlags::IN)];
            match poll(&mut ready, None) {
                Ok(_) => {}
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => return Err(NoAnswer::Failed(error.into())),
            }
            if !ready[1].revents().is_empty() {
                return Err(NoAnswer::Cancelled);
            }
            match tty.read(&mut byte[..]) {
                Ok(0) => return Err(NoAnswer::Cancelled),
                Ok(_) if byte[0] == b'\n' => break,
                Ok(_) if line.len() < LONGEST_ANSWER => line.push(byte[0]),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(NoAnswer::Failed(error)),
            }
        }
        let text = std::str::from_utf8(&line).map_err(|_| {
            NoAnswer::Failed(io::Error::new(io::ErrorKind::InvalidData, "the answer is not UTF-8"))
        })?;
        Ok(Zeroizing::new(text.to_owned()))
    }

    /// A terminal that does not show what is typed, until this is dropped.
    struct Quiet {
        tty: File,
        before: Termios,
    }

    impl Quiet {
        fn new(tty: &File) -> io::Result<Self> {
            let tty = tty.try_clone()?;
            let before = tcgetattr(&tty)?;
            let mut quiet = before.clone();
            quiet.local_modes -=
                LocalModes::ECHO | LocalModes::ECHOE | LocalModes::ECHOK | LocalModes::ECHONL;
            tcsetattr(&tty, OptionalActions::Flush, &quiet)?;
            Ok(Self { tty, before })
        }
    }

    impl Drop for Quiet {
        fn drop(&mut self) {
            // Nothing is left to try when the terminal does not take its own settings back.
            let _ = tcsetattr(&self.tty, OptionalActions::Flush, &self.before);
        }
    }
}

#[cfg(windows)]
mod platform {
    use std::fs::{File, OpenOptions};
    use std::io::{self, BufRead as _, Read as _, Write as _};

    use super::{LONGEST_ANSWER, NoAnswer, Question, Zeroizing};

    pub(super) fn is_there() -> bool {
        OpenOptions::new().read(true).write(true).open("CONIN$").is_ok()
    }

    pub(super) fn output() -> io::Result<File> {
        OpenOptions::new().write(true).open("CONOUT$")
    }

    /// A question that is taken back stays on the console until it is answered: Windows cannot wait for two things here
    /// without code that is not safe Rust.
    pub(super) fn ask(
        question: &Question,
        taken_back: &io::PipeReader,
    ) -> Result<Zeroizing<String>, NoAnswer> {
        let _ = taken_back;
        if !question.echo {
            return rpassword::prompt_password(&question.text).map(Zeroizing::new).map_err(NoAnswer::Failed);
        }
        let mut out = output().map_err(|_| NoAnswer::Nobody)?;
        write!(out, "{}", question.text).map_err(NoAnswer::Failed)?;
        let console = OpenOptions::new().read(true).open("CONIN$").map_err(|_| NoAnswer::Nobody)?;
        let mut line = Zeroizing::new(String::new());
        let longest = u64::try_from(LONGEST_ANSWER).unwrap_or(u64::MAX);
        match io::BufReader::new(console.take(longest)).read_line(&mut line) {
            Ok(0) => Err(NoAnswer::Cancelled),
            Ok(_) => Ok(Zeroizing::new(line.trim_end_matches(['\r', '\n']).to_owned())),
            Err(error) => Err(NoAnswer::Failed(error)),
        }
    }
}
