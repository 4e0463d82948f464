//! Blocking functions: the stalls of a loop grouped by whom they are blamed on.

use std::collections::BTreeMap;
use std::time::Duration;

use super::stall::Stall;
use super::{Analysis, Cause, Subject};
use crate::snapshot::{CodeId, Moment};

/// The stalls of one function on one loop.
#[derive(Clone, Debug)]
pub struct Group<'s> {
    /// Which loop: index into the tracks.
    pub track: usize,
    /// The stalls, in the order of time.
    pub stalls: Vec<&'s Stall>,
    /// Their time within the window.
    pub total: Duration,
    /// The cause of most of that time.
    pub cause: Cause,
    /// The longest stall with that cause.
    pub example: &'s Stall,
}

impl<'s> Group<'s> {
    /// These stalls of one function on one loop; `None` of none. What was before `window` began is not counted.
    #[must_use]
    pub fn of(track: usize, stalls: Vec<&'s Stall>, window: Moment) -> Option<Self> {
        let mut causes: BTreeMap<Cause, Duration> = BTreeMap::new();
        for stall in &stalls {
            *causes.entry(stall.reason.cause).or_default() += stall.length();
        }
        let (cause, _) = causes.into_iter().max_by_key(|(_, length)| *length)?;
        let of_cause = stalls.iter().filter(|stall| stall.reason.cause == cause);
        let example = of_cause.max_by_key(|stall| (!stall.ended, stall.length())).copied()?;
        let total = stalls.iter().map(|stall| stall.inside(window)).sum();
        Some(Self { track, stalls, total, cause, example })
    }

    /// Which stalls these are.
    #[must_use]
    pub fn subject(&self, analysis: &Analysis<'_>) -> Option<Subject> {
        let track = analysis.tracks.get(self.track)?;
        Some(Subject::Stalls(track.thread, self.example.blamed.map(|blamed| blamed.code)))
    }

    /// The longest of the stalls.
    #[must_use]
    pub fn longest(&self) -> Duration {
        self.stalls.iter().map(|stall| stall.length()).max().unwrap_or_default()
    }

    /// The length that this share of the stalls does not exceed, by nearest rank.
    #[must_use]
    pub fn percentile(&self, percent: usize) -> Duration {
        let mut lengths: Vec<Duration> = self.stalls.iter().map(|stall| stall.length()).collect();
        lengths.sort();
        let rank = (lengths.len() * percent).div_ceil(100).max(1);
        lengths.get(rank - 1).copied().unwrap_or_default()
    }
}

/// Groups the stalls of every loop, the most time first.
#[must_use]
pub fn groups<'s>(analysis: &'s Analysis<'_>) -> Vec<Group<'s>> {
    let began = analysis.began();
    let mut by_function: BTreeMap<(usize, Option<CodeId>), Vec<&'s Stall>> = BTreeMap::new();
    for (track, stalls) in analysis.stalls.iter().enumerate() {
        for stall in &stalls.found {
            by_function.entry((track, stall.blamed.map(|blamed| blamed.code))).or_default().push(stall);
        }
    }
    let mut groups: Vec<Group<'s>> =
        by_function.into_iter().filter_map(|((track, _), stalls)| Group::of(track, stalls, began)).collect();
    groups.sort_by_key(|group| std::cmp::Reverse((group.total, group.longest())));
    groups
}
