//! The GIL's ledger against a program that keeps its own clock: for every function the share of the window in which it had
//! the GIL, on every CPython found here.

#![expect(clippy::expect_used, reason = "a test that cannot be set up ends with what went wrong")]

#[path = "common/interpreters.rs"]
mod interpreters;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use hangspy::report::{Kind, Report};
use interpreters::{Interpreter, interpreters};

/// A share may differ by so much: five points of a hundred.
const TOLERANCE: f64 = 0.05;

/// Of the looks that fit into the window, this share must have been taken.
const TAKEN_AT_LEAST: f64 = 0.5;

/// `[function, thread, begin, end]`
type Hold = (String, u32, f64, f64);

struct Program {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Program {
    fn start(interpreter: &Interpreter, mode: &str) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/programs/gil_clock.py");
        let mut child = Command::new(&interpreter.path)
            .arg(script)
            .arg(mode)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the interpreter starts");
        let input = child.stdin.take();
        let mut output = BufReader::new(child.stdout.take().expect("it has an output"));
        let mut line = String::new();
        output.read_line(&mut line).expect("its output can be read");
        assert_eq!(line, "ready\n", "{}: gil_clock.py did not come up", interpreter.name());
        Self { child, input, output }
    }

    /// What `hangspy diagnose` says about it.
    fn diagnosed(&self) -> Report {
        let run = Command::new(env!("CARGO_BIN_EXE_hangspy"))
            .args(["diagnose", &self.child.id().to_string(), "--for", "3s", "--rate", "200", "--json"])
            .output()
            .expect("hangspy starts");
        let said = String::from_utf8_lossy(&run.stderr);
        serde_json::from_slice(&run.stdout).unwrap_or_else(|error| panic!("hangspy said no report: {error}; {said}"))
    }

    /// Its log.
    fn log(mut self) -> Vec<Hold> {
        self.input.take();
        let mut text = String::new();
        self.output.read_to_string(&mut text).expect("its log can be read");
        serde_json::from_str(&text).expect("its log is JSON")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Fails only when it has ended already.
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}

/// Seconds of each hold inside of the window, added up by what `key` makes of it.
fn witnessed<K: Ord>(log: &[Hold], report: &Report, key: impl Fn(&Hold) -> K) -> BTreeMap<K, f64> {
    let start = report.window.started_monotonic_s;
    let end = start + report.window.seconds;
    let mut sums = BTreeMap::new();
    for hold in log {
        let inside = (hold.3.min(end) - hold.2.max(start)).max(0.0);
        *sums.entry(key(hold)).or_insert(0.0) += inside / report.window.seconds;
    }
    sums
}

#[test]
#[expect(clippy::print_stderr, reason = "whoever runs the tests is told what was skipped")]
fn shares_are_those_of_the_programs_own_clock() {
    let _alone = alone();
    let mut wrong = Vec::new();
    for interpreter in interpreters() {
        let program = Program::start(&interpreter, "clock");
        let report = program.diagnosed();
        let log = program.log();
        if let Some(reason) = too_crowded(&report) {
            eprintln!("skipped: {}: {reason}", interpreter.name());
            continue;
        }
        let gil = report.gil.first().expect("a report has the GIL of every process");
        for (function, expected) in witnessed(&log, &report, |hold| hold.0.clone()) {
            let of = |holder: &&hangspy::report::GilHolder| {
                holder.place.as_ref().is_some_and(|place| place.function == function)
            };
            let said: f64 = gil.holders.iter().filter(of).map(|holder| holder.share).sum();
            if (said - expected).abs() > TOLERANCE {
                wrong.push(format!("{}: {function}: expected {expected:.3}, said {said:.3}", interpreter.name()));
            }
        }
        for (thread, expected) in witnessed(&log, &report, |hold| hold.1) {
            let account = gil.threads.iter().find(|account| account.thread == thread);
            let said = account.map_or(0.0, |account| account.held_share);
            if (said - expected).abs() > TOLERANCE {
                wrong.push(format!("{}: thread {thread}: expected {expected:.3}, said {said:.3}", interpreter.name()));
            }
        }
    }
    assert!(wrong.is_empty(), "shares of the GIL that are off by more than {TOLERANCE}:\n{}", wrong.join("\n"));
}

/// Why the shares prove nothing: a machine that does not let the reader look cannot be measured with it.
fn too_crowded(report: &Report) -> Option<String> {
    let planned = report.window.seconds * f64::from(report.window.rate);
    let taken = report.window.samples as f64;
    (taken < planned * TAKEN_AT_LEAST).then(|| format!("the machine is crowded: {taken} of {planned:.0} looks taken"))
}

/// Two hogs at a time would keep the reader from its looks.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn a_program_without_a_loop_that_never_lets_the_gil_go_is_not_sick() {
    let _alone = alone();
    for interpreter in interpreters() {
        let program = Program::start(&interpreter, "batch");
        let report = program.diagnosed();
        let held = report.gil.first().and_then(|gil| gil.held.ok()).unwrap_or(0.0);
        assert!(held > 0.9, "{}: it has the GIL all the time, said {held}", interpreter.name());
        for verdict in &report.verdicts {
            let harmless = matches!(verdict.kind, Kind::Healthy | Kind::CannotTell);
            assert!(harmless, "{}: false alarm: {}", interpreter.name(), verdict.summary);
        }
    }
}
