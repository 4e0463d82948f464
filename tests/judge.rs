//! The judge of the matrix is tested itself: each way of being wrong, planted into a report that is right, must be refused.

#![expect(clippy::expect_used, reason = "the helpers of a test may end it")]

mod common {
    pub(crate) mod episodes;
    pub(crate) mod judge;
    pub(crate) mod truth;
    pub(crate) mod witness;
}

use std::collections::BTreeMap;

use common::judge::{Case, Request, Run, judge};
use common::truth::Truth;
use common::witness::Witness;
use hangspy::report::Report;
use serde_json::{Value, json};

const WITNESS: &str = r#"{"event": "peer", "address": "127.0.0.1:4321"}
{"event": "ready", "at": 90.0, "thread": 7, "pid": 7}
{"event": "begin", "name": "fetch_orders", "at": 98.0, "thread": 7, "pid": 7}
"#;

const SHORT_BLOCKS: &str = r#"{"event": "begin", "name": "write", "at": 100.5, "thread": 7, "pid": 7}
{"event": "end", "name": "write", "at": 100.8, "thread": 7, "pid": 7}
{"event": "begin", "name": "write", "at": 101.5, "thread": 7, "pid": 7}
{"event": "end", "name": "write", "at": 101.53, "thread": 7, "pid": 7}
"#;

fn sick_truth() -> Value {
    json!({"why": "an upstream that never answers", "healthy": false, "kind": "loop-blocked", "cause": ["socket-read"],
        "function": "fetch_orders", "file": "app.py", "coroutine": "orders", "peer": "witness", "trigger": "/api/orders",
        "load": null, "cross": "full"})
}

fn healthy_truth() -> Value {
    json!({"why": "nobody asks it anything", "healthy": true, "kind": "healthy", "function": null, "file": null,
        "coroutine": null, "peer": null, "trigger": null, "load": null, "cross": "full"})
}

fn place(function: &str, line: u32) -> Value {
    json!({"function": function, "file": "/srv/app.py", "line": line})
}

fn episode(start_s: f64, length_s: f64, ended: bool) -> Value {
    json!({"start_s": start_s, "length_s": length_s, "ended": ended, "cause": "socket-read", "place": place("fetch_orders", 13),
        "coroutine": place("orders", 18), "peer": "127.0.0.1:4321", "stack": []})
}

fn verdict(process: u32, kind: &str, cause: Option<&str>) -> Value {
    json!({"kind": kind, "cause": cause, "confidence": "certain", "summary": "words", "process": process, "thread": process,
        "loop": "uvloop", "since_s": null, "share": 1.0, "blame": null, "second_party": {"kind": "none"}, "hurts": [],
        "evidence": ["words"], "advice": "words"})
}

fn sick_verdict() -> Value {
    let mut found = verdict(7, "loop-blocked", Some("socket-read"));
    found["blame"] = json!({"function": "fetch_orders", "file": "/srv/app.py", "line": 13, "coroutine": place("orders", 18), "stack": []});
    found["second_party"] = json!({"kind": "peer", "address": "127.0.0.1:4321", "service": null});
    found
}

/// A report of a window from 100 s to 103 s at 50 looks a second.
fn report(verdicts: Vec<Value>, episodes: Vec<Value>) -> Value {
    let unknown = json!({"unknown": "not-read"});
    json!({"schema": 1, "tool": {"name": "hangspy", "version": "0"},
        "target": {"asked": "7", "processes": [{"pid": 7, "role": "server", "server": "uvicorn", "python": "3.12.1",
            "loops": ["uvloop"], "ports": [8000], "reader": "own", "ended": false}]},
        "window": {"started_monotonic_s": 100.0, "seconds": 3.0, "rate": 50, "samples": 150, "torn": 0, "cut": 0, "late": 0,
            "failed": 0},
        "verdicts": verdicts, "observations": [], "ranking": [],
        "loops": [{"process": 7, "thread": 7, "thread_name": "MainThread", "kind": "uvloop", "idle": 0.0, "blocked": 1.0,
            "starved": 0.0, "busy": 0.0, "unknown": 0.0, "ready": unknown, "timers": unknown, "timer_late_s": unknown,
            "episodes": episodes}],
        "threads": [], "gil": [], "pools": [], "tasks": [], "requests": [], "sockets": [], "cgroup": [], "gaps": [],
        "cost": {"cpu_s": {"is": 0.01}, "wall_s": 3.0, "peak_bytes": {"is": 1}, "stops": 0}})
}

fn right_report() -> Value {
    report(vec![sick_verdict()], vec![episode(98.01, 4.98, false)])
}

fn right_run() -> Run {
    Run {
        exit_code: Some(0),
        stderr: String::new(),
        cpu_s: 0.06,
        cpu_share_limit: 0.05,
        wall_s: 3.2,
        stopped: Vec::new(),
        throttled: None,
    }
}

fn complaints(truth: &Value, log: &str, report: &Value, run: &Run) -> Vec<String> {
    complaints_after(None, truth, log, report, run)
}

fn complaints_after(request: Option<Request>, truth: &Value, log: &str, report: &Value, run: &Run) -> Vec<String> {
    let truth: Truth = serde_json::from_value(truth.clone()).expect("the truth fits its model");
    let report: Report = serde_json::from_value(report.clone()).expect("the report fits its model");
    let witness = Witness::parse(log).expect("the log is well formed");
    judge(&Case {
        truth: &truth,
        witness: &witness,
        report: &report,
        run,
        pid: 7,
        request: request.as_ref(),
        loop_kind: Some("uvloop"),
        version: "3.12.1",
    })
}

/// Plants one lie into the right report and expects exactly one complaint, containing `words`.
fn refuses(path: &str, lie: Value, words: &str) {
    let mut report = right_report();
    *report.pointer_mut(path).unwrap_or_else(|| panic!("no {path} in the report of this test")) = lie;
    let found = complaints(&sick_truth(), WITNESS, &report, &right_run());
    assert!(
        found.len() == 1 && found[0].contains(words),
        "{path}: expected one complaint with {words:?}, got {found:#?}"
    );
}

fn accepts(truth: &Value, log: &str, report: &Value) {
    let found = complaints(truth, log, report, &right_run());
    assert!(found.is_empty(), "nothing is wrong with this report, but: {found:#?}");
}

#[test]
fn a_right_report_is_accepted() {
    accepts(&sick_truth(), WITNESS, &right_report());
    let healthy = report(vec![verdict(7, "healthy", None)], vec![]);
    accepts(&healthy_truth(), "", &healthy);
}

#[test]
fn qualified_names_and_other_spellings_of_a_path_are_accepted() {
    let mut report = right_report();
    report["verdicts"][0]["blame"]["function"] = json!("create.<locals>.Client.fetch_orders");
    report["verdicts"][0]["blame"]["file"] = json!("./app.py");
    accepts(&sick_truth(), WITNESS, &report);
}

#[test]
fn each_of_several_causes_is_accepted_and_another_is_not() {
    let mut truth = sick_truth();
    truth["cause"] = json!(["connect", "socket-read"]);
    accepts(&truth, WITNESS, &right_report());
    refuses("/verdicts/0/cause", json!("connect"), "cause: expected socket-read, said loop-blocked connect");
    refuses("/verdicts/0/cause", json!(null), "cause: expected socket-read");
}

fn refuses_one(truth: &Value, report: &Value, words: &str) {
    let found = complaints(truth, WITNESS, report, &right_run());
    assert!(found.len() == 1 && found[0].contains(words), "expected one complaint with {words:?}, got {found:#?}");
}

#[test]
fn a_second_trouble_must_be_told_where_there_is_one_and_only_there() {
    let full = verdict(7, "pool-exhausted", Some("fd-limit"));
    let both = report(vec![sick_verdict(), full.clone()], vec![episode(98.01, 4.98, false)]);
    refuses_one(&sick_truth(), &both, "false alarm: nothing but loop-blocked is wrong");
    let mut truth = sick_truth();
    truth["besides"] = json!([{"kind": "pool-exhausted", "cause": ["fd-limit"], "function": null}]);
    accepts(&truth, WITNESS, &both);
    refuses_one(&truth, &right_report(), "expected also pool-exhausted");
}

#[test]
fn what_is_told_under_a_verdict_must_come_of_it() {
    let mut under = right_report();
    let gone = verdict(7, "loop-gone", Some("future-result"));
    under["verdicts"][0]["consequences"] = json!([{"because": "loop-does-not-turn", "finding": gone}]);
    refuses_one(&sick_truth(), &under, "consequence: not one of it, said loop-gone");
    let mut truth = sick_truth();
    truth["perhaps"] = json!(["loop-gone"]);
    accepts(&truth, WITNESS, &under);
    accepts(&truth, WITNESS, &right_report());
    truth["therefore"] = json!(["loop-gone"]);
    accepts(&truth, WITNESS, &under);
    refuses_one(&truth, &right_report(), "consequence: expected loop-gone");
}

#[test]
fn a_wrong_diagnosis_is_refused() {
    refuses("/verdicts/0/kind", json!("loop-starved"), "kind: expected loop-blocked, said loop-starved");
    refuses("/verdicts/0/kind", json!("healthy"), "kind: expected loop-blocked, said healthy");
    refuses("/verdicts/0/blame/function", json!("readinto"), "blame: expected fetch_orders, said readinto");
    refuses("/verdicts/0/blame/function", json!("prefetch_orders"), "blame: expected fetch_orders");
    refuses("/verdicts/0/blame/file", json!("/srv/not_app.py"), "blamed file: expected app.py");
    refuses("/verdicts/0/blame/coroutine", json!(null), "coroutine: expected orders, said none");
    refuses("/verdicts/0/blame/coroutine/function", json!("app"), "coroutine: expected orders, said app");
    refuses(
        "/verdicts/0/second_party/address",
        json!("127.0.0.1:4322"),
        "peer: expected 127.0.0.1:4321, said 127.0.0.1:4322",
    );
    refuses("/verdicts/0/second_party", json!({"kind": "none"}), "peer: expected 127.0.0.1:4321, said no address");
}

#[test]
fn the_holder_of_a_lock_is_judged_by_its_stack() {
    let mut truth = sick_truth();
    truth["peer"] = json!(null);
    truth["holder"] = json!("reindex");
    let mut report = right_report();
    let held = |function: &str| json!({"kind": "holder", "holder": "thread 9", "stack": [place("recv", 3), place(function, 8)]});
    report["verdicts"][0]["second_party"] = held("Search.reindex");
    accepts(&truth, WITNESS, &report);
    report["verdicts"][0]["second_party"] = held("look_up");
    let found = complaints(&truth, WITNESS, &report, &right_run());
    assert_eq!(found, ["holder: expected reindex, said [\"recv\", \"look_up\"]"], "another function holds it");
    report["verdicts"][0]["second_party"] = json!({"kind": "none"});
    let found = complaints(&truth, WITNESS, &report, &right_run());
    assert_eq!(found, ["holder: expected reindex, said []"], "nobody was found");
}

#[test]
fn words_that_the_truth_expects_must_be_said() {
    let mut truth = sick_truth();
    truth["says"] = json!("which is stopped");
    let mut report = right_report();
    let found = complaints(&truth, WITNESS, &report, &right_run());
    assert!(found.len() == 1 && found[0].starts_with("words: expected \"which is stopped\""), "{found:#?}");
    report["verdicts"][0]["summary"] = json!("waiting for child process 9, which is stopped by a signal");
    accepts(&truth, WITNESS, &report);
}

#[test]
fn the_file_that_is_waited_for_is_judged_like_a_peer() {
    let log = WITNESS.replace("127.0.0.1:4321", "/mnt/journal");
    let mut report = right_report();
    let file = |path: &str| json!({"kind": "file", "path": path, "held_by": null});
    report["verdicts"][0]["second_party"] = file("/mnt/journal");
    accepts(&sick_truth(), &log, &report);
    report["verdicts"][0]["second_party"] = file("/mnt/other");
    let found = complaints(&sick_truth(), &log, &report, &right_run());
    assert_eq!(found, ["peer: expected /mnt/journal, said /mnt/other"]);
}

#[test]
fn no_blame_at_all_is_refused() {
    let mut report = right_report();
    report["verdicts"][0]["blame"] = json!(null);
    let found = complaints(&sick_truth(), WITNESS, &report, &right_run());
    assert_eq!(found.len(), 3, "function, file and coroutine are missing: {found:#?}");
}

#[test]
fn silence_and_blaming_another_process_are_refused() {
    refuses("/verdicts", json!([]), "verdicts: expected loop-blocked about process 7, said nothing");
    let mut report = right_report();
    report["verdicts"][0]["process"] = json!(8);
    let found = complaints(&sick_truth(), WITNESS, &report, &right_run());
    assert_eq!(found.len(), 2, "a false alarm about 8 and nothing about 7: {found:#?}");
}

#[test]
fn a_second_verdict_of_another_kind_is_a_false_alarm() {
    refuses("/verdicts", json!([sick_verdict(), verdict(7, "memory-pressure", None)]), "also said memory-pressure");
    refuses("/verdicts", json!([sick_verdict(), verdict(8, "loop-blocked", Some("sleep"))]), "about process 8");
    accepts(
        &sick_truth(),
        WITNESS,
        &report(vec![sick_verdict(), verdict(8, "healthy", None)], vec![episode(98.0, 5.0, false)]),
    );
}

#[test]
fn a_sibling_is_as_sick_as_its_log_says() {
    let log = format!(
        "{WITNESS}{}",
        WITNESS.lines().last().unwrap_or_default().replace("98.0", "97.0").replace(": 7", ": 8")
    ) + "\n";
    let stalls = || vec![episode(98.0, 5.0, false)];
    let about_8 = |kind, cause| report(vec![sick_verdict(), verdict(8, kind, cause)], stalls());
    let missing = "loop missing: thread 8";
    let found = complaints(&sick_truth(), &log, &about_8("loop-blocked", Some("sleep")), &right_run());
    assert!(found.iter().all(|complaint| complaint.starts_with(missing)), "both blocked: {found:#?}");
    let found = complaints(&sick_truth(), &log, &about_8("healthy", None), &right_run());
    assert!(found.iter().any(|complaint| complaint.starts_with("all-clear")), "8 blocked as well: {found:#?}");
}

#[test]
fn what_is_true_from_several_sides_may_be_said_from_each() {
    let mut truth = sick_truth();
    truth["kind"] = json!("requests-waiting");
    truth["kinds"] = json!(["loop-blocked"]);
    truth["function"] = json!("orders");
    truth["functions"] = json!(["fetch_orders"]);
    accepts(&truth, WITNESS, &right_report());
    truth["kinds"] = json!(["tasks-stuck"]);
    truth["functions"] = json!([]);
    let found = complaints(&truth, WITNESS, &right_report(), &right_run());
    assert!(found.len() == 2 && found[0].contains("requests-waiting or tasks-stuck"), "{found:#?}");
}

#[test]
fn another_trouble_may_be_said_beside_it_where_the_truth_says_so() {
    let mut truth = sick_truth();
    truth["also"] = json!(["memory-pressure"]);
    let verdicts = vec![sick_verdict(), verdict(7, "memory-pressure", None)];
    accepts(&truth, WITNESS, &report(verdicts, vec![episode(98.0, 5.0, false)]));
}

#[test]
fn untrue_words_and_too_little_confidence_are_refused() {
    let mut truth = sick_truth();
    truth["not"] = json!(["words"]);
    let found = complaints(&truth, WITNESS, &right_report(), &right_run());
    assert!(found.len() == 1 && found[0].contains("is not true"), "{found:#?}");
    let mut truth = sick_truth();
    truth["least"] = json!("likely");
    accepts(&truth, WITNESS, &right_report());
    let mut report = right_report();
    report["verdicts"][0]["confidence"] = json!("possible");
    let found = complaints(&truth, WITNESS, &report, &right_run());
    assert_eq!(found, ["confidence: expected more, said possible"]);
}

#[test]
fn a_healthy_one_may_be_told_as_what_it_could_be_taken_for_but_not_as_likely_that() {
    let mut truth = healthy_truth();
    truth["also"] = json!(["requests-waiting"]);
    let mut told = verdict(7, "requests-waiting", None);
    let found = complaints(&truth, "", &report(vec![told.clone()], vec![]), &right_run());
    assert!(found.len() == 1 && found[0].contains("false alarm"), "certain: {found:#?}");
    told["confidence"] = json!("possible");
    accepts(&truth, "", &report(vec![told], vec![]));
    truth["kind"] = json!("starting");
    accepts(&truth, "", &report(vec![verdict(7, "starting", None)], vec![]));
}

#[test]
fn anything_but_healthy_is_refused_for_a_healthy_one() {
    for kind in ["loop-blocked", "cannot-tell", "cpu-throttled", "slow-requests"] {
        let found = complaints(&healthy_truth(), "", &report(vec![verdict(7, kind, None)], vec![]), &right_run());
        assert!(found.len() == 1 && found[0].contains("false alarm"), "{kind}: {found:#?}");
    }
    let found = complaints(&healthy_truth(), "", &report(vec![], vec![]), &right_run());
    assert_eq!(found, ["verdicts: expected healthy, said nothing"]);
}

#[test]
fn stalls_that_are_missing_invented_or_misdated_are_refused() {
    refuses("/loops/0/episodes", json!([]), "stall missing: fetch_orders from -2.000 s");
    refuses("/loops/0/episodes/0/length_s", json!(4.85), "stall misdated");
    refuses("/loops/0/episodes/0/length_s", json!(5.1), "stall misdated");
    refuses("/loops/0/episodes/0/ended", json!(true), "stall misdated");
    refuses("/loops/0/episodes", json!([episode(98.0, 5.0, false), episode(101.0, 0.2, true)]), "stall invented");
    let two_halves = json!([episode(98.0, 3.0, true), episode(101.0, 2.0, false)]);
    let mut report = right_report();
    report["loops"][0]["episodes"] = two_halves;
    assert!(
        !complaints(&sick_truth(), WITNESS, &report, &right_run()).is_empty(),
        "one block was reported as two stalls"
    );
}

#[test]
fn a_stall_is_dated_within_two_periods() {
    for (start, length, right) in
        [(100.5, 0.3, true), (100.53, 0.27, true), (100.47, 0.33, true), (100.55, 0.3, false), (100.5, 0.35, false)]
    {
        let told = report(vec![verdict(7, "healthy", None)], vec![episode(start, length, true)]);
        let found = complaints(&healthy_truth(), SHORT_BLOCKS, &told, &right_run());
        assert_eq!(found.is_empty(), right, "stall at {start} for {length}: {found:#?}");
    }
}

#[test]
fn what_an_endpoint_does_before_it_blocks_is_part_of_the_stall() {
    let told = |start: f64| {
        let mut report = right_report();
        report["loops"][0]["episodes"] = json!([episode(start, 103.0 - start, false)]);
        report
    };
    for (sent_at, start, right) in
        [(Some(97.5), 97.6, true), (Some(97.5), 97.4, false), (None, 97.6, false), (Some(98.5), 97.6, false)]
    {
        let request = sent_at.map(|sent_at| Request { sent_at, awake_s: BTreeMap::new() });
        let found = complaints_after(request, &sick_truth(), WITNESS, &told(start), &right_run());
        assert_eq!(found.is_empty(), right, "requested at {sent_at:?}, stall from {start}: {found:#?}");
    }
}

#[test]
fn a_stall_may_begin_when_the_thread_fell_asleep_but_a_call_that_computes_is_dated_exactly() {
    // The block begins at 98.0; the look ends at 103.0.
    for (awake, start, right) in
        [(0.3, 98.2, true), (0.3, 98.4, false), (0.01, 98.2, false), (5.0, 98.2, false), (5.0, 98.0, true)]
    {
        let mut report = right_report();
        report["loops"][0]["episodes"] = json!([episode(start, 103.0 - start, false)]);
        let request = Request { sent_at: 97.9, awake_s: BTreeMap::from([(7, awake)]) };
        let found = complaints_after(Some(request), &sick_truth(), WITNESS, &report, &right_run());
        assert_eq!(found.is_empty(), right, "awake for {awake} s, stall from {start}: {found:#?}");
    }
}

#[test]
fn a_worker_that_is_not_in_the_report_is_missed() {
    let log = format!("{WITNESS}{{\"event\": \"ready\", \"at\": 90.0, \"thread\": 8, \"pid\": 8}}\n");
    let found = complaints(&sick_truth(), &log, &right_report(), &right_run());
    assert_eq!(found, ["target: process 8 is not in the report"]);
}

#[test]
fn a_block_shorter_than_people_notice_may_be_told_or_not() {
    let long = episode(100.5, 0.3, true);
    for episodes in [vec![long.clone()], vec![long, episode(101.5, 0.03, true)]] {
        accepts(&healthy_truth(), SHORT_BLOCKS, &report(vec![verdict(7, "healthy", None)], episodes));
    }
}

#[test]
fn a_block_on_another_thread_is_no_stall_of_the_loop() {
    let log = WITNESS.replace("\"thread\": 7", "\"thread\": 8");
    let found = complaints(&sick_truth(), &log, &right_report(), &right_run());
    assert!(found.len() == 1 && found[0].contains("stall invented"), "{found:#?}");
}

#[test]
fn a_report_that_hides_what_it_looked_at_is_refused() {
    refuses("/cost/stops", json!(1), "cost.stops: expected 0, said 1");
    refuses("/window/samples", json!(20), "samples: expected at least 75, got 20");
    refuses("/window/failed", json!(100), "samples: 100 of 150 failed");
    refuses("/target/processes/0/python", json!("3.12.4"), "target.python: expected 3.12.1");
    refuses("/target/processes", json!([]), "process 7 is not in the report");
    refuses("/loops/0/kind", json!("asyncio"), "loops: expected one of kind uvloop");
}

#[test]
fn bad_manners_are_refused() {
    let plant = |run: Run, words: &str| {
        let found = complaints(&sick_truth(), WITNESS, &right_report(), &run);
        assert!(found.len() == 1 && found[0].contains(words), "expected one complaint with {words:?}, got {found:#?}");
    };
    plant(Run { exit_code: Some(6), ..right_run() }, "exit code: expected 0, got 6");
    plant(Run { exit_code: None, ..right_run() }, "exit code: expected 0, got none");
    plant(Run { stderr: "thread 'main' panicked at src/main.rs".to_owned(), ..right_run() }, "panicked");
    plant(Run { cpu_s: 0.32, ..right_run() }, "cost: expected less than 5 % of a core, measured 10.0 %");
    plant(Run { stopped: vec!["process 7 in state t".to_owned()], ..right_run() }, "the target was stopped: process 7");
}

#[test]
fn what_it_hurts_must_be_told() {
    let mut truth = sick_truth();
    truth["hurts"] = json!("accept queue");
    let found = complaints(&truth, WITNESS, &right_report(), &right_run());
    assert!(found.len() == 1 && found[0].contains("hurts: expected"), "{found:#?}");
    let mut report = right_report();
    report["verdicts"][0]["hurts"] = json!(["accept queue of :8000 full"]);
    accepts(&truth, WITNESS, &report);
}

#[test]
fn the_end_of_a_killed_worker_must_be_told() {
    let mut truth = sick_truth();
    truth["killed_by"] = json!("gunicorn");
    let log = WITNESS.to_owned() + "{\"event\": \"ready\", \"at\": 101.0, \"thread\": 8, \"pid\": 8}\n";
    let mut report = right_report();
    report["loops"][0]["episodes"] = json!([episode(98.01, 3.2, false)]);
    report["verdicts"][0]["hurts"] = json!(["killed by gunicorn; replaced by pid 8"]);
    let found = complaints(&truth, &log, &report, &right_run());
    assert!(found.len() == 1 && found[0].contains("expected killed by gunicorn"), "it has not ended: {found:#?}");
    report["target"]["processes"][0]["ended"] = json!(true);
    accepts(&truth, &log, &report);
    report["verdicts"][0]["hurts"] = json!(["replaced by pid 8"]);
    let found = complaints(&truth, &log, &report, &right_run());
    assert!(found.len() == 1 && found[0].contains("expected killed by gunicorn"), "{found:#?}");
}

#[test]
fn a_quota_that_has_its_part_must_be_named() {
    let throttled = Run { throttled: Some(0.3), ..right_run() };
    let found = complaints(&sick_truth(), WITNESS, &right_report(), &throttled);
    assert!(found.len() == 1 && found[0].contains("expected the CPU quota"), "{found:#?}");
    let mut report = right_report();
    report["verdicts"][0]["evidence"] = json!(["words", "the CPU quota of 0.8 cores adds to it"]);
    assert_eq!(complaints(&sick_truth(), WITNESS, &report, &throttled), Vec::<String>::new());
}

#[test]
fn a_log_cut_in_the_middle_of_a_line_is_read_up_to_there_and_a_damaged_one_is_refused() {
    let witness = Witness::parse(&SHORT_BLOCKS[..SHORT_BLOCKS.len() - 3]).expect("the last line was being written");
    assert_eq!(witness.blocks.len(), 2);
    assert_eq!(witness.blocks[1].end, None);
    assert!(Witness::parse("{\"event\": \"begin\"\n").is_err());
    assert!(Witness::parse("{\"event\": \"end\", \"name\": \"a\", \"at\": 1.0, \"thread\": 1, \"pid\": 1}\n").is_err());
}

#[test]
fn a_block_inside_another_belongs_to_the_outer_one() {
    let log = r#"{"event": "begin", "name": "outer", "at": 1.0, "thread": 7, "pid": 7}
{"event": "begin", "name": "inner", "at": 1.1, "thread": 7, "pid": 7}
{"event": "end", "name": "inner", "at": 1.2, "thread": 7, "pid": 7}
{"event": "end", "name": "outer", "at": 1.3, "thread": 7, "pid": 7}
"#;
    let witness = Witness::parse(log).expect("the log is well formed");
    assert_eq!(witness.blocks.len(), 1);
    assert_eq!((witness.blocks[0].name.as_str(), witness.blocks[0].end), ("outer", Some(1.3)));
}

#[test]
fn every_declared_truth_can_be_read() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/apps");
    let apps = common::truth::apps(&folder).unwrap_or_else(|reason| panic!("a truth does not fit its model: {reason}"));
    assert!(!apps.is_empty(), "no application under {}", folder.display());
    for app in apps {
        let truth = &app.truth;
        let (has_cause, has_kinds) = (!truth.cause.is_empty(), !truth.kinds.is_empty());
        assert!(!truth.healthy || !has_cause, "{}: a healthy one has no cause", app.name);
        // What can be told from several sides has no one word for why.
        assert!(truth.healthy || has_cause || has_kinds, "{}: a sick one has a cause", app.name);
        assert_eq!(truth.healthy, !truth.kind.is_trouble(), "{}: a trouble is what is sick", app.name);
    }
}

/// A report of a loop that waited for the GIL while `owner` had it.
fn starved_report(owner: &str, waited_s: f64) -> Value {
    let mut found = verdict(7, "loop-starved", Some("gil-python-threads"));
    found["blame"] = json!({"function": "decode", "file": "/srv/app.py", "line": 13, "coroutine": null, "stack": []});
    let mut report = report(vec![found], vec![]);
    report["gil"] = json!([{"process": 7, "held": {"is": 1.0}, "switches_per_s": {"is": 200.0},
        "holders": [{"place": place(owner, 13), "held_s": 2.9, "share": 0.97, "threads": 8, "loops_waited_s": waited_s,
            "waited_s": 20.0}],
        "threads": [], "matrix": []}]);
    report
}

#[test]
fn a_starved_loop_needs_the_owner_of_the_gil_in_the_ledger() {
    let truth = json!({"why": "threads decode", "healthy": false, "kind": "loop-starved", "cause": ["gil-python-threads"],
        "function": "decode", "file": "app.py", "coroutine": null, "peer": null, "trigger": "startup", "load": null,
        "cross": "one"});
    // The block is on a thread that runs no loop: no stall is expected.
    let log = r#"{"event": "begin", "name": "decode", "at": 98.0, "thread": 9, "pid": 7}"#;
    accepts(&truth, log, &starved_report("decode", 2.5));
    for wrong in [starved_report("consume", 2.5), starved_report("decode", 0.0)] {
        let found = complaints(&truth, log, &wrong, &right_run());
        assert!(found.len() == 1 && found[0].contains("gil.holders"), "one complaint about the ledger, got {found:#?}");
    }
}
