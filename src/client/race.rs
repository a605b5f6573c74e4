//! In which order several servers are reached and asked: pure decisions over what has happened so far.
//!
//! All are reached at once, so that a dead one costs nothing. Once one has answered, those before it in the list get
//! [`GATHER`] to answer, too; then they are asked in the list's order until one grants.

use std::time::Duration;

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

/// A race of candidates, which are known by their index. Times count from its start.
#[derive(Debug)]
pub(crate) struct Race {
    order: Order,
    favourite: Favourite,
    runners: Vec<Runner>,
    arrivals: u64,
}

/// Whether the first candidate granted last time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Favourite {
    None,
    First,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Runner {
    Idle,
    Running,
    Reached { at: Duration, arrival: u64 },
    Unreachable,
    SaidNo,
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Begin to reach this one.
    Start(usize),
    /// Ask this one, which is reached.
    Ask(usize),
    /// Wait for something to happen, or until then.
    Wait(Option<Duration>),
    /// Nobody is left.
    Over,
}

impl Race {
    pub(crate) fn new(candidates: usize, order: Order, favourite: Favourite) -> Self {
        Self { order, favourite, runners: vec![Runner::Idle; candidates], arrivals: 0 }
    }

    pub(crate) fn next(&self, now: Duration) -> Step {
        if let Some(index) = self.may_start(now) {
            return Step::Start(index);
        }
        if let Some((index, when)) = self.to_ask() {
            return if when <= now { Step::Ask(index) } else { Step::Wait(Some(when)) };
        }
        let is_open = |runner: &Runner| matches!(runner, Runner::Idle | Runner::Running);
        if !self.runners.iter().any(is_open) {
            return Step::Over;
        }
        let said_no = self.runners.contains(&Runner::SaidNo);
        match (said_no, self.favourite_runs_alone(now)) {
            (true, _) if now >= STRAGGLERS => Step::Over,
            (_, true) => Step::Wait(Some(HEAD_START)),
            (true, false) => Step::Wait(Some(STRAGGLERS)),
            (false, false) => Step::Wait(None),
        }
    }

    /// `index` is on its way.
    pub(crate) fn started(&mut self, index: usize) {
        self.set(index, Runner::Running);
    }

    /// `index` can be asked.
    pub(crate) fn reached(&mut self, index: usize, now: Duration) {
        self.arrivals += 1;
        self.set(index, Runner::Reached { at: now, arrival: self.arrivals });
    }

    /// `index` cannot be reached.
    pub(crate) fn unreachable(&mut self, index: usize) {
        self.set(index, Runner::Unreachable);
    }

    /// `index` was asked and said no.
    pub(crate) fn said_no(&mut self, index: usize) {
        self.set(index, Runner::SaidNo);
    }

    /// `index` was lost while it was asked and has to be reached again.
    pub(crate) fn lost(&mut self, index: usize) {
        self.set(index, Runner::Idle);
    }

    fn set(&mut self, index: usize, runner: Runner) {
        if let Some(place) = self.runners.get_mut(index) {
            *place = runner;
        }
    }

    fn may_start(&self, now: Duration) -> Option<usize> {
        let running = self.runners.iter().filter(|runner| **runner == Runner::Running).count();
        let idle = self.runners.iter().position(|runner| *runner == Runner::Idle)?;
        let may = running < AT_ONCE && (idle == 0 || !self.favourite_runs_alone(now));
        may.then_some(idle)
    }

    fn favourite_runs_alone(&self, now: Duration) -> bool {
        let open =
            matches!(self.runners.first(), Some(Runner::Idle | Runner::Running | Runner::Reached { .. }));
        self.favourite == Favourite::First && open && now < HEAD_START
    }

    /// Who is to be asked next, and from when on.
    fn to_ask(&self) -> Option<(usize, Duration)> {
        let reached = self.runners.iter().enumerate().filter_map(|(index, runner)| match runner {
            Runner::Reached { at, arrival } => Some((index, *at, *arrival)),
            Runner::Idle | Runner::Running | Runner::Unreachable | Runner::SaidNo => None,
        });
        let reached: Vec<_> = reached.collect();
        let first_arrival = reached.iter().min_by_key(|(_, _, arrival)| *arrival)?;
        let first_listed = reached.first()?;
        match self.order {
            Order::FirstToAnswer => Some((first_arrival.0, Duration::ZERO)),
            Order::List => {
                let waits = |runner: &Runner| matches!(runner, Runner::Idle | Runner::Running);
                let earlier = self.runners.iter().take(first_listed.0).any(waits);
                let when = if earlier { first_arrival.1 + GATHER } else { Duration::ZERO };
                Some((first_listed.0, when))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// A race in which everybody runs.
    fn running(count: usize, order: Order) -> Race {
        let mut race = Race::new(count, order, Favourite::None);
        for index in 0..count {
            assert_eq!(race.next(ms(0)), Step::Start(index));
            race.started(index);
        }
        race
    }

    #[test]
    fn a_dead_server_costs_nothing() {
        let mut race = running(2, Order::List);
        assert_eq!(race.next(ms(1)), Step::Wait(None));
        race.unreachable(0);
        race.reached(1, ms(5));
        assert_eq!(race.next(ms(5)), Step::Ask(1));
    }

    #[test]
    fn a_silent_server_costs_little() {
        let mut race = running(2, Order::List);
        race.reached(1, ms(5));
        assert_eq!(race.next(ms(5)), Step::Wait(Some(ms(305))));
        assert_eq!(race.next(ms(305)), Step::Ask(1));
        race.said_no(1);
        assert_eq!(race.next(ms(310)), Step::Wait(Some(STRAGGLERS)));
        assert_eq!(race.next(STRAGGLERS), Step::Over);
    }

    #[test]
    fn servers_are_asked_in_the_lists_order_or_as_they_answer() {
        for (order, asked) in [(Order::List, [0, 1, 2]), (Order::FirstToAnswer, [2, 0, 1])] {
            let mut race = running(3, order);
            for (index, at) in [(2, 10), (0, 20), (1, 30)] {
                race.reached(index, ms(at));
            }
            for index in asked {
                assert_eq!(race.next(ms(40)), Step::Ask(index), "{order:?}");
                race.said_no(index);
            }
            assert_eq!(race.next(ms(40)), Step::Over);
        }
    }

    #[test]
    fn a_straggler_is_asked_after_all() {
        let mut race = running(2, Order::List);
        race.reached(1, ms(0));
        race.said_no(1);
        race.reached(0, ms(900));
        assert_eq!(race.next(ms(900)), Step::Ask(0));
        race.lost(0);
        assert_eq!(race.next(ms(950)), Step::Start(0));
        race.started(0);
        race.unreachable(0);
        assert_eq!(race.next(ms(950)), Step::Over);
    }

    #[test]
    fn nobody_answers() {
        let mut race = running(2, Order::List);
        race.unreachable(0);
        assert_eq!(race.next(ms(5000)), Step::Wait(None));
        race.unreachable(1);
        assert_eq!(race.next(ms(5000)), Step::Over);
        assert_eq!(Race::new(0, Order::List, Favourite::None).next(ms(0)), Step::Over);
    }

    #[test]
    fn the_favourite_runs_alone_for_a_while() {
        let new = || {
            let mut race = Race::new(3, Order::List, Favourite::First);
            assert_eq!(race.next(ms(0)), Step::Start(0));
            race.started(0);
            race
        };
        let mut race = new();
        assert_eq!(race.next(ms(0)), Step::Wait(Some(HEAD_START)));
        race.reached(0, ms(3));
        assert_eq!(race.next(ms(3)), Step::Ask(0));
        race.said_no(0);
        assert_eq!(race.next(ms(4)), Step::Start(1));
        assert_eq!(new().next(HEAD_START), Step::Start(1));
    }

    #[test]
    fn only_so_many_run_at_once() {
        let mut race = Race::new(AT_ONCE + 1, Order::List, Favourite::None);
        (0..AT_ONCE).for_each(|index| race.started(index));
        assert_eq!(race.next(ms(0)), Step::Wait(None));
        race.unreachable(3);
        assert_eq!(race.next(ms(0)), Step::Start(AT_ONCE));
    }
}
