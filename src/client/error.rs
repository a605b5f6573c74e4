//! What can go wrong, sorted by whose fault it is.

use std::fmt;
use std::io;

use licgate_core::code::Code;

/// Why there is no seat, or no answer.
///
/// `{}` prints one line: FlexNet's text and numbers, then plain words. `{:#}` prints the block of lines that FlexNet's
/// clients print, with the feature and every place that was searched.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Error {
    /// The call makes no sense: a version with letters, no seats, no vendor key, a path list that cannot be read.
    Misuse(Box<Report>),
    /// A licence server, or a local licence file, said no: try later (`-4`) or talk to its administrator.
    Denied(Box<Report>),
    /// What a server said is not signed by the vendor, or not for this server: nothing that it says counts.
    Untrusted(Box<Report>),
    /// No server could be reached.
    Unreachable(Box<Report>),
    /// A server was reached, but what it says makes no sense.
    Peer(Box<Report>),
    /// This machine cannot: no threads, no random numbers, a file that may not be read.
    Machine(Box<Report>),
    /// The application cancelled the wait.
    Cancelled,
}

/// What an [`Error`] tells.
#[derive(Debug, Clone)]
pub struct Report {
    code: Code,
    why: String,
    system: Option<(i32, String)>,
    feature: Option<String>,
    searched: Vec<String>,
    others: Vec<String>,
}

impl Report {
    pub(crate) fn new(code: Code, why: impl Into<String>) -> Box<Self> {
        Box::new(Self {
            code,
            why: why.into(),
            system: None,
            feature: None,
            searched: Vec::new(),
            others: Vec::new(),
        })
    }

    /// With what the operating system said.
    pub(crate) fn system(mut self: Box<Self>, error: &io::Error) -> Box<Self> {
        self.system = error.raw_os_error().map(|number| (number, system_text(error)));
        self
    }

    /// FlexNet's code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// Plain words: lower case, no full stop.
    pub fn why(&self) -> &str {
        &self.why
    }

    /// The feature that was asked for, if the request had come that far.
    pub fn feature(&self) -> Option<&str> {
        self.feature.as_deref()
    }

    /// The places that were searched, in order, as path lists write them.
    pub fn searched(&self) -> &[String] {
        &self.searched
    }

    /// What other places had to say, in plain words.
    pub fn others(&self) -> &[String] {
        &self.others
    }

    fn headline(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers = self.code.numbers().to_string();
        match &self.system {
            None => write!(f, "{}. {numbers}", self.code.text()),
            Some((number, text)) => {
                let numbers = numbers.trim_end_matches(')');
                write!(f, "{}. {numbers}:{number} \"{text}\")", self.code.text())
            }
        }
    }

    fn block(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.headline(f)?;
        write!(f, "\n{}", self.why)?;
        self.others.iter().try_for_each(|other| write!(f, "\n{other}"))?;
        if let Some(feature) = &self.feature {
            write!(f, "\nFeature:       {feature}")?;
        }
        if !self.searched.is_empty() {
            write!(f, "\nLicense path:  {}:", self.searched.join(":"))?;
        }
        let numbers = self.code.numbers().to_string();
        write!(f, "\nFlexNet Licensing error:{}", numbers.trim_matches(['(', ')']))?;
        match &self.system {
            None => Ok(()),
            Some((number, text)) => write!(f, ".  System Error: {number} \"{text}\""),
        }
    }
}

/// The system's own text: Rust adds the number, which stands before it here.
fn system_text(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).into()
}

impl Error {
    /// What happened; `None` when the application itself cancelled.
    pub fn report(&self) -> Option<&Report> {
        match self {
            Self::Misuse(report)
            | Self::Denied(report)
            | Self::Untrusted(report)
            | Self::Unreachable(report)
            | Self::Peer(report)
            | Self::Machine(report) => Some(report),
            Self::Cancelled => None,
        }
    }

    /// FlexNet's code; `None` when the application itself cancelled.
    pub fn code(&self) -> Option<Code> {
        self.report().map(Report::code)
    }

    /// The same error with the feature that was asked for, the places that were searched, and what the others said.
    #[must_use]
    pub(crate) fn about(mut self, feature: &str, searched: &[String], others: Vec<String>) -> Self {
        match &mut self {
            Self::Misuse(report)
            | Self::Denied(report)
            | Self::Untrusted(report)
            | Self::Unreachable(report)
            | Self::Peer(report)
            | Self::Machine(report) => {
                report.feature = Some(feature.into());
                report.searched = searched.to_vec();
                report.others = others;
            }
            Self::Cancelled => {}
        }
        self
    }

    /// The same error with who said it, if it is a server's word: the others name their server by themselves.
    #[must_use]
    pub(crate) fn said_by(mut self, server: &str) -> Self {
        if let Self::Denied(report) | Self::Untrusted(report) = &mut self {
            report.why.insert_str(0, &format!("{server}: "));
        }
        self
    }

    /// How much it tells a person who got nothing from any of several servers: the higher, the more.
    pub(crate) fn weight(&self) -> u8 {
        match self {
            Self::Cancelled => 6,
            Self::Misuse(_) => 5,
            Self::Untrusted(_) => 4,
            Self::Denied(report) if report.code != Code::NO_SUCH_FEATURE => 3,
            Self::Denied(_) => 2,
            Self::Peer(_) | Self::Unreachable(_) => 1,
            Self::Machine(_) => 0,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(report) = self.report() else { return f.write_str("the checkout was cancelled") };
        if f.alternate() {
            return report.block(f);
        }
        report.headline(f)?;
        write!(f, ": {}", report.why)
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused() -> Error {
        let system = io::Error::from_raw_os_error(111);
        Error::Unreachable(Report::new(Code::CANNOT_CONNECT, "nobody answers at 27000@lic1").system(&system))
            .about("solver", &["27000@lic1".into(), "/opt/acme/acme.lic".into()], vec!["lic2 is full".into()])
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn an_error_reads_as_flexnet_clients_print_it() {
        assert_eq!(
            refused().to_string(),
            "Cannot connect to license server system. (-15,570:111 \"Connection refused\"): \
             nobody answers at 27000@lic1"
        );
        assert_eq!(
            format!("{:#}", refused()),
            "Cannot connect to license server system. (-15,570:111 \"Connection refused\")\n\
             nobody answers at 27000@lic1\n\
             lic2 is full\n\
             Feature:       solver\n\
             License path:  27000@lic1:/opt/acme/acme.lic:\n\
             FlexNet Licensing error:-15,570.  System Error: 111 \"Connection refused\""
        );
    }

    #[test]
    fn a_denial_needs_no_system_error_and_a_cancelled_wait_no_code() {
        let denied = Error::Denied(Report::new(Code::ALL_IN_USE, "ann@ws1 holds the only seat"));
        assert_eq!(
            denied.to_string(),
            "Licensed number of users already reached. (-4,342): ann@ws1 holds the only seat"
        );
        assert_eq!((denied.code(), Error::Cancelled.code()), (Some(Code::ALL_IN_USE), None));
        assert_eq!(format!("{:#}", Error::Cancelled), "the checkout was cancelled");
    }

    #[test]
    fn the_most_telling_error_weighs_most() {
        let denied = |code| Error::Denied(Report::new(code, ""));
        let untrusted = Error::Untrusted(Report::new(Code::BAD_SIGNATURE, ""));
        let falling = [untrusted, denied(Code::ALL_IN_USE), denied(Code::NO_SUCH_FEATURE), refused()];
        let weights = falling.map(|error| error.weight());
        assert!(weights.is_sorted_by(|more, less| more > less), "{weights:?}");
    }
}
