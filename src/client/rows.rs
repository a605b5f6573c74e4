//! Rows of status, page by page.

use std::collections::VecDeque;
use std::time::Instant;

use licgate_core::wire::{ClientMsg, Cursor, Row, ServerMsg, StatusAsk};

use crate::error::Error;
use crate::talk::{ANSWER, Talk};

/// Rows of status, fetched as they are needed.
#[derive(Debug)]
pub struct Rows<'a> {
    talk: &'a Talk,
    /// The next page to ask for.
    ask: Option<StatusAsk>,
    rows: VecDeque<Row>,
}

impl<'a> Rows<'a> {
    pub(crate) fn new(talk: &'a Talk, ask: StatusAsk) -> Self {
        Self { talk, ask: Some(ask), rows: VecDeque::new() }
    }
}

impl Iterator for Rows<'_> {
    type Item = Result<Row, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.rows.is_empty() {
            let ask = self.ask.take()?;
            if let Err(error) = self.fetch(ask) {
                return Some(Err(error));
            }
        }
        self.rows.pop_front().map(Ok)
    }
}

impl Rows<'_> {
    fn fetch(&mut self, ask: StatusAsk) -> Result<(), Error> {
        let talk = self.talk;
        let answer = talk.ask(&ClientMsg::Status(ask.clone()), Instant::now() + ANSWER)?;
        let ServerMsg::Status(page) = answer else {
            return Err(talk.senseless("the question for status"));
        };
        let goes_on = |next: &Cursor| !page.rows.is_empty() || Some(*next) != ask.after;
        if !page.next.as_ref().is_none_or(goes_on) {
            return Err(talk.senseless("the question for more status"));
        }
        self.ask = page.next.map(|next| StatusAsk { after: Some(next), ..ask });
        self.rows = page.rows.into();
        Ok(())
    }
}
