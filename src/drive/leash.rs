//! Nobody looks at us for ever, and nobody who went away is worked for.
//!
//! A container's `exec` may be cut off by a proxy, or the terminal closed, and what it started goes on running in the pod,
//! out of the service's CPU. So a run ends when nobody is left who could read what it says; with `--attended` also when
//! standard input ends, which is all that an `exec` without a terminal tells. And should we get stuck, the kernel ends us.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::alarm;

use super::console::Console;
use super::interrupt::Interrupt;
use crate::error::{Error, Result};

/// How much longer than its window a run may take in all, to attach, to conclude and to write.
const GRACE: Duration = Duration::from_secs(60);

/// How long before that it is told.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// A limit to the time of a run, as long as it is kept.
#[derive(Debug)]
pub(crate) struct Limit {
    /// Dropped with the limit: then nobody has to be told.
    _kept: Sender<()>,
}

impl Limit {
    /// Ends the program some time after the window is over, whatever it hangs in: `SIGALRM` needs no help of ours.
    pub(crate) fn new(window: Duration) -> Self {
        let seconds = (window + GRACE).as_secs();
        let (kept, over) = channel();
        // Who cannot be told is ended all the same.
        let _untold = thread::Builder::new().name("limit".to_owned()).spawn(move || {
            if let Err(RecvTimeoutError::Timeout) = over.recv_timeout(Duration::from_secs(seconds) - LAST_WORDS) {
                let words = format!("hangspy ends itself: it took longer than {seconds} s and is stuck\n");
                let _unheard = io::stderr().write_all(words.as_bytes());
            }
        });
        // Tells of an alarm that was set before, and there is none.
        let _none = alarm::set(u32::try_from(seconds).unwrap_or(u32::MAX));
        Self { _kept: kept }
    }
}

impl Drop for Limit {
    fn drop(&mut self) {
        let _seconds_left = alarm::cancel();
    }
}

/// Interrupts the run when nobody listens any more.
///
/// # Errors
///
/// When no thread can be started.
pub(super) fn fasten(interrupt: Interrupt, console: Console) -> Result<()> {
    let failed = |source| Error::Io { doing: "starting a thread".to_owned(), source };
    let outputs = interrupt.clone();
    let builder = || thread::Builder::new().name("leash".to_owned());
    builder()
        .spawn(move || {
            wait_for_outputs_to_close();
            outputs.ask();
        })
        .map_err(failed)?;
    if console.attended {
        builder().spawn(move || until_input_ends(&interrupt)).map_err(failed)?;
    }
    Ok(())
}

/// Returns once both standard output and standard error lead nowhere: a pipe that nobody reads, a terminal that is gone.
fn wait_for_outputs_to_close() {
    for output in [io::stdout().as_fd(), io::stderr().as_fd()] {
        wait_for_hang_up(output);
    }
}

/// Blocks until the other end is gone; for a file, which has none, for ever.
fn wait_for_hang_up(output: BorrowedFd<'_>) {
    loop {
        // Without wanted events only the end of the other side is reported, by `ERR` or `HUP`.
        let mut polled = [PollFd::new(output, PollFlags::empty())];
        let outcome = poll(&mut polled, PollTimeout::NONE);
        let [polled] = polled;
        match outcome {
            Ok(_) if polled.revents().is_some_and(|events| !events.is_empty()) => return,
            Ok(_) | Err(Errno::EINTR) => {}
            // What cannot be watched is taken to be open.
            Err(_) => thread::park(),
        }
    }
}

fn until_input_ends(interrupt: &Interrupt) {
    let mut ignored = [0; 256];
    let mut input = io::stdin().lock();
    loop {
        match input.read(&mut ignored) {
            Ok(0) => break,
            Err(error) if error.kind() != io::ErrorKind::Interrupted => break,
            _ => {}
        }
    }
    interrupt.ask();
}
