//! The model's options file: every question is a walk over the words of all lines.

use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

use super::{Life, Model, Phase};
use crate::ledger::{Denial, Ruling, Why};
use crate::licence::Pool;

/// What a policy may say of a client at a pool, the later the closer.
const REFUSALS: [&str; 3] = ["excluded", "not included", "above max"];

/// A MAX line that is for a client: its place in the file, how many seats, and whose are counted.
type Limit = (usize, u32, String);

impl Model {
    /// How the options file keeps the pool from the client whatever is free.
    pub(super) fn refusal(&self, life: &Life, pool: &Pool) -> Option<&'static str> {
        let of = |keyword: &'static str| {
            self.lines.iter().filter(move |line| line[0].starts_with(keyword) && is_for(line, pool))
        };
        if of("EXCLUDE").any(|line| self.means(line, life)) {
            return Some(REFUSALS[0]);
        }
        if of("INCLUDE").next().is_some() && !of("INCLUDE").any(|line| self.means(line, life)) {
            return Some(REFUSALS[1]);
        }
        let charge = life.seats.max(pool.minimum);
        self.limits(life, pool).iter().any(|(_, cap, _)| *cap < charge).then_some(REFUSALS[2])
    }

    /// Of what keeps the client from these pools, that which came closest.
    pub(super) fn closest(&self, life: &Life, pools: &[&Pool]) -> Option<&'static str> {
        let met: Vec<_> = pools.iter().filter_map(|pool| self.refusal(life, pool)).collect();
        REFUSALS.into_iter().rfind(|refusal| met.contains(refusal))
    }

    /// Whether a MAX line has no room for the seats that the client wants of the pool.
    pub(super) fn is_blocked(&self, life: &Life, pool: &Pool) -> bool {
        self.exceeded(life, pool).next().is_some()
    }

    fn exceeded<'a>(&'a self, life: &'a Life, pool: &'a Pool) -> impl Iterator<Item = Limit> + 'a {
        let limits = self.limits(life, pool).into_iter();
        limits.filter(move |limit| self.counted(limit, Some((life, pool))) > u64::from(limit.1))
    }

    /// The seats that a MAX line counts, those of the newcomer with them.
    fn counted(&self, (line, _, whose): &Limit, newcomer: Option<(&Life, &Pool)>) -> u64 {
        let mut sharers: Vec<(&Life, &Pool, u32)> = Vec::new();
        let out = self.lives.values().filter_map(|life| match &life.phase {
            Phase::Waiting => None,
            Phase::Held(key) | Phase::Lingering(key) => Some((life, self.pool(key)?)),
        });
        let is_counted = |(life, pool): &(&Life, &Pool)| {
            self.limits(life, pool).iter().any(|(place, _, who)| place == line && who == whose)
        };
        for (life, pool) in out.filter(is_counted).chain(newcomer) {
            let charge = life.seats.max(pool.minimum);
            let is_mate =
                |mate: &Life, own: &Pool| own.key == pool.key && life.shares_with(mate, pool.dup_group);
            match sharers.iter_mut().find(|(mate, own, _)| is_mate(mate, own)) {
                Some((.., seats)) => *seats = charge.max(*seats),
                None => sharers.push((life, pool, charge)),
            }
        }
        sharers.iter().map(|(.., seats)| u64::from(*seats)).sum()
    }

    fn limits(&self, life: &Life, pool: &Pool) -> Vec<Limit> {
        let (mut limits, mut closed) = (Vec::new(), Vec::new());
        let mut met: Vec<(&str, &str)> = Vec::new();
        for (place, line) in self.lines.iter().enumerate() {
            let ["MAX", cap, _, kind, name] = line[..] else { continue };
            if !is_for(line, pool) || closed.contains(&kind) {
                continue;
            }
            let mut limit = |whose: String| limits.push((place, cap.parse().unwrap(), whose));
            let is_met = met.iter().any(|(known, _)| *known == kind);
            match name {
                "ALL_USERS" if !is_met => limit(format!("user {}", life.holder.user)),
                "ALL_HOSTS" if !is_met => limit(format!("host {}", life.holder.host)),
                "ALL_GROUPS" => {
                    let groups = self.lines.iter().filter(|group| group[0] == "GROUP");
                    let own = groups.filter(|group| group[2..].contains(&life.holder.user.as_str()));
                    let new = own.filter(|group| !met.contains(&(kind, group[1])));
                    new.for_each(|group| limit(format!("GROUP {}", group[1])));
                }
                name if !name.starts_with("ALL_")
                    && self.means(line, life)
                    && !met.contains(&(kind, name)) =>
                {
                    met.push((kind, name));
                    limit(format!("{kind} {name}"));
                }
                _ => {}
            }
            if name.starts_with("ALL_") {
                closed.push(kind);
            }
        }
        limits
    }

    /// Whether the last two words of the line, such as `USER bob`, mean this client.
    fn means(&self, line: &[&str], life: &Life) -> bool {
        let [.., kind, name] = line else { panic!("{line:?}") };
        let has = |member: &str| {
            self.lines.iter().any(|group| group[..2] == ["GROUP", name] && group[2..].contains(&member))
        };
        let address = life.address.map(|address| address.to_string()).unwrap_or_default();
        let mut octets = name.split('.').zip(address.split('.'));
        match *kind {
            "USER" => life.holder.user == *name,
            "HOST" => life.holder.host == *name,
            "DISPLAY" => life.holder.display == *name,
            "PROJECT" => life.holder.project == *name,
            "INTERNET" => octets.all(|(wanted, own)| wanted == "*" || wanted == own),
            "GROUP" => has(&life.holder.user),
            other => panic!("{other}"),
        }
    }

    /// Checks that a refusal names one line that stands in the file and keeps the client from a pool.
    pub(in crate::ledger::tests) fn check_rule(&self, life: &Life, denial: &Denial) {
        let Why::Ruled { rule, ruling, .. } = &denial.why else { return };
        assert_eq!(rule.file.as_ref(), "acme.opt");
        let place = rule.line as usize - 1;
        let line = &self.lines[place];
        assert_eq!(rule.text.as_ref(), line.join(" "));
        let is_first_include = |pool: &Pool| {
            let is_include = |it: &[&str]| it[0].starts_with("INCLUDE") && is_for(it, pool);
            self.lines.iter().position(|it| is_include(it)) == Some(place)
        };
        let decides = |pool: &Pool| match ruling {
            Ruling::Excluded => self.refusal(life, pool) == Some(REFUSALS[0]) && self.means(line, life),
            Ruling::NotIncluded => self.refusal(life, pool) == Some(REFUSALS[1]) && is_first_include(pool),
            Ruling::Limited { out, cap, asked } => {
                let mut own = self.exceeded(life, pool);
                *asked == life.seats.max(pool.minimum)
                    && own.any(|limit| {
                        limit.0 == place
                            && limit.1 == *cap
                            && (asked > cap || self.counted(&limit, None) == *out)
                    })
            }
        };
        let mut pools =
            self.book.pools().iter().filter(|pool| pool.feature == life.feature && is_for(line, pool));
        assert!(pools.any(decides), "{ruling:?} by {}", line.join(" "));
    }
}

/// Whether a line is for a pool.
fn is_for(line: &[&str], pool: &Pool) -> bool {
    let scope = match line[0] {
        "MAX" => line[2],
        keyword if keyword.ends_with("ALL") => return true,
        _ => line[1],
    };
    let (feature, version) = scope.split_once(":VERSION=").map_or((scope, None), |(it, own)| (it, Some(own)));
    feature.eq_ignore_ascii_case(pool.feature.as_str())
        && version.is_none_or(|version| pool.version.to_string() == version)
}
