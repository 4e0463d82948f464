//! What tasks wait for, and who could end that, in words.

use super::{place, who};
use crate::aggregate::{CouldEnd, Ender, Progress};
use crate::classify::{Object, Primitive, WaitsFor};
use crate::figures::{length, seconds};
use crate::snapshot::{DescriptorKind, Ending, Known, Moment, PrimitiveKind};

/// What a task waits for: `a lock that fetch (app.py:7) holds`, `10.0.3.7:5432`, `task Task-7`.
#[must_use]
pub fn waits_for(wait: &WaitsFor) -> String {
    match wait {
        WaitsFor::Nothing => "nothing, it runs".to_owned(),
        WaitsFor::Turn => "its turn".to_owned(),
        WaitsFor::NotKnown { why } => format!("unknown: {}", why.words()),
        WaitsFor::Task { task } => who(task),
        WaitsFor::Tasks { pending, of } => format!("{pending} of {of} tasks"),
        WaitsFor::Primitive { state: Some(state) } => primitive(state),
        WaitsFor::Primitive { state: None } => "a primitive of asyncio".to_owned(),
        WaitsFor::Sleep { ends_in_s: Some(ends_in_s) } => format!("a sleep that ends in {}", seconds(*ends_in_s)),
        WaitsFor::Sleep { ends_in_s: None } => "a sleep".to_owned(),
        WaitsFor::Call { thread: Some(thread) } => format!("a call in thread {thread}"),
        WaitsFor::Call { thread: None } => "a call that no thread runs yet".to_owned(),
        WaitsFor::Connection { peer: Some(peer), sends: false } => format!("data from {peer}"),
        WaitsFor::Connection { peer: None, sends: false } => "data of a connection".to_owned(),
        WaitsFor::Connection { peer: Some(peer), sends: true } => format!("{peer} to take data"),
        WaitsFor::Connection { peer: None, sends: true } => "a connection to take data".to_owned(),
        WaitsFor::Future => "a future".to_owned(),
    }
}

/// The class of a primitive of asyncio.
pub(super) fn class(kind: PrimitiveKind) -> String {
    let class = match kind {
        PrimitiveKind::Lock => "Lock",
        PrimitiveKind::Semaphore => "Semaphore",
        PrimitiveKind::Event => "Event",
        PrimitiveKind::Condition => "Condition",
        PrimitiveKind::Queue => "Queue",
    };
    format!("asyncio.{class}")
}

/// A primitive of asyncio, with its article.
pub(super) fn lock(kind: PrimitiveKind) -> String {
    format!("an {}", class(kind))
}

/// A primitive: `an asyncio.Lock held by fetch (app.py:7)`, `a full asyncio.Queue of 10`.
fn primitive(state: &Primitive) -> String {
    let word = lock(state.primitive);
    let held = || state.held_in.as_ref().map(|at| format!(" held by {}", place(at))).unwrap_or_default();
    match (state.primitive, state.items) {
        (PrimitiveKind::Lock | PrimitiveKind::Semaphore, _) => format!("{word}{}", held()),
        (_, Some((items, Some(limit)))) if items >= limit => format!("a full asyncio.Queue of {limit}"),
        (_, Some((0, _))) => "an empty asyncio.Queue".to_owned(),
        _ => word,
    }
}

/// What is awaited and by which call: `an asyncio.Semaphore in Semaphore.acquire() of asyncio`.
#[must_use]
pub(super) fn object(object: &Object) -> String {
    let words = waits_for(&object.waits_for);
    match (&object.method, &object.waits_for) {
        (Some((function, package)), WaitsFor::Future) => format!("{function} of {package}"),
        (Some((function, package)), _) => format!("{words} in {function} of {package}"),
        (None, _) => words,
    }
}

/// What gets ahead meanwhile: `load_model (app.py:8) computes in thread 31`.
#[must_use]
pub(super) fn progress(progress: &Progress) -> String {
    match progress {
        Progress::ThreadComputes { place: Some(at), thread } => format!("{} computes in thread {thread}", place(at)),
        Progress::ThreadComputes { place: None, thread } => format!("a call computes in thread {thread}"),
        Progress::ChildWorks { pid, name } => format!("child process {pid} ({name}) is at work"),
        Progress::BytesArrive { peer } => format!("bytes of {peer} arrive"),
        Progress::TaskGoesOn { task } => format!("{} goes on from step to step", who(task)),
    }
}

/// Who could end a wait, in words that go on with a sentence.
pub(super) fn could_end(who: &CouldEnd) -> String {
    match who {
        CouldEnd::Peer { peer } => format!("; {peer} could end that"),
        CouldEnd::Thread { thread } => {
            format!("; a call in thread {thread}, which does not move, could end that")
        }
        CouldEnd::Child { pid } => format!("; child process {pid}, which sleeps, could end that"),
        CouldEnd::WritingChild { pid, name } => format!(
            "; child process {pid} ({name}) waits to write into a pipe that only this process could read: neither goes on"
        ),
        CouldEnd::Client => "; only the client can end that, by sending more or by going away".to_owned(),
        CouldEnd::Limit { left_s } => format!("; a time limit ends that in {}", seconds(*left_s)),
        CouldEnd::Descriptor { number } => format!("; something on descriptor {number} could end that"),
        CouldEnd::Nobody => "; nobody is in sight who would end that".to_owned(),
    }
}

/// Somebody who could end a wait: `127.0.0.1:5432`, `the client`, `a timer in 3.0 s`.
#[must_use]
pub fn ender(ender: &Ender) -> String {
    match ender {
        Ender::Peer { peer, client: true } => format!("the client at {peer}"),
        Ender::Peer { peer, client: false } => peer.clone(),
        Ender::Task(task) => who(task),
        Ender::Itself(ending, now) => itself(ending, *now),
    }
}

fn itself(ending: &Ending, now: Moment) -> String {
    match ending {
        Ending::Descriptor { number, kind } => descriptor(*number, kind),
        Ending::Timer { due: Known::Is(due) } if *due > now => format!("a timer in {}", length(due.since(now))),
        Ending::Timer { .. } => "a timer".to_owned(),
        Ending::Limit { lasts } => format!("its own time of {}", length(*lasts)),
        Ending::Asked { lasts } => format!("an answer that was asked for within {}", length(*lasts)),
        Ending::Thread { thread } => format!("a call in thread {thread}"),
        Ending::Queued { thread } => format!("a call in the queue of thread {thread}"),
        Ending::Child { pid } => format!("the end of child {pid}"),
        Ending::Task { task } => format!("task {task}"),
        Ending::Ready => "a callback that is about to run".to_owned(),
    }
}

fn descriptor(number: i32, kind: &Known<DescriptorKind>) -> String {
    match kind {
        Known::Is(DescriptorKind::Unix { path }) if !path.is_empty() => path.clone(),
        Known::Is(DescriptorKind::Pipe { others, .. }) => match others.first() {
            Some((pid, name)) => format!("{name} (pid {pid}) at the other end of a pipe"),
            None => "the other end of a pipe, which nobody else has".to_owned(),
        },
        _ => format!("something on descriptor {number}"),
    }
}
