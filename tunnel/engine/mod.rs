//! The loop around the state machine: it does what `life` says and tells it what came of it.
