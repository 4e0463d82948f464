//! `hangspy watch`: what it captures, what it counts, what it keeps, and how it ends.
//!
//! Nothing here goes by a clock of ours: the watch says on standard error what it does, and the next step waits for that.
#![expect(clippy::expect_used, reason = "a test that cannot be set up ends with what went wrong")]

#[path = "common/interpreters.rs"]
mod interpreters;
#[path = "common/scratch.rs"]
mod scratch;
#[path = "common/started.rs"]
mod started;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use scratch::Scratch;
use started::Running;

/// What a watch has not said by then it never will.
const PATIENCE: Duration = Duration::from_secs(120);

/// A program in some Python.
fn python(source: &str, argument: &str) -> Running {
    let interpreter = interpreters::interpreters().into_iter().next().expect("some CPython 3.8 to 3.15 is installed");
    Running::python(&interpreter, source, &[argument])
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
    let pid = program.pid();
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
    let other = hangspy(&["watch", &second.pid(), "-o", scratch.text()]);
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

/// Sends a request, and reads the answer.
fn ask(address: &str, head: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let request = format!("{head} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer
}

fn notification(status: &str, fingerprint: &str) -> String {
    let labels = r#"{"alertname":"HealthFails","pod":"../../etc\n\u001b[2J"}"#;
    format!(
        r#"{{"version":"4","alerts":[{{"status":"{status}","startsAt":"2026-11-28T23:40:00Z","endsAt":"then","fingerprint":"{fingerprint}","labels":{labels}}}]}}"#
    )
}

fn read_json(path: &Path) -> serde_json::Value {
    serde_json::from_slice(&fs::read(path).expect("it is there")).expect("JSON")
}

#[test]
fn an_alert_is_an_incident_once_with_what_was_seen_before_and_is_closed() {
    let scratch = Scratch::new("alert");
    let program = python(BLOCKED, "");
    let watch = Watch::start(&[&program.pid(), "-o", scratch.text(), "--listen", "127.0.0.1:0"]);
    let listening = watch.says("listening at http://");
    let address = listening.strip_prefix("listening at http://").expect("an address");
    let by_itself = incident(&watch.says("incident: "));
    let taken = ask(address, "POST /alerts", &notification("firing", "f1"));
    assert!(taken.starts_with("HTTP/1.1 202 ") && taken.contains("\"operation\": 1"), "{taken}");
    let again = ask(address, "POST /alerts", &notification("firing", "f1"));
    assert!(again.starts_with("HTTP/1.1 202 ") && again.contains("\"known\": 1"), "{again}");
    let line = watch.says("incident: ");
    assert!(line.contains("-alert-") && line.contains("nap"), "{line}");
    let folder = incident(&line);
    let why = folder.join("incident.json");
    let started = Instant::now();
    while !why.exists() {
        assert!(started.elapsed() < PATIENCE, "it says why");
        thread::sleep(Duration::from_millis(20));
    }
    let said = read_json(&why);
    assert!(said["seconds_before"].as_f64().is_some_and(|seconds| seconds >= 1.0), "{said}");
    assert_eq!(said["alerts"][0]["name"], "HealthFails");
    assert_eq!(said["earlier"][0].as_str(), by_itself.file_name().and_then(|name| name.to_str()));
    let name = folder.file_name().and_then(|name| name.to_str()).expect("a plain name");
    let report = ask(address, &format!("GET /incidents/{name}/report.txt"), "");
    assert!(report.contains("LOOP BLOCKED") && report.contains("nap()"), "{report}");
    let operation = ask(address, "GET /operations/1", "");
    assert!(operation.contains("\"done\"") && operation.contains(name), "{operation}");
    let figures = ask(address, "GET /metrics", "");
    assert!(figures.contains("hangspy_incidents_total{rule=\"alert\"} 1"), "{figures}");
    ask(address, "POST /alerts", &notification("resolved", "f1"));
    while read_json(&why)["alerts"][0]["ends_at"] != "then" {
        assert!(started.elapsed() < PATIENCE, "the alert has ended");
        thread::sleep(Duration::from_millis(20));
    }
    let other = ask(address, "POST /alerts", &notification("firing", "f2"));
    // On a crowded machine a minute can be over by then, and it is another moment.
    if other.contains("\"operation\": 1") {
        while read_json(&why)["alerts"][1]["fingerprint"] != "f2" {
            assert!(started.elapsed() < PATIENCE, "another alert of the same moment is named too");
            thread::sleep(Duration::from_millis(20));
        }
    }
    assert_eq!(watch.ends(), Some(0));
    assert!(TcpStream::connect(address).is_err(), "the port is closed");
}

#[test]
fn a_capture_that_is_asked_for_can_be_ended_and_the_budget_is_told() {
    let scratch = Scratch::new("capture");
    let program = python(BLOCKED, "");
    let watch = Watch::start(&[&program.pid(), "-o", scratch.text(), "--listen", "127.0.0.1:0"]);
    let listening = watch.says("listening at http://");
    let address = listening.strip_prefix("listening at http://").expect("an address");
    watch.says("incident: ");
    let taken = ask(address, "POST /capture", "");
    assert!(taken.starts_with("HTTP/1.1 202 ") && taken.contains("location: /operations/1"), "{taken}");
    assert!(ask(address, "DELETE /operations/1", "").starts_with("HTTP/1.1 200 "));
    watch.says("not captured: asked: a request: ");
    let operation = ask(address, "GET /operations/1", "");
    assert!(operation.contains("\"cancelled\""), "{operation}");
    let second = ask(address, "POST /capture", "");
    let is_limited = second.starts_with("HTTP/1.1 429 ") && second.contains("retry-after: ");
    // It is not, where it was cancelled before it had begun, or a minute has gone by on a crowded machine.
    assert!(is_limited || second.starts_with("HTTP/1.1 202 "), "{second}");
    assert_eq!(watch.ends(), Some(0));
}

#[test]
fn a_door_that_cannot_be_opened_is_refused() {
    let scratch = Scratch::new("door");
    let refused = |arguments: &[&str]| {
        let output = hangspy(&[&["watch", "4194304", "-o", scratch.text()], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stderr)
    };
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = taken.local_addr().expect("it has one").to_string();
    assert!(refused(&["--listen", &taken]).contains("cannot listen at http://127.0.0.1:"));
    assert!(refused(&["--listen", "0.0.0.0:0"]).contains("no token is asked for"));
    assert!(refused(&["--listen", "example.com:80"]).contains("no address and port"));
    assert!(refused(&["--token-file", "x"]).contains("--listen"));
    let token = scratch.0.join("token");
    fs::write(&token, "0123456789abcdef").expect("it can be written");
    fs::set_permissions(&token, std::os::unix::fs::PermissionsExt::from_mode(0o644)).expect("it is ours");
    let words = refused(&["--listen", "0.0.0.0:0", "--token-file", token.to_str().expect("a plain path")]);
    assert!(words.contains("others may read or change it (mode 644)"), "{words}");
}
