//! `hangspy ps`: the Python processes here.

use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use super::audit;
use super::console::{self, Console};
use crate::attach::{self, Access};
use crate::error::Result;
use crate::os::visibility;
use crate::read::Sampler;
use crate::render;
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

/// How long one process may take to tell its version and loops: a locked memory map must not hang the list.
const PATIENCE: Duration = Duration::from_secs(1);

/// What one look adds to a listing.
#[derive(Debug, Default)]
struct Look {
    python: String,
    loops: String,
    readable: String,
}

/// Lists the Python processes visible here.
///
/// # Errors
///
/// When `/proc` cannot be read, or an attach cannot be written down.
pub fn processes(request: &Processes, console: Console) -> Result<()> {
    let audit = request.audit.as_deref();
    let rows: Vec<render::ProcessRow> =
        target::list()?.into_iter().map(|listed| row(listed, audit)).collect::<Result<_>>()?;
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

fn row(listed: Listed, audit: Option<&Path>) -> Result<render::ProcessRow> {
    let guess = listed.loop_kind.get().map_or("", |kind| kind.word()).to_owned();
    let process = listed.process;
    let look = look(process.clone(), audit.map(Path::to_owned))?;
    Ok(render::ProcessRow {
        pid: process.pid.0,
        role: role(&process).to_owned(),
        server: process.server.word().to_owned(),
        python: if look.python.is_empty() { version(&process) } else { look.python },
        loops: if look.loops.is_empty() { guess } else { look.loops },
        ports: process.ports,
        readable: look.readable,
        command: listed.command,
    })
}

/// A script that listens nowhere serves nobody.
fn role(process: &Process) -> &'static str {
    match (process.role, process.server) {
        (Role::Single, Server::Other) if process.ports.is_empty() => "program",
        (role, _) => role.word(),
    }
}

/// Looks once, from a thread of its own that is left behind when it does not come back.
///
/// # Errors
/// When the attach cannot be written down: then there was none.
fn look(process: Process, audit: Option<PathBuf>) -> Result<Look> {
    let (send, receive) = channel();
    let work = move || {
        let written = audit.map_or(Ok(()), |file| audit::write(&file, "ps", "", std::slice::from_ref(&process)));
        send.send(written.map(|()| look_now(process)))
    };
    let spawned = thread::Builder::new().name("ps".to_owned()).spawn(work);
    let late = || Ok(Look { readable: "no: its memory does not answer".to_owned(), ..Look::default() });
    spawned.ok().and_then(|_detached| receive.recv_timeout(PATIENCE).ok()).unwrap_or_else(late)
}

fn look_now(process: Process) -> Look {
    let session = match attach::attach_or_proc_only(process) {
        Ok(session) => session,
        Err(error) => return Look { readable: format!("no: {error}"), ..Look::default() },
    };
    if let Access::ProcOnly { gate } = &session.access {
        return Look { readable: format!("no: {}", gate.words()), ..Look::default() };
    }
    let python = version(&session.process);
    let mut loops: Vec<String> = Sampler::new(session).snapshot().map_or_else(
        |_| Vec::new(),
        |snapshot| snapshot.loops.iter().map(|sample| sample.kind.word().to_owned()).collect(),
    );
    loops.sort();
    loops.dedup();
    Look { python, loops: loops.join(","), readable: "yes".to_owned() }
}

fn version(process: &Process) -> String {
    match process.python {
        Known::Is(version) => version.to_string(),
        Known::Unknown(_) => String::new(),
    }
}
