//! Offsets against living interpreters: every one found on this machine is started, attached to and checked.

#![expect(clippy::expect_used, reason = "a test that cannot be set up ends with what went wrong")]

#[path = "common/interpreters.rs"]
mod interpreters;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Instant;

use hangspy::attach::{self, Access};
use hangspy::snapshot::{Known, Process, ProcessId, Reader, Role, Server, Why};
use interpreters::{interpreters, missing};

/// Says that it is ready, then waits for the end of its input.
const PROGRAM: &str = "import asyncio, sys, threading
sys.stdout.write('ready\\n'); sys.stdout.flush()
sys.stdin.readline()
";

/// A process of ours that ends with the test.
struct Target {
    child: Child,
    /// Kept open: the program ends when it is closed.
    _input: Option<ChildStdin>,
}

impl Target {
    fn python(program: &Path, code: &str) -> Self {
        Self::start(Command::new(program).args(["-u", "-c", code]))
    }

    /// Starts a program and waits for the line it says when it is ready.
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program starts");
        let mut line = String::new();
        let output = child.stdout.take().expect("its output is a pipe");
        BufReader::new(output).read_line(&mut line).expect("its output can be read");
        assert_eq!(line, "ready\n", "the program did not say that it is ready");
        let input = child.stdin.take();
        Self { child, _input: input }
    }

    fn process(&self) -> Process {
        process(self.child.id())
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn process(pid: u32) -> Process {
    Process {
        pid: ProcessId(pid),
        parent: None,
        role: Role::Single,
        server: Server::Other,
        executable: String::new(),
        python: Known::Unknown(Why::NotRead),
        free_threaded: Known::Unknown(Why::NotRead),
        reader: Reader::ProcOnly,
        ports: Vec::new(),
        start_ticks: 0,
    }
}

fn say(line: &str) {
    writeln!(std::io::stderr(), "{line}").expect("standard error can be written");
}

#[test]
fn every_interpreter_found_is_attached_to_with_offsets_that_are_true_of_it() {
    for line in missing() {
        say(&line);
    }
    let found = interpreters();
    assert!(!found.is_empty(), "no CPython 3.8 to 3.15 found: install one, or set HANGSPY_PYTHONS");
    for interpreter in found {
        let name = interpreter.name();
        let target = Target::python(&interpreter.path, PROGRAM);
        let begin = Instant::now();
        let session = attach::attach(target.process()).unwrap_or_else(|error| panic!("{name}: {error}"));
        say(&format!("{name}: attached in {:?}", begin.elapsed()));
        let Access::Own(own) = &session.access else { panic!("{name}: {:?}", session.access) };
        assert_eq!(own.asyncio.is_some(), interpreter.version.1 >= 14, "{name}: .AsyncioDebug");
        let python = session.process.python.ok().unwrap_or_else(|| panic!("{name}: no version"));
        let (major, minor, patch) = interpreter.version;
        assert_eq!((python.major, python.minor, python.patch), (major, minor, Known::Is(patch)), "{name}");
    }
}
