//! What a task waits for at a moment.

use super::connections::awaited_peer;
use super::places::place_of;
use crate::classify::{Primitive, WaitsFor};
use crate::snapshot::{
    Awaited, Known, Moment, PrimitiveKind, PrimitiveSample, Recording, TaskCensus, TaskPhase, TaskSample,
};

/// What a task waits for at a moment.
#[must_use]
pub fn waits_for(recording: &Recording, tasks: &TaskCensus, task: &TaskSample, now: Moment) -> WaitsFor {
    let wait = match &task.wait {
        Known::Is(Some(wait)) => wait,
        Known::Is(None) if task.phase == TaskPhase::Running => return WaitsFor::Nothing,
        Known::Is(None) => return WaitsFor::Turn,
        Known::Unknown(why) => return WaitsFor::NotKnown { why: *why },
    };
    match &wait.on {
        Awaited::Task(address) => WaitsFor::Task { task: super::task(tasks, *address) },
        Awaited::Gather { children, pending } => WaitsFor::Tasks { pending: pending.len() as u64, of: *children },
        Awaited::Primitive(address) => {
            let primitive = tasks.primitive(*address);
            WaitsFor::Primitive { state: primitive.map(|primitive| primitive_of(recording, primitive)) }
        }
        Awaited::Sleep { until } => {
            WaitsFor::Sleep { ends_in_s: until.get().map(|until| until.since(now).as_secs_f64()) }
        }
        Awaited::Executor { thread } => WaitsFor::Call { thread: thread.ok() },
        on @ Awaited::Connection { sends, .. } => {
            WaitsFor::Connection { peer: awaited_peer(recording, on).map(str::to_owned), sends: *sends }
        }
        Awaited::Future => WaitsFor::Future,
    }
}

/// A primitive as it was read.
fn primitive_of(recording: &Recording, primitive: &PrimitiveSample) -> Primitive {
    let holder = primitive.holders.first();
    Primitive {
        primitive: primitive.kind,
        held_in: holder.map(|hold| place_of(recording, hold.frame.code, hold.frame.line)),
        items: primitive.value.ok().filter(|_| primitive.kind == PrimitiveKind::Queue).map(|items| {
            let limit = primitive.limit.ok().flatten();
            (items, limit)
        }),
    }
}
