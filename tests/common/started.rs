//! Programs that a test starts.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::interpreters::Interpreter;

/// A process that is killed at the end of the test.
pub(crate) struct Running(pub(crate) Child);

impl Running {
    /// Starts a Python program and waits until it prints a line.
    pub(crate) fn python(interpreter: &Interpreter, source: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(&interpreter.path);
        command.args(["-c", source]).args(arguments).stdout(Stdio::piped()).stdin(Stdio::null());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{}: {error}", interpreter.name()));
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().expect("a pipe")).read_line(&mut line).expect("it says that it is ready");
        Self(child)
    }

    pub(crate) fn pid(&self) -> String {
        self.0.id().to_string()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _reaped = self.0.wait();
    }
}
