//! A loop that many short stalls block.

use super::blocked_report::consumer_verdict;
use super::{empty, entry, event_loop, place, process, ranked, thread};
use hangspy::report::{Blame, Cause, EpisodeReport, Place, Report, SecondParty, Verdict, Window};

/// A loop that a short sleep blocks again and again, and another function now and then; one stall lasts.
pub(crate) fn many_stalls() -> Report {
    let mut report = empty("31", vec![process(31, "server")]);
    let sleep = place("throttle", "/srv/shop/limits.py", 25);
    let query = place("count_orders", "/srv/shop/orders.py", 7);
    let stall = |number: u32, place: &Place| EpisodeReport {
        start_s: 5000.0 + f64::from(number) * 0.125,
        length_s: 0.1 + f64::from(number) / 1024.0,
        ended: number < 19,
        cause: Cause::Sleep,
        place: Some(place.clone()),
        coroutine: None,
        peer: None,
        stack: vec![place.clone()],
    };
    let stalls = (0..20).map(|number| stall(number, if number % 7 == 0 { &query } else { &sleep })).collect();
    let main = thread(31, 31, "MainThread", "sleeping (time.sleep)", vec![sleep.clone()]);
    let querying = thread(31, 31, "MainThread", "blocked in recv, reading from 10.0.3.7:5432", vec![query.clone()]);
    report.profile =
        (0..20).map(|number| entry(31, if number % 7 == 0 { &querying } else { &main }, 6, Some(number))).collect();
    report.verdicts.push(Verdict {
        cause: Some(Cause::Sleep),
        summary: "event loop blocked 65 % of the time in throttle (limits.py:25), sleeping".to_owned(),
        since_s: Some(0.119),
        share: 0.65,
        blame: Some(Blame {
            function: sleep.function.clone(),
            file: sleep.file.clone(),
            line: sleep.line,
            coroutine: Some(sleep.clone()),
            stack: vec![sleep.clone()],
        }),
        second_party: SecondParty::None,
        ..consumer_verdict()
    });
    report.ranking =
        vec![ranked(31, &sleep, 17, 1.9, 0.119, Cause::Sleep), ranked(31, &query, 3, 0.3, 0.114, Cause::SocketRead)];
    report.loops = vec![event_loop(31, stalls)];
    report.threads = vec![main];
    report.window = Window { late: 4, ..report.window };
    report
}
