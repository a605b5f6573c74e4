//! Why a command failed, and the exit status that says so.

use std::fmt;
use std::process::ExitCode;

use licgate::Error;
use licgate_core::code::Code;
use licgate_machine::files::FileError;
use licgate_machine::keys::KeyFileError;

use crate::out::Out;

/// What kind of failure; each has its own exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The question was answered, and the answer is no.
    No,
    /// The call makes no sense.
    Usage,
    /// A licence file, or another file that was given, has mistakes in it.
    BadFile,
    /// A file or a key cannot be read.
    NoInput,
    /// No licence server answers, or what it says makes no sense.
    Unreachable,
    /// Something cannot be written.
    CannotWrite,
    /// Only an administrator may do that.
    NotAllowed,
}

impl Kind {
    /// The exit status: 1 and 2 as usual, the others as in `sysexits.h`.
    pub fn status(self) -> u8 {
        match self {
            Self::No => 1,
            Self::Usage => 2,
            Self::BadFile => 65,
            Self::NoInput => 66,
            Self::Unreachable => 69,
            Self::CannotWrite => 73,
            Self::NotAllowed => 77,
        }
    }
}

/// The table of exit statuses that `--help` shows.
pub const EXIT_STATUS: &str = "\
Exit status:
   0  done; what was asked for is so
   1  the answer is no: no seat, a bad signature, nobody answers a ping
   2  the command line makes no sense
  65  a file that was given has mistakes in it
  66  a file cannot be read
  69  no licence server answers, or what it says makes no sense
  73  something cannot be written
  77  only an administrator may do that";

/// Whose exit statuses a program has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// licgate's own: those of [`Kind`].
    Licgate,
    /// FlexNet's: the low byte of the error's code, where it has one.
    FlexNet,
}

/// Why a command failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    kind: Kind,
    code: Option<Code>,
    message: String,
    hints: Vec<String>,
}

impl Failure {
    /// A failure in plain words: lower case, no full stop.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, code: None, message: message.into(), hints: Vec::new() }
    }

    /// A failure about which everything has been said already: only the exit status is left.
    pub fn said(kind: Kind) -> Self {
        Self::new(kind, "")
    }

    /// The same failure with what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The same failure with FlexNet's code, which is the exit status of programs with FlexNet's manner.
    #[must_use]
    pub fn code(self, code: Code) -> Self {
        Self { code: Some(code), ..self }
    }

    /// The same failure when everything has been said already.
    #[must_use]
    pub fn without_words(self) -> Self {
        Self { message: String::new(), hints: Vec::new(), ..self }
    }

    /// The exit status.
    pub fn status(&self, manner: Manner) -> u8 {
        match (manner, self.code) {
            (Manner::FlexNet, Some(code)) => code.exit_status(),
            (Manner::FlexNet, None) | (Manner::Licgate, _) => self.kind.status(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        let kind = if error.action == "write" || error.action == "create" {
            Kind::CannotWrite
        } else {
            Kind::NoInput
        };
        Self::new(kind, error.to_string()).code(Code::CANNOT_READ_FILE)
    }
}

impl From<KeyFileError> for Failure {
    fn from(error: KeyFileError) -> Self {
        match error {
            KeyFileError::File(error) => error.into(),
            KeyFileError::NoKey(_) => Self::new(Kind::BadFile, error.to_string()),
            KeyFileError::Exposed(_, _) | KeyFileError::NoRandomness => {
                Self::new(Kind::NoInput, error.to_string())
            }
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let kind = kind(&error);
        let failure = Self::new(kind, error.to_string());
        match error.code() {
            Some(code) => failure.code(code),
            None => failure,
        }
    }
}

fn kind(error: &Error) -> Kind {
    match error {
        Error::Misuse(_) => Kind::Usage,
        Error::Denied(report) if report.code() == Code::NOT_ADMINISTRATOR => Kind::NotAllowed,
        Error::Denied(report) if report.code() == Code::VENDOR_DOWN => Kind::Unreachable,
        Error::Denied(_) | Error::Untrusted(_) | Error::Cancelled => Kind::No,
        Error::Unreachable(_) | Error::Peer(_) => Kind::Unreachable,
        Error::Machine(_) => Kind::NoInput,
        // The library may learn of more.
        _ => Kind::No,
    }
}

/// Ends a program whose command line makes no sense, or that was asked for help or its version.
pub fn usage(error: &clap::Error) -> ExitCode {
    // Nobody to read it is no failure.
    error.print().ok();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// Ends a program: prints what is left, says what failed, and gives the exit status.
pub fn end(program: &str, manner: Manner, result: Result<(), Failure>, out: &mut Out) -> ExitCode {
    let printed = out.finish();
    match result.and(printed) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.message.is_empty() {
                out.talk(&format!("{program}: {failure}"));
            }
            for hint in &failure.hints {
                out.talk(&format!("  hint: {hint}"));
            }
            ExitCode::from(failure.status(manner))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::out::tests::Kept;

    #[test]
    fn help_lists_every_exit_status() {
        let kinds = [
            Kind::No,
            Kind::Usage,
            Kind::BadFile,
            Kind::NoInput,
            Kind::Unreachable,
            Kind::CannotWrite,
            Kind::NotAllowed,
        ];
        let told: Vec<u8> =
            EXIT_STATUS.lines().skip(2).map(|line| line[..4].trim().parse().unwrap()).collect();
        assert_eq!(told, kinds.map(Kind::status));
    }

    #[test]
    fn flexnets_programs_end_with_the_low_byte_of_the_code() {
        let failure = Failure::new(Kind::Unreachable, "nobody").code(Code::CANNOT_CONNECT);
        assert_eq!((failure.status(Manner::FlexNet), failure.status(Manner::Licgate)), (241, 69));
        assert_eq!(Failure::said(Kind::No).status(Manner::FlexNet), 1);
    }

    #[test]
    fn a_failure_is_told_with_its_hints() {
        let (data, talk) = (Kept::default(), Kept::default());
        let mut out = Out::new(Box::new(data.clone()), Box::new(talk.clone()));
        out.line("data");
        let failure = Failure::new(Kind::No, "no seat").hint("wait").hint("or ask ada");
        end("licutil", Manner::Licgate, Err(failure), &mut out);
        end("licutil", Manner::Licgate, Err(Failure::said(Kind::No)), &mut out);
        assert_eq!(data.text(), "data\n");
        assert_eq!(talk.text(), "licutil: no seat\n  hint: wait\n  hint: or ask ada\n");
    }
}
