//! `hangspy check`: what a liveness probe is told, and what is kept for whoever comes after the restart.
#![expect(clippy::expect_used, reason = "a test that cannot be set up ends with what went wrong")]

#[path = "common/interpreters.rs"]
mod interpreters;
#[path = "common/started.rs"]
mod started;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use started::Running;

fn check(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hangspy")).arg("check").args(arguments).output().expect("hangspy starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Is in one step for ten minutes.
const BLOCKED: &str = "
import asyncio, time
def nap():
    time.sleep(600)
async def main():
    await asyncio.sleep(0)
    print('ready', flush=True)
    nap()
asyncio.run(main())
";

/// Is as often in the same function, each time for a moment.
const BUSY: &str = "
import asyncio, time
def nap():
    time.sleep(0.3)
async def main():
    print('ready', flush=True)
    while True:
        nap()
        await asyncio.sleep(0)
asyncio.run(main())
";

#[test]
fn a_stall_fails_the_probe_when_it_is_too_old_and_is_kept() {
    let folder = std::env::temp_dir().join(format!("hangspy-check-test-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("the temporary folder is writable");
    let (kept, log) = (folder.join("kept"), folder.join("log"));
    let (kept, log) = (kept.to_str().expect("a plain path"), log.to_str().expect("a plain path"));
    fs::write(log, "").expect("it can be written");
    for interpreter in interpreters::interpreters() {
        let program = Running::python(&interpreter, BLOCKED, &[]);
        let pid = program.pid();
        let young = check(&[&pid, "--max-stall", "10m"]);
        assert_eq!(young.status.code(), Some(0), "{}: {}", interpreter.name(), text(&young.stdout));
        assert!(text(&young.stdout).starts_with("ok: "), "{}", text(&young.stdout));
        // It gets older, and nothing else changes.
        let told = loop {
            let told = check(&[&pid, "--max-stall", "2s", "-o", kept, "--termination-log", log]);
            if told.status.code() != Some(0) {
                break told;
            }
            assert!(text(&told.stdout).starts_with("ok: "), "{}: {}", interpreter.name(), text(&told.stdout));
        };
        let words = text(&told.stdout);
        assert_eq!((told.status.code(), words.lines().count()), (Some(1), 1), "{}", text(&told.stderr));
        assert!(words.starts_with("stalled: event loop blocked for ") && words.contains("nap"), "{words}");
        assert_eq!(fs::read_to_string(log).expect("it is there"), words.trim_end());
        let incident = PathBuf::from(words.trim_end().rsplit("kept in ").next().expect("a folder"));
        let report = fs::read_to_string(incident.join("report.txt")).expect("there is a report");
        assert!(report.contains("LOOP BLOCKED") && report.contains("nap()"), "{report}");
        let why = fs::read_to_string(incident.join("incident.json")).expect("it says why");
        assert!(why.contains("\"rule\": \"check\""), "{why}");
    }
    fs::remove_dir_all(folder).expect("it can be taken away");
}

#[test]
fn a_loop_that_turns_passes_however_often_it_is_in_the_same_function() {
    let interpreter = interpreters::interpreters().into_iter().next().expect("some CPython 3.8 to 3.15 is installed");
    let program = Running::python(&interpreter, BUSY, &[]);
    let pid = program.pid();
    for _ in 0..10 {
        let told = check(&[&pid, "--max-stall", "60s"]);
        assert_eq!(told.status.code(), Some(0), "{}", text(&told.stdout));
        assert!(text(&told.stdout).starts_with("ok: "), "{}", text(&told.stdout));
    }
}

#[test]
fn what_cannot_be_told_fails_only_who_wants_it_to() {
    let told = check(&["4194304"]);
    assert_eq!((told.status.code(), text(&told.stdout)), (Some(0), "unknown: no process has pid 4194304\n".to_owned()));
    assert_eq!(check(&["4194304", "--if-unknown", "fail"]).status.code(), Some(6));
    assert_eq!(check(&["4194304", "--max-stall", "5"]).status.code(), Some(2), "a duration has a unit");
    assert_eq!(check(&[":notaport"]).status.code(), Some(2));
}
