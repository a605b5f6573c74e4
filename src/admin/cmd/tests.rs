//! The help texts of `licutil`.

use clap::CommandFactory;

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
