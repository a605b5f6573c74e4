//! The debug log, in the form that FlexNet's readers know: ` 8:42:20 (licmgrd) message`.

mod file;
mod outlet;

use std::fmt::{self, Write as _};
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use licgate_core::time::{Civil, Zone};
use licgate_machine::zone::Local;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

use crate::clock;
pub use file::LogFile;
pub use outlet::Outlet;

/// The target of lines that have to be byte for byte as FlexNet writes them: nothing is added to their message.
pub const VERBATIM: &str = "licgate";

/// Writes a line that has to be byte for byte as FlexNet writes it.
pub fn verbatim(line: &str) {
    tracing::info!(target: VERBATIM, "{line}");
}

/// Where the log goes from the start.
#[derive(Debug, Clone)]
pub enum Sink {
    /// To stderr: the terminal, systemd's journal, or the master's log when it started this process.
    Stderr,
    /// To this file, which is only ever appended to, so that several processes can share it.
    File(Arc<File>),
}

impl Sink {
    /// What `-l` says. `FILE` is to be [emptied](Self::empty) as soon as no other daemon can be writing there; `+FILE` is
    /// not.
    pub fn open(flag: Option<&str>) -> io::Result<Self> {
        let Some(flag) = flag else { return Ok(Self::Stderr) };
        let path = Path::new(flag.strip_prefix('+').unwrap_or(flag));
        Ok(Self::File(Arc::new(File::options().create(true).append(true).open(path)?)))
    }

    /// Empties the file if `flag` names it without `+`.
    pub fn empty(&self, flag: Option<&str>) -> io::Result<()> {
        match self {
            Self::File(file) if flag.is_some_and(|flag| !flag.starts_with('+')) => file.set_len(0),
            Self::File(_) | Self::Stderr => Ok(()),
        }
    }
}

/// The form of the log's lines.
#[derive(Debug, Clone)]
pub struct Form {
    /// What stands in parentheses: `licmgrd`, or the vendor's name.
    pub daemon: String,
    /// Whether each line begins with its date.
    pub dates: Dates,
    /// The zone of its times.
    pub zone: Local,
}

/// Whether lines have dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dates {
    /// Only the time of day.
    Hidden,
    /// `6/9/2022` before the time.
    Shown,
}

/// Makes this the log of the whole process. RUST_LOG goes before `directives`.
pub fn begin(outlet: &Outlet, form: Form, directives: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(directives));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).event_format(form);
    if let Err(error) = builder.with_writer(outlet.clone()).try_init() {
        tracing::debug!(%error, "there is a log already");
    }
}

impl<S, N> FormatEvent<S, N> for Form
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        ctx: &FmtContext<'_, S, N>,
        mut out: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut text = Text::default();
        event.record(&mut text);
        let metadata = event.metadata();
        if metadata.target() != VERBATIM {
            for span in ctx.event_scope().into_iter().flatten() {
                if let Some(fields) = span.extensions().get::<FormattedFields<N>>()
                    && !fields.is_empty()
                {
                    write!(text.fields, " {}", fields.fields)?;
                }
            }
        }
        let now = self.zone.civil(clock::wall());
        out.write_str(&line(now, self.dates, &self.daemon, *metadata.level(), &text))
    }
}

/// The words of one event.
#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a string cannot fail.
        let _unfailing = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}

/// One line of the log. Control characters, which may come from clients, are shown and not sent to a terminal, and
/// nobody can begin a new line.
fn line(now: Civil, dates: Dates, daemon: &str, level: Level, text: &Text) -> String {
    let mut line = String::new();
    if dates == Dates::Shown {
        line += &format!("{}/{}/{} ", now.date.month(), now.date.day(), now.date.year());
    }
    line += &format!("{:2}:{:02}:{:02} ({daemon}) ", now.hour, now.minute, now.second);
    line += match level {
        Level::ERROR => "error: ",
        Level::WARN => "warning: ",
        Level::INFO => "",
        Level::DEBUG => "debug: ",
        Level::TRACE => "trace: ",
    };
    for character in text.message.chars().chain(text.fields.chars()) {
        if character.is_control() && character != '\t' {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use licgate_core::time::Date;
    use std::io::Read as _;

    fn show(dates: Dates, level: Level, message: &str, fields: &str) -> String {
        let date = Date::new(2022, 6, 9).unwrap();
        let now = Civil { date, hour: 8, minute: 4, second: 20 };
        line(now, dates, "licmgrd", level, &Text { message: message.into(), fields: fields.into() })
    }

    #[test]
    fn lines_have_flexnets_form() {
        use Dates::{Hidden, Shown};
        let cases = [
            (
                show(Hidden, Level::INFO, "licmgrd tcp-port 27000", ""),
                " 8:04:20 (licmgrd) licmgrd tcp-port 27000\n",
            ),
            (show(Shown, Level::INFO, "x", ""), "6/9/2022  8:04:20 (licmgrd) x\n"),
            (show(Hidden, Level::ERROR, "no", " port=7"), " 8:04:20 (licmgrd) error: no port=7\n"),
            (show(Hidden, Level::INFO, "IN: \"f\" a@b  ", ""), " 8:04:20 (licmgrd) IN: \"f\" a@b  \n"),
            (show(Hidden, Level::INFO, "", ""), " 8:04:20 (licmgrd) \n"),
        ];
        for (shown, expected) in cases {
            assert_eq!(shown, expected);
        }
    }

    #[test]
    fn nobody_writes_lines_or_control_codes_into_the_log() {
        let shown =
            show(Dates::Hidden, Level::INFO, "user \u{1b}[31m\n 9:00:00 (acme) OUT: \u{9b}\u{7f}", " f=\r");
        assert_eq!(shown.matches('\n').count(), 1);
        assert!(
            !shown.trim_end_matches('\n').contains(|character: char| character.is_control()),
            "{shown:?}"
        );
    }

    #[test]
    fn a_log_file_is_emptied_or_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("debug.log");
        let content = |flag: String| {
            let sink = Sink::open(Some(&flag)).unwrap();
            sink.empty(Some(&flag)).unwrap();
            let mut text = String::new();
            File::open(&path).unwrap().read_to_string(&mut text).unwrap();
            text
        };
        std::fs::write(&path, "old\n").unwrap();
        assert_eq!(content(format!("+{}", path.display())), "old\n");
        assert_eq!(content(path.display().to_string()), "");
    }
}
