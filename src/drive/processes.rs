//! `hangspy ps`: the Python processes here.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::audit;
use super::console::{self, Console};
use super::lookout;
use crate::attach::{self, Access};
use crate::error::Result;
use crate::os::{clock, keep_what_reading_needs, visibility};
use crate::read::Sampler;
use crate::render::{self, Readable};
use crate::snapshot::{Known, Process, Role, Server};
use crate::target::{self, Listed};

/// What `hangspy ps` was asked.
#[derive(Clone, Debug)]
pub struct Processes {
    /// Print JSON.
    pub json: bool,
    /// Add a line for each attach to this file.
    pub audit: Option<PathBuf>,
}

/// How many are looked at at once: the young ones of two hundred wait for each other otherwise.
const AT_ONCE: usize = 32;

/// How long one process may take to tell its version and loops: a locked memory map must not hang the list.
const PATIENCE: Duration = Duration::from_secs(1);

/// What one look adds to a listing.
#[derive(Debug, Default)]
struct Look {
    python: String,
    loops: String,
    readable: Readable,
}

/// Lists the Python processes visible here.
///
/// # Errors
///
/// When `/proc` cannot be read, or an attach cannot be written down.
pub fn processes(request: &Processes, console: Console) -> Result<()> {
    let audit = request.audit.as_deref();
    let mut rows = Vec::new();
    for some in target::list()?.chunks(AT_ONCE) {
        // All are asked before the first is waited for.
        let looks: Vec<_> = some.iter().map(|listed| look(listed.process.clone(), audit.map(Path::to_owned))).collect();
        let until = Instant::now() + PATIENCE;
        for (listed, look) in some.iter().zip(looks) {
            rows.push(row(listed.clone(), answer(look, until)?));
        }
    }
    say_what_is_not_seen(&rows, console);
    let mut bytes = Vec::new();
    let rendered = if request.json {
        render::processes_json(&rows, &mut bytes)
    } else {
        render::processes(&rows, render::Screen { width: console.width(), color: console.colored() }, &mut bytes)
    };
    rendered.map_err(console::unprintable)?;
    console.print(&bytes)
}

/// A list that is not whole must say so.
fn say_what_is_not_seen(rows: &[render::ProcessRow], console: Console) {
    if rows.is_empty() {
        console.say("no Python process is visible here");
    }
    if let Some(reason) = target::why_unseen().filter(|_| rows.is_empty() || visibility::hides_others()) {
        console.say(&reason);
    }
    if !visibility::numbers_are_ours() {
        console.say("/proc shows another pid namespace than hangspy runs in: these are its processes and its numbers");
    }
}

fn row(listed: Listed, look: Look) -> render::ProcessRow {
    let guess = listed.loop_kind.get().map_or("", |kind| kind.word()).to_owned();
    let process = listed.process;
    render::ProcessRow {
        pid: process.pid.0,
        role: role(&process).to_owned(),
        server: process.server.word().to_owned(),
        python: if look.python.is_empty() { version(&process) } else { look.python },
        loops: if look.loops.is_empty() { guess } else { look.loops },
        ports: process.ports,
        readable: look.readable,
        command: listed.command,
    }
}

/// A script that listens nowhere serves nobody.
fn role(process: &Process) -> &'static str {
    match (process.role, process.server) {
        (Role::Single, Server::Other) if process.ports.is_empty() => "program",
        (role, _) => role.word(),
    }
}

/// Begins to look once, from a thread of its own that is left behind when it does not come back.
fn look(process: Process, audit: Option<PathBuf>) -> Option<Receiver<Result<Look>>> {
    let (send, receive) = channel();
    let work = move || {
        let written = audit.map_or(Ok(()), |file| audit::write(&file, "ps", "", std::slice::from_ref(&process)));
        send.send(written.map(|()| look_now(process)))
    };
    let spawned = thread::Builder::new().name("ps".to_owned()).stack_size(lookout::STACK).spawn(work);
    spawned.ok().map(|_detached| receive)
}

/// What the look came to.
///
/// # Errors
/// When the attach cannot be written down: then there was none.
fn answer(look: Option<Receiver<Result<Look>>>, until: Instant) -> Result<Look> {
    let left = until.saturating_duration_since(Instant::now());
    match look.map(|look| look.recv_timeout(left)) {
        Some(Ok(look)) => look,
        Some(Err(RecvTimeoutError::Disconnected)) => Ok(unread("the look at it ended by a defect")),
        Some(Err(RecvTimeoutError::Timeout)) | None => Ok(unread("its memory does not answer")),
    }
}

fn unread(reason: impl Into<String>) -> Look {
    Look { readable: Readable::No(reason.into()), ..Look::default() }
}

fn look_now(process: Process) -> Look {
    clock::follow(process.pid);
    let session = match attach::attach_or_proc_only(process) {
        Ok(session) => session,
        Err(error) => return unread(error.to_string()),
    };
    if let Access::ProcOnly { gate } = &session.access {
        return unread(gate.words());
    }
    keep_what_reading_needs();
    let python = version(&session.process);
    let mut loops: Vec<String> = Sampler::new(session).snapshot().map_or_else(
        |_| Vec::new(),
        |snapshot| snapshot.loops.iter().map(|sample| sample.kind.word().to_owned()).collect(),
    );
    loops.sort();
    loops.dedup();
    Look { python, loops: loops.join(","), readable: Readable::Yes }
}

fn version(process: &Process) -> String {
    match process.python {
        Known::Is(version) => version.to_string(),
        Known::Unknown(_) => String::new(),
    }
}
