//! Waiting for work, as it should: a loop in its own poll, a parked worker, somebody else's poller.

use super::Detector;
use crate::classify::{Activity, Doing, Manner, Sight};
use crate::libraries::Marks;
use crate::snapshot::Call;

pub(super) struct Idle;

impl Detector for Idle {
    fn detect(&self, sight: &Sight<'_>) -> Option<Activity> {
        let call = sight.call()?;
        let facts = sight.facts();
        match call {
            // A callback of a loop may poll as well, on another descriptor; then the loop is not idle.
            Call::Epoll if sight.event_loop.is_none() || is_own_poll(sight) => {
                Some(Activity::plain(Manner::Idle, Doing::Polls))
            }
            Call::Futex if facts.user.is_none() && facts.all.has(Marks::WORKER) => {
                let parked = facts.inner.has(Marks::QUEUE) || innermost_is_worker(sight);
                parked.then(|| Activity::plain(Manner::Idle, Doing::AwaitsWork))
            }
            Call::Signal => Some(Activity::plain(Manner::Idle, Doing::AwaitsSignal)),
            _ => None,
        }
    }
}

/// Whether the loop's thread waits on the loop's own descriptor. Where that is not known, the frames have to say it.
pub(in crate::classify) fn is_own_poll(sight: &Sight<'_>) -> bool {
    let Some(event_loop) = sight.event_loop else { return false };
    let Some((number, arguments)) = sight.syscall() else { return false };
    if number.call != Call::Epoll {
        return false;
    }
    match event_loop.poll_descriptor.get() {
        Some(descriptor) => u64::try_from(*descriptor).is_ok_and(|own| own == arguments[0] & 0xffff_ffff),
        None => {
            let facts = sight.facts();
            facts.under_loop && facts.user.is_none() && (facts.step == 0 || facts.inner.has(Marks::SELECT))
        }
    }
}

fn innermost_is_worker(sight: &Sight<'_>) -> bool {
    let frame = sight.stack().and_then(|stack| sight.recording.stack(stack).first());
    frame.is_some_and(|frame| sight.book.code(frame.code).marks.has(Marks::WORKER))
}
