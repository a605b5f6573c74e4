//! What to try next to get in, and when to stop. Decides and does nothing.

use std::collections::VecDeque;

use crate::ssh::target::Method;

/// The most answers of the user (passwords, codes) that a server may refuse in one login. Many servers lock an account
/// after five.
const MOST_REFUSALS: u8 = 3;

/// The most steps that a server may want one after the other.
const MOST_FACTORS: u8 = 8;

/// The most RSA keys that are offered a second time, with the other hash. Servers hang up after six refusals or so, and a
/// password may have to come after the keys.
const MOST_OTHER_HASH: u8 = 2;

/// One try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Offer the key of this number.
    Key(usize),
    /// Offer it again, with the other hash.
    OtherHash(usize),
    /// Answer the server's questions.
    Interactive,
    /// Give a password.
    Password,
}

impl Step {
    fn method(self) -> Method {
        match self {
            Self::Key(_) | Self::OtherHash(_) => Method::PublicKey,
            Self::Interactive => Method::KeyboardInteractive,
            Self::Password => Method::Password,
        }
    }
}

/// What came of a try that did not get us in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The server said no to what the user had typed.
    AnswerRefused,
    /// The server said no, and nobody had typed anything.
    Refused,
    /// The server said no to a key that it might take with the other hash.
    HashRefused,
    /// The server said yes, and wants more.
    Partial,
    /// The server was not asked.
    Skipped,
}

/// The course of one login.
#[derive(Debug)]
pub(super) struct Plan {
    preferred: Vec<Method>,
    allowed: Vec<Method>,
    keys: VecDeque<usize>,
    /// Keys to be offered with the other hash when there are no others left.
    other_hash: VecDeque<usize>,
    /// Keys that the server has refused, which may serve once it has accepted another one.
    refused_keys: Vec<usize>,
    interactive: bool,
    password: bool,
    hash_refusals: u8,
    refusals: u8,
    factors: u8,
}

impl Plan {
    /// A login with so many keys to offer, on a server that allows these methods.
    pub(super) fn new(preferred: &[Method], allowed: Vec<Method>, keys: usize, can_ask: bool) -> Self {
        Self {
            preferred: preferred.to_vec(),
            allowed,
            keys: (0..keys).collect(),
            other_hash: VecDeque::new(),
            refused_keys: Vec::new(),
            interactive: can_ask,
            password: can_ask,
            hash_refusals: 0,
            refusals: 0,
            factors: 0,
        }
    }

    /// What to try next; `None` when there is nothing left.
    pub(super) fn next(&self) -> Option<Step> {
        let wanted = |method: &&Method| self.allowed.contains(method);
        self.preferred.iter().filter(wanted).find_map(|method| match method {
            Method::PublicKey => {
                let other_hash = || self.other_hash.front().map(|&key| Step::OtherHash(key));
                self.keys.front().map(|&key| Step::Key(key)).or_else(other_hash)
            }
            Method::KeyboardInteractive => self.interactive.then_some(Step::Interactive),
            Method::Password => self.password.then_some(Step::Password),
        })
    }

    /// Takes in what came of a step, and what the server allows now.
    pub(super) fn told(&mut self, step: Step, outcome: Outcome, allowed: Vec<Method>) {
        self.allowed = allowed;
        let tried_key = match step {
            Step::Key(_) => self.keys.pop_front(),
            Step::OtherHash(_) => self.other_hash.pop_front(),
            Step::Interactive | Step::Password => None,
        };
        match outcome {
            Outcome::Partial => {
                self.factors += 1;
                self.keys.extend(self.refused_keys.drain(..).chain(self.other_hash.drain(..)));
                if self.factors >= MOST_FACTORS {
                    self.allowed.clear();
                }
            }
            Outcome::HashRefused if self.hash_refusals < MOST_OTHER_HASH => {
                self.hash_refusals += 1;
                self.other_hash.extend(tried_key);
            }
            Outcome::Refused | Outcome::HashRefused => {
                self.refused_keys.extend(tried_key);
                self.give_up(step.method());
            }
            Outcome::AnswerRefused => {
                self.refusals += 1;
                if self.refusals >= MOST_REFUSALS {
                    self.give_up(Method::KeyboardInteractive);
                    self.give_up(Method::Password);
                }
            }
            Outcome::Skipped => self.give_up(step.method()),
        }
    }

    /// A method that fails without anyone's doing would fail again. Of keys there is another one.
    fn give_up(&mut self, method: Method) {
        match method {
            Method::PublicKey => {}
            Method::KeyboardInteractive => self.interactive = false,
            Method::Password => self.password = false,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [Method; 3] = [Method::PublicKey, Method::KeyboardInteractive, Method::Password];

    fn steps(plan: &mut Plan, script: &[(Outcome, &[Method])]) -> Vec<Option<Step>> {
        let mut steps = vec![plan.next()];
        for (outcome, allowed) in script {
            plan.told(plan.next().unwrap(), *outcome, allowed.to_vec());
            steps.push(plan.next());
        }
        steps
    }

    #[test]
    fn keys_come_first_then_questions_then_three_answers_are_the_end() {
        let mut plan = Plan::new(&ALL, ALL.to_vec(), 2, true);
        let no: (Outcome, &[Method]) = (Outcome::Refused, &ALL);
        let wrong: (Outcome, &[Method]) = (Outcome::AnswerRefused, &ALL);
        assert_eq!(
            steps(&mut plan, &[no, no, wrong, no, wrong, wrong]),
            [
                Some(Step::Key(0)),
                Some(Step::Key(1)),
                Some(Step::Interactive),
                Some(Step::Interactive),
                Some(Step::Password),
                Some(Step::Password),
                None
            ]
        );
    }

    #[test]
    fn what_the_server_does_not_allow_is_not_tried() {
        assert_eq!(Plan::new(&ALL, vec![Method::Password], 5, true).next(), Some(Step::Password));
        assert_eq!(Plan::new(&ALL, vec![Method::Password], 5, false).next(), None);
        assert_eq!(Plan::new(&[Method::PublicKey], vec![Method::Password], 5, true).next(), None);
        assert_eq!(Plan::new(&ALL, Vec::new(), 5, true).next(), None);
    }

    #[test]
    fn a_second_factor_follows_the_first_and_refused_keys_get_another_chance() {
        let mut plan = Plan::new(&ALL, vec![Method::PublicKey], 3, true);
        let key: (Outcome, &[Method]) = (Outcome::Refused, &[Method::PublicKey]);
        let yes: (Outcome, &[Method]) = (Outcome::Partial, &[Method::PublicKey]);
        let code: (Outcome, &[Method]) = (Outcome::Partial, &[Method::KeyboardInteractive]);
        assert_eq!(
            steps(&mut plan, &[key, yes, key, code]),
            [
                Some(Step::Key(0)),
                Some(Step::Key(1)),
                Some(Step::Key(2)),
                Some(Step::Key(0)),
                Some(Step::Interactive)
            ]
        );
    }

    #[test]
    fn two_keys_are_offered_with_the_other_hash_after_all_others() {
        let mut plan = Plan::new(&ALL, ALL.to_vec(), 4, true);
        let hash: (Outcome, &[Method]) = (Outcome::HashRefused, &ALL);
        let no: (Outcome, &[Method]) = (Outcome::Refused, &ALL);
        let all = [hash, no, hash, hash, no, no];
        assert_eq!(
            steps(&mut plan, &all),
            [
                Some(Step::Key(0)),
                Some(Step::Key(1)),
                Some(Step::Key(2)),
                Some(Step::Key(3)),
                Some(Step::OtherHash(0)),
                Some(Step::OtherHash(2)),
                Some(Step::Interactive)
            ]
        );
    }

    proptest! {
        #[test]
        fn every_login_ends(
            outcomes in proptest::collection::vec((0_usize..5, proptest::collection::vec(0_usize..3, 0..4)), 200),
            keys in 0_usize..5,
        ) {
            let mut plan = Plan::new(&ALL, ALL.to_vec(), keys, true);
            let mut answers = 0;
            let mut count = 0;
            for (outcome, allowed) in outcomes {
                let Some(step) = plan.next() else { break };
                let outcome = [
                    Outcome::AnswerRefused,
                    Outcome::Refused,
                    Outcome::HashRefused,
                    Outcome::Partial,
                    Outcome::Skipped,
                ][outcome];
                let is_typed = matches!(step, Step::Interactive | Step::Password);
                answers += u8::from(outcome == Outcome::AnswerRefused && is_typed);
                count += 1;
                plan.told(step, outcome, allowed.iter().map(|&i| ALL[i]).collect());
            }
            prop_assert!(answers <= MOST_REFUSALS);
            prop_assert!(count <= (keys + 2) * 9 + 12, "{count} steps");
        }
    }
}
