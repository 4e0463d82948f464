//! The ledger of near misses: every stall that was long enough to be counted, by place and hour.
//!
//! A pure room. The small stalls that come before the big one are few places, so what is kept is small: for each place how often, how
//! long, since when, and for three days by hour. What has no room any more is added up, so that the sums stay true.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::aggregate::{Cause, Glance, Place};

/// Version of what is kept.
const SCHEMA: u32 = 1;
/// Places that are kept; of a service with more, those with the most time.
const MOST_PLACES: usize = 500;
/// Hours that are kept of a place.
const MOST_HOURS: usize = 72;
const SECONDS_OF_HOUR: u64 = 3600;
/// More stalls, and more seconds, than any service can have had: 30,000 years.
const MOST_STALLS: u64 = 1 << 40;
const MOST_SECONDS: f64 = 1e12;

/// How often, and for how long in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sum {
    /// Stalls.
    pub stalls: u64,
    /// Their lengths added up, seconds.
    pub total_s: f64,
}

impl Sum {
    fn add(&mut self, other: Self) {
        self.stalls += other.stalls;
        self.total_s += other.total_s;
    }

    fn is_possible(&self) -> bool {
        self.stalls <= MOST_STALLS && is_length(self.total_s)
    }
}

/// The near misses of one place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The function and its line; `None` where no look found it in time.
    pub place: Option<Place>,
    /// What it did; `None` where no look found it in time.
    pub cause: Option<Cause>,
    /// How many, and for how long.
    #[serde(flatten)]
    pub sum: Sum,
    /// The longest, seconds.
    pub longest_s: f64,
    /// By how much lengths may be off, seconds: the largest error of one of them.
    pub error_s: f64,
    /// When the first was seen, seconds since 1970.
    pub first_s: u64,
    /// When the last was seen.
    pub last_s: u64,
    /// By hours since 1970, of the last three days.
    pub hours: BTreeMap<u64, Sum>,
}

/// A stall that is to be counted.
#[derive(Clone, Debug, PartialEq)]
pub struct NearMiss {
    /// Where it was, if a look found it in time.
    pub seen: Option<Glance>,
    /// How long it lasted, as far as can be told.
    pub length: Duration,
    /// By how much that may be off.
    pub error: Duration,
    /// When it ended, seconds since 1970.
    pub at_s: u64,
}

/// The near misses of a service, by place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    schema: u32,
    /// Since when they have been counted, seconds since 1970.
    pub since_s: u64,
    /// Until when.
    pub until_s: u64,
    /// The places.
    pub places: Vec<Entry>,
    /// What had no room any more.
    pub forgotten: Sum,
    /// Time in which nobody looked often enough to count, seconds.
    pub unwatched_s: f64,
}

impl Ledger {
    /// Nothing has been counted yet.
    #[must_use]
    pub fn since(at_s: u64) -> Self {
        Self {
            schema: SCHEMA,
            since_s: at_s,
            until_s: at_s,
            places: Vec::new(),
            forgotten: Sum::default(),
            unwatched_s: 0.0,
        }
    }

    /// Reads what was kept.
    ///
    /// # Errors
    ///
    /// In words, when it is no ledger or one of another version, and when it holds what we never write.
    pub fn parse(text: &str) -> Result<Self, String> {
        let kept: Self = serde_json::from_str(text).map_err(|error| format!("it is no ledger: {error}"))?;
        if kept.schema != SCHEMA {
            return Err(format!("it is a ledger of version {}", kept.schema));
        }
        if kept.is_possible() { Ok(kept) } else { Err("it holds figures that no ledger has".to_owned()) }
    }

    fn is_possible(&self) -> bool {
        let places = self.places.len() <= MOST_PLACES && self.places.iter().all(Entry::is_possible);
        places && self.forgotten.is_possible() && is_length(self.unwatched_s)
    }

    /// What is to be kept.
    ///
    /// # Errors
    ///
    /// When it has no JSON, which is a defect.
    pub fn text(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec_pretty(self)
    }

    /// Counts a stall.
    pub fn add(&mut self, miss: &NearMiss) {
        let (place, cause) = match &miss.seen {
            Some(seen) => (seen.place.as_ref(), Some(seen.cause)),
            None => (None, None),
        };
        let same = |entry: &Entry| entry.cause == cause && is_same_function(entry.place.as_ref(), place);
        let one = Sum { stalls: 1, total_s: miss.length.as_secs_f64() };
        self.until_s = self.until_s.max(miss.at_s);
        let index = self.places.iter().position(same).unwrap_or_else(|| {
            self.places.push(Entry {
                place: place.cloned(),
                cause,
                sum: Sum::default(),
                longest_s: 0.0,
                error_s: 0.0,
                first_s: miss.at_s,
                last_s: miss.at_s,
                hours: BTreeMap::new(),
            });
            self.places.len() - 1
        });
        if let Some(entry) = self.places.get_mut(index) {
            entry.add(miss, one);
        }
        self.forget();
    }

    /// The places, the most time first.
    #[must_use]
    pub fn ranked(&self) -> Vec<&Entry> {
        let mut ranked: Vec<&Entry> = self.places.iter().collect();
        ranked.sort_by(|one, other| other.sum.total_s.total_cmp(&one.sum.total_s));
        ranked
    }

    /// Gives up the places with the least time when there are too many.
    fn forget(&mut self) {
        while self.places.len() > MOST_PLACES {
            let least = self.places.iter().enumerate().min_by(|(_, one), (_, other)| {
                let order = one.sum.total_s.total_cmp(&other.sum.total_s);
                order.then(one.last_s.cmp(&other.last_s))
            });
            let Some(least) = least.map(|(index, _)| index) else { break };
            self.forgotten.add(self.places.swap_remove(least).sum);
        }
    }
}

impl Entry {
    fn is_possible(&self) -> bool {
        let hours = self.hours.len() <= MOST_HOURS && self.hours.values().all(Sum::is_possible);
        hours && self.sum.is_possible() && is_length(self.longest_s) && is_length(self.error_s)
    }

    fn add(&mut self, miss: &NearMiss, one: Sum) {
        // The line of the longest stands for the function.
        if one.total_s > self.longest_s {
            self.longest_s = one.total_s;
            self.place = miss.seen.as_ref().and_then(|seen| seen.place.clone());
        }
        self.sum.add(one);
        self.error_s = self.error_s.max(miss.error.as_secs_f64());
        self.first_s = self.first_s.min(miss.at_s);
        self.last_s = self.last_s.max(miss.at_s);
        self.hours.entry(miss.at_s / SECONDS_OF_HOUR).or_default().add(one);
        while self.hours.len() > MOST_HOURS {
            self.hours.pop_first();
        }
    }
}

fn is_length(seconds: f64) -> bool {
    (0.0..=MOST_SECONDS).contains(&seconds)
}

fn is_same_function(one: Option<&Place>, other: Option<&Place>) -> bool {
    let function = |place: Option<&Place>| place.map(|place| (place.function.clone(), place.file.clone()));
    function(one) == function(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn miss(function: &str, milliseconds: u64, at_s: u64) -> NearMiss {
        let place = Place { function: function.to_owned(), file: "app.py".to_owned(), line: milliseconds as u32 };
        NearMiss {
            seen: Some(Glance { place: Some(place), cause: Cause::Sleep, outside_of_service: false }),
            length: Duration::from_millis(milliseconds),
            error: Duration::from_millis(5),
            at_s,
        }
    }

    #[test]
    fn places_are_counted_ranked_and_kept() {
        let mut ledger = Ledger::since(1000);
        for (function, milliseconds, at_s) in [("one", 30, 1001), ("two", 500, 1002), ("one", 40, 9000)] {
            ledger.add(&miss(function, milliseconds, at_s));
        }
        ledger.add(&NearMiss { seen: None, ..miss("", 20, 1003) });
        let ledger = Ledger::parse(&String::from_utf8(ledger.text().unwrap()).unwrap()).unwrap();
        let ranked = ledger.ranked();
        let names: Vec<_> =
            ranked.iter().map(|entry| entry.place.as_ref().map(|place| place.function.as_str())).collect();
        assert_eq!(names, [Some("two"), Some("one"), None]);
        let one = ranked[1];
        assert_eq!((one.sum.stalls, one.first_s, one.last_s, one.hours.len()), (2, 1001, 9000, 2));
        assert_eq!(one.place.as_ref().map(|place| place.line), Some(40), "the longest has the line");
        assert_eq!(ledger.until_s, 9000);
    }

    #[test]
    fn what_has_no_room_is_added_up() {
        let mut ledger = Ledger::since(0);
        for index in 0..MOST_PLACES + 10 {
            ledger.add(&miss(&format!("function {index}"), 20 + index as u64, 1));
        }
        assert_eq!((ledger.places.len(), ledger.forgotten.stalls), (MOST_PLACES, 10));
        for hour in 0..200 {
            ledger.add(&miss("function 505", 20, hour * SECONDS_OF_HOUR));
        }
        assert!(ledger.places.iter().all(|entry| entry.hours.len() <= MOST_HOURS));
    }

    #[test]
    fn figures_that_no_ledger_has_are_refused() {
        let mut good = Ledger::since(0);
        good.add(&miss("one", 30, 1));
        let refused = |change: fn(&mut Ledger)| {
            let mut ledger = good.clone();
            change(&mut ledger);
            Ledger::parse(&String::from_utf8(ledger.text().unwrap()).unwrap()).is_err()
        };
        assert!(!refused(|_| {}));
        assert!(refused(|ledger| ledger.places[0].sum.stalls = u64::MAX));
        assert!(refused(|ledger| ledger.forgotten.stalls = u64::MAX));
        assert!(refused(|ledger| ledger.forgotten.total_s = 1e300));
        assert!(refused(|ledger| ledger.places[0].longest_s = -1.0));
        assert!(refused(|ledger| ledger.unwatched_s = 1e300));
        assert!(refused(|ledger| ledger.places[0].hours = (0..100).map(|hour| (hour, Sum::default())).collect()));
        assert!(refused(|ledger| ledger.places = vec![ledger.places[0].clone(); MOST_PLACES + 1]));
    }

    #[test]
    fn what_is_no_ledger_is_refused() {
        assert!(Ledger::parse("{}").is_err());
        let mut other = Ledger::since(0);
        other.schema = 7;
        assert!(Ledger::parse(&String::from_utf8(other.text().unwrap()).unwrap()).unwrap_err().contains("version 7"));
    }
}
