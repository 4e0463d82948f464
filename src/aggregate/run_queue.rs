//! Time in the queue for a CPU: what a thread was ready to do and was not let, by the kernel's own count (`schedstat`).

use std::time::Duration;

use super::track::LookAt;

/// In the queue for at least this share of the time, the lack of a CPU has its part in it.
const NOTABLE_SHARE: f64 = 0.25;

/// How long the thread of these looks was in the queue for a CPU, and how long it was looked at; `None` where that is not known.
#[must_use]
pub fn queued(looks: &[&LookAt<'_>]) -> Option<(Duration, Duration)> {
    let mut told = looks.iter().filter_map(|seen| Some((seen.at, seen.thread?.os.cpu.get()?.run_queue_ns)));
    let (first, last) = (told.next()?, told.next_back()?);
    Some((Duration::from_nanos(last.1.checked_sub(first.1)?), last.0.since(first.0)))
}

/// The same where it is a notable part of the time.
#[must_use]
pub(super) fn notably_queued(looks: &[&LookAt<'_>]) -> Option<(Duration, Duration)> {
    queued(looks)
        .filter(|(queued, span)| queued.as_secs_f64() >= span.as_secs_f64() * NOTABLE_SHARE && !queued.is_zero())
}
