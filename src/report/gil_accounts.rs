//! The GIL over the window: who had it and who waited for it.

use super::Place;
use super::model::{GilBlame, GilHolder, GilReport, GilThread};
use crate::aggregate::{Analysis, FunctionAccount, held, place_of, switches_per_second};

/// The GIL of the main interpreter.
pub(super) fn gil(analysis: &Analysis<'_>) -> GilReport {
    let ledger = &analysis.ledger;
    let share = |seconds: f64| ledger.share(seconds).unwrap_or(0.0);
    let holder = |function: &FunctionAccount| GilHolder {
        place: place(analysis, function),
        held_s: rounded(function.held_s),
        share: share(function.held_s),
        threads: function.threads as u64,
        loops_waited_s: rounded(
            function
                .victims
                .iter()
                .filter(|(thread, _)| analysis.track_of(*thread).is_some())
                .map(|(_, seconds)| seconds)
                .sum(),
        ),
        waited_s: rounded(function.waited_s()),
    };
    let mut threads: Vec<GilThread> = ledger
        .threads
        .iter()
        .map(|account| GilThread {
            thread: account.thread.0,
            name: account.name.clone(),
            runs_loop: analysis.track_of(account.thread).is_some(),
            held_s: rounded(account.held_s),
            held_share: share(account.held_s),
            waited_s: rounded(account.waited_s),
            waited_share: share(account.waited_s),
        })
        .collect();
    threads.sort_by(|one, other| other.waited_s.total_cmp(&one.waited_s).then(one.thread.cmp(&other.thread)));
    GilReport {
        process: analysis.pid().0,
        held: held(analysis),
        switches_per_s: switches_per_second(analysis),
        holders: ledger.functions.iter().map(holder).collect(),
        threads,
        matrix: matrix(analysis),
    }
}

fn matrix(analysis: &Analysis<'_>) -> Vec<GilBlame> {
    let entries = analysis.ledger.functions.iter().flat_map(|function| {
        let holder = place(analysis, function);
        function.victims.iter().map(move |(victim, seconds)| GilBlame {
            holder: holder.clone(),
            victim: victim.0,
            waited_s: rounded(*seconds),
        })
    });
    let mut matrix: Vec<GilBlame> = entries.collect();
    matrix.sort_by(|one, other| other.waited_s.total_cmp(&one.waited_s));
    matrix
}

fn place(analysis: &Analysis<'_>, function: &FunctionAccount) -> Option<Place> {
    function.code.map(|code| place_of(analysis.recording, code, function.line))
}

/// To a tenth of a millisecond: looks are further apart than that.
fn rounded(seconds: f64) -> f64 {
    // Adding zero makes the sum of nothing, which is -0.0, a plain zero.
    (seconds * 1e4).round() / 1e4 + 0.0
}
