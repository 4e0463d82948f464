//! `hangspy watch -o DIR -- COMMAND`: an entry point does what a first process owes, and what becomes of the watcher is not the
//! service's business.
#![expect(clippy::expect_used, reason = "a test that cannot be set up ends with what went wrong")]

#[path = "common/interpreters.rs"]
mod interpreters;
#[path = "common/scratch.rs"]
mod scratch;

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};
use scratch::Scratch;

/// What has not been said by then never will be.
const PATIENCE: Duration = Duration::from_secs(120);

/// A service under hangspy, and what both say.
struct Entry {
    child: Child,
    says: Receiver<String>,
    heard: Vec<String>,
}

impl Entry {
    fn start(scratch: &Scratch, command: &[&str]) -> Self {
        let mut program = Command::new(env!("CARGO_BIN_EXE_hangspy"));
        program.args(["watch", "-o", scratch.text(), "--"]).args(command);
        Self::listen(program)
    }

    fn listen(mut program: Command) -> Self {
        let mut child =
            program.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let (send, says) = channel();
        let outputs: [Box<dyn std::io::Read + Send>; 2] =
            [Box::new(child.stdout.take().expect("a pipe")), Box::new(child.stderr.take().expect("a pipe"))];
        for output in outputs {
            let send = send.clone();
            // Ends with whoever writes, or with the test that listens.
            thread::spawn(move || {
                BufReader::new(output).lines().map_while(Result::ok).all(|line| send.send(line).is_ok())
            });
        }
        Self { child, says, heard: Vec::new() }
    }

    /// The next line with these words. Two write, so that others may come before it; those can be asked for later.
    fn says(&mut self, words: &str) -> String {
        loop {
            if let Some(index) = self.heard.iter().position(|line| line.contains(words)) {
                return self.heard.remove(index);
            }
            match self.says.recv_timeout(PATIENCE) {
                Ok(line) => self.heard.push(line),
                Err(error) => panic!("nobody said `{words}` ({error}), but {:?}", self.heard),
            }
        }
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().cast_signed()), signal).expect("it runs");
    }

    fn code(mut self) -> Option<i32> {
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn python() -> String {
    let interpreter = interpreters::interpreters().into_iter().next().expect("some CPython 3.8 to 3.15 is installed");
    interpreter.path.to_str().unwrap_or_else(|| panic!("{}: no plain path", interpreter.name())).to_owned()
}

/// Says each signal that it gets, ends with 3 at the second SIGTERM, and blocks its loop when a file is there.
const SERVICE: &str = "
import asyncio, os, signal, sys, time
told = []
def tell(number):
    told.append(number)
    print('told', number, 'parent', os.getppid(), flush=True)
    if told.count(signal.SIGTERM) == 2:
        os._exit(3)
def nap():
    time.sleep(3)
async def main():
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGWINCH):
        loop.add_signal_handler(number, tell, int(number))
    print('ready', os.getpid(), flush=True)
    while True:
        await asyncio.sleep(0.02)
        if os.path.exists(sys.argv[1]):
            nap()
asyncio.run(main())
";

#[test]
fn it_ends_as_its_service_ends() {
    let scratch = Scratch::new("codes");
    let code = |command: &[&str]| Entry::start(&scratch, command).code();
    assert_eq!(code(&["sh", "-c", "exit 7"]), Some(7));
    assert_eq!(code(&["sh", "-c", "kill -KILL $$"]), Some(137), "128 and the signal's number");
    assert_eq!(code(&["/etc/passwd"]), Some(126), "as a shell says it");
    let mut entry = Entry::start(&scratch, &["hangspy-has-no-such-command"]);
    entry.says("hangspy-has-no-such-command cannot be started");
    assert_eq!(entry.code(), Some(127));
}

#[test]
fn signals_reach_the_service_which_outlives_its_watchers() {
    let scratch = Scratch::new("signals");
    let stall = scratch.0.join("stall");
    let mut entry = Entry::start(&scratch, &[&python(), "-c", SERVICE, stall.to_str().expect("a plain path")]);
    let ready = entry.says("ready ");
    let parent = format!("parent {}", entry.child.id());
    for signal in [Signal::SIGHUP, Signal::SIGUSR1, Signal::SIGUSR2, Signal::SIGWINCH, Signal::SIGTERM] {
        entry.signal(signal);
        let line = entry.says(&format!("told {} ", signal as i32));
        assert!(line.ends_with(&parent), "{line}");
    }
    let pid = ready.trim_start_matches("ready ").to_owned();
    for _ in 0..2 {
        entry.says(&format!("watching process {pid}"));
        kill(watcher(entry.child.id()).expect("there is a watcher"), Signal::SIGKILL).expect("it runs");
        entry.says("the watcher ended with 137; it is started again in ");
    }
    entry.says(&format!("watching process {pid}"));
    fs::write(&stall, "").expect("it can be written");
    let line = entry.says("incident: ");
    assert!(line.contains("loop-blocked") && line.contains("nap"), "{line}");
    fs::remove_file(&stall).expect("it is there");
    entry.signal(Signal::SIGTERM);
    let line = entry.says("told 15 ");
    assert!(line.ends_with(&parent), "its parent stays the same: {line}");
    assert_eq!(entry.code(), Some(3));
    assert!(scratch.0.join("ledger.json").exists(), "the watcher was given time to write");
}

/// The watcher below a supervisor.
fn watcher(supervisor: u32) -> Option<Pid> {
    let children = fs::read_to_string(format!("/proc/{supervisor}/task/{supervisor}/children")).ok()?;
    let is_watcher =
        |pid: &&str| fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line.starts_with(b"hangspy-watcher\0"));
    children.split_whitespace().find(is_watcher)?.parse().ok().map(Pid::from_raw)
}

#[test]
fn as_pid_1_it_reaps_what_others_leave_behind_and_hears_signals() {
    if !geteuid().is_root() {
        return eprintln!("skipped: a pid namespace of one's own takes root");
    }
    let scratch = Scratch::new("first");
    // Each pair of brackets is a process whose parent is gone before it ends.
    let script = "
        trap 'exit 5' TERM
        i=0; while [ $i -lt 50 ]; do (true & true) & i=$((i+1)); done; wait
        while ps -A -o stat= | grep -q Z; do sleep 0.05; done
        echo \"no zombie, parent $PPID\"
        while true; do sleep 0.05; done";
    let mut program = Command::new("unshare");
    program.args([
        "--fork",
        "--pid",
        "--mount-proc",
        "--kill-child",
        env!("CARGO_BIN_EXE_hangspy"),
        "watch",
        "-o",
        scratch.text(),
    ]);
    program.args(["--", "sh", "-c", script]);
    let mut entry = Entry::listen(program);
    entry.says("no zombie, parent 1");
    // `unshare` waits for our first process and ends as it does; that one is its only child.
    let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", entry.child.id())).expect("it runs");
    let first = children.trim().parse().expect("one child");
    kill(Pid::from_raw(first), Signal::SIGTERM).expect("it runs");
    assert_eq!(entry.code(), Some(5));
}
