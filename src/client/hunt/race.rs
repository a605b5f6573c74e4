//! Everything that a hunt decides, over what has happened so far: whom to reach, whom to ask, where to wait, when to give up.
//!
//! All are reached at once, so that a dead one costs nothing. Once one has answered, those before it in the list get
//! [`GATHER`] to answer, too; then they are asked in the list's order until one grants. With several to ask nobody queues
//! before all have been asked; then it is done at the first whose seats are all out, and if that one has gone, at the next.

use std::time::Duration;

use licgate_core::code::Code;

use crate::errand::Queueing;
use crate::error::Error;
use crate::talk::ANSWER;

/// Which of several servers is asked first for a seat.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The order of the list, among those that answer.
    #[default]
    List,
    /// Whoever answers first.
    FirstToAnswer,
}

/// How long the servers that stand earlier in the list are waited for once a later one has answered.
const GATHER: Duration = Duration::from_millis(300);

/// When a server has said no, how long (from the start) the silent ones are still waited for. A server of another kind,
/// which takes the connection and never answers, costs so much and no more.
const STRAGGLERS: Duration = Duration::from_secs(2);

/// How long the server that granted last time has for itself before the others are disturbed.
const HEAD_START: Duration = Duration::from_millis(500);

/// Servers that are reached at the same time.
const AT_ONCE: usize = 64;

/// How often a server may be lost while it is asked.
const LOSSES: u32 = 8;

/// Who tries to reach a server stops by himself in time: this only covers a machine that is very slow to let him.
const SLOWNESS: Duration = ANSWER;

/// How a race is run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub(super) order: Order,
    pub(super) favourite: Favourite,
    pub(super) queueing: Queueing,
    /// How long servers may take to be reached.
    pub(super) reach: Duration,
}

/// Whether the first candidate granted last time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Favourite {
    None,
    First,
}

/// A race of candidates, which are known by their index. Times count from its start.
#[derive(Debug)]
pub(super) struct Race {
    rules: Rules,
    runners: Vec<Runner>,
    arrivals: u64,
}

#[derive(Debug, Clone, Copy)]
struct Runner {
    state: State,
    /// How often it was lost while it was asked.
    losses: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Idle,
    Running,
    Reached { at: Duration, arrival: u64 },
    Unreachable,
    SaidNo,
    Full,
}

/// What has happened to a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    /// It is on its way.
    Started,
    /// It can be asked.
    Reached,
    /// It cannot be reached.
    Unreachable,
    /// It was lost while it was asked.
    Lost,
    /// It said no, and asking it again makes no sense.
    SaidNo,
    /// Its seats are all out, but one may queue for them.
    Full,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Begin to reach this one.
    Start(usize),
    /// Ask this one, which is reached, for seats, or for a place in the queue as well.
    Ask(usize, Queueing),
    /// Wait for something to happen, or until then.
    Wait(Duration),
    /// Nobody is left.
    Over,
}

impl News {
    /// What it means that one could not be reached: its master may have said no.
    pub(super) fn of_failure(error: &Error) -> Self {
        if matches!(error, Error::Denied(_)) { Self::SaidNo } else { Self::Unreachable }
    }

    /// What it means that one who was reached, and asked like this, did not grant.
    pub(super) fn of_answer(error: &Error, asked: Queueing) -> Self {
        match error {
            Error::Unreachable(_) => Self::Lost,
            Error::Denied(report) if report.code() == Code::ALL_IN_USE && asked == Queueing::No => Self::Full,
            _ => Self::SaidNo,
        }
    }
}

impl Race {
    pub(super) fn new(candidates: usize, rules: Rules) -> Self {
        Self { rules, runners: vec![Runner { state: State::Idle, losses: 0 }; candidates], arrivals: 0 }
    }

    /// Takes in what has happened.
    pub(super) fn hear(&mut self, index: usize, news: News, now: Duration) {
        let Some(runner) = self.runners.get_mut(index) else { return };
        runner.state = match news {
            News::Started => State::Running,
            News::Reached => {
                self.arrivals += 1;
                State::Reached { at: now, arrival: self.arrivals }
            }
            News::Lost => {
                runner.losses += 1;
                let again = runner.losses < LOSSES && now < self.rules.reach;
                if again { State::Idle } else { State::Unreachable }
            }
            News::Unreachable => State::Unreachable,
            News::SaidNo => State::SaidNo,
            News::Full => State::Full,
        };
    }

    pub(super) fn next(&self, now: Duration) -> Step {
        if let Some(index) = self.to_start(now) {
            return Step::Start(index);
        }
        if let Some((index, when)) = self.to_ask() {
            let queueing = if self.runners.len() == 1 { self.rules.queueing } else { Queueing::No };
            return if when <= now { Step::Ask(index, queueing) } else { Step::Wait(when) };
        }
        if let Some(until) = self.others_may_come(now) {
            return Step::Wait(until);
        }
        let full = self.runners.iter().position(|runner| runner.state == State::Full);
        if let (Some(index), Queueing::Yes) = (full, self.rules.queueing) {
            return Step::Ask(index, Queueing::Yes);
        }
        // Who has been lost is no server of another kind, and may come back.
        let comes_back = self.runners.iter().any(|runner| runner.is_under_way() && runner.losses > 0);
        if comes_back && now < self.end() { Step::Wait(self.end()) } else { Step::Over }
    }

    fn to_start(&self, now: Duration) -> Option<usize> {
        let running = self.runners.iter().filter(|runner| runner.state == State::Running).count();
        let idle = self.runners.iter().position(|runner| runner.state == State::Idle)?;
        let may = running < AT_ONCE && (idle == 0 || !self.favourite_runs_alone(now));
        may.then_some(idle)
    }

    /// Who is to be asked next, and from when on.
    fn to_ask(&self) -> Option<(usize, Duration)> {
        let reached = self.runners.iter().enumerate().filter_map(|(index, runner)| match runner.state {
            State::Reached { at, arrival } => Some((index, at, arrival)),
            State::Idle | State::Running | State::Unreachable | State::SaidNo | State::Full => None,
        });
        let reached: Vec<_> = reached.collect();
        let first_arrival = reached.iter().min_by_key(|(_, _, arrival)| *arrival)?;
        let first_listed = reached.first()?;
        match self.rules.order {
            Order::FirstToAnswer => Some((first_arrival.0, Duration::ZERO)),
            Order::List => {
                let earlier = self.runners.iter().take(first_listed.0).any(Runner::is_under_way);
                let when = if earlier { first_arrival.1 + GATHER } else { Duration::ZERO };
                Some((first_listed.0, when))
            }
        }
    }

    /// Until when those who are under way are worth waiting for.
    fn others_may_come(&self, now: Duration) -> Option<Duration> {
        if !self.runners.iter().any(Runner::is_under_way) {
            return None;
        }
        let said_no = |runner: &Runner| matches!(runner.state, State::SaidNo | State::Full);
        let until = if self.favourite_runs_alone(now) {
            HEAD_START
        } else if self.runners.iter().any(said_no) {
            STRAGGLERS
        } else {
            self.end()
        };
        (now < until).then_some(until)
    }

    fn favourite_runs_alone(&self, now: Duration) -> bool {
        let open = self.runners.first().is_some_and(|first| first.is_under_way() || first.state.is_reached());
        self.rules.favourite == Favourite::First && open && now < HEAD_START
    }

    fn end(&self) -> Duration {
        self.rules.reach + SLOWNESS
    }
}

impl Runner {
    fn is_under_way(&self) -> bool {
        matches!(self.state, State::Idle | State::Running)
    }
}

impl State {
    fn is_reached(self) -> bool {
        matches!(self, Self::Reached { .. })
    }
}

#[cfg(test)]
mod tests;
