//! A loop that could run and is not let: others have the GIL.

use super::{empty, entry, event_loop, place, process, server_frames, strings, thread, worker_frames};
use hangspy::report::{
    Blame, Cause, Confidence, Facts, GilBlame, GilHolder, GilReport, GilThread, Kind, Place, ProfileEntry, Report,
    SecondParty, Verdict, Window,
};
use hangspy::snapshot::Known;

/// The loop could run and is not let.
pub(crate) fn starved() -> Report {
    let mut report = empty("31", vec![process(31, "server")]);
    let decode = place("decode", "/srv/shop/decoder.py", 30);
    let mut stack = vec![place("<listcomp>", "/srv/shop/decoder.py", 31), decode.clone()];
    stack.extend(worker_frames().into_iter().skip(1));
    report.verdicts.push(Verdict {
        kind: Kind::LoopStarved,
        cause: Some(Cause::GilPythonThreads),
        confidence: Confidence::Likely,
        summary: "event loop waits for the GIL 91 % of the time; decode (decoder.py:30) holds it in 8 threads"
            .to_owned(),
        process: 31,
        thread: Some(31),
        event_loop: Some("asyncio".to_owned()),
        since_s: Some(312.0),
        share: 0.91,
        blame: Some(Blame {
            function: decode.function.clone(),
            file: decode.file.clone(),
            line: 30,
            coroutine: None,
            stack: stack.clone(),
        }),
        second_party: SecondParty::Holder { holder: "thread 41 kafka-0".to_owned(), stack: stack.clone() },
        hurts: strings(&["each turn of the loop takes 112 ms instead of 1 ms"]),
        evidence: strings(&[
            "loop thread in futex on the GIL in 137 of 150 looks",
            "196 wake-ups per second and 4 ms of CPU time: the rhythm of waiting for the GIL",
            "another thread held the GIL in 148 of 150 looks",
        ]),
        doing: None,
        advice: "decode in processes (concurrent.futures.ProcessPoolExecutor) or with fewer threads".to_owned(),
        consequences: Vec::new(),
        facts: Facts::default(),
    });
    let main = thread(31, 31, "MainThread", "waiting for the GIL", server_frames());
    report.profile = vec![entry(31, &main, 137, None)];
    report.threads = vec![main];
    for number in 0..8 {
        let name = format!("kafka-{number}");
        let mut hog = thread(31, 41 + number, &name, "running Python", stack.clone());
        hog.cpu_share = Known::Is(0.121);
        report.profile.push(ProfileEntry { holds_gil: true, cut: number == 3, ..entry(31, &hog, 18, None) });
        report.threads.push(hog);
    }
    let mut starved_loop = event_loop(31, Vec::new());
    starved_loop.idle = 0.09;
    starved_loop.starved = 0.91;
    starved_loop.busy = 0.0;
    report.loops = vec![starved_loop];
    report.gil = vec![GilReport {
        process: 31,
        held: Known::Is(0.987),
        switches_per_s: Known::Is(197.2),
        holders: vec![gil_holder(Some(&decode), 2.84, 8, 2.61), gil_holder(None, 0.1, 8, 0.08)],
        threads: vec![
            GilThread { held_s: 0.0, held_share: 0.0, waited_s: 2.73, ..gil_thread(31, "MainThread") },
            GilThread { held_s: 0.355, held_share: 0.12, waited_s: 2.6, ..gil_thread(41, "kafka-0") },
        ],
        matrix: vec![
            GilBlame { holder: Some(decode.clone()), victim: 31, waited_s: 2.61 },
            GilBlame { holder: Some(decode), victim: 41, waited_s: 2.42 },
            GilBlame { holder: None, victim: 31, waited_s: 0.08 },
        ],
    }];
    report.window = Window { cut: 18, torn: 3, ..report.window };
    report
}

fn gil_holder(place: Option<&Place>, held_s: f64, threads: u64, loops_waited_s: f64) -> GilHolder {
    GilHolder {
        place: place.cloned(),
        held_s,
        share: (held_s / 3.0 * 1e3).round() / 1e3,
        threads,
        loops_waited_s,
        waited_s: (loops_waited_s + held_s * 7.0).round(),
    }
}

fn gil_thread(thread: u32, name: &str) -> GilThread {
    GilThread {
        thread,
        name: name.to_owned(),
        runs_loop: thread == 31,
        held_s: 0.0,
        held_share: 0.0,
        waited_s: 0.0,
        waited_share: 0.9,
    }
}
