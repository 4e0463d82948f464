//! A program of `fixtures/programs` that says itself what a reader must find.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use hangspy::attach;
use hangspy::os::task_text::parse_stat;
use hangspy::read::Sampler;
use hangspy::snapshot::{Process, ProcessId};
use serde::Deserialize;

use crate::environments::Environment;

/// A running program. Dropping it ends it.
pub(crate) struct Program {
    pub(crate) child: Child,
    output: BufReader<ChildStdout>,
    pub(crate) what: String,
    script: String,
}

impl Program {
    pub(crate) fn start(environment: &Environment, script: &str, arguments: &[&str]) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/programs").join(script);
        let mut command = Command::new(&environment.python);
        command.arg(path).args(arguments).env("PYTHONIOENCODING", "utf-8");
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("the program starts");
        let output = BufReader::new(child.stdout.take().expect("its output is a pipe"));
        let what = format!("{} {}", environment.label, arguments.iter().rev().copied().collect::<Vec<_>>().join(" "));
        Self { child, output, what, script: script.to_owned() }
    }

    /// The next line, which it prints when it is where it shall be looked at.
    pub(crate) fn says<T: for<'a> Deserialize<'a>>(&mut self) -> T {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("its output can be read");
        serde_json::from_str(&line).unwrap_or_else(|error| {
            panic!("{}: {error} in {line:?}; run fixtures/programs/{} by hand", self.what, self.script)
        })
    }

    pub(crate) fn sampler(&self) -> Sampler {
        sampler(self.child.id(), &self.what)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn sampler(pid: u32, what: &str) -> Sampler {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("the program runs");
    let start_ticks = parse_stat(&stat).expect("a stat line").start_ticks;
    let process = Process { start_ticks, ..Process::numbered(ProcessId(pid)) };
    let session = attach::attach(process).unwrap_or_else(|error| panic!("{what}: {error}"));
    Sampler::new(session)
}
