//! What hangspy keeps is bounded by us, whatever the target does.
#![expect(clippy::expect_used, reason = "a test that cannot be set up ends with what went wrong")]
#![expect(clippy::print_stdout, reason = "the peaks are shown")]

#[path = "common/interpreters.rs"]
mod interpreters;
#[path = "common/target.rs"]
mod target;

use std::path::Path;
use std::process::Command;

use interpreters::interpreters;
use serde_json::Value;
use target::Target;

/// The most that hangspy may take as people run it (`HANGSPY_BINARY`). The aim is 64 MiB; measured with these programs: 13 to 66.
const MOST_BYTES: u64 = 80 << 20;
/// The same of a program that is built as tests are: it is several times as large by itself.
const MOST_BYTES_WITH_CHECKS: u64 = 96 << 20;

/// What `hangspy ARGUMENTS PID --json` says of `memory_eaters.py MODE`; its peak is printed.
fn report(mode: &str, arguments: &[&str]) -> Value {
    let found = interpreters();
    // The newest whose thread states can be planted by a program that knows where `next` is.
    let interpreter = found.iter().rfind(|interpreter| interpreter.version.1 <= 12).or(found.last());
    let interpreter = interpreter.expect("some CPython 3.8 to 3.15 is installed");
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/programs/memory_eaters.py");
    let target = Target::start(Command::new(&interpreter.path).arg(program).arg(mode));
    let pid = target.process().pid.to_string();
    let released = std::env::var("HANGSPY_BINARY").ok();
    let most = if released.is_some() { MOST_BYTES } else { MOST_BYTES_WITH_CHECKS };
    let binary = released.as_deref().unwrap_or(env!("CARGO_BIN_EXE_hangspy"));
    let output = Command::new(binary).args(arguments).args([&pid, "--json"]).output();
    let output = output.expect("hangspy starts");
    let name = interpreter.name();
    assert!(output.status.success(), "{name}, {mode}: {}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    let peak = report["cost"]["peak_bytes"]["is"].as_u64().expect("the peak is known");
    println!("{name}, {mode}: {} MiB at most", peak >> 20);
    assert!(peak < most, "{name}, {mode}: {} MiB", peak >> 20);
    assert!(report["window"]["samples"].as_u64() > Some(0), "{name}, {mode}: {}", report["window"]);
    report
}

/// Whether the report says that something was cut by this limit.
fn says(report: &Value, limit: &str) -> bool {
    report["gaps"].as_array().is_some_and(|gaps| gaps.iter().any(|gap| gap["why"].as_str() == Some(limit)))
}

#[test]
fn line_tables_of_100_mebibytes() {
    let report = report("lines", &["diagnose", "--for", "2s"]);
    assert!(says(&report, "cut by our limit of memory"), "{}", report["gaps"]);
    assert_eq!(report["window"]["cut"], 0, "the frames are there: {}", report["window"]);
}

#[test]
fn names_of_4_000_characters_without_end() {
    report("names", &["diagnose", "--for", "3s"]);
}

#[test]
fn tasks_with_names_of_4_080_characters() {
    let report = report("tasks", &["diagnose", "--for", "2s"]);
    assert!(report["tasks"][0]["found"].as_u64() > Some(64), "tasks are read: {}", report["tasks"][0]["found"]);
}

#[test]
fn code_that_is_made_anew_all_the_time() {
    report("anew", &["diagnose", "--for", "5s"]);
}

#[test]
fn mappings_without_end_do_not_hide_the_interpreter() {
    report("maps", &["diagnose", "--for", "1s"]);
}

#[test]
fn a_thousand_threads() {
    report("threads", &["diagnose", "--for", "2s"]);
}

#[test]
fn thread_states_that_are_none() {
    let report = report("states", &["diagnose", "--for", "2s"]);
    assert!(says(&report, "cut by a limit") || says(&report, "cut by our limit of time"), "{}", report["gaps"]);
}

#[test]
fn a_family_of_a_hundred_processes() {
    let report = report("family", &["diagnose", "--for", "4s"]);
    let processes = report["target"]["processes"].as_array().map_or(0, Vec::len);
    assert_eq!((processes, &report["window"]["unwatched"]), (32, &Value::from(121 - 32)), "{}", report["window"]);
    assert!(report["window"]["left_out"].as_u64() > Some(0), "looks do not fit: {}", report["window"]);
}
