//! The ranked list of blocking functions.

use super::model::Ranked;
use crate::aggregate::{Analysis, groups};
use crate::words::party;

/// The functions that blocked the loops of a process.
pub(super) fn ranked(analysis: &Analysis<'_>) -> Vec<Ranked> {
    let row = |group: &crate::aggregate::Group<'_>| {
        let blamed = group.example.blamed?;
        let blame = blamed.blame(analysis.recording);
        Some(Ranked {
            process: analysis.pid().0,
            function: blame.function,
            file: blame.file,
            line: blame.line,
            stalls: group.stalls.len() as u64,
            total_s: group.total.as_secs_f64(),
            p50_s: group.percentile(50).as_secs_f64(),
            p95_s: group.percentile(95).as_secs_f64(),
            max_s: group.longest().as_secs_f64(),
            share: analysis.share(group.total),
            cause: group.cause,
            peer: party(&group.example.reason.example.party),
            stack: blame.stack,
        })
    };
    groups(analysis).iter().filter_map(row).collect()
}
