//! The names that a program gave its threads: `threading._active`.
//!
//! Names are read when a thread appears and kept for as long as it lives. A thread that was started by a library
//! written in C may never get one, so we stop asking for it soon.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::live::LiveThread;
use crate::libraries::threading;
use crate::memory::{ReadError, u64_at};
use crate::os::threads::MOST_THREADS;
use crate::read::objects::builtin::Objects;
use crate::snapshot::{Address, Known, Moment, ThreadId, Why};

/// How long to wait before asking again for a name that was not there: a thread has its kernel id before it has its
/// place in `threading._active`. Doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// The longest such wait.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The names of one process's threads.
#[derive(Debug, Default)]
pub(crate) struct ThreadNames {
    known: HashMap<ThreadId, String>,
    /// Threads that were not named when we last asked: when to ask again, and the wait after that.
    nameless: HashMap<ThreadId, (Moment, Duration)>,
}

impl ThreadNames {
    /// The name of a thread.
    pub(crate) fn get(&self, thread: ThreadId) -> Known<String> {
        match self.known.get(&thread) {
            Some(name) => Known::Is(name.clone()),
            None if self.nameless.contains_key(&thread) => Known::Unknown(Why::NotInThisPython),
            None => Known::Unknown(Why::NotRead),
        }
    }

    /// Reads the names of threads that are new, and forgets those that are gone.
    pub(crate) fn refresh(
        &mut self,
        objects: Objects<'_>,
        interpreters: &[Address],
        threads: &[LiveThread],
        now: Moment,
    ) {
        let there: HashSet<ThreadId> = threads.iter().map(|thread| thread.thread).collect();
        self.known.retain(|thread, _| there.contains(thread));
        self.nameless.retain(|thread, _| there.contains(thread));
        for (index, interpreter) in interpreters.iter().enumerate() {
            let wanted: Vec<(u64, ThreadId)> = threads
                .iter()
                .filter(|thread| usize::from(thread.interpreter) == index && self.is_due(thread.thread, now))
                .filter_map(|thread| {
                    let identity = u64_at(&thread.state_bytes, objects.offsets.thread.thread_id)?;
                    Some((identity, thread.thread))
                })
                .collect();
            if wanted.is_empty() {
                continue;
            }
            // What cannot be read now is asked for again later, like a name that is not there yet.
            let names = names_of(objects, *interpreter, &wanted).unwrap_or_default();
            for (_, thread) in wanted {
                match names.get(&thread) {
                    Some(name) => {
                        self.nameless.remove(&thread);
                        self.known.insert(thread, name.clone());
                    }
                    None => {
                        let pause = self.nameless.get(&thread).map_or(FIRST_PAUSE, |(_, pause)| *pause);
                        let next = Moment(now.0.saturating_add(pause.as_nanos() as u64));
                        self.nameless.insert(thread, (next, (pause * 2).min(LONGEST_PAUSE)));
                    }
                }
            }
        }
    }

    fn is_due(&self, thread: ThreadId, now: Moment) -> bool {
        !self.known.contains_key(&thread) && self.nameless.get(&thread).is_none_or(|(next, _)| *next <= now)
    }
}

/// The names of the threads with these `pthread_t`s.
fn names_of(
    objects: Objects<'_>,
    interpreter: Address,
    wanted: &[(u64, ThreadId)],
) -> Result<HashMap<ThreadId, String>, ReadError> {
    let mut names = HashMap::new();
    let Some(active) = objects.module_attribute(interpreter, threading::MODULE, threading::ACTIVE)? else {
        return Ok(names);
    };
    for entry in objects.dict_entries(active.value)?.into_iter().take(MOST_THREADS) {
        let Ok(identity) = objects.integer(entry.key) else { continue };
        let Some((_, thread)) = wanted.iter().find(|(wanted, _)| *wanted == identity.cast_unsigned()) else { continue };
        if let Ok(Some(name)) = objects.attribute(entry.value, threading::NAME)
            && let Ok(name) = objects.label(name.value)
        {
            names.insert(*thread, name);
        }
    }
    Ok(names)
}
