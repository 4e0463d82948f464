//! A running application: started as its users would start it, watched over its handshakes, and ended without remains.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use nix::sys::stat::Mode;

use super::cgroup::{self, Cgroup};
use super::groups::Group;
use super::halt::Brake;
use super::plan::Cell;
use super::servers::Server;
use super::truth::{Halted, Launch};

/// A FastAPI application that is not there after this time does not come: on two busy cores an import takes some seconds.
const STARTUP_LIMIT: Duration = Duration::from_secs(60);
/// Ports for servers that cannot say which one the kernel chose: below those that it gives to others. Each run of the tests begins
/// at another one.
const FIRST_PORT: u16 = 10_000;
const PORTS: u32 = 20_000;
const PORTS_OF_A_RUN: u32 = 400;
/// Where the shell puts the writing end of the handshake pipe; high enough to be nobody else's.
const READY_DESCRIPTOR: u32 = 9;
/// Puts the pipe in its place and becomes the server. Opening it here keeps it out of every other child of this process.
const OPEN_PIPE_AND_RUN: &str = r#"pipe=$1; shift; exec 9>"$pipe"; exec "$@""#;
/// Goes into a control group and becomes the server.
const ENTER_GROUP_AND_RUN: &str = r#"echo $$ > "$0"; exec "$@""#;
/// A path that every application answers.
const HEALTH: &str = "/api/health";
/// What servers print in front of the port that the kernel chose for them.
const PORT_FOLLOWS: &str = "://127.0.0.1:";

/// What happens to an application, as it tells.
enum Event {
    /// A line of the handshake pipe.
    Handshake(String),
    /// It accepts connections there.
    Port(u16),
    /// It closed its output: it ended.
    Ended,
}

/// A running application. Dropping it kills all of it.
pub(crate) struct Running {
    child: Child,
    group: Option<Group>,
    events: Receiver<Event>,
    folder: PathBuf,
    port: Option<u16>,
    handshakes: Vec<String>,
    waiting_requests: Vec<TcpStream>,
    /// Removed last, when nobody is in them any more.
    cgroups: Vec<Cgroup>,
}

impl Running {
    /// Starts an application; its logs go to `folder`.
    pub(crate) fn start(cell: &Cell, python: &Path, folder: &Path) -> Result<Self, String> {
        let pipe = folder.join("ready.fifo");
        nix::unistd::mkfifo(&pipe, Mode::S_IRUSR | Mode::S_IWUSR)
            .map_err(|error| format!("{}: {error}", pipe.display()))?;
        // Open for both, so that opening waits for nobody and reading sees no end before we make one.
        let handshakes = OpenOptions::new().read(true).write(true).open(&pipe).map_err(|error| error.to_string())?;
        let truth = &cell.app.truth;
        let cgroups = cgroup::groups(&cell.to_string(), truth.limits.as_ref(), truth.halt.as_ref())?;
        let (output, child_output) = std::io::pipe().map_err(|error| error.to_string())?;
        let second_output = child_output.try_clone().map_err(|error| error.to_string())?;
        let port = free_port()?;
        let child = command(cell, port, python, folder, &pipe, &cgroups)
            .stdin(Stdio::null())
            .stdout(child_output)
            .stderr(second_output)
            .process_group(0)
            .spawn()
            .map_err(|error| format!("cannot start the application: {error}"))?;
        let group = Some(Group::led_by(child.id()));
        let (sender, events) = channel();
        let log = File::create(folder.join("server.log")).map_err(|error| error.to_string())?;
        std::thread::spawn({
            let sender = sender.clone();
            move || copy_output(BufReader::new(output), log, &sender)
        });
        std::thread::spawn(move || hear_handshakes(BufReader::new(handshakes), &sender));
        Ok(Self {
            child,
            group,
            events,
            folder: folder.to_owned(),
            port: (!Server::of(cell.launch).says_its_port()).then_some(port),
            handshakes: Vec::new(),
            waiting_requests: Vec::new(),
            cgroups,
        })
    }

    /// The process that was started: the server, or the master of its workers.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What the server can be stopped with.
    pub(crate) fn brake(&self, by: Halted) -> Brake {
        let folders = self.cgroups.iter().map(|group| group.folder().to_owned()).collect();
        Brake { pid: self.pid(), folders, by }
    }

    /// Periods of the server's CPU quota so far, and throttled ones; `None` without a quota.
    pub(crate) fn throttling(&self) -> Option<(u64, u64)> {
        self.cgroups.iter().find_map(Cgroup::throttling)
    }

    /// Waits until `count` processes of it accept connections, and returns the port.
    pub(crate) fn serving(&mut self, launch: Launch) -> Result<u16, String> {
        let count = Server::of(launch).serving;
        self.until("to serve", |running| {
            let ready = running.handshakes.iter().filter(|line| line.starts_with("ready ")).count();
            running.port.filter(|_| ready >= count)
        })
    }

    /// Waits for a line of the handshake pipe that begins with `word`.
    pub(crate) fn handshake(&mut self, word: &str) -> Result<(), String> {
        self.until(&format!("to say {word:?}"), |running| {
            running.handshakes.iter().any(|line| line.split(' ').next() == Some(word)).then_some(())
        })
    }

    /// Sends a request and does not wait for the answer. The connection stays open as long as the application runs.
    pub(crate) fn request(&mut self, port: u16, path: &str, body: Option<&str>) -> Result<(), String> {
        let problem = |error: std::io::Error| format!("request for {path}: {error}");
        let mut stream = TcpStream::connect(("127.0.0.1", port)).map_err(problem)?;
        let text = body.map_or_else(|| request_text(path), |body| post_text(path, body));
        stream.write_all(text.as_bytes()).map_err(problem)?;
        self.waiting_requests.push(stream);
        Ok(())
    }

    /// Asks once and waits for the answer: the first request that a server answers costs it more than any later one.
    pub(crate) fn warm_up(&mut self, port: u16) -> Result<(), String> {
        self.answered(port, HEALTH)
    }

    /// Asks once and waits for the answer.
    pub(crate) fn answered(&mut self, port: u16, path: &str) -> Result<(), String> {
        let problem = |error: std::io::Error| format!("GET {path}: {error}");
        let mut stream = TcpStream::connect(("127.0.0.1", port)).map_err(problem)?;
        stream.set_read_timeout(Some(STARTUP_LIMIT)).map_err(problem)?;
        stream.write_all(request_text(path).as_bytes()).map_err(problem)?;
        stream.read_to_end(&mut Vec::new()).map_err(problem)?;
        Ok(())
    }

    fn until<T>(&mut self, what: &str, reached: impl Fn(&Self) -> Option<T>) -> Result<T, String> {
        let deadline = Instant::now() + STARTUP_LIMIT;
        loop {
            if let Some(value) = reached(self) {
                return Ok(value);
            }
            let reason = match self.events.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(Event::Handshake(line)) => {
                    self.handshakes.push(line);
                    continue;
                }
                Ok(Event::Port(port)) => {
                    self.port.get_or_insert(port);
                    continue;
                }
                Ok(Event::Ended) | Err(RecvTimeoutError::Disconnected) => "it ended".to_owned(),
                Err(RecvTimeoutError::Timeout) => format!("nothing for {} s", STARTUP_LIMIT.as_secs()),
            };
            let log = std::fs::read_to_string(self.folder.join("server.log")).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            let last = lines[lines.len().saturating_sub(15)..].join("\n    ");
            return Err(format!("the application was {what}: {reason}; its last words:\n    {last}"));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Before the leader is reaped: until then nobody else can get its number.
        drop(self.group.take());
        // Whoever is frozen does not even die.
        self.cgroups.iter().for_each(|group| group.freeze(false));
        let _reaped = self.child.wait();
        // Ends the thread that hears the handshakes.
        let pipe = self.folder.join("ready.fifo");
        if let Ok(mut pipe_end) = OpenOptions::new().read(true).write(true).open(&pipe) {
            let _heard = pipe_end.write_all(b"\n");
        }
        let _removed = std::fs::remove_file(pipe);
    }
}

/// The bytes of a request; the server closes the connection after its answer.
pub(crate) fn request_text(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
}

/// The same with a body.
fn post_text(path: &str, body: &str) -> String {
    let length = body.len();
    format!("POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}")
}

/// A port that nobody listens on.
fn free_port() -> Result<u16, String> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = std::process::id() * PORTS_OF_A_RUN % PORTS;
    let candidates = (0..PORTS).map(|_| {
        let turn = u32::from(NEXT.fetch_add(1, Ordering::Relaxed));
        FIRST_PORT + ((first + turn) % PORTS) as u16
    });
    candidates
        .into_iter()
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .ok_or_else(|| "no port is free".to_owned())
}

/// The command line that serves an application.
fn command(cell: &Cell, port: u16, python: &Path, folder: &Path, pipe: &Path, cgroups: &[Cgroup]) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", OPEN_PIPE_AND_RUN, "sh"]).arg(pipe);
    for group in cgroups {
        command.args(["sh", "-c", ENTER_GROUP_AND_RUN]).arg(group.door());
    }
    command.args(cell.app.truth.wrapper.iter().flatten());
    let server = Server::of(cell.launch);
    command.arg(python).args(server.arguments(port, cell.event_loop)).args(&cell.app.truth.arguments);
    let library = cell.app.folder.join("../../lib");
    command
        .current_dir(&cell.app.folder)
        .env("PYTHONPATH", library)
        // gunicorn keeps a control socket in the home directory, one for all of its instances.
        .env("HOME", folder)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("HANGSPY_WITNESS", folder.join("witness.jsonl"))
        .env("HANGSPY_READY_FD", READY_DESCRIPTOR.to_string())
        .env("HANGSPY_PORT", port.to_string())
        .env("HANGSPY_LOOP", cell.event_loop.word());
    command
}

/// Keeps what the application prints and finds the port in it.
fn copy_output(output: impl BufRead, mut log: File, sender: &Sender<Event>) {
    for line in output.split(b'\n').map_while(Result::ok) {
        let text = String::from_utf8_lossy(&line);
        let digits = text.split_once(PORT_FOLLOWS).map(|(_, rest)| rest.split(|c: char| !c.is_ascii_digit()).next());
        if let Some(port) = digits.flatten().and_then(|digits| digits.parse().ok()) {
            let _nobody_waits = sender.send(Event::Port(port));
        }
        if log.write_all(&[&line[..], b"\n"].concat()).is_err() {
            break;
        }
    }
    let _nobody_waits = sender.send(Event::Ended);
}

/// Hands on the lines of the pipe until somebody writes an empty one.
fn hear_handshakes(pipe: impl BufRead, sender: &Sender<Event>) {
    for line in pipe.lines().map_while(Result::ok).take_while(|line| !line.is_empty()) {
        let _nobody_waits = sender.send(Event::Handshake(line));
    }
}
