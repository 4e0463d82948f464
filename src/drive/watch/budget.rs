//! How often an incident may be captured: one budget for all triggers, kept across restarts.
//!
//! A limit that a restart resets makes storms of captures out of a service that crashes again and again, so what was captured stands in
//! a file beside the incidents. When a limit acts, it is told and counted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Captures within an hour.
const PER_HOUR: usize = 5;
const HOUR_S: u64 = 3600;
/// How long the same thing is not captured again; doubled each time,
const COOL_DOWN_S: u64 = 60;
/// up to this,
const LONGEST_COOL_DOWN_S: u64 = 6 * HOUR_S;
/// and forgotten when it has not happened for so long.
const FORGOTTEN_S: u64 = 24 * HOUR_S;
/// Things that are remembered; the ones that happened longest ago are forgotten first.
const MOST_THINGS: usize = 200;
/// Version of what is kept.
const SCHEMA: u32 = 1;

/// What was captured before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Budget {
    schema: u32,
    /// When, in the last hour, seconds since 1970.
    captures: Vec<u64>,
    /// By what they were of.
    things: BTreeMap<String, Thing>,
    /// How often a limit acted, by its word.
    refused: BTreeMap<String, u64>,
    /// One is being taken.
    #[serde(skip)]
    busy: bool,
    /// It differs from what is kept.
    #[serde(skip)]
    changed: bool,
}

/// Something that was captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Thing {
    last_s: u64,
    times: u32,
}

/// Why nothing is captured now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Limit {
    /// Another capture is being taken.
    Busy,
    /// The same was captured a short time ago; seconds that are left.
    CoolDown(u64),
    /// There were enough in the last hour; seconds until the next one.
    Hour(u64),
}

impl Limit {
    fn word(self) -> &'static str {
        match self {
            Self::Busy => "one-at-a-time",
            Self::CoolDown(_) => "cool-down",
            Self::Hour(_) => "per-hour",
        }
    }

    /// Seconds until it acts no more, where that is known.
    pub(super) fn left_s(self) -> Option<u64> {
        match self {
            Self::Busy => None,
            Self::CoolDown(left) | Self::Hour(left) => Some(left),
        }
    }

    /// The reason, to stand behind "not captured: ".
    pub(super) fn words(self) -> String {
        match self {
            Self::Busy => "another capture is being taken".to_owned(),
            Self::CoolDown(left) => format!("the same was captured before; the next one in {left} s at the earliest"),
            Self::Hour(left) => format!("{PER_HOUR} captures within an hour; the next one in {left} s"),
        }
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            schema: SCHEMA,
            captures: Vec::new(),
            things: BTreeMap::new(),
            refused: BTreeMap::new(),
            busy: false,
            changed: false,
        }
    }
}

impl Budget {
    /// Reads what was kept.
    ///
    /// # Errors
    ///
    /// In words, when it is no budget or one of another version, and when it holds more than we ever write.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let kept: Self = serde_json::from_str(text).map_err(|error| format!("it is no budget: {error}"))?;
        if kept.schema != SCHEMA {
            return Err(format!("it is a budget of version {}", kept.schema));
        }
        // One thing may have come since the last were forgotten.
        let is_bounded = kept.captures.len() <= PER_HOUR && kept.things.len() <= MOST_THINGS + 1;
        if is_bounded { Ok(kept) } else { Err("it holds more than any budget does".to_owned()) }
    }

    /// What is to be kept, if it has changed since this was last asked.
    pub(super) fn changes(&mut self) -> Option<Vec<u8>> {
        if !std::mem::take(&mut self.changed) {
            return None;
        }
        serde_json::to_vec_pretty(self).ok()
    }

    /// What [`Self::changes`] gave last could not be written.
    pub(super) fn not_kept(&mut self) {
        self.changed = true;
    }

    /// Whether this may be captured now; then it is being taken until [`Self::done`].
    ///
    /// # Errors
    ///
    /// The limit that acts.
    pub(super) fn ask(&mut self, now_s: u64, thing: &str) -> Result<(), Limit> {
        self.changed = true;
        match self.limit(now_s, thing) {
            Some(limit) => {
                let times = self.refused.entry(limit.word().to_owned()).or_default();
                *times = times.saturating_add(1);
                Err(limit)
            }
            None => {
                self.captures.push(now_s);
                let times = self.things.get(thing).map_or(0, |known| known.times);
                self.things.insert(thing.to_owned(), Thing { last_s: now_s, times: times.saturating_add(1) });
                self.busy = true;
                Ok(())
            }
        }
    }

    /// A capture is over.
    pub(super) fn done(&mut self) {
        self.busy = false;
    }

    /// How often a limit acted, by its word.
    pub(super) fn refused(&self) -> impl Iterator<Item = (&str, u64)> {
        self.refused.iter().map(|(limit, times)| (limit.as_str(), *times))
    }

    /// The limit that would act now.
    pub(super) fn limit(&mut self, now_s: u64, thing: &str) -> Option<Limit> {
        self.age(now_s);
        if let Some(known) = self.things.get(thing) {
            let doubled = COOL_DOWN_S.saturating_mul(1 << known.times.saturating_sub(1).min(16));
            let left = (known.last_s + doubled.min(LONGEST_COOL_DOWN_S)).saturating_sub(now_s);
            if left > 0 {
                return Some(Limit::CoolDown(left));
            }
        }
        if self.busy {
            return Some(Limit::Busy);
        }
        let oldest = self.captures.len().checked_sub(PER_HOUR).and_then(|index| self.captures.get(index))?;
        Some(Limit::Hour((oldest + HOUR_S).saturating_sub(now_s)))
    }

    /// Forgets what is long ago. A clock that was set back makes nothing of it later than now.
    fn age(&mut self, now_s: u64) {
        self.captures.iter_mut().for_each(|at| *at = (*at).min(now_s));
        self.captures.retain(|at| now_s - at < HOUR_S);
        self.things.values_mut().for_each(|thing| thing.last_s = thing.last_s.min(now_s));
        self.things.retain(|_, thing| now_s - thing.last_s < FORGOTTEN_S);
        while self.things.len() > MOST_THINGS {
            let oldest = self.things.iter().min_by_key(|(_, thing)| thing.last_s).map(|(name, _)| name.clone());
            let Some(oldest) = oldest else { break };
            self.things.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_cools_down_twice_as_long_each_time() {
        let mut budget = Budget::default();
        let mut ask = |at| {
            let answer = budget.ask(at, "one");
            budget.done();
            answer
        };
        assert_eq!(ask(1000), Ok(()));
        assert_eq!(ask(1059), Err(Limit::CoolDown(1)));
        assert_eq!(ask(1060), Ok(()));
        assert_eq!(ask(1179), Err(Limit::CoolDown(1)));
        assert_eq!(ask(1180), Ok(()));
        assert_eq!(ask(1180 + 239), Err(Limit::CoolDown(1)));
        assert_eq!(ask(1180 + 24 * 3600), Ok(()), "a day later it is new");
        assert_eq!(ask(1180 + 24 * 3600 + 60), Ok(()));
    }

    #[test]
    fn an_hour_has_five_and_a_restart_is_no_new_hour() {
        let mut budget = Budget::default();
        for index in 0..5 {
            assert_eq!(budget.ask(1000 + index, &format!("thing {index}")), Ok(()));
            assert_eq!(budget.ask(1000 + index, "other"), Err(Limit::Busy));
            budget.done();
        }
        let kept = budget.changes().expect("it has changed");
        assert_eq!(budget.changes(), None);
        let mut again = Budget::parse(&String::from_utf8(kept).expect("JSON is text")).expect("it is a budget");
        assert_eq!(again.ask(1100, "new"), Err(Limit::Hour(3500)));
        assert_eq!(again.ask(4600, "new"), Ok(()), "an hour after the first");
        assert!(Budget::parse("{}").is_err());
        let mut much = Budget { captures: vec![0; 1000], ..Budget::default() };
        much.refused.insert(Limit::Busy.word().to_owned(), u64::MAX);
        let text = |budget: &Budget| serde_json::to_string(budget).expect("JSON");
        assert!(Budget::parse(&text(&much)).is_err());
        much.captures.clear();
        let mut much = Budget::parse(&text(&much)).expect("it is a budget");
        assert_eq!((much.ask(1, "new"), much.ask(1, "other")), (Ok(()), Err(Limit::Busy)));
    }

    #[test]
    fn a_clock_that_was_set_back_refuses_for_an_hour_at_most() {
        let mut budget = Budget::default();
        for index in 0..5 {
            assert_eq!(budget.ask(1_000_000, &format!("thing {index}")), Ok(()));
            budget.done();
        }
        assert_eq!(budget.ask(5000, "new"), Err(Limit::Hour(3600)));
        assert_eq!(budget.ask(5000 + 3600, "new"), Ok(()));
    }
}
