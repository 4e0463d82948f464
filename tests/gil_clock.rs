//! The GIL's ledger against a program that keeps its own clock: for every function and thread, the share of the time in which
//! it had the GIL, on every CPython found here. And a batch program that never lets the GIL go, which is not sick.
//!
//! Both sides are measured over the same stretches: those in which look followed look closely enough to tell. On a crowded
//! machine there are fewer of them, and it takes longer until there is enough to compare.

#![expect(clippy::expect_used, reason = "a test that cannot be set up ends with what went wrong")]

#[path = "common/interpreters.rs"]
mod interpreters;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use hangspy::aggregate::{GilLedger, Kind};
use hangspy::attach;
use hangspy::classify::Book;
use hangspy::read::Sampler;
use hangspy::snapshot::{Process, ProcessId, Recording, Snapshot};
use interpreters::{Interpreter, interpreters};

/// A share may differ by so much: five points of a hundred.
const TOLERANCE: f64 = 0.05;
/// From one look to the next.
const PERIOD: Duration = Duration::from_millis(4);
/// Looks farther apart than this do not tell what was in between: the shortest hold lasts 50 ms.
const CLOSE: Duration = Duration::from_millis(15);
/// A look that takes longer was interrupted, and its facts are of different moments.
const QUICK: Duration = Duration::from_millis(5);
/// So much time is compared: some thirty holds, each dated to a few milliseconds.
const ENOUGH: Duration = Duration::from_millis(2500);
/// A machine on which that does not come together in so much time is too crowded.
const PATIENCE: Duration = Duration::from_secs(25);

/// `[function, thread, begin, end]`
type Hold = (String, u32, u64, u64);

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

    fn sampler(&self, interpreter: &Interpreter) -> Sampler {
        let process = Process::numbered(ProcessId(self.child.id()));
        let session = attach::attach(process).unwrap_or_else(|error| panic!("{}: {error}", interpreter.name()));
        Sampler::new(session)
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

/// Looks until there is enough to compare. The stretches of looks that follow each other closely.
fn stretches(sampler: &mut Sampler) -> (Recording, Vec<Vec<Snapshot>>) {
    let mut recording = Recording::new(sampler.process().clone());
    let mut stretches: Vec<Vec<Snapshot>> = vec![Vec::new()];
    let began = Instant::now();
    while stretches.iter().map(|looks| length(looks)).sum::<Duration>() < ENOUGH && began.elapsed() < PATIENCE {
        let snapshot = sampler.snapshot().expect("the program runs");
        recording.codes.extend(sampler.new_codes());
        recording.stacks.extend(sampler.new_stacks());
        if snapshot.took > QUICK {
            stretches.push(Vec::new());
            continue;
        }
        let last = stretches.last().and_then(|looks| looks.last());
        if last.is_some_and(|last| snapshot.at.since(last.at) > CLOSE) {
            stretches.push(Vec::new());
        }
        stretches.last_mut().expect("there is one").push(snapshot);
        std::thread::sleep(PERIOD);
    }
    (recording, stretches)
}

fn length(looks: &[Snapshot]) -> Duration {
    looks.first().zip(looks.last()).map(|(first, last)| last.at.since(first.at)).unwrap_or_default()
}

/// Seconds by function and by thread.
#[derive(Default)]
struct Sums {
    functions: BTreeMap<String, f64>,
    threads: BTreeMap<u32, f64>,
}

impl Sums {
    fn told(recording: &mut Recording, stretches: &[Vec<Snapshot>]) -> Self {
        let mut sums = Self::default();
        for looks in stretches {
            recording.snapshots.clone_from(looks);
            let ledger = GilLedger::of(recording, &Book::of(recording));
            for account in &ledger.functions {
                let code = account.code.and_then(|code| recording.code(code));
                *sums.functions.entry(code.map(|code| code.name.clone()).unwrap_or_default()).or_default() +=
                    account.held_s;
            }
            for account in &ledger.threads {
                *sums.threads.entry(account.thread.0).or_default() += account.held_s;
            }
        }
        sums
    }

    fn witnessed(log: &[Hold], stretches: &[Vec<Snapshot>]) -> Self {
        let mut sums = Self::default();
        for looks in stretches {
            let Some((first, last)) = looks.first().zip(looks.last()) else { continue };
            for (function, thread, begin, end) in log {
                let inside = end.min(&last.at.0).saturating_sub(*begin.max(&first.at.0)) as f64 / 1e9;
                *sums.functions.entry(function.clone()).or_default() += inside;
                *sums.threads.entry(*thread).or_default() += inside;
            }
        }
        sums
    }
}

/// Shares that differ by more than the tolerance.
fn differ<K: Ord + std::fmt::Display>(told: &BTreeMap<K, f64>, witnessed: &BTreeMap<K, f64>, all: f64) -> Vec<String> {
    let wrong = witnessed.iter().filter_map(|(key, seconds)| {
        let (expected, said) = (seconds / all, told.get(key).copied().unwrap_or(0.0) / all);
        ((said - expected).abs() > TOLERANCE).then(|| format!("{key}: expected {expected:.3}, said {said:.3}"))
    });
    wrong.collect()
}

#[test]
fn shares_are_those_of_the_programs_own_clock() {
    let mut wrong = Vec::new();
    for interpreter in interpreters() {
        let program = Program::start(&interpreter, "clock");
        let (mut recording, stretches) = stretches(&mut program.sampler(&interpreter));
        let log = program.log();
        let all = stretches.iter().map(|looks| length(looks).as_secs_f64()).sum::<f64>();
        if all < ENOUGH.as_secs_f64() {
            skipped(&interpreter, &format!("only {all:.1} s could be watched closely: the machine is crowded"));
            continue;
        }
        let (told, witnessed) = (Sums::told(&mut recording, &stretches), Sums::witnessed(&log, &stretches));
        assert!(witnessed.threads.len() >= 3, "{}: three threads take turns: {log:?}", interpreter.name());
        let mut complaints = differ(&told.functions, &witnessed.functions, all);
        complaints.extend(differ(&told.threads, &witnessed.threads, all));
        wrong.extend(complaints.into_iter().map(|complaint| format!("{}: {complaint}", interpreter.name())));
    }
    assert!(wrong.is_empty(), "shares of the GIL that are off by more than {TOLERANCE}:\n{}", wrong.join("\n"));
}

#[test]
fn a_program_without_a_loop_that_never_lets_the_gil_go_is_not_sick() {
    for interpreter in interpreters() {
        let program = Program::start(&interpreter, "batch");
        let (mut recording, stretches) = stretches(&mut program.sampler(&interpreter));
        recording.snapshots = stretches.concat();
        let ledger = GilLedger::of(&recording, &Book::of(&recording));
        if recording.snapshots.len() < 10 {
            skipped(&interpreter, "too few looks: the machine is crowded");
            continue;
        }
        let share = ledger.held_share().unwrap_or(0.0);
        assert!(share > 0.9, "{}: it has the GIL all the time, said {share}", interpreter.name());
        for verdict in hangspy::report::judge([&recording]) {
            let harmless = matches!(verdict.kind, Kind::Healthy | Kind::CannotTell);
            assert!(harmless, "{}: false alarm: {}", interpreter.name(), verdict.summary);
        }
    }
}

fn skipped(interpreter: &Interpreter, reason: &str) {
    // Who closed standard error does not want to know what was skipped.
    let _unheard = writeln!(std::io::stderr(), "skipped: {}: {reason}", interpreter.name());
}
