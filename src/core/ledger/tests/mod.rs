//! Tests of the ledger: what each event does in each state, seats and queues, and random histories.

mod bench;
mod coverage;
mod history;
mod model;
mod refusals;
mod ruled;
mod script;
mod seats;
mod table;
mod turns;
