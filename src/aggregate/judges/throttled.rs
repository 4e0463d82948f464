//! The control group's CPU quota is used up.

use super::Judge;
use crate::aggregate::phrases::share_words;
use crate::aggregate::{Analysis, Cause, Confidence, Finding, Kind, SecondParty, Verdict};
use crate::snapshot::Cgroup;

pub(super) struct Throttled;

/// Throttled in more than this share of the periods: requests then wait for a next period more often than not.
const THROTTLED_SHARE: f64 = 0.2;
/// So many periods (usually 100 ms each) it takes to speak of a share.
const PERIODS_FOR_SHARE: u64 = 10;

impl Judge for Throttled {
    fn judge(&self, analysis: &Analysis<'_>) -> Vec<Verdict> {
        let Some(share) = throttled_share(analysis).filter(|share| *share > THROTTLED_SHARE) else { return Vec::new() };
        let quota =
            analysis.last_surroundings().and_then(|around| around.cgroup.get()).and_then(|group| group.cpu_quota.ok());
        let quota = quota.flatten().map(|cores| format!(" of {cores} cores")).unwrap_or_default();
        let summary = format!("the CPU quota{quota} is used up: throttled in {} of its periods", share_words(share));
        let evidence = format!("cpu.stat: throttled in {} of the periods of the window", share_words(share));
        let finding = Finding::new(Kind::CpuThrottled, analysis.pid(), summary, evidence)
            .cause(Cause::Quota, Confidence::Certain)
            .lasting(None, share)
            .blame(None, SecondParty::Resource { name: format!("CPU quota{quota}") })
            .advice("raise the CPU limit, or run fewer threads: pools sized by the node's cores are too large here");
        vec![finding.verdict()]
    }
}

/// Share of the quota's periods within the window in which the control group was throttled; `None` where that is not
/// known or too few periods went by.
#[must_use]
pub fn throttled_share(analysis: &Analysis<'_>) -> Option<f64> {
    let surroundings = &analysis.recording.surroundings;
    let (first, last) = (surroundings.first()?.cgroup.get()?, surroundings.last()?.cgroup.get()?);
    let counts = |group: &Cgroup| Some((group.periods.ok()?, group.throttled_periods.ok()?));
    let (first, last) = (counts(first)?, counts(last)?);
    let periods = last.0.checked_sub(first.0)?;
    let throttled = last.1.checked_sub(first.1)?;
    (periods >= PERIODS_FOR_SHARE).then(|| throttled as f64 / periods as f64)
}
