//! Man pages and shell completions of all programs, from their own command lines: what a package installs.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory as _};
use clap_complete::{Shell, generate_to};
use clap_mangen::Man;

/// Where each shell looks for completions below a folder such as /usr/share. PowerShell looks nowhere: its profile names the file.
const SHELLS: [(Shell, &str); 4] = [
    (Shell::Bash, "bash-completion/completions"),
    (Shell::Zsh, "zsh/site-functions"),
    (Shell::Fish, "fish/vendor_completions.d"),
    (Shell::PowerShell, "powershell"),
];

/// All programs, each with the section of the manual that it belongs to: 1 has commands, 8 has daemons.
fn programs() -> [(Command, &'static str); 6] {
    [
        (licgate_admin::cmd::command_line(), "1"),
        (licgate_admin::licsign::command_line(), "1"),
        (licgate_admin::run::command_line(), "1"),
        (lictunnel::flags::Flags::command(), "1"),
        (licgate_daemons::flags::MasterFlags::command(), "8"),
        (licgate_daemons::flags::VendorFlags::command(), "8"),
    ]
}

/// Writes everything below `share`, a folder such as /usr/share or ~/.local/share; folders that are missing are made.
///
/// # Errors
/// A file or folder cannot be written; the error names it.
pub fn write(share: &Path) -> io::Result<()> {
    for (program, section) in programs() {
        let man = folder(share, &format!("man/man{section}"))?;
        let mut built = program.clone().disable_help_subcommand(true);
        built.build();
        pages(built, section, &man)?;
        for (shell, place) in SHELLS {
            let (mut program, name) = (program.clone(), program.get_name().to_owned());
            let place = folder(share, place)?;
            generate_to(shell, &mut program, &name, &place).map_err(|error| named(&place, &error))?;
        }
    }
    Ok(())
}

/// Writes the page of a command, and of each command below it: `licutil-stat.1`.
fn pages(command: Command, section: &str, man: &Path) -> io::Result<()> {
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        pages(below.clone(), section, man)?;
    }
    let source = concat!("licgate ", env!("CARGO_PKG_VERSION"));
    let page = Man::new(command).section(section).source(source);
    page.generate_to(man).map(drop).map_err(|error| named(man, &error))
}

fn folder(share: &Path, place: &str) -> io::Result<PathBuf> {
    let folder = share.join(place);
    fs::create_dir_all(&folder).map_err(|error| named(&folder, &error))?;
    Ok(folder)
}

fn named(folder: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot write into {}: {error}", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A command and all below it.
    fn all(command: &Command) -> Vec<&Command> {
        let below = command.get_subcommands().filter(|below| !below.is_hide_set());
        below.flat_map(all).chain([command]).collect()
    }

    /// Its flags, one spelling each, without their dashes.
    fn flags(command: &Command) -> impl Iterator<Item = String> {
        let flags = command.get_arguments().filter(|flag| !flag.is_hide_set());
        flags.filter_map(|flag| {
            flag.get_long().map(str::to_owned).or_else(|| flag.get_short().map(String::from))
        })
    }

    fn read(path: &Path) -> String {
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    #[test]
    fn every_command_has_a_page_with_its_flags_and_every_shell_knows_both() {
        let share = tempfile::tempdir().unwrap();
        write(share.path()).unwrap();
        for (mut program, section) in programs() {
            program = program.disable_help_subcommand(true);
            program.build();
            let name = program.get_name();
            let files =
                [format!("{name}.bash"), format!("_{name}"), format!("{name}.fish"), format!("_{name}.ps1")];
            let scripts = SHELLS
                .iter()
                .zip(&files)
                .map(|((_, place), file)| read(&share.path().join(place).join(file)));
            let scripts: Vec<_> = scripts.collect();
            for command in all(&program) {
                let page = command.get_display_name().unwrap_or(name);
                let text = read(&share.path().join(format!("man/man{section}/{page}.{section}")));
                for flag in flags(command) {
                    let shown = format!("-{}\\fR", flag.replace('-', "\\-"));
                    assert!(text.contains(&shown), "{page}: no {shown}");
                    let is_known = scripts.iter().all(|script| script.contains(&flag));
                    assert!(is_known, "a shell does not know {flag} of {page}");
                }
                let is_known = scripts.iter().all(|script| script.contains(command.get_name()));
                assert!(is_known, "a shell does not know {page}");
            }
        }
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = write(file.path()).unwrap_err().to_string();
        assert!(error.contains(&file.path().display().to_string()), "{error}");
    }
}
