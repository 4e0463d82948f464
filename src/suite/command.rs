//! The command that runs the tests: started with its file of marks in the environment, told what we are told, waited for.

use std::ffi::OsString;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, mkdtemp};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::error::{Error, Result};

/// The environment variable that names the folder of marks; `python/hangspy/pytest_plugin.py` reads it.
const FOLDER: &str = "HANGSPY_MARKS";

/// A folder for marks that is ours alone, taken away in the end.
#[derive(Debug)]
pub(super) struct MarkFolder(PathBuf);

impl MarkFolder {
    /// Makes one.
    ///
    /// # Errors
    ///
    /// When the folder for temporary files cannot be written to.
    pub(super) fn new() -> Result<Self> {
        let template = std::env::temp_dir().join("hangspy-marks-XXXXXX");
        let failed = |errno| Error::Output { path: template.clone(), source: io::Error::from(errno) };
        mkdtemp(&template).map(Self).map_err(failed)
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for MarkFolder {
    fn drop(&mut self) {
        let _left_behind = std::fs::remove_dir_all(&self.0);
    }
}

/// The command while it runs.
#[derive(Debug)]
pub(super) struct Running {
    child: Child,
    /// Signals that are handed on, and whether each was asked for.
    handed_on: Vec<(Signal, Arc<AtomicBool>)>,
}

impl Running {
    /// Starts it. With `output_aside` its standard output is our standard error: ours is for the report.
    ///
    /// # Errors
    ///
    /// When there is no such command, and when it cannot be run.
    pub(super) fn start(words: &[OsString], marks: &MarkFolder, output_aside: bool) -> Result<Self> {
        // From a terminal Ctrl-C goes to the command too, which has something to say about it; we wait for that.
        let failed = |source| Error::Io { doing: "installing the signal handlers".to_owned(), source };
        signal_hook::flag::register(SIGINT, Arc::new(AtomicBool::new(false))).map_err(failed)?;
        let mut handed_on = Vec::new();
        for (number, signal) in [(SIGTERM, Signal::SIGTERM), (SIGHUP, Signal::SIGHUP)] {
            let asked = Arc::new(AtomicBool::new(false));
            signal_hook::flag::register(number, Arc::clone(&asked)).map_err(failed)?;
            handed_on.push((signal, asked));
        }
        let (program, arguments) = words.split_first().ok_or_else(|| unusable("there is no command to run"))?;
        let mut command = Command::new(program);
        command.args(arguments).env(FOLDER, marks.path());
        if output_aside {
            let aside = io::stderr().as_fd().try_clone_to_owned();
            command.stdout(Stdio::from(aside.map_err(failed)?));
        }
        let child = command.spawn().map_err(|error| cannot_run(program, &error))?;
        Ok(Self { child, handed_on })
    }

    /// Its number.
    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Hands on the signals that we were sent, and returns how it ended, if it has.
    ///
    /// # Errors
    ///
    /// When the kernel does not say.
    pub(super) fn ended(&mut self) -> Result<Option<i32>> {
        for (signal, asked) in &self.handed_on {
            if asked.swap(false, Ordering::Relaxed) {
                // It may have ended by itself meanwhile.
                let _gone = kill(Pid::from_raw(self.child.id().cast_signed()), *signal);
            }
        }
        let failed = |source| Error::Io { doing: "waiting for the command".to_owned(), source };
        self.child.try_wait().map_err(failed).map(|status| status.map(shell_code))
    }
}

impl Drop for Running {
    /// A run that ends by an error of ours leaves nothing behind that nobody waits for.
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _gone = kill(Pid::from_raw(self.child.id().cast_signed()), Signal::SIGTERM);
            let _reaped = self.child.wait();
        }
    }
}

/// What a shell says of how a command ended.
fn shell_code(status: ExitStatus) -> i32 {
    status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(i32::from(u8::MAX))
}

fn unusable(message: &str) -> Error {
    Error::Usage {
        message: message.to_owned(),
        hint: Some("name it behind two dashes: hangspy test -- pytest".to_owned()),
    }
}

fn cannot_run(program: &OsString, error: &io::Error) -> Error {
    let name = program.to_string_lossy();
    let (message, hint) = match error.kind() {
        io::ErrorKind::NotFound => (
            format!("there is no command {name}"),
            "is its environment active? by its path: hangspy test -- .venv/bin/python -m pytest",
        ),
        io::ErrorKind::PermissionDenied => {
            (format!("{name} may not be run"), "name the interpreter too: hangspy test -- python FILE")
        }
        _ => (format!("{name} cannot be run: {error}"), "try it without us first"),
    };
    Error::Usage { message, hint: Some(hint.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_run_is_told_before_anything_else() {
        let marks = MarkFolder::new().unwrap();
        for (words, expected) in [
            (vec!["hangspy-has-no-such-command".into()], "there is no command hangspy-has-no-such-command"),
            (vec!["/etc/passwd".into()], "/etc/passwd may not be run"),
            (vec![], "there is no command to run"),
        ] {
            let error = Running::start(&words, &marks, false).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
        let folder = marks.path().to_owned();
        drop(marks);
        assert!(!folder.exists());
    }

    #[test]
    fn a_signal_counts_as_a_shell_counts_it() {
        assert_eq!(shell_code(ExitStatus::from_raw(3 << 8)), 3);
        assert_eq!(shell_code(ExitStatus::from_raw(9)), 137);
    }
}
