//! The help texts of `licutil`.

use super::*;

/// The help of every command, each below its name.
pub(crate) fn all_help(program: &mut clap::Command) -> String {
    program.build();
    let names: Vec<String> = program.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    let mut text = program.render_long_help().to_string();
    for name in names.iter().filter(|name| *name != "help") {
        let Some(command) = program.find_subcommand_mut(name) else { continue };
        let help = command.render_long_help();
        text.push_str(&format!("\n==== {name} ====\n{help}"));
    }
    text
}

#[test]
fn flags_do_not_clash() {
    Licutil::command().debug_assert();
}

#[test]
fn help_says_what_there_is() {
    insta::assert_snapshot!(all_help(&mut Licutil::command().term_width(100)));
}

#[test]
#[cfg(unix)]
fn the_usual_flags_of_flexnets_programs_are_understood() {
    for line in [
        "lmdown -q -c 27000@lic1 -all -force",
        "lmutil lmdown -c 27000@lic1 -c /opt/a.lic -q -verbose",
        "lmdown -vendor acme -q",
        "lmreread -c 27000@lic1 -all -q",
        "lmreread -vendor acme -force",
    ] {
        let (_, arguments) = names::read(line.split(' ').map(Into::into));
        if let Err(error) = Licutil::try_parse_from(arguments) {
            panic!("{line}: {error}");
        }
    }
}
