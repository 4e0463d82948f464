//! From what the user typed to the processes that are meant.

use std::collections::BTreeSet;

use crate::error::{Error, Gate, Result};
use crate::os::processes::{self, ProcessEntry};
use crate::os::visibility;
use crate::snapshot::{Process, ProcessId, Role, Server};

use super::census::{Census, one_line};
use super::command::base_name;
use super::unseen::why_unseen;

/// The processes that are meant by a pid, `:PORT`, a name, or nothing (the only Python server here).
///
/// A master means all its workers, a program with a pool of processes itself and these, a worker means itself; helpers of `multiprocessing` and children that are not Python
/// are never meant. Nothing is attached to and nothing is stopped.
///
/// # Errors
/// `NoSuchProcess`, `NoTarget`, `NotPython`, `ManyTargets` with a line for each, `NotPermitted` for a process that `/proc`
/// hides, `Usage` for what is none of the four.
pub fn find(asked: &str) -> Result<Vec<Process>> {
    let asked = asked.trim();
    if let Some(port) = asked.strip_prefix(':') {
        let port = port.parse().ok().filter(|port| *port != 0).ok_or_else(|| Error::Usage {
            message: format!("\"{}\" is not a port", one_line(asked)),
            hint: Some("a port is written with a colon and a number: hangspy :8000".to_owned()),
        })?;
        return by_port(&mut Census::take()?, port);
    }
    if !asked.is_empty() && asked.bytes().all(|letter| letter.is_ascii_digit()) {
        let pid = asked.parse().map_err(|_| Error::Usage {
            message: format!("{asked} is larger than any pid"),
            hint: Some("list the Python processes here: hangspy ps".to_owned()),
        })?;
        return by_pid(&mut Census::take()?, ProcessId(pid));
    }
    let mut census = Census::take()?;
    if asked.is_empty() { the_only_one(&mut census) } else { by_name(&mut census, asked) }
}

fn by_pid(census: &mut Census, pid: ProcessId) -> Result<Vec<Process>> {
    if !census.members.contains_key(&pid) {
        // What is asked for may be a supervisor, whose workers are forks of it.
        census.admit_embedding(|entry| entry.pid == pid || entry.parent == Some(pid));
    }
    if census.members.contains_key(&pid) {
        return Ok(match census.role(pid) {
            Role::Master | Role::Single => census.family(pid),
            Role::Worker | Role::Helper => census.process(pid).into_iter().collect(),
        });
    }
    let entry = processes::read(pid).map_err(|_| {
        if visibility::is_hidden(pid) {
            Error::NotPermitted { pid: pid.0, gate: Gate::Hidden }
        } else {
            Error::NoSuchProcess { pid: pid.0 }
        }
    })?;
    let below = python_below(census, pid);
    if !below.is_empty() {
        // A shell or an init that started the server.
        return one_family(census, &below, &format!("below pid {pid}"));
    }
    if !entry.runs() && !entry.kernel_thread {
        // Its parent has not collected its exit status.
        return Err(Error::Exited { pid: pid.0 });
    }
    Err(Error::NotPython { pid: pid.0, name: one_line(&entry.name), reason: why_not(&entry) })
}

fn why_not(entry: &ProcessEntry) -> String {
    if entry.kernel_thread {
        return "it is a thread of the kernel".to_owned();
    }
    let file = entry.executable.get().map_or("a file that we may not see", String::as_str);
    format!("it runs {}, without a Python library inside, and has no Python process below it", one_line(file))
}

/// How many levels below a process its Python descendants are looked for: container init, shell, `uv run`, `env`.
const MOST_LEVELS: usize = 6;

/// The Python processes nearest below another process.
fn python_below(census: &Census, pid: ProcessId) -> BTreeSet<ProcessId> {
    let mut level = BTreeSet::from([pid]);
    for _ in 0..MOST_LEVELS {
        let is_below = |parent: Option<ProcessId>| parent.is_some_and(|parent| level.contains(&parent));
        let pythons: BTreeSet<ProcessId> = census
            .members
            .values()
            .filter(|member| is_below(member.entry.parent))
            .map(|member| member.entry.pid)
            .collect();
        if !pythons.is_empty() {
            return pythons;
        }
        level = census.others.iter().filter(|entry| is_below(entry.parent)).map(|entry| entry.pid).collect();
    }
    BTreeSet::new()
}

fn by_port(census: &mut Census, port: u16) -> Result<Vec<Process>> {
    let holders = |census: &Census| -> BTreeSet<ProcessId> {
        let at = |pid: &ProcessId| census.members.get(pid).is_some_and(|member| member.doors.ports().contains(&port));
        census.members.keys().copied().filter(at).collect()
    };
    let mut found = holders(census);
    if found.is_empty() {
        let mut strangers = Vec::new();
        for entry in &census.others {
            if census.doors.read(entry.pid).ports().contains(&port) {
                strangers.push(entry.clone());
            }
        }
        census.admit_embedding(|entry| strangers.iter().any(|stranger| stranger.pid == entry.pid));
        found = holders(census);
        if let (true, Some(stranger)) = (found.is_empty(), strangers.first()) {
            let reason = format!("it is what listens on port {port}");
            return Err(Error::NotPython { pid: stranger.pid.0, name: one_line(&stranger.name), reason });
        }
    }
    if found.is_empty() {
        let unseen = census.members.values().filter(|member| member.doors.unknown.is_some()).count();
        let mut message = if census.doors.is_open_here(port) {
            format!("port {port} is listened on, but by a process that is not visible here")
        } else {
            format!("no process here listens on port {port}")
        };
        if unseen > 0 {
            message.push_str(&format!("; the sockets of {unseen} Python processes are closed to us (another user?)"));
        }
        return Err(Error::NoTarget { message: with_pythons(census, message), hint: why_unseen() });
    }
    one_family(census, &found, &format!("on port {port}"))
}

fn by_name(census: &mut Census, asked: &str) -> Result<Vec<Process>> {
    let mut found = named(census, asked);
    if found.is_empty() {
        census.admit_embedding(|entry| is_called(entry, asked));
        found = named(census, asked);
    }
    if found.is_empty() {
        if let Some(entry) = census.others.iter().find(|entry| is_called(entry, asked)) {
            let below = python_below(census, entry.pid);
            if below.is_empty() {
                return Err(Error::NotPython { pid: entry.pid.0, name: one_line(&entry.name), reason: why_not(entry) });
            }
            return one_family(census, &below, &format!("below {}", one_line(asked)));
        }
        let message = format!("no Python process here is called \"{}\"", one_line(asked));
        return Err(Error::NoTarget { message: with_pythons(census, message), hint: why_unseen() });
    }
    one_family(census, &found, &format!("called \"{}\"", one_line(asked)))
}

/// Members that a name fits: server, script or module, application, or what the kernel calls them.
fn named(census: &Census, asked: &str) -> BTreeSet<ProcessId> {
    let script = asked.strip_suffix(".py").unwrap_or(asked);
    census
        .members
        .values()
        .filter(|member| {
            let place = census.places.get(&member.entry.pid);
            let server = place.map_or(Server::Other, |place| place.server);
            (server != Server::Other && server.word() == asked)
                || member.program.name.as_deref() == Some(script)
                || member.program.application.as_deref() == Some(asked)
                || member.program.application.as_deref().and_then(|name| name.split(':').next()) == Some(script)
                || is_called(&member.entry, asked)
        })
        .filter(|member| census.role(member.entry.pid) != Role::Helper)
        .map(|member| member.entry.pid)
        .collect()
}

fn is_called(entry: &ProcessEntry, asked: &str) -> bool {
    entry.name == asked
        || entry.executable.get().is_some_and(|path| base_name(path) == asked)
        || entry.arguments.first().is_some_and(|first| base_name(first) == asked)
}

fn the_only_one(census: &mut Census) -> Result<Vec<Process>> {
    let meant = |census: &Census, serving: bool| -> BTreeSet<ProcessId> {
        let wanted = |pid: &ProcessId| census.role(*pid) != Role::Helper && (!serving || census.serves(*pid));
        census.members.keys().copied().filter(wanted).collect()
    };
    let mut found = meant(census, true);
    if found.is_empty() {
        found = meant(census, false);
    }
    if found.is_empty() {
        census.admit_embedding(|_| true);
        found = meant(census, false);
    }
    if found.is_empty() {
        let names = census.other_names();
        let message = if names.is_empty() {
            "no other process is visible here".to_owned()
        } else {
            format!("no Python process is visible here, only: {names}")
        };
        return Err(Error::NoTarget { message, hint: why_unseen() });
    }
    one_family(census, &found, "here")
}

/// The targets of the one family that these processes belong to.
fn one_family(census: &Census, found: &BTreeSet<ProcessId>, place: &str) -> Result<Vec<Process>> {
    let heads: BTreeSet<ProcessId> = found.iter().map(|pid| census.head(*pid)).collect();
    if heads.len() > 1 && !same_doors(census, &heads) {
        let message = format!("{} unrelated Python processes {place}:{}", heads.len(), lines(census, &heads));
        return Err(Error::ManyTargets { message });
    }
    Ok(heads.into_iter().flat_map(|head| census.family(head)).collect())
}

/// Whether separate processes are one service: all have the same socket open, as socket activation gives it out.
fn same_doors(census: &Census, heads: &BTreeSet<ProcessId>) -> bool {
    let mut doors = heads.iter().filter_map(|head| census.members.get(head)).map(|member| &member.doors);
    let Some(first) = doors.next() else { return false };
    doors.all(|other| other.shares_with(first))
}

fn with_pythons(census: &Census, mut message: String) -> String {
    let heads: BTreeSet<ProcessId> = census.members.keys().map(|pid| census.head(*pid)).collect();
    if heads.is_empty() {
        message.push_str("; no Python process is visible here");
        return message;
    }
    message.push_str(". Python processes here:");
    message.push_str(&lines(census, &heads));
    message
}

/// A line for each, the first few.
fn lines(census: &Census, heads: &BTreeSet<ProcessId>) -> String {
    let mut lines: String = heads.iter().take(MOST_LINES).map(|head| format!("\n{}", census.line(*head))).collect();
    let more = heads.len().saturating_sub(MOST_LINES);
    if more > 0 {
        lines.push_str(&format!("\n  and {more} more"));
    }
    lines
}

/// How many processes a message lists.
const MOST_LINES: usize = 10;
