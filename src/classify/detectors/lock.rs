//! Waiting for a lock, a condition or an event; or parked in native code, which looks the same.

use super::Detector;
use crate::classify::{Activity, Cause, Doing, Lock, Manner, SecondParty, Sight};
use crate::libraries::{self, Marks};
use crate::snapshot::{Call, DescriptorKind, Known};

pub(super) struct WaitingForLock;

/// How librdkafka names its threads.
const KAFKA_THREAD: &str = "rdk:";
/// Calls of confluent-kafka that wait inside librdkafka.
const KAFKA_CALLS: &[&str] = &[
    "poll(",
    "consume(",
    "flush(",
    "list_topics(",
    "commit(",
    "committed(",
    "get_watermark_offsets(",
    "offsets_for_times(",
    "close(",
    "init_transactions(",
    "commit_transaction(",
];

impl Detector for WaitingForLock {
    fn detect(&self, sight: &Sight<'_>) -> Option<Activity> {
        if sight.call()? != Call::Futex {
            return None;
        }
        if sight.thread.python.is_none() {
            return Some(Activity::plain(Manner::Idle, Doing::ParkedNative));
        }
        if sight.lock().is_some() {
            return Some(for_lock(sight));
        }
        if let Some(parked) = in_kafka(sight) {
            return Some(parked);
        }
        let lock = if sight.inner(Marks::LOGGING) { Lock::Logging } else { Lock::Plain };
        Some(Activity::waiting(Cause::Lock, Doing::AwaitsLock { lock }))
    }
}

/// A lock that was recognised, held by whom.
fn for_lock(sight: &Sight<'_>) -> Activity {
    let lock = match (sight.holds_own_lock(), sight.inner(Marks::LOGGING)) {
        (true, _) => Lock::Own,
        (false, true) => Lock::Logging,
        (false, false) => Lock::Plain,
    };
    Activity::waiting(Cause::Lock, Doing::AwaitsLock { lock }).with(sight.lock_party())
}

/// A user's line that calls into librdkafka has no Python frame below it; the library's own threads and the line's words
/// say where it waits, and their connections for whom.
fn in_kafka(sight: &Sight<'_>) -> Option<Activity> {
    let is_kafka = |name: &Known<String>| name.get().is_some_and(|name| name.starts_with(KAFKA_THREAD));
    let mut threads = sight.snapshot.threads.iter().filter(|thread| is_kafka(&thread.kernel_name)).peekable();
    threads.peek()?;
    let line = sight.user_line();
    if !sight.user_calls_native() || line.is_some_and(|line| !KAFKA_CALLS.iter().any(|call| line.contains(call))) {
        return None;
    }
    let polled = threads.flat_map(|thread| &thread.os.waits_on).find_map(|descriptor| match &descriptor.kind {
        DescriptorKind::Inet { peer: Some(peer), .. } => Some(peer.clone()),
        _ => None,
    });
    let connections = sight.surroundings.and_then(|around| around.connections.get());
    let broker = polled.or_else(|| {
        let is_broker =
            |peer: &str| libraries::port(peer).and_then(|port| libraries::service(peer, port)) == Some("kafka");
        connections?.iter().find(|connection| is_broker(&connection.peer)).map(|connection| connection.peer.clone())
    });
    let does = Doing::InLibrdkafka { broker: broker.clone() };
    let party = broker.map_or_else(
        || SecondParty::Resource { name: "librdkafka".to_owned() },
        |address| SecondParty::Peer { address, service: Some("kafka".to_owned()) },
    );
    let found = Activity::waiting(Cause::Lock, does).with(party);
    Some(if line.is_some() { found } else { found.guessed() })
}
