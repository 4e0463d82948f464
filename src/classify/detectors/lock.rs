//! Waiting for a lock, a condition or an event; or parked in native code, which looks the same.

use super::Detector;
use crate::classify::{Activity, Cause, Doing, Lock, Manner, Resource, SecondParty, Sight};
use crate::libraries::{self, Marks};
use crate::snapshot::{Call, DescriptorKind, Known, ThreadSample};

pub(super) struct WaitingForLock;

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
        if let Some(parked) = in_native_library(sight) {
            return Some(parked);
        }
        Some(Activity::waiting(Cause::Lock, Doing::AwaitsLock { lock: of_others(sight) }))
    }
}

/// What kind of lock it is, when the thread does not hold it itself.
fn of_others(sight: &Sight<'_>) -> Lock {
    let kinds = [(Marks::LOGGING, Lock::Logging), (Marks::SIGN, Lock::Sign)];
    kinds.into_iter().find(|(marks, _)| sight.inner(*marks)).map_or(Lock::Plain, |(_, lock)| lock)
}

/// A lock that was recognised, held by whom.
fn for_lock(sight: &Sight<'_>) -> Activity {
    let party = sight.lock_party();
    let lock = match of_others(sight) {
        _ if sight.holds_own_lock() => Lock::Own,
        // The sign came, and somebody has the lock that belongs to it.
        Lock::Sign if party != SecondParty::None => Lock::Plain,
        lock => lock,
    };
    Activity::waiting(Cause::Lock, Doing::AwaitsLock { lock }).with(party)
}

/// A user's line that calls into a native library has no Python frame below it; the library's own threads and the name of the
/// call say where it waits, and their connections for whom.
fn in_native_library(sight: &Sight<'_>) -> Option<Activity> {
    let native_of = |name: &Known<String>| name.get().and_then(|name| libraries::native_of_thread(name));
    let of_thread = |thread: &ThreadSample| native_of(&thread.kernel_name).filter(|native| !native.calls.is_empty());
    let native = sight.snapshot.threads.iter().find_map(|thread| of_thread(thread))?;
    let calls = sight.calls(|name| native.calls.contains(&name));
    if !sight.user_calls_native() || calls == Some(false) {
        return None;
    }
    let threads = sight.snapshot.threads.iter().filter(|thread| of_thread(thread) == Some(native));
    let polled = threads.flat_map(|thread| &thread.os.waits_on).find_map(|descriptor| match &descriptor.kind {
        DescriptorKind::Inet { peer: Some(peer), .. } => Some(peer.clone()),
        _ => None,
    });
    let connections = sight.surroundings.and_then(|around| around.connections.get());
    let server = polled.or_else(|| {
        let serves = |peer: &str| {
            let service = libraries::port(peer).and_then(|port| libraries::service(peer, port));
            service.is_some() && service == native.service
        };
        connections?.iter().find(|connection| serves(&connection.peer)).map(|connection| connection.peer.clone())
    });
    let does = Doing::InLibrary { library: native.name.to_owned(), server: server.clone() };
    let party = server.map_or_else(
        || SecondParty::Resource { resource: Resource::Library { name: native.name.to_owned() } },
        |address| SecondParty::Peer { address, service: native.service.map(str::to_owned) },
    );
    let found = Activity::waiting(Cause::Lock, does).with(party);
    Some(if calls.is_some() { found } else { found.guessed() })
}
