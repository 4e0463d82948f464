//! Waiting for another thread through one of Python's own bridges: a queue, a future, a pool, a module's lock.

use super::Detector;
use crate::classify::{Activity, Cause, Doing, Resource, SecondParty, Sight};
use crate::libraries::Marks;
use crate::snapshot::{Call, DescriptorKind};

pub(super) struct WaitingForThread;

/// What it means, in the order in which it is asked: a pool that waits on a queue is a pool.
const BRIDGES: &[(Marks, Cause, Doing)] = &[
    (Marks::MODULE_LOCK, Cause::ImportLock, Doing::AwaitsImport),
    (Marks::POOL, Cause::PoolCheckout, Doing::AwaitsPool),
    (Marks::FUTURE, Cause::FutureResult, Doing::AwaitsFuture),
    (Marks::QUEUE, Cause::QueueWait, Doing::AwaitsQueue),
    (Marks::JOIN, Cause::FutureResult, Doing::AwaitsThreadEnd),
];

impl Detector for WaitingForThread {
    fn detect(&self, sight: &Sight<'_>) -> Option<Activity> {
        let inner = sight.facts().inner;
        let (marks, cause, does) = BRIDGES.iter().find(|bridge| inner.has(bridge.0))?;
        let waits = match sight.call()? {
            Call::Futex => true,
            // Queues and results between processes come through a pipe.
            Call::Read | Call::Poll => on_pipe(sight) && marks.has(Marks::QUEUE.and(Marks::FUTURE)),
            _ => false,
        };
        let party = match cause {
            Cause::PoolCheckout => SecondParty::Resource { resource: Resource::ConnectionPool },
            Cause::ImportLock => sight.lock_party(),
            _ => SecondParty::None,
        };
        let does = match does {
            Doing::AwaitsQueue if puts(sight) => Doing::AwaitsRoomInQueue,
            does => does.clone(),
        };
        waits.then(|| Activity::waiting(*cause, does).with(party))
    }
}

/// Whether the innermost function of a queue is the one that puts something into it.
fn puts(sight: &Sight<'_>) -> bool {
    let frames = sight.stack().map(|stack| sight.recording.stack(stack)).unwrap_or_default();
    let of_queue = frames.iter().find(|frame| sight.book.code(frame.code).marks.has(Marks::QUEUE));
    let code = of_queue.and_then(|frame| sight.recording.code(frame.code));
    code.is_some_and(|code| code.name == "put")
}

fn on_pipe(sight: &Sight<'_>) -> bool {
    sight.waits_on().iter().any(|descriptor| matches!(descriptor.kind, DescriptorKind::Pipe { .. }))
}
