//! Two workers and their master.

use super::{empty, entry, event_loop, gap, healthy_verdict, place, process, ranked, server_frames, strings, thread};
use hangspy::report::{
    Blame, Cause, Confidence, EpisodeReport, Facts, Kind, ProfileEntry, Report, SecondParty, ThreadReport, Verdict,
    Window,
};

/// Two workers and their master: one blocked by many short stalls, one healthy.
pub(crate) fn workers() -> Report {
    let mut master = process(30, "master");
    master.loops.clear();
    let mut report = empty("uvicorn", vec![master, process(31, "worker"), process(32, "worker")]);
    let file = "/srv/shop/backend/services/pricing/discounts/repository.py";
    let stack = vec![
        place("DiscountRepository.load_for_customer_with_history", file, 212),
        place("price_cart", "/srv/shop/backend/services/pricing/discounts/endpoints/cart.py", 87),
    ];
    let stall = |start_s: f64, length_s: f64| EpisodeReport {
        start_s,
        length_s,
        ended: true,
        cause: Cause::SocketRead,
        place: stack.first().cloned(),
        coroutine: stack.last().cloned(),
        peer: Some("10.0.3.9:5432 (postgresql)".to_owned()),
        stack: stack.clone(),
    };
    let stalls = vec![stall(5000.2, 0.34), stall(5001.0, 0.61), stall(5002.2, 0.12)];
    report.verdicts.push(Verdict {
        kind: Kind::LoopBlocked,
        cause: Some(Cause::SocketRead),
        confidence: Confidence::Likely,
        summary: "event loop blocked 3 times, 610 ms at most, in load_for_customer_with_history".to_owned(),
        process: 32,
        thread: Some(32),
        event_loop: Some("uvloop".to_owned()),
        since_s: None,
        share: 0.357,
        blame: Some(Blame {
            function: stack[0].function.clone(),
            file: stack[0].file.clone(),
            line: stack[0].line,
            coroutine: Some(stack[1].clone()),
            stack: stack.clone(),
        }),
        second_party: SecondParty::Peer { address: "10.0.3.9:5432".to_owned(), service: Some("postgresql".to_owned()) },
        hurts: strings(&["every request of this worker waits up to 610 ms"]),
        evidence: strings(&["in recv(fd 19) in 53 of 150 looks", "the same three frames in all of them"]),
        doing: None,
        advice: "use an async database driver, or run it in a thread".to_owned(),
        consequences: Vec::new(),
        facts: Facts::default(),
    });
    report.verdicts.push(healthy_verdict(31));
    report.verdicts.push(Verdict { summary: "supervises 2 workers".to_owned(), ..healthy_verdict(30) });
    report.ranking = vec![
        ranked(32, &stack[0], 3, 1.07, 0.61, Cause::SocketRead),
        ranked(31, &place("render_invoice", "/srv/shop/invoice.py", 9), 1, 0.06, 0.06, Cause::PythonCpu),
    ];
    let mut event_loop = event_loop(32, stalls);
    event_loop.blocked = 0.357;
    event_loop.idle = 0.6;
    let main = thread(32, 32, "MainThread", "idle in epoll", server_frames());
    let blocked = ThreadReport { doing: "recv from 10.0.3.9:5432".to_owned(), stack, ..main.clone() };
    report.loops = vec![event_loop];
    report.profile = vec![
        entry(32, &blocked, 17, Some(0)),
        entry(32, &blocked, 30, Some(1)),
        entry(32, &blocked, 6, Some(2)),
        ProfileEntry { idle: true, ..entry(32, &main, 97, None) },
        ProfileEntry { idle: true, ..entry(31, &thread(31, 31, "MainThread", "idle", server_frames()), 147, None) },
    ];
    report.threads = vec![main];
    report.window = Window { samples: 450, torn: 2, late: 1, ..report.window };
    report.gaps = vec![gap(30, "event loop", "none found in this process")];
    for process in [30, 31, 32] {
        report.gaps.push(gap(process, "pools", "not examined by this version"));
    }
    report
}
