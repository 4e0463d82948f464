//! Keeping a server from running, for good or for a moment, as its truth says.

use std::path::PathBuf;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::cgroup::{is_frozen, set_frozen};
use super::truth::{Halt, Halted};
use super::watch::state;

/// A process that is to be stopped has stopped within this time.
const STOPPED_WITHIN: Duration = Duration::from_secs(10);
/// How often it is asked whether it has.
const ASK_AGAIN: Duration = Duration::from_millis(5);
/// A halt for a moment begins so long after the look was begun.
const MOMENT_BEGINS: Duration = Duration::from_secs(1);

/// What a server is halted by.
#[derive(Clone, Debug)]
pub(crate) struct Brake {
    /// The server.
    pub(crate) pid: u32,
    /// The folders of its control groups.
    pub(crate) folders: Vec<PathBuf>,
    /// The way.
    pub(crate) by: Halted,
}

/// A halt for a moment, under way.
pub(crate) struct Moment(JoinHandle<Result<(), String>>);

impl Brake {
    fn set(&self, on: bool) -> Result<(), String> {
        match self.by {
            Halted::Signal => {
                let signal = if on { Signal::SIGSTOP } else { Signal::SIGCONT };
                kill(Pid::from_raw(self.pid.cast_signed()), signal).map_err(|error| format!("{signal}: {error}"))
            }
            Halted::Freezer | Halted::FreezerOfV2 => {
                self.folders.iter().for_each(|folder| set_frozen(folder, on));
                Ok(())
            }
        }
    }

    fn holds(&self) -> bool {
        match self.by {
            Halted::Signal => state(self.pid).as_deref() == Some("T"),
            Halted::Freezer | Halted::FreezerOfV2 => self.folders.iter().any(|folder| is_frozen(folder)),
        }
    }

    /// Stops the server and waits until nothing in it runs.
    fn stop(&self) -> Result<(), String> {
        self.set(true)?;
        let deadline = Instant::now() + STOPPED_WITHIN;
        while !self.holds() {
            if Instant::now() >= deadline {
                return Err(format!("process {} does not stop", self.pid));
            }
            std::thread::sleep(ASK_AGAIN);
        }
        Ok(())
    }

    /// Does what the truth asks for: returns when the server is stopped, or at once where that is for a moment only.
    pub(crate) fn apply(self, halt: Halt) -> Result<Option<Moment>, String> {
        let Some(length) = halt.for_ms.map(Duration::from_millis) else {
            self.stop()?;
            return Ok(None);
        };
        Ok(Some(Moment(std::thread::spawn(move || {
            std::thread::sleep(MOMENT_BEGINS);
            self.stop()?;
            std::thread::sleep(length);
            self.set(false)
        }))))
    }
}

impl Moment {
    /// Waits for its end.
    pub(crate) fn finish(self) -> Result<(), String> {
        self.0.join().unwrap_or_else(|_| Err("the thread that stops the server died".to_owned()))
    }
}
