//! The control group's CPU quota is used up.

use std::time::Duration;

use super::starved::is_kept_long;
use super::{Explains, Judge};
use crate::aggregate::consumers::{Consumer, consumers};
use crate::aggregate::{
    Advice, Analysis, Because, Cause, Confidence, CpuFact, Finding, Kind, ProcessSummary, SecondParty, Subject, Verdict,
};
use crate::classify::{Look, Origin, Resource};
use crate::snapshot::{Cgroup, Surroundings};

pub(super) struct Throttled;

/// Throttled in more than this share of the periods: requests then wait for a next period more often than not.
const THROTTLED_SHARE: f64 = 0.2;
/// And for at least this share of the time: many throttlings of a millisecond each hurt nobody.
const THROTTLED_TIME: f64 = 0.1;
/// Throttled in at least this share of the periods, the quota has its part in whatever else is wrong.
const NOTABLE_THROTTLING: f64 = 0.01;
/// So many periods (usually 100 ms each) it takes to speak of a share.
const PERIODS_FOR_SHARE: u64 = 10;
/// Whoever used this share of the process's CPU time used up the quota.
const MOST_OF_THE_QUOTA: f64 = 0.5;
/// A process that used less than this share of what its group used is not the one that used up the quota.
const OWN_PART: f64 = 0.5;

impl Judge for Throttled {
    fn judge(&self, analysis: &Analysis<'_>) -> Vec<Verdict> {
        let Some(throttling) = throttling(analysis).filter(is_severe) else { return Vec::new() };
        let (cores, share) = (throttling.quota, throttling.share);
        let summary = ProcessSummary::QuotaUsedUp { cores, share };
        let evidence = CpuFact::Throttled { share };
        let consumers = consumers(analysis);
        let largest = consumers.first().filter(|largest| largest.share >= MOST_OF_THE_QUOTA);
        let elsewhere = elsewhere(analysis, &consumers);
        let blamed = largest.filter(|_| elsewhere.is_none()).and_then(|largest| largest.blamed);
        let blame =
            blamed.filter(|blamed| blamed.origin == Origin::User).map(|blamed| blamed.blame(analysis.recording));
        let waited = analysis.tracks.iter().map(|track| CpuFact::AwaitedCpu {
            thread: track.thread,
            looks: track.count(Look::StarvedOfCpu) as u64,
            of: track.looks.len() as u64,
        });
        let used = largest.map(|largest| largest.fact(analysis));
        let finding = Finding::new(Kind::CpuThrottled, analysis.pid(), summary, evidence)
            .cause(Cause::Quota, Confidence::Certain)
            .lasting(None, throttling.share)
            .evidence(throttling.time_fact().into_iter().chain(elsewhere).chain(used).chain(waited))
            .hurts_users_of(analysis, analysis.tracks.first())
            .tells([Subject::Quota])
            .blame(blame, SecondParty::Resource { resource: Resource::Cpu { cores } })
            .advice(Advice::RaiseCpuLimit);
        vec![finding.verdict()]
    }

    fn explains(&self) -> &'static [Explains] {
        // Whoever is throttled with the GIL keeps it, and looks like native code that does. What a thread keeps for longer
        // than the quota keeps it from running, it would keep without.
        const KEPT_MEANWHILE: Explains = Explains {
            when: |analysis, _, other| {
                let kept = other.kind == Kind::LoopStarved && other.cause == Some(Cause::GilNativeHold);
                kept && !is_kept_long(analysis, other.thread)
            },
            because: Because::ThrottledMeanwhile,
        };
        &[KEPT_MEANWHILE]
    }
}

fn is_severe(throttling: &Throttling) -> bool {
    let long =
        throttling.time.is_none_or(|time| time.as_secs_f64() >= throttling.window.as_secs_f64() * THROTTLED_TIME);
    throttling.share > THROTTLED_SHARE && long
}

/// That the quota was used up by others in the group; `None` where that is not so or not known.
fn elsewhere(analysis: &Analysis<'_>, consumers: &[Consumer]) -> Option<CpuFact> {
    let (first, last) = ends(analysis)?;
    let used = last.1.cpu_used_ns.ok()?.checked_sub(first.1.cpu_used_ns.ok()?)?;
    let own: Duration = consumers.iter().map(|consumer| consumer.used).sum();
    let own_share = own.as_nanos() as f64 / used.max(1) as f64;
    (own_share < OWN_PART).then_some(CpuFact::UsedElsewhere { own_share })
}

/// What the CPU quota did within the window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Throttling {
    /// Share of the quota's periods in which the group was throttled, 0 to 1.
    pub share: f64,
    /// The quota in cores, where known.
    pub quota: Option<f64>,
    /// For how long, added up over the CPUs; `None` where the kernel does not say.
    pub time: Option<Duration>,
    /// Between which two readings.
    pub window: Duration,
}

impl Throttling {
    fn time_fact(&self) -> Option<CpuFact> {
        let (for_s, of_s) = (self.time?.as_secs_f64(), self.window.as_secs_f64());
        Some(CpuFact::ThrottledFor { for_s, of_s })
    }

    /// The quota's part in what else is wrong: whoever is throttled with the GIL, a lock or the loop keeps it all the
    /// while. `None` where it has none.
    #[must_use]
    pub fn contribution(&self) -> Option<CpuFact> {
        self.is_notable().then_some(CpuFact::QuotaAdds { cores: self.quota, share: self.share })
    }

    /// Whether that is worth a word.
    #[must_use]
    pub fn is_notable(&self) -> bool {
        self.share >= NOTABLE_THROTTLING
    }
}

/// What the quota did in the window; `None` where that is not known or too few periods went by.
#[must_use]
pub fn throttling(analysis: &Analysis<'_>) -> Option<Throttling> {
    let ((began, first), (ended, last)) = ends(analysis)?;
    let periods = last.periods.ok()?.checked_sub(first.periods.ok()?)?;
    let throttled = last.throttled_periods.ok()?.checked_sub(first.throttled_periods.ok()?)?;
    let time = last.throttled_ns.ok().zip(first.throttled_ns.ok());
    (periods >= PERIODS_FOR_SHARE).then(|| Throttling {
        // The two counters are read one after the other, and may be a period apart.
        share: (throttled as f64 / periods as f64).min(1.0),
        quota: last.cpu_quota.ok().flatten(),
        time: time.map(|(last, first)| Duration::from_nanos(last.saturating_sub(first))),
        window: ended.at.since(began.at),
    })
}

/// A reading of the control group, and what was read with it.
type Reading<'a> = (&'a Surroundings, &'a Cgroup);

/// The first and the last reading of the control group.
fn ends<'a>(analysis: &Analysis<'a>) -> Option<(Reading<'a>, Reading<'a>)> {
    let mut readings = analysis.recording.surroundings.iter().filter_map(|around| Some((around, around.cgroup.get()?)));
    let first = readings.next()?;
    Some((first, readings.next_back()?))
}
