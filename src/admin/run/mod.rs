//! `licrun`: holds a seat while a command runs.

mod child;
mod flags;
mod status;

use std::fmt;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, ExitCode};

use clap::{CommandFactory as _, Parser as _};
use licgate::{CancelToken, Error, Licence};

use child::{Ending, NotRun, Ward};
use flags::{Flags, OnLost};

/// The command line, for manuals and completions.
pub fn command_line() -> clap::Command {
    Flags::command()
}

/// The whole life of the program.
pub fn main() -> ExitCode {
    let flags = Flags::parse();
    match run(&flags) {
        Ok(status) => ExitCode::from(status),
        Err(failure) => {
            say(format_args!("{}", failure.words));
            ExitCode::from(failure.status)
        }
    }
}

/// What to say, and the exit status to end with.
struct Failure {
    words: String,
    status: u8,
}

fn run(flags: &Flags) -> Result<u8, Failure> {
    let key = flags.vendor_key.as_deref().map(vendor_key).transpose()?;
    let cancel = CancelToken::new();
    let ward = Ward::new(cancel.clone()).map_err(|error| Failure {
        words: format!("licrun: cannot take charge of signals: {error}"),
        status: status::MACHINE,
    })?;
    let licence = take(flags, key.as_deref(), &cancel, ward)?;
    introduce(&licence, key.as_deref());
    let ending = command(flags, ward);
    // That it goes back is the server's business from here on: it also takes back what nobody returns.
    drop(licence);
    match ending? {
        Ending::Exited(code) => Ok(low_byte(code)),
        Ending::Signalled(signal) => Ok(status::SIGNAL.wrapping_add(low_byte(signal))),
    }
}

fn take(
    flags: &Flags,
    key: Option<&str>,
    cancel: &CancelToken,
    ward: &'static Ward,
) -> Result<Licence, Failure> {
    let (feature, on_lost) = (flags.feature.clone(), flags.on_lost);
    let queued = feature.clone();
    let checkout = flags
        .checkout(key)
        .cancel(cancel)
        .on_queued(move |position| {
            say(format_args!("licrun: {queued}: all seats are taken; waiting at position {position}"));
        })
        .on_lost(move |why| lost(&feature, why, on_lost, ward));
    checkout.take().map_err(|error| match (&error, ward.interrupted()) {
        (Error::Cancelled, Some(signal)) => interrupted(&flags.feature, signal),
        _ => Failure {
            words: format!("licrun: No license for {}\n{error:#}", flags.feature),
            status: status::of(&error),
        },
    })
}

fn introduce(licence: &Licence, key: Option<&str>) {
    licence.notes().iter().for_each(|note| say(format_args!("licrun: note: {note}")));
    if key.is_none() {
        say(format_args!("licrun: note: the server's word is not checked; --vendor-key does that"));
    }
    let seats = if licence.seats() == 1 { "seat" } else { "seats" };
    let handle = licence.handle().map(|handle| format!(", handle {handle}")).unwrap_or_default();
    say(format_args!(
        "licrun: {} {}: {} {seats} from {}{handle}",
        licence.feature(),
        licence.version(),
        licence.seats(),
        licence.server()
    ));
}

fn command(flags: &Flags, ward: &Ward) -> Result<Ending, Failure> {
    let Some((program, arguments)) = flags.command.split_first() else {
        return Err(Failure { words: "licrun: no command is given".into(), status: status::USAGE });
    };
    ward.run(Command::new(program).args(arguments)).map_err(|error| match error {
        NotRun::Interrupted(signal) => interrupted(&flags.feature, signal),
        NotRun::Failed(error) => {
            let found = error.kind() != io::ErrorKind::NotFound;
            let hint = if found { "" } else { "; check its spelling and PATH" };
            let words = format!("licrun: cannot run '{}': {error}{hint}", Path::new(program).display());
            Failure { words, status: if found { status::CANNOT_RUN } else { status::NOT_FOUND } }
        }
    })
}

fn lost(feature: &str, why: &Error, on_lost: OnLost, ward: &Ward) {
    match on_lost {
        OnLost::Warn => {
            say(format_args!("licrun: {feature}: the seat is lost, the command runs on without it: {why}"));
        }
        OnLost::Term => {
            say(format_args!("licrun: {feature}: the seat is lost, the command is ended: {why}"));
            ward.terminate();
        }
    }
}

fn interrupted(feature: &str, signal: i32) -> Failure {
    let words = format!("licrun: interrupted before there was a seat of {feature}");
    Failure { words, status: status::SIGNAL.wrapping_add(low_byte(signal)) }
}

/// The key itself, or the one in the file of this name.
fn vendor_key(text: &str) -> Result<String, Failure> {
    let read = crate::vendor_key::read(text).map(|key| key.to_string());
    read.map_err(|failure| Failure { words: format!("licrun: {failure}"), status: status::USAGE })
}

/// Tells the user. Nobody to read it is no reason to stop.
fn say(words: fmt::Arguments<'_>) {
    writeln!(io::stderr(), "{words}").ok();
}

fn low_byte(number: i32) -> u8 {
    number.to_le_bytes()[0]
}
