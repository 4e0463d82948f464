//! `hangspy watch`: what it captures, what it counts, what it keeps, and how it ends.
//!
//! Nothing here goes by a clock of ours: the watch says on standard error what it does, and the next step waits for that.
#![expect(clippy::expect_used, reason = "a test that cannot be set up ends with what went wrong")]

#[path = "common/interpreters.rs"]
mod interpreters;

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// What a watch has not said by then it never will.
const PATIENCE: Duration = Duration::from_secs(120);

/// A folder of one test, removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("hangspy-watch-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).expect("the temporary folder is writable");
        Self(folder)
    }

    fn text(&self) -> &str {
        self.0.to_str().expect("a plain path")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _gone = fs::remove_dir_all(&self.0);
    }
}

/// A process that is killed at the end of the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _reaped = self.0.wait();
    }
}

/// Starts a Python program and waits until it prints a line.
fn python(source: &str, argument: &str) -> Running {
    let interpreter = interpreters::interpreters().into_iter().next().expect("some CPython 3.8 to 3.15 is installed");
    let mut command = Command::new(&interpreter.path);
    command.args(["-c", source, argument]).stdout(Stdio::piped()).stdin(Stdio::null());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{}: {error}", interpreter.name()));
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().expect("a pipe")).read_line(&mut line).expect("it says that it is ready");
    Running(child)
}

/// A watch, and what it says.
struct Watch {
    child: Running,
    says: Receiver<String>,
}

impl Watch {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hangspy"));
        command.arg("watch").args(arguments).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("hangspy starts");
        let said = BufReader::new(child.stderr.take().expect("a pipe"));
        let (send, says) = channel();
        // Ends with the watch, or with the test that listens.
        thread::spawn(move || said.lines().map_while(Result::ok).all(|line| send.send(line).is_ok()));
        Self { child: Running(child), says }
    }

    /// The next line with these words.
    fn says(&self, words: &str) -> String {
        let mut heard = Vec::new();
        loop {
            match self.says.recv_timeout(PATIENCE) {
                Ok(line) if line.contains(words) => return line,
                Ok(line) => heard.push(line),
                Err(error) => panic!("it did not say `{words}` ({error}), but {heard:?}"),
            }
        }
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.0.id()).expect("a pid"));
        kill(pid, signal).expect("it runs");
    }

    /// Ends it as a supervisor would.
    fn ends(mut self) -> Option<i32> {
        self.signal(Signal::SIGTERM);
        self.child.0.wait().expect("it ends").code()
    }
}

fn hangspy(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hangspy")).args(arguments).output().expect("hangspy starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The folder that a line names as an incident.
fn incident(line: &str) -> PathBuf {
    let path = line.strip_prefix("incident: ").and_then(|rest| rest.split(": ").next());
    PathBuf::from(path.unwrap_or_else(|| panic!("no folder in {line:?}")))
}

const BLOCKED: &str = "
import asyncio, time
def nap():
    time.sleep(600)
async def main():
    await asyncio.sleep(0)
    print('ready', flush=True)
    nap()
asyncio.run(main())
";

/// Serves at a port, and blocks its loop for 60 ms again and again.
const NAPS: &str = "
import asyncio, sys, time
def nap():
    time.sleep(0.06)
async def main():
    await asyncio.start_server(lambda reader, writer: None, '127.0.0.1', int(sys.argv[1]))
    print('ready', flush=True)
    while True:
        nap()
        await asyncio.sleep(0.05)
asyncio.run(main())
";

#[test]
fn a_blocked_loop_is_an_incident_once_and_a_restart_is_no_new_budget() {
    let scratch = Scratch::new("blocked");
    let program = python(BLOCKED, "");
    let pid = program.0.id().to_string();
    let watch = Watch::start(&[&pid, "-o", scratch.text()]);
    let line = watch.says("incident: ");
    assert!(line.contains("loop-blocked") && line.contains("nap"), "{line}");
    let folder = incident(&line);
    let report = fs::read_to_string(folder.join("report.txt")).expect("there is a report");
    assert!(report.contains("LOOP BLOCKED") && report.contains("nap()"), "{report}");
    let rendered = hangspy(&["report", folder.join("capture.hangspy").to_str().expect("a plain path")]);
    assert!(text(&rendered.stdout).contains("LOOP BLOCKED"), "{}", text(&rendered.stderr));
    assert!(folder.join("flamegraph.svg").exists());
    assert_eq!(watch.ends(), Some(0));
    let why: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.join("incident.json")).expect("it says why")).expect("JSON");
    assert_eq!((why["rule"].as_str(), why["process"].as_u64()), (Some("loop-blocked"), Some(program.0.id().into())));
    assert!(scratch.0.join("last/report.json").exists(), "what was seen last is kept");
    let ranked = text(&hangspy(&["report", "--ledger", scratch.text()]).stdout);
    assert!(ranked.contains("nap (<string>:"), "a stall that outlives the watch is counted: {ranked}");
    let again = Watch::start(&[&pid, "-o", scratch.text()]);
    let line = again.says("loop-blocked");
    // A minute later the same may be captured again; on a crowded machine that minute can be over.
    assert!(line.contains("not captured: ") || line.starts_with("incident: "), "{line}");
    assert_eq!(again.ends(), Some(0));
}

#[test]
fn it_waits_follows_a_restart_and_counts_small_stalls() {
    let scratch = Scratch::new("naps");
    let free = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port").port();
    let port = free.to_string();
    let watch = Watch::start(&[&format!(":{port}"), "--wait", "-o", scratch.text()]);
    watch.says("waiting for the target: ");
    let first = python(NAPS, &port);
    watch.says(&format!("watching process {}", first.0.id()));
    // On a crowded machine another incident may be being captured just then: it is asked once more.
    loop {
        watch.signal(Signal::SIGUSR1);
        let line = watch.says("asked");
        if line.starts_with("incident: ") {
            break;
        }
        assert!(line.contains("another capture is being taken"), "{line}");
        watch.says("incident: ");
    }
    let killed = first.0.id();
    drop(first);
    watch.says(&format!("process {killed} ended"));
    let second = python(NAPS, &port);
    watch.says(&format!("watching process {}", second.0.id()));
    let other = hangspy(&["watch", &second.0.id().to_string(), "-o", scratch.text()]);
    assert_eq!(other.status.code(), Some(2), "one folder has one watch: {}", text(&other.stderr));
    assert_eq!(watch.ends(), Some(0));
    let ranked = text(&hangspy(&["report", "--ledger", scratch.text()]).stdout);
    assert!(ranked.contains("nap (<string>:"), "{ranked}");
    let json = hangspy(&["report", "--ledger", scratch.text(), "--json"]).stdout;
    let json: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
    let counted = json["places"].as_array().map_or(0, Vec::len);
    assert!(counted >= 1, "{json}");
}

#[test]
fn what_cannot_be_watched_is_refused() {
    let scratch = Scratch::new("refused");
    let folder = scratch.text();
    assert_eq!(hangspy(&["watch", "4194304", "-o", folder]).status.code(), Some(4));
    assert_eq!(hangspy(&["watch", "4194304"]).status.code(), Some(2), "a folder is needed");
    assert_eq!(hangspy(&["report", "--ledger", folder]).status.code(), Some(2), "nothing was counted there");
    let ledger = Path::new(folder).join("ledger.json");
    fs::write(&ledger, "{\"schema\": 99}").expect("it can be written");
    let refused = hangspy(&["watch", "4194304", "-o", folder]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("ledger.json cannot be used"), "{}", text(&refused.stderr));
    assert_eq!(fs::read_to_string(ledger).expect("it is still there"), "{\"schema\": 99}");
}
