//! Threads that wait for each other, and loops that are blocked, starved or overloaded; each loop is judged by itself, unless it is
//! one of those threads.

use super::{Judge, blocked, deadlocked, overloaded, starved};
use crate::aggregate::ranking::groups;
use crate::aggregate::{Analysis, Kind, Verdict};

pub(super) struct Loops;

impl Judge for Loops {
    fn judge(&self, analysis: &Analysis<'_>) -> Vec<Verdict> {
        let groups = groups(analysis);
        let (cycles, mut verdicts): (Vec<_>, Vec<_>) = deadlocked::judge(analysis).into_iter().unzip();
        let is_in_cycle = |thread| cycles.iter().flat_map(|cycle| &cycle.edges).any(|edge| edge.waiter == thread);
        for (index, track) in analysis.tracks.iter().enumerate().filter(|(_, track)| !is_in_cycle(track.thread)) {
            let own: Vec<_> = groups.iter().filter(|group| group.track == index).collect();
            let mut found = blocked::judge(analysis, track, &own);
            found.extend(starved::judge(analysis, track));
            // Among very many steps some last, and each of so many objects costs the garbage collector time.
            if let Some(overloaded) = overloaded::judge(analysis, track)
                && found.iter().all(|other| other.share * 2.0 <= overloaded.share)
            {
                found = vec![overloaded];
            }
            verdicts.extend(found);
        }
        verdicts.sort_by(|one, other| {
            let by_share = other.share.total_cmp(&one.share);
            rank(one).cmp(&rank(other)).then(by_share).then(one.thread.cmp(&other.thread))
        });
        verdicts
    }
}

/// How bad it is beside others: a stall that has ended is no worse than a want of the GIL that took more of the window.
fn rank(verdict: &Verdict) -> Kind {
    match verdict.kind {
        Kind::LoopBlocked if verdict.since_s.is_none() => Kind::LoopStarved,
        kind => kind,
    }
}
