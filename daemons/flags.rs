//! The command lines of both daemons.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser};

/// Exit codes, as `--help` tells them.
const EXIT_CODES: &str = "\
Exit codes:
  0   stopped as asked
  1   something broke while serving
  2   wrong command line, or licvendord is of another version than licmgrd
  28  the master daemon went away (licvendord)
  36  no features to serve
  41  another one uses the state directory
  65  the licence files cannot be used
  69  a port cannot be had
  74  a file cannot be read or written
  78  the configuration is wrong

Signals: TERM and INT end it, HUP reads the licence files again.";

/// The master daemon of a licence host: serves licence files and starts a vendor daemon for each vendor in them.
#[derive(Debug, Clone, Parser)]
#[command(name = "licmgrd", after_help = EXIT_CODES, disable_version_flag = true)]
pub struct MasterFlags {
    /// Licence files, or directories of which all *.lic count, separated by ':'; may be repeated. Without it
    /// LICGATE_LICENSE_FILE and then LM_LICENSE_FILE name them.
    #[arg(short = 'c', value_name = "FILE|DIR[:…]")]
    pub licences: Vec<String>,
    /// Log to this file, which is emptied first; +FILE appends. Without it to stderr.
    #[arg(short = 'l', value_name = "[+]FILE")]
    pub log_file: Option<String>,
    /// Run a licence host of its own to try things out: with a demo vendor and a licence that it signs itself.
    #[arg(long, conflicts_with_all = ["licences", "config"])]
    pub demo: bool,
    /// Run in the foreground. This is always so: leave going to the background to systemd, or to the shell.
    #[arg(short = 'z')]
    pub foreground: bool,
    /// Refuse this administrative command, lmdown or lmremove; may be repeated.
    #[arg(short = 'x', value_name = "COMMAND")]
    pub refused: Vec<Refusable>,
    /// Administrative commands only from this machine. This is always so.
    #[arg(long)]
    pub local: bool,
    /// With -p: administrative commands only from administrators. This is always so: see admin in licgate.toml.
    #[arg(short = '2')]
    pub two: bool,
    /// See -2.
    #[arg(short = 'p')]
    pub privileged: bool,
    /// Seconds to wait for the other hosts of a redundant triad. Accepted; there are no triads yet.
    #[arg(short = 't', value_name = "SECONDS")]
    pub triad_timeout: Option<u32>,
    /// Accepted: ports are always bound again at once.
    #[arg(long)]
    pub reuseaddr: bool,
    /// Accepted: the log is never locked.
    #[arg(long)]
    pub nfs_log: bool,
    /// Print the version.
    #[arg(short = 'v', long = "version")]
    pub version: bool,
    #[command(flatten)]
    pub common: CommonFlags,
}

/// An administrative command that can be switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "lower")]
pub enum Refusable {
    /// Stopping the licence host.
    LmDown,
    /// Taking a seat from its holder.
    LmRemove,
}

/// A vendor daemon: owns the seats of one vendor. Started by licmgrd, not by hand.
#[derive(Debug, Clone, Parser)]
#[command(name = "licvendord", after_help = EXIT_CODES, version)]
pub struct VendorFlags {
    /// The vendor.
    #[arg(long, value_name = "NAME")]
    pub vendor: String,
    /// A licence file, or a directory of which all *.lic count; may be repeated.
    #[arg(short = 'c', value_name = "FILE|DIR", required = true)]
    pub licences: Vec<PathBuf>,
    #[command(flatten)]
    pub common: CommonFlags,
}

/// What both daemons understand.
#[derive(Debug, Clone, Default, Args)]
pub struct CommonFlags {
    /// How the daemons run; without it /etc/licgate/licgate.toml if it exists.
    #[arg(long, value_name = "LICGATE.TOML")]
    pub config: Option<PathBuf>,
    /// Where identity, journals and admin socket live; goes before state_dir in licgate.toml.
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
    /// Write the date on every line of the log.
    #[arg(long)]
    pub datestamp: bool,
    /// Minutes between TIMESTAMP lines in the log.
    #[arg(short = 's', value_name = "MINUTES", default_value_t = 360, num_args = 0..=1, default_missing_value = "360",
          value_parser = clap::value_parser!(u32).range(1..))]
    pub timestamp: u32,
}

/// FlexNet's words with one dash, and how they are written here.
const SINGLE_DASH: [(&str, &str); 6] = [
    ("-local", "--local"),
    ("-datestamp", "--datestamp"),
    ("-help", "--help"),
    ("-version", "--version"),
    ("-reuseaddr", "--reuseaddr"),
    ("-nfs_log", "--nfs-log"),
];

impl MasterFlags {
    /// Reads a command line, the program's name first; FlexNet's spellings are understood.
    pub fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let arguments: Vec<_> = arguments.into_iter().map(respell).collect();
        for argument in &arguments {
            if is_unknown_word(argument) {
                let message =
                    format!("unknown flag '{}'; licmgrd --help lists all flags\n", argument.display());
                return Err(Self::command().error(clap::error::ErrorKind::UnknownArgument, message));
            }
        }
        Self::try_parse_from(arguments)
    }
}

impl VendorFlags {
    /// Reads a command line, the program's name first.
    pub fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        Self::from_arg_matches(&Self::command().try_get_matches_from(arguments)?)
    }
}

fn respell(argument: OsString) -> OsString {
    let known = SINGLE_DASH.iter().find(|(flexnet, _)| argument == *flexnet);
    known.map_or(argument, |(_, ours)| OsString::from(ours))
}

/// One dash and a word that is no flag with its value written to it (`-l+FILE`). Otherwise clap would complain about
/// its first letter only.
fn is_unknown_word(argument: &OsString) -> bool {
    let Some(text) = argument.to_str() else { return false };
    let mut letters = text.chars();
    let (dash, flag) = (letters.next(), letters.next());
    dash == Some('-')
        && letters.next().is_some()
        && !matches!(flag, Some('-' | 'c' | 'l' | 's' | 'x' | 't' | '2' | 'z'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<MasterFlags, String> {
        let words = ["licmgrd"].into_iter().chain(line.split(' ').filter(|word| !word.is_empty()));
        MasterFlags::read(words.map(OsString::from)).map_err(|error| error.to_string())
    }

    #[test]
    fn flexnets_command_lines_are_understood() {
        let flags = read("-c a.lic:b -c c.lic -l +log -z -local -2 -p -x lmdown -x lmremove -s 60 -t 5 -datestamp -nfs_log").unwrap();
        assert_eq!(flags.licences, ["a.lic:b", "c.lic"]);
        assert_eq!(flags.log_file.as_deref(), Some("+log"));
        assert_eq!(flags.refused, [Refusable::LmDown, Refusable::LmRemove]);
        assert_eq!((flags.common.timestamp, flags.triad_timeout), (60, Some(5)));
        assert!(flags.common.datestamp && flags.foreground && flags.local && flags.nfs_log);
        assert_eq!(read("-l+/var/log/x -c a").unwrap().log_file.as_deref(), Some("+/var/log/x"));
        assert_eq!(read("-s -c a").unwrap().common.timestamp, 360);
        assert!(read("-v").unwrap().version && read("-version").unwrap().version);
    }

    #[test]
    fn wrong_command_lines_are_named() {
        for (line, words) in [
            ("-verbose", "unknown flag '-verbose'"),
            ("--frobnicate", "--frobnicate"),
            ("-x lmreread", "lmreread"),
            ("-s 0", "'0'"),
            ("--demo -c a.lic", "cannot be used with"),
            ("stray", "stray"),
            ("-help", "Exit codes:"),
        ] {
            let error = read(line).unwrap_err();
            assert!(error.contains(words), "{line}: {error}");
        }
    }
}
