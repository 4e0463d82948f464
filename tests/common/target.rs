//! A process started by a test: it says when it is ready, and it ends with the test.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};

use hangspy::snapshot::{Process, ProcessId};

/// A process of ours.
pub(crate) struct Target {
    child: Child,
    /// Kept open: programs that wait for the end of their input go on waiting.
    _input: Option<ChildStdin>,
}

impl Target {
    /// Starts a program and waits for the line `ready`.
    pub(crate) fn start(command: &mut Command) -> Self {
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = child.unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut line).unwrap_or_else(|error| panic!("{command:?}: {error}"));
        }
        assert_eq!(line, "ready\n", "{command:?} did not say that it is ready");
        let input = child.stdin.take();
        Self { child, _input: input }
    }

    /// What is known of it before attaching.
    pub(crate) fn process(&self) -> Process {
        process(self.child.id())
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        // Fails only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A process of which nothing is known but its number.
pub(crate) fn process(pid: u32) -> Process {
    Process::numbered(ProcessId(pid))
}
