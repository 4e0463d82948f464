//! `hangspy ps`: the Python processes here.

use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use super::console::{self, Console};
use crate::attach::{self, Access};
use crate::error::Result;
use crate::read::Sampler;
use crate::render;
use crate::snapshot::{Known, Process, Role, Server};
use crate::target::{self, Listed};

/// What `hangspy ps` was asked.
#[derive(Clone, Copy, Debug)]
pub struct Processes {
    /// Print JSON.
    pub json: bool,
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
/// When `/proc` cannot be read.
pub fn processes(request: Processes, console: Console) -> Result<()> {
    let rows: Vec<render::ProcessRow> = target::list()?.into_iter().map(row).collect();
    if rows.is_empty() {
        console.say("no Python process is visible here");
    }
    let mut bytes = Vec::new();
    let rendered = if request.json {
        render::processes_json(&rows, &mut bytes)
    } else {
        render::processes(&rows, render::Screen { width: console.width(), color: console.colored() }, &mut bytes)
    };
    rendered.map_err(console::unprintable)?;
    console.print(&bytes)
}

fn row(listed: Listed) -> render::ProcessRow {
    let guess = listed.loop_kind.get().map_or("", |kind| kind.word()).to_owned();
    let process = listed.process;
    let look = look(process.clone());
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

/// Looks once, from a thread of its own that is left behind when it does not come back.
fn look(process: Process) -> Look {
    let (send, receive) = channel();
    let spawned = thread::Builder::new().name("ps".to_owned()).spawn(move || send.send(look_now(process)));
    let late = || Look { readable: "no: its memory does not answer".to_owned(), ..Look::default() };
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
