//! What the program says about itself.

use clap::CommandFactory as _;

use crate::flags::Flags;

#[test]
fn help_says_what_there_is() {
    let mut command = Flags::command();
    let mut text = command.render_long_help().to_string();
    for name in ["up", "down", "status", "run", "print", "init", "service", "doctor"] {
        let command = command.find_subcommand_mut(name).unwrap();
        text += &format!("\n=== {name}\n{}", command.render_long_help());
    }
    insta::assert_snapshot!(text);
}
