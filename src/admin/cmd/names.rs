//! The names by which `licutil` is called, and FlexNet's way of writing flags.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use crate::failure::Manner;

/// How the program was called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Called {
    /// The name that it shows for itself.
    pub(super) program: String,
    /// Whose texts and exit statuses are expected.
    pub(super) manner: Manner,
}

/// FlexNet's programs and the commands that answer for them.
const PROGRAMS: [(&str, &str); 5] = [
    ("lmstat", "stat"),
    ("lmhostid", "hostid"),
    ("lmreread", "reread"),
    ("lmdown", "down"),
    ("lmdiag", "test"),
];

/// FlexNet's flags of several letters after one dash.
const LONG_FLAGS: [&str; 10] = [
    "-all",
    "-display",
    "-ether",
    "-force",
    "-help",
    "-hostname",
    "-internet",
    "-user",
    "-vendor",
    "-verbose",
];

/// Reads the arguments of a process, the program's name first, into the arguments of `licutil`.
pub(super) fn read(arguments: impl IntoIterator<Item = OsString>) -> (Called, Vec<OsString>) {
    let mut arguments = arguments.into_iter();
    let path = arguments.next().unwrap_or_default();
    let name = Path::new(&path).file_stem().and_then(OsStr::to_str).unwrap_or("licutil").to_owned();
    let mut rest: Vec<OsString> = arguments.collect();

    let mut command = command_of(&name);
    if command.is_none() {
        command = rest.first().and_then(|first| first.to_str()).and_then(command_of);
        if command.is_some() {
            rest.remove(0);
        }
    }
    let is_lmutil = name == "lmutil";
    let Some(command) = command else {
        let manner = if is_lmutil { Manner::FlexNet } else { Manner::Licgate };
        let program = if is_lmutil { name } else { "licutil".into() };
        return (Called { program, manner }, std::iter::once("licutil".into()).chain(rest).collect());
    };
    let flags = rest.into_iter().map(|argument| match argument.to_str() {
        Some(flag) if LONG_FLAGS.contains(&flag) => format!("-{flag}").into(),
        Some(_) | None => argument,
    });
    let arguments = ["licutil".into(), command.into()].into_iter().chain(flags).collect();
    (Called { program: name, manner: Manner::FlexNet }, arguments)
}

fn command_of(name: &str) -> Option<&'static str> {
    PROGRAMS.iter().find(|(program, _)| *program == name).map(|(_, command)| *command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_to_its_command() {
        let table = [
            ("licutil stat -a", "licutil", Manner::Licgate, "licutil stat -a"),
            ("/usr/bin/licutil down -q", "licutil", Manner::Licgate, "licutil down -q"),
            ("licutil lmstat -a", "licutil", Manner::FlexNet, "licutil stat -a"),
            ("lmutil lmstat -a -c 1@h", "lmutil", Manner::FlexNet, "licutil stat -a -c 1@h"),
            ("/opt/lmstat -a -f x", "lmstat", Manner::FlexNet, "licutil stat -a -f x"),
            ("lmhostid -ether -n", "lmhostid", Manner::FlexNet, "licutil hostid --ether -n"),
            ("lmdown -q -all", "lmdown", Manner::FlexNet, "licutil down -q --all"),
            ("lmreread -vendor acme", "lmreread", Manner::FlexNet, "licutil reread --vendor acme"),
            ("lmdiag -n -c 1@h x", "lmdiag", Manner::FlexNet, "licutil test -n -c 1@h x"),
            ("lmutil", "lmutil", Manner::FlexNet, "licutil"),
            ("lmutil nonsense -all", "lmutil", Manner::FlexNet, "licutil nonsense -all"),
            ("renamed stat", "licutil", Manner::Licgate, "licutil stat"),
            ("", "licutil", Manner::Licgate, "licutil"),
        ];
        for (line, program, manner, expected) in table {
            let (called, arguments) = read(line.split_whitespace().map(OsString::from));
            assert_eq!(called, Called { program: program.into(), manner }, "{line}");
            assert_eq!(arguments.join(OsStr::new(" ")), expected, "{line}");
        }
    }
}
