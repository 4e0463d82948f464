//! Which lock a thread waits for and who holds it, read from outside and compared with the program's own account.
//!
//! `fixtures/programs/locks.py` runs on every CPython found here. Its threads sleep where they are to be looked at before it
//! says so, and do not move any more: every look has to be right.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot be set up ends with what went wrong")]

#[path = "common/interpreters.rs"]
mod interpreters;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use hangspy::attach;
use hangspy::os::task_text::parse_stat;
use hangspy::read::Sampler;
use hangspy::snapshot::{Code, Known, LockHolder, LockKind, LockSample, Process, ProcessId, Reader, Role, Server, Why};
use interpreters::{Interpreter, interpreters};
use serde::Deserialize;

/// Looks at a program that does not move: the first ones read everything, the later ones what changed.
const LOOKS: usize = 20;

/// A lock as the program has it.
#[derive(Debug, Deserialize)]
struct Told {
    address: u64,
    kind: String,
    waiters: Vec<u32>,
    holder: Holder,
    /// The function that holds it by `with`.
    function: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Holder {
    Thread(u32),
    /// `unknown` or `gone`
    None(String),
}

/// A running program. Dropping it ends it.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ended_already = self.0.kill();
        let _reaped = self.0.wait();
    }
}

fn start(interpreter: &Interpreter) -> (Program, Vec<Told>) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/programs/locks.py");
    let mut command = Command::new(&interpreter.path);
    command.arg("-I").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut program = Program(command.spawn().expect("the program starts"));
    let mut line = String::new();
    let output = program.0.stdout.take().expect("its output is a pipe");
    BufReader::new(output).read_line(&mut line).expect("its output can be read");
    let told = serde_json::from_str(&line).unwrap_or_else(|error| {
        panic!("{}: {error} in {line:?}; run fixtures/programs/locks.py by hand", interpreter.name())
    });
    (program, told)
}

fn sampler(interpreter: &Interpreter, pid: u32) -> Sampler {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("the program runs");
    let process = Process {
        pid: ProcessId(pid),
        parent: None,
        role: Role::Single,
        server: Server::Other,
        executable: String::new(),
        python: Known::Unknown(Why::NotRead),
        free_threaded: Known::Unknown(Why::NotRead),
        reader: Reader::Own,
        ports: Vec::new(),
        start_ticks: parse_stat(&stat).expect("a stat line").start_ticks,
    };
    let session = attach::attach(process).unwrap_or_else(|error| panic!("{}: {error}", interpreter.name()));
    Sampler::new(session)
}

/// What differs between a lock as we see it and as the program has it, in words; empty for nothing.
fn compare(read: &LockSample, told: &Told, codes: &[Code]) -> Vec<String> {
    let mut complaints = Vec::new();
    let kind = match read.kind {
        LockKind::Plain => "plain",
        LockKind::Recursive => "recursive",
        LockKind::Import => "import",
    };
    if kind != told.kind {
        complaints.push(format!("kind: expected {}, read {kind}", told.kind));
    }
    let waiters: Vec<u32> = read.waiters.iter().map(|thread| thread.0).collect();
    if waiters != told.waiters {
        complaints.push(format!("waiters: expected {:?}, read {waiters:?}", told.waiters));
    }
    let same = match (read.holder, &told.holder) {
        (Known::Is(LockHolder::Thread { thread, .. }), Holder::Thread(expected)) => thread.0 == *expected,
        (Known::Is(LockHolder::Gone), Holder::None(word)) => word == "gone",
        (Known::Unknown(Why::NotInThisPython), Holder::None(word)) => word == "unknown",
        _ => false,
    };
    if !same {
        complaints.push(format!("holder: expected {:?}, read {:?}", told.holder, read.holder));
    }
    let function = match read.holder {
        Known::Is(LockHolder::Thread { frame: Some(frame), .. }) => codes.get(frame.code.0 as usize),
        _ => None,
    };
    let function = function.map(|code| code.name.clone());
    if function != told.function {
        complaints.push(format!("function: expected {:?}, read {function:?}", told.function));
    }
    complaints
}

#[test]
fn waiters_and_holders_are_those_that_the_program_names() {
    let mut complaints = Vec::new();
    for interpreter in interpreters() {
        let (program, told) = start(&interpreter);
        let mut sampler = sampler(&interpreter, program.0.id());
        let mut codes = Vec::new();
        for look in 0..LOOKS {
            let snapshot = sampler.snapshot().unwrap_or_else(|error| panic!("{}: {error}", interpreter.name()));
            codes.extend(sampler.new_codes());
            let read: Vec<u64> = snapshot.locks.iter().map(|lock| lock.address.0).collect();
            let expected: Vec<u64> = told.iter().map(|lock| lock.address).collect();
            let mut wrong = Vec::new();
            if read != expected {
                wrong.push(format!("locks: expected {expected:x?}, read {read:x?}"));
            }
            for lock in &snapshot.locks {
                let of_program = told.iter().find(|told| told.address == lock.address.0);
                wrong.extend(of_program.into_iter().flat_map(|told| compare(lock, told, &codes)));
            }
            let about = |complaint| format!("{}, look {look}: {complaint}", interpreter.name());
            complaints.extend(wrong.into_iter().map(about));
        }
    }
    complaints.truncate(40);
    assert!(complaints.is_empty(), "see src/read/locks.rs:\n{}", complaints.join("\n"));
}
