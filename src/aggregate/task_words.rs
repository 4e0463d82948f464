//! Tasks in words: what they are called, where they are, what they wait for.

use super::connections::awaited_peer;
use super::phrases::{place_of, place_words};
use crate::classify::{Book, Origin, Place};
use crate::snapshot::{
    Address, Awaited, Frame, Known, Moment, PrimitiveKind, PrimitiveSample, Recording, StackId, TaskCensus, TaskPhase,
    TaskSample,
};

/// A task's name as it is said: `task Task-7`.
#[must_use]
pub fn task_name(tasks: &TaskCensus, address: Address) -> String {
    match tasks.task(address).map(|task| &task.name) {
        Some(Known::Is(name)) => format!("task {name}"),
        _ => format!("task {address}"),
    }
}

/// The frame of a chain that is the user's: the innermost, else the innermost of an installed package that is no known
/// framework, else none.
#[must_use]
pub fn users_frame(recording: &Recording, book: &Book, chain: StackId) -> Option<Frame> {
    let of = |origin: Origin| {
        recording.stack(chain).iter().find(|frame| {
            let facts = book.code(frame.code);
            facts.origin == origin && !facts.is_fragment
        })
    };
    of(Origin::User).or_else(|| of(Origin::Installed)).copied()
}

/// As [`users_frame`], as a place.
#[must_use]
pub fn users_place(recording: &Recording, book: &Book, chain: Known<StackId>) -> Option<Place> {
    let frame = users_frame(recording, book, chain.ok()?)?;
    Some(place_of(recording, frame.code, frame.line))
}

/// What a task waits for: `a lock that fetch (app.py:7) holds`, `10.0.3.7:5432`, `task Task-7`.
#[must_use]
pub fn wait_words(recording: &Recording, tasks: &TaskCensus, task: &TaskSample, now: Moment) -> String {
    let wait = match &task.wait {
        Known::Is(Some(wait)) => wait,
        Known::Is(None) if task.phase == TaskPhase::Running => return "nothing, it runs".to_owned(),
        Known::Is(None) => return "its turn".to_owned(),
        Known::Unknown(why) => return format!("unknown: {}", why.words()),
    };
    match &wait.on {
        Awaited::Task(address) => task_name(tasks, *address),
        Awaited::Gather { children, pending } => format!("{} of {children} tasks", pending.len()),
        Awaited::Primitive(address) => match tasks.primitive(*address) {
            Some(primitive) => primitive_words(recording, primitive),
            None => "a primitive of asyncio".to_owned(),
        },
        Awaited::Sleep { until: Known::Is(until) } => {
            format!("a sleep that ends in {}", super::phrases::length_words(until.since(now)))
        }
        Awaited::Sleep { until: Known::Unknown(_) } => "a sleep".to_owned(),
        Awaited::Executor { thread: Known::Is(thread) } => format!("a call in thread {thread}"),
        Awaited::Executor { thread: Known::Unknown(_) } => "a call that no thread runs yet".to_owned(),
        on @ Awaited::Connection { sends, .. } => match (awaited_peer(recording, on), sends) {
            (Some(peer), false) => format!("data from {peer}"),
            (None, false) => "data of a connection".to_owned(),
            (Some(peer), true) => format!("{peer} to take data"),
            (None, true) => "a connection to take data".to_owned(),
        },
        Awaited::Future => "a future".to_owned(),
    }
}

/// A primitive: `an asyncio.Lock held by fetch (app.py:7)`, `a full asyncio.Queue of 10`.
#[must_use]
pub fn primitive_words(recording: &Recording, primitive: &PrimitiveSample) -> String {
    let holder = primitive.holders.first().map(|hold| place_of(recording, hold.frame.code, hold.frame.line));
    let held = holder.map(|place| format!(" held by {}", place_words(&place))).unwrap_or_default();
    match primitive.kind {
        PrimitiveKind::Lock => format!("an asyncio.Lock{held}"),
        PrimitiveKind::Semaphore => format!("an asyncio.Semaphore{held}"),
        PrimitiveKind::Event => "an asyncio.Event".to_owned(),
        PrimitiveKind::Condition => "an asyncio.Condition".to_owned(),
        PrimitiveKind::Queue => match (primitive.value, primitive.limit) {
            (Known::Is(items), Known::Is(Some(limit))) if items >= limit => format!("a full asyncio.Queue of {limit}"),
            (Known::Is(0), _) => "an empty asyncio.Queue".to_owned(),
            _ => "an asyncio.Queue".to_owned(),
        },
    }
}
