//! Waiting for another thread through one of Python's own bridges: a queue, a future, a pool, a module's lock.

use super::Detector;
use crate::classify::{Activity, Cause, Doing, SecondParty, Sight};
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
            Cause::PoolCheckout => SecondParty::Resource { name: "connection pool".to_owned() },
            Cause::ImportLock => sight.lock_party(),
            _ => SecondParty::None,
        };
        waits.then(|| Activity::waiting(*cause, does.clone()).with(party))
    }
}

fn on_pipe(sight: &Sight<'_>) -> bool {
    sight.waits_on().iter().any(|descriptor| matches!(descriptor.kind, DescriptorKind::Pipe { .. }))
}
