//! A process and its children, started by a test: they say on their output when they are ready, and end with the test.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

/// What has not said a word by then does not start: on two busy cores an import takes some seconds.
const LIMIT: Duration = Duration::from_secs(60);

/// A process group of ours. Dropping it kills all of it.
pub(crate) struct Family {
    child: Child,
    lines: Receiver<String>,
    said: Vec<String>,
}

impl Family {
    /// Starts a program in a process group of its own.
    pub(crate) fn start(command: &mut Command) -> Self {
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0).spawn();
        let mut child = child.unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
        let (sender, lines) = channel();
        if let Some(output) = child.stdout.take() {
            listen(output, sender.clone());
        }
        if let Some(output) = child.stderr.take() {
            listen(output, sender);
        }
        Self { child, lines, said: Vec::new() }
    }

    /// The process that was started.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until `count` lines contain `mark`, and returns what follows it in each.
    pub(crate) fn said(&mut self, mark: &str, count: usize) -> Vec<String> {
        let deadline = Instant::now() + LIMIT;
        loop {
            let found: Vec<String> =
                self.said.iter().filter_map(|line| Some(line.split_once(mark)?.1.trim().to_owned())).collect();
            if found.len() >= count {
                return found;
            }
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => self.said.push(line),
                Err(_) => {
                    panic!("{mark:?} was said {} of {count} times; all that was said: {:#?}", found.len(), self.said)
                }
            }
        }
    }

    /// The numbers behind `mark`, once there are `count`, sorted.
    pub(crate) fn numbers(&mut self, mark: &str, count: usize) -> Vec<u32> {
        let number = |text: &String| {
            let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
            digits.parse().unwrap_or_else(|error| panic!("{mark:?} is followed by {text:?}: {error}"))
        };
        let mut numbers: Vec<u32> = self.said(mark, count).iter().map(number).collect();
        numbers.sort_unstable();
        numbers
    }
}

fn listen(output: impl Read + Send + 'static, sender: Sender<String>) {
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
}

impl Drop for Family {
    fn drop(&mut self) {
        // Fails only when all of it has ended already.
        let _ = killpg(Pid::from_raw(self.pid().cast_signed()), Signal::SIGKILL);
        let _ = self.child.wait();
    }
}
