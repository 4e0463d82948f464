//! Loops that are blocked or starved; each loop is judged by itself.

use super::{Judge, blocked, starved};
use crate::aggregate::ranking::groups;
use crate::aggregate::{Analysis, Verdict};

pub(super) struct Loops;

impl Judge for Loops {
    fn judge(&self, analysis: &Analysis<'_>) -> Vec<Verdict> {
        let groups = groups(analysis);
        let mut verdicts = Vec::new();
        for (index, track) in analysis.tracks.iter().enumerate() {
            let own: Vec<_> = groups.iter().filter(|group| group.track == index).collect();
            verdicts.extend(blocked::judge(analysis, track, &own));
            verdicts.extend(starved::judge(analysis, track));
        }
        verdicts.sort_by(|one, other| {
            let by_share = other.share.total_cmp(&one.share);
            one.kind.cmp(&other.kind).then(by_share).then(one.thread.cmp(&other.thread))
        });
        verdicts
    }
}
