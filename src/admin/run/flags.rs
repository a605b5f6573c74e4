//! The command line of `licrun`.

use std::ffi::OsString;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use licgate::{Checkout, Licence, Wait};

/// Holds a seat of a licensed feature while a command runs.
///
/// The command gets the terminal, the signals and the exit status as if licrun were not there. Its seat is kept through
/// restarts of the licence server, and goes back when the command ends.
#[derive(Debug, Parser)]
#[command(name = "licrun", disable_version_flag = true, after_help = AFTER_HELP)]
pub(super) struct Flags {
    /// Where licences are looked for: port@host, @host, a licence file or directory, or a list of these; else
    /// LICGATE_LICENSE_FILE, <VENDOR>_LICENSE_FILE and LM_LICENSE_FILE say it
    #[arg(short, long, visible_short_alias = 'c', value_name = "PORT@HOST")]
    pub(super) server: Option<String>,

    /// Wait in the queue when all seats are taken: for ever, or so long (90, 90s, 15m, 2h)
    #[arg(short, long, value_name = "TIME", num_args = 0..=1, require_equals = true, default_missing_value = "forever",
          value_parser = parse_wait)]
    pub(super) wait: Option<Wait>,

    /// How many seats, all or none
    #[arg(short = 'n', long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) count: u32,

    /// At least this version of the feature
    #[arg(long, value_name = "V", default_value = "0")]
    pub(super) version: String,

    /// Only from this vendor's daemon
    #[arg(long, value_name = "NAME")]
    pub(super) vendor: Option<String>,

    /// The vendor's public key (ed25519:…), or a file that holds it; without it every server is believed
    #[arg(long, value_name = "KEY|FILE", env = "LICGATE_VENDOR_KEY")]
    pub(super) vendor_key: Option<String>,

    /// What to do with the command when its seat is lost for good: say so, or end it with SIGTERM, too
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = OnLost::Warn)]
    pub(super) on_lost: OnLost,

    /// The feature
    pub(super) feature: String,

    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(super) command: Vec<OsString>,
}

/// What to do with the command when its seat is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum OnLost {
    /// Only say so
    Warn,
    /// Say so and end the command with SIGTERM
    Term,
}

const AFTER_HELP: &str = "\
Exit status: that of the command, 128+n when signal n ended it (or licrun, while it waited), and
    2  the command line makes no sense
   69  no licence server could be reached
   71  this machine failed: no threads, a licence file that cannot be read
   75  all seats are taken: try again, or use --wait
   77  the licence does not allow it: feature, version, date, host or signature
  126  the command cannot be run
  127  the command was not found

A licrun that is stopped (Ctrl-Z) cannot keep its seat: after a while the server gives it to others. \
When licrun goes on, it takes a seat again if there is one.";

impl Flags {
    /// The checkout that these flags ask for; `vendor_key` is the key itself.
    pub(super) fn checkout(&self, vendor_key: Option<&str>) -> Checkout {
        let mut checkout = Licence::checkout(&self.feature, &self.version).seats(self.count);
        checkout = match vendor_key {
            Some(key) => checkout.vendor_key(key),
            None => checkout.without_vendor_key(),
        };
        if let Some(server) = &self.server {
            checkout = checkout.server(server);
        }
        if let Some(vendor) = &self.vendor {
            checkout = checkout.vendor(vendor);
        }
        checkout.wait(self.wait.unwrap_or_default())
    }
}

/// `forever`, or a number with an optional unit: seconds, minutes, hours, days.
fn parse_wait(text: &str) -> Result<Wait, String> {
    if text == "forever" {
        return Ok(Wait::Forever);
    }
    let (digits, unit) = text.split_at(text.trim_end_matches(|c: char| c.is_ascii_alphabetic()).len());
    let factor = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return Err(format!("'{unit}' is no unit of time; write s, m, h or d")),
    };
    let number: u64 =
        digits.parse().map_err(|_| format!("'{text}' is no time; write 90, 90s, 15m, 2h or 1d"))?;
    Ok(Wait::UpTo(Duration::from_secs(number.saturating_mul(factor))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Flags::command().debug_assert();
    }

    #[test]
    fn times_are_read() {
        for (text, seconds) in [("90", 90), ("0", 0), ("90s", 90), ("15m", 900), ("2h", 7200), ("1d", 86400)]
        {
            assert_eq!(parse_wait(text), Ok(Wait::UpTo(Duration::from_secs(seconds))), "{text}");
        }
        assert_eq!(parse_wait("forever"), Ok(Wait::Forever));
        for text in ["", "s", "-1", "1.5", "1w", "1 h", "h1"] {
            assert!(parse_wait(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_time_belongs_to_its_flag_by_an_equals_sign_only() {
        let flags = |args: &[&str]| Flags::try_parse_from([&["licrun"], args, &["--", "ls", "-l"]].concat());
        assert_eq!(flags(&["--wait", "solver"]).unwrap().wait, Some(Wait::Forever));
        let flags = flags(&["--wait=5m", "solver"]).unwrap();
        assert_eq!(flags.wait, Some(Wait::UpTo(Duration::from_secs(300))));
        assert_eq!((flags.feature.as_str(), flags.command), ("solver", vec!["ls".into(), "-l".into()]));
    }
}
