//! The other side of a wait, in words.

use super::doing::{fifo_words, left_output, pipe_words, sink_words, stuck_state};
use super::pools::things;
use super::waits::{class, lock, object};
use super::who;
use crate::aggregate::SecondParty;
use crate::classify::{Holder, Opened, OtherProcess, Resource};
use crate::snapshot::PrimitiveKind;

/// How many processes are named.
const MOST_NAMED: usize = 3;

/// The other side in words; `None` when there is none.
#[must_use]
pub fn party(party: &SecondParty) -> Option<String> {
    match party {
        SecondParty::Peer { address, service: Some(service) } => Some(format!("{address} ({service})")),
        SecondParty::Peer { address, service: None } => Some(address.clone()),
        SecondParty::Holder { holder: by, .. } => Some(holder(by)),
        SecondParty::Child { pid, name, .. } => Some(format!("child process {pid} ({name})")),
        SecondParty::File { file, held_by: by } => Some(match held_by(by) {
            Some(by) => format!("{}, held by {by}", opened(file)),
            None => opened(file),
        }),
        SecondParty::Resource { resource: of } => Some(resource(of)),
        SecondParty::None => None,
    }
}

/// Who holds something.
#[must_use]
pub fn holder(holder: &Holder) -> String {
    match holder {
        Holder::Other { who: other } => who(other),
        Holder::SameThread => "the same thread".to_owned(),
        Holder::SameTask => "the same task".to_owned(),
        Holder::GoneThread => "a thread that is not in this process any more".to_owned(),
        Holder::ParentsThread { parent } => {
            let parent = parent.map(|pid| format!(" {pid}")).unwrap_or_default();
            format!("a thread of the parent process{parent}, which is not in this one")
        }
        Holder::Tracer { pid } => format!("tracer, pid {pid}"),
        Holder::WaitsForGil { suspects } => match suspects.as_slice() {
            [one] => format!("{}, which waits for the GIL", who(one)),
            many => {
                let names: Vec<String> = many.iter().take(MOST_NAMED).map(who).collect();
                format!("one of {} threads that wait for the GIL, such as {}", many.len(), names.join(", "))
            }
        },
    }
}

/// Something that is open.
#[must_use]
pub fn opened(file: &Opened) -> String {
    match file {
        Opened::Path { path } => path.clone(),
        Opened::Sink { sink, descriptor } => sink_words(sink, *descriptor),
        Opened::Pipe { path, descriptor } => pipe_words(path.as_deref(), *descriptor),
        Opened::Fifo { path, missing } => fifo_words(path.as_deref(), *missing),
        Opened::LeftOutput { pid, name } => left_output(*pid, name),
        Opened::Database { inode: Some(inode) } => format!("the database (inode {inode})"),
        Opened::Database { inode: None } => "the database".to_owned(),
    }
}

/// The processes that have it; `None` where they are not known.
#[must_use]
pub fn held_by(processes: &[OtherProcess]) -> Option<String> {
    let named: Vec<String> = processes.iter().take(MOST_NAMED).map(process).collect();
    match (named.is_empty(), processes.len().saturating_sub(MOST_NAMED)) {
        (true, _) => None,
        (false, 0) => Some(named.join(", ")),
        (false, more) => Some(format!("{} and {more} more", named.join(", "))),
    }
}

fn process(process: &OtherProcess) -> String {
    let Some(pid) = process.pid else { return "this process itself".to_owned() };
    let name = process.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
    let state = process.state.and_then(stuck_state).map(|state| format!(", which {state}")).unwrap_or_default();
    format!("pid {pid}{name}{state}")
}

/// The state of a child process, of the kernel's letter.
#[must_use]
pub fn child_state(letter: char) -> String {
    let words = match letter {
        'R' => "running",
        'S' => "asleep",
        'D' => "in uninterruptible sleep",
        'T' => "stopped by a signal",
        't' => "stopped by a tracer",
        'Z' => "ended and not reaped",
        _ => return format!("state {letter}"),
    };
    words.to_owned()
}

/// A pool, control group or limit.
#[must_use]
pub fn resource(resource: &Resource) -> String {
    match resource {
        Resource::Library { name } => name.clone(),
        Resource::ConnectionPool => "connection pool".to_owned(),
        Resource::Pool { pool, size } => things(*pool, *size),
        // Of what holds something up its class alone is said: nobody has it.
        Resource::Primitive { primitive: held @ (PrimitiveKind::Lock | PrimitiveKind::Semaphore) } => lock(*held),
        Resource::Primitive { primitive } => class(*primitive),
        Resource::Awaited { object: awaited } => object(awaited),
        Resource::IdleLoop => "an event loop that no thread runs".to_owned(),
        Resource::Child { pid } => format!("child process {pid}"),
        Resource::Memory { mib } => format!("the memory limit of {mib} MiB"),
        Resource::Cpu { cores } => format!("CPU quota{}", quota(*cores)),
        Resource::Descriptors { limit } => format!("{limit} file descriptors (ulimit -n)"),
        Resource::Freezer { group: Some(group) } => format!("the freezer of {group}"),
        Resource::Freezer { group: None } => "the cgroup freezer".to_owned(),
    }
}

/// ` of 0.8 cores`
pub(super) fn quota(cores: Option<f64>) -> String {
    cores.map(|cores| format!(" of {cores} cores")).unwrap_or_default()
}
