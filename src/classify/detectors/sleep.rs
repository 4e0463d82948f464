//! Sleeping for a time: `time.sleep`, or native code that tries again later.

use super::Detector;
use super::file_lock::holder;
use crate::classify::{Activity, Cause, Doing, Opened, SecondParty, Sight};
use crate::libraries::{self, Home, Marks};
use crate::snapshot::{Call, Operand};

pub(super) struct Sleeping;

/// `CLOCK_MONOTONIC`: `time.sleep` sleeps on it from 3.11 on (CPython `Modules/timemodule.c`, `pysleep`), until an absolute
/// time. `usleep` and `nanosleep` of the C library sleep on the real-time clock for a span.
const MONOTONIC: u64 = 1;
/// `TIMER_ABSTIME`
const UNTIL: u64 = 1;

impl Detector for Sleeping {
    fn detect(&self, sight: &Sight<'_>) -> Option<Activity> {
        let (syscall, arguments) = sight.syscall()?;
        let native = match (syscall.call, syscall.operand) {
            (Call::Sleep, _) => syscall.name == "nanosleep" || arguments[0] != MONOTONIC || arguments[1] != UNTIL,
            // Up to 3.10 `time.sleep` is a `select` of nothing; a `poll` of nothing is a sleep as well.
            (Call::Poll, Operand::SelectSets) if arguments[0] == 0 => false,
            (Call::Poll, Operand::PollArray) if arguments[1] == 0 => true,
            _ => return None,
        };
        if native && let Some(busy) = sqlite_busy(sight) {
            return Some(busy);
        }
        let does = match sleeping_package(sight) {
            _ if native => Doing::SleepsNative,
            Some(library) => Doing::SleepsWithin { library: library.to_owned() },
            None => Doing::Sleeps,
        };
        Some(Activity::waiting(Cause::Sleep, does))
    }
}

/// The installed package whose function sleeps; `None` where it is the user's own, or one that is not known.
fn sleeping_package<'a>(sight: &Sight<'a>) -> Option<&'a str> {
    match Home::of(&sight.recording.codes(sight.stack()?).next()?.file) {
        Home::Installed { package } => Some(package),
        Home::Standard(_) | Home::Elsewhere => None,
    }
}

/// SQLite's busy handler sleeps between tries in steps of up to 100 ms; a record lock stands in `/proc/locks` meanwhile. Where
/// that lock is not visible, a statement that sleeps in native code right under the user's frame is enough for a guess: other
/// drivers wait on a socket.
fn sqlite_busy(sight: &Sight<'_>) -> Option<Activity> {
    let locks = sight.surroundings.and_then(|around| around.file_locks.get());
    let lock = locks.and_then(|all| all.iter().find(|lock| lock.kind == "POSIX"));
    let in_driver = sight.inner(Marks::SQLITE);
    let statement = sight.calls(|name| libraries::call_marks(name).has(Marks::SQLITE));
    let by_lock = lock.is_some() && statement != Some(false);
    let by_call = sight.user_calls_native() && statement == Some(true);
    if !in_driver && !by_lock && !by_call {
        return None;
    }
    let held_by = lock.map(|lock| holder(lock, sight)).into_iter().collect();
    let file = Opened::Database { inode: lock.map(|lock| lock.inode) };
    let found = Activity::waiting(Cause::SqliteBusy, Doing::AwaitsSqlite).with(SecondParty::File { file, held_by });
    Some(if in_driver && lock.is_some() { found } else { found.guessed() })
}
