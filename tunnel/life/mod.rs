//! The state machine of one tunnel: events and the time go in, actions come out.
