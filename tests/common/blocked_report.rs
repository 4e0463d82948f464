//! The consumer story: `poll` on the loop thread of a web worker.

use super::{
    empty, entry, event_loop, listening, no_gil, place, process, server_frames, strings, thread, worker_frames,
};
use hangspy::classify::Doing;
use hangspy::report::{
    Blame, Cause, CgroupReport, Confidence, EpisodeReport, Facts, GilReport, Kind, Observation, Place, Ranked, Report,
    SecondParty, Verdict,
};
use hangspy::snapshot::{Excerpt, Known};

fn consumer_stack() -> Vec<Place> {
    let mut stack = vec![
        place("consume", "/srv/shop/consumer.py", 41),
        place("startup", "/srv/shop/main.py", 18),
        place("Router.startup", "/usr/local/lib/python3.12/site-packages/starlette/routing.py", 701),
    ];
    stack.extend(server_frames());
    stack
}

pub(super) fn consumer_episode() -> EpisodeReport {
    EpisodeReport {
        start_s: 4990.6,
        length_s: 12.4,
        ended: false,
        cause: Cause::Lock,
        place: Some(place("consume", "/srv/shop/consumer.py", 41)),
        coroutine: Some(place("startup", "/srv/shop/main.py", 18)),
        peer: Some("10.0.3.7:9092 (kafka)".to_owned()),
        stack: consumer_stack(),
    }
}

pub(super) fn consumer_verdict() -> Verdict {
    Verdict {
        kind: Kind::LoopBlocked,
        cause: Some(Cause::Lock),
        confidence: Confidence::Certain,
        summary:
            "event loop blocked for 12.4 s in consume (consumer.py:41), waiting inside librdkafka; broker 10.0.3.7:9092"
                .to_owned(),
        process: 31,
        thread: Some(31),
        event_loop: Some("uvloop".to_owned()),
        since_s: Some(12.4),
        share: 1.0,
        blame: Some(Blame {
            function: "consume".to_owned(),
            file: "/srv/shop/consumer.py".to_owned(),
            line: 41,
            coroutine: Some(place("startup", "/srv/shop/main.py", 18)),
            stack: consumer_stack(),
        }),
        second_party: SecondParty::Peer { address: "10.0.3.7:9092".to_owned(), service: Some("kafka".to_owned()) },
        hurts: strings(&["84 connections not accepted on :8000", "the earliest timer is 12.4 s late"]),
        evidence: strings(&[
            "in the same call in 150 of 150 looks",
            "0 context switches in 3.0 s",
            "GIL free",
            "not in its own epoll in any look",
            "0 ms of CPU time in 3.0 s",
        ]),
        doing: Some(Doing::InLibrary { library: "librdkafka".to_owned(), server: Some("10.0.3.7:9092".to_owned()) }),
        advice: "move it off the loop: await asyncio.to_thread(consumer.poll, 30.0)".to_owned(),
        consequences: Vec::new(),
        facts: Facts::default(),
    }
}

/// The consumer story: `poll` on the loop thread of a web worker.
pub(crate) fn blocked() -> Report {
    let mut report = empty("", vec![process(31, "worker")]);
    let main = thread(31, 31, "MainThread", "parked inside librdkafka", consumer_stack());
    let mut broker = thread(31, 40, "rdk:broker1", "waits in poll", Vec::new());
    broker.python = false;
    broker.stack_unknown = Some("a native thread has no Python stack".to_owned());
    report.verdicts.push(consumer_verdict());
    report.observations = vec![
        Observation { process: 31, summary: "CPU quota 0.8, used 0.1, never throttled".to_owned() },
        Observation { process: 31, summary: "4 of 40 worker threads busy".to_owned() },
    ];
    report.ranking = vec![Ranked {
        process: 31,
        function: "consume".to_owned(),
        file: "/srv/shop/consumer.py".to_owned(),
        line: 41,
        stalls: 1,
        total_s: 3.0,
        p50_s: 12.4,
        p95_s: 12.4,
        max_s: 12.4,
        share: 1.0,
        cause: Cause::Lock,
        peer: Some("10.0.3.7:9092 (kafka)".to_owned()),
        stack: consumer_stack(),
    }];
    report.loops = vec![event_loop(31, vec![consumer_episode()])];
    report.profile = vec![entry(31, &main, 150, Some(0))];
    report.threads = vec![main];
    for number in 0..4 {
        let name = "AnyIO worker thread";
        let worker = thread(31, 50 + number, name, "idle in futex", worker_frames());
        report.profile.push(entry(31, &worker, 150, None));
        report.threads.push(worker);
    }
    report.threads.push(broker);
    report.gil = vec![GilReport { process: 31, held: Known::Is(0.0), switches_per_s: Known::Is(0.3), ..no_gil() }];
    report.sockets = vec![listening(31, 84)];
    report.cgroup = vec![CgroupReport {
        process: 31,
        cpu_quota: Known::Is(Some(0.8)),
        cpu_used: Known::Is(0.1),
        throttled: Known::Is(0.0),
        memory_limit: Known::Is(Some(800 << 20)),
        memory_used: Known::Is(312 << 20),
    }];
    report.excerpts = vec![Excerpt {
        file: "/srv/shop/consumer.py".to_owned(),
        lines: vec![
            (37, "async def follow(topic):".to_owned()),
            (38, "    \"\"\"Hands every message of a topic to the orders.\"\"\"".to_owned()),
            (39, "".to_owned()),
            (40, "    while True:".to_owned()),
            (41, "        message = consumer.poll(30.0)".to_owned()),
            (42, "        if message is None:".to_owned()),
            (43, "            continue".to_owned()),
        ],
    }];
    report
}
