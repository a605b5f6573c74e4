//! The race of servers for a seat, table by table: what happened goes in, the next step comes out.

use super::*;
use crate::error::Report;

const REACH: Duration = Duration::from_secs(10);

const RULES: Rules =
    Rules { order: Order::List, favourite: Favourite::None, queueing: Queueing::No, reach: REACH };

const WAITS: Rules = Rules { queueing: Queueing::Yes, ..RULES };

/// A race in which time passes and things happen.
struct Course {
    race: Race,
    now: Duration,
}

impl Course {
    fn new(count: usize, rules: Rules) -> Self {
        Self { race: Race::new(count, rules), now: Duration::ZERO }
    }

    /// Everybody runs.
    fn running(count: usize, rules: Rules) -> Self {
        let mut course = Self::new(count, rules);
        (0..count).for_each(|index| course.starts(index));
        course
    }

    fn at(&mut self, ms: u64) -> &mut Self {
        self.now = Duration::from_millis(ms);
        self
    }

    fn hear(&mut self, index: usize, news: News) -> &mut Self {
        self.race.hear(index, news, self.now);
        self
    }

    #[track_caller]
    fn expect(&mut self, step: Step) -> &mut Self {
        assert_eq!(self.race.next(self.now), step, "at {:?}", self.now);
        self
    }

    #[track_caller]
    fn starts(&mut self, index: usize) {
        self.expect(Step::Start(index)).hear(index, News::Started);
    }

    /// It is asked next and answers like this.
    #[track_caller]
    fn asked(&mut self, index: usize, queueing: Queueing, news: News) -> &mut Self {
        self.expect(Step::Ask(index, queueing)).hear(index, news)
    }
}

fn wait(ms: u64) -> Step {
    Step::Wait(Duration::from_millis(ms))
}

#[test]
fn a_dead_server_costs_nothing() {
    let mut course = Course::running(2, RULES);
    course.at(1).expect(Step::Wait(REACH + SLOWNESS));
    course.hear(0, News::Unreachable).at(5).hear(1, News::Reached).expect(Step::Ask(1, Queueing::No));
}

#[test]
fn a_silent_server_costs_little() {
    let mut course = Course::running(2, RULES);
    course.at(5).hear(1, News::Reached).expect(wait(305));
    course.at(305).asked(1, Queueing::No, News::SaidNo);
    course.at(310).expect(wait(2000)).at(2000).expect(Step::Over);
}

#[test]
fn servers_are_asked_in_the_lists_order_or_as_they_answer() {
    for (order, asked) in [(Order::List, [0, 1, 2]), (Order::FirstToAnswer, [2, 0, 1])] {
        let mut course = Course::running(3, Rules { order, ..RULES });
        for (index, at) in [(2, 10), (0, 20), (1, 30)] {
            course.at(at).hear(index, News::Reached);
        }
        course.at(40);
        for index in asked {
            course.asked(index, Queueing::No, News::SaidNo);
        }
        course.expect(Step::Over);
    }
}

#[test]
fn a_straggler_is_asked_after_all_and_reached_again_when_it_is_lost() {
    let mut course = Course::running(2, RULES);
    course.hear(1, News::SaidNo).at(900).hear(0, News::Reached);
    course.asked(0, Queueing::No, News::Lost).at(950).starts(0);
    course.hear(0, News::Unreachable).expect(Step::Over);
}

#[test]
fn nobody_answers() {
    let mut course = Course::running(2, RULES);
    course.hear(0, News::Unreachable).at(5000).expect(Step::Wait(REACH + SLOWNESS));
    course.at(20_000).expect(Step::Over);
    course.at(5000).hear(1, News::Unreachable).expect(Step::Over);
    Course::new(0, RULES).expect(Step::Over);
}

#[test]
fn the_favourite_runs_alone_for_a_while() {
    let new = || {
        let mut course = Course::new(3, Rules { favourite: Favourite::First, ..RULES });
        course.starts(0);
        course
    };
    let mut course = new();
    course.expect(wait(500)).at(3).hear(0, News::Reached);
    course.asked(0, Queueing::No, News::SaidNo).at(4).expect(Step::Start(1));
    new().at(500).expect(Step::Start(1));
}

#[test]
fn only_so_many_run_at_once() {
    let mut course = Course::new(AT_ONCE + 1, RULES);
    (0..AT_ONCE).for_each(|index| course.starts(index));
    course.expect(Step::Wait(REACH + SLOWNESS)).hear(3, News::Unreachable).expect(Step::Start(AT_ONCE));
}

#[test]
fn one_server_alone_is_asked_for_a_place_at_once() {
    let mut course = Course::running(1, WAITS);
    course.hear(0, News::Reached).asked(0, Queueing::Yes, News::SaidNo).expect(Step::Over);
}

/// Three servers that have been asked: the first has no such feature, the seats of the others are all out.
fn two_are_full(rules: Rules) -> Course {
    let mut course = Course::running(3, rules);
    for (index, news) in [(0, News::SaidNo), (1, News::Full), (2, News::Full)] {
        course.hear(index, News::Reached).asked(index, Queueing::No, news);
    }
    course
}

#[test]
fn the_first_whose_seats_are_all_out_is_waited_at() {
    two_are_full(RULES).expect(Step::Over);
    two_are_full(WAITS)
        .asked(1, Queueing::Yes, News::SaidNo)
        .asked(2, Queueing::Yes, News::SaidNo)
        .expect(Step::Over);
}

#[test]
fn who_is_lost_before_one_waits_there_gets_a_moment_to_come_back() {
    let mut course = two_are_full(WAITS);
    course.at(50).asked(1, Queueing::Yes, News::Lost).starts(1);
    course.expect(wait(2000)).at(1000).hear(1, News::Reached).asked(1, Queueing::No, News::Full);
    course.expect(Step::Ask(1, Queueing::Yes));
}

#[test]
fn who_does_not_come_back_soon_is_left_for_the_next_who_is_full() {
    let mut course = two_are_full(WAITS);
    course.at(50).asked(1, Queueing::Yes, News::Lost).starts(1);
    course.at(2000).asked(2, Queueing::Yes, News::Lost).starts(2);
    course.expect(Step::Wait(REACH + SLOWNESS));
    course.at(3000).hear(1, News::Unreachable).expect(Step::Wait(REACH + SLOWNESS));
    course.hear(2, News::Reached).asked(2, Queueing::No, News::Full).expect(Step::Ask(2, Queueing::Yes));
}

#[test]
fn who_is_lost_too_often_or_too_late_is_not_reached_again() {
    let mut course = Course::running(1, WAITS);
    for _ in 1..LOSSES {
        course.hear(0, News::Reached).asked(0, Queueing::Yes, News::Lost).starts(0);
    }
    course.hear(0, News::Reached).asked(0, Queueing::Yes, News::Lost).expect(Step::Over);
    let mut course = Course::running(1, WAITS);
    course.at(10_000).hear(0, News::Reached).asked(0, Queueing::Yes, News::Lost).expect(Step::Over);
}

#[test]
fn only_a_want_of_seats_is_worth_queueing_for_and_only_once() {
    let denied = |code| Error::Denied(Report::new(code, ""));
    for (error, asked, news) in [
        (denied(Code::ALL_IN_USE), Queueing::No, News::Full),
        (denied(Code::ALL_IN_USE), Queueing::Yes, News::SaidNo),
        (denied(Code::EXPIRED), Queueing::No, News::SaidNo),
        (Error::Untrusted(Report::new(Code::BAD_SIGNATURE, "")), Queueing::No, News::SaidNo),
        (Error::Peer(Report::new(Code::BAD_REPLY, "")), Queueing::Yes, News::SaidNo),
        (Error::Unreachable(Report::new(Code::CANNOT_READ, "")), Queueing::Yes, News::Lost),
    ] {
        assert_eq!(News::of_answer(&error, asked), news, "{error}, asked {asked:?}");
    }
}
