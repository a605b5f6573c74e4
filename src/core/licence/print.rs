//! The one canonical spelling of each statement: `parse(print(x)) == x`.

use core::fmt;

use super::ast::{Licence, Statement};

impl fmt::Display for Licence {
    /// One statement a line, wrapped with `\` before FlexNet's 2048 characters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.statements.iter().try_for_each(|statement| writeln!(f, "{}", statement.node))
    }
}

impl fmt::Display for Statement {
    /// The statement on one line, single blanks between its parts.
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}
