//! How the one step that needs the administrator's rights gets them.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use super::line::Override;
use crate::platform;

/// The hidden sub-command that is the helper.
pub const SUBCOMMAND: &str = "hosts-helper";

/// How to start the helper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// As it is: we have the rights, or the system will say that we have not.
    Direct,
    /// By a program that lends them.
    Lent {
        /// `sudo`, `pkexec` or `doas`, with its directory.
        lender: PathBuf,
        /// Whether it may ask a person: only at a terminal. (`pkexec` asks by itself, in a window.)
        may_ask: bool,
    },
    /// Not at all: nothing here lends rights.
    Nowhere,
}

impl Way {
    /// The way on this machine, for a program with a person at a terminal or without.
    pub fn here(at_terminal: bool) -> Self {
        Self::choose(is_admin(), platform::lenders(), platform::find_program, at_terminal)
    }

    fn choose(
        is_admin: bool,
        lenders: &[&str],
        find: impl Fn(&str) -> Option<PathBuf>,
        at_terminal: bool,
    ) -> Self {
        // Where the system knows no lenders, only it can say whether we have the rights.
        if is_admin || lenders.is_empty() {
            return Self::Direct;
        }
        match lenders.iter().find_map(|name| find(name)) {
            Some(lender) => {
                let asks_by_itself = lender.ends_with("pkexec");
                Self::Lent { lender, may_ask: at_terminal || asks_by_itself }
            }
            None => Self::Nowhere,
        }
    }

    /// The command that starts `program` with these words; `None` where there is no way.
    pub fn command(&self, program: &Path, words: &[&str]) -> Option<Vec<OsString>> {
        let mut command: Vec<OsString> = match self {
            Self::Nowhere => return None,
            Self::Direct => Vec::new(),
            Self::Lent { lender, .. } => vec![lender.into()],
        };
        if let Self::Lent { lender, may_ask: false } = self {
            let never_ask = if lender.ends_with("pkexec") { None } else { Some("-n".into()) };
            command.extend(never_ask);
        }
        command.push(program.into());
        command.extend(words.iter().map(OsString::from));
        Some(command)
    }
}

#[cfg(unix)]
fn is_admin() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(not(unix))]
fn is_admin() -> bool {
    false
}

/// What will be changed and by what right, to be shown before a lender asks for a password.
#[derive(Debug)]
pub struct Announcement<'a>(pub &'a Override);

impl fmt::Display for Announcement<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = platform::hosts_path();
        write!(
            f,
            "while the tunnel is up, {} gets (this alone needs administrator rights):",
            path.display()
        )?;
        self.0.lines().iter().try_for_each(|line| write!(f, "\n  {line}"))?;
        platform::giving_alias(self.0.address.address())
            .map_or(Ok(()), |command| write!(f, "\nand this is run:\n  {command}"))
    }
}

/// What a person does instead where no right is to be had.
#[derive(Debug)]
pub struct ByHand<'a>(pub &'a Override);

impl fmt::Display for ByHand<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = platform::hosts_path();
        write!(f, "no right to change {}; have an administrator add, and later remove:", path.display())?;
        self.0.plain_lines().iter().try_for_each(|line| write!(f, "\n  {line}"))?;
        platform::giving_alias(self.0.address.address()).map_or(Ok(()), |command| {
            write!(f, "\nand run, once after each start of the machine:\n  {command}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_lender_there_is_gets_asked_and_only_at_a_terminal() {
        let way = |is_admin, there: &[&str], at_terminal| {
            let find = |name: &str| there.contains(&name).then(|| Path::new("/usr/bin").join(name));
            let way = Way::choose(is_admin, &["sudo", "pkexec", "doas"], find, at_terminal);
            let words = way.command(Path::new("/opt/lictunnel"), &[SUBCOMMAND])?;
            Some(words.join(std::ffi::OsStr::new(" ")).into_string().unwrap())
        };
        let helper = "/opt/lictunnel hosts-helper";
        assert_eq!(way(true, &["sudo"], true).as_deref(), Some(helper));
        assert_eq!(way(false, &["doas", "sudo"], true), Some(format!("/usr/bin/sudo {helper}")));
        assert_eq!(way(false, &["doas", "sudo"], false), Some(format!("/usr/bin/sudo -n {helper}")));
        assert_eq!(way(false, &["pkexec", "doas"], false), Some(format!("/usr/bin/pkexec {helper}")));
        assert_eq!(way(false, &["doas"], false), Some(format!("/usr/bin/doas -n {helper}")));
        assert_eq!(way(false, &[], true), None);
        assert_eq!(Way::choose(false, &[], |_| None, true), Way::Direct);
    }
}
