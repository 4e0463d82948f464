//! Requests that stand still: where, for what, and who could end that.
//!
//! A request stands still when every task on the way from the one that serves it to what it waits for has been in the same wait
//! for the whole look, and it is old by the kernel's or the server's account or by what was seen. It is left alone when something
//! ends its wait by itself: a timer, a time that the call was given, a call that runs, a peer that was heard lately.

use std::time::Duration;

use super::censuses::{awaiting, waited};
use super::connections::{awaited_connection, by_descriptor, connection_of, is_incoming, request_age, silent_for};
use super::workers::polls;
use super::{Analysis, users_frame};
use crate::classify::Cause;
use crate::libraries::{self, Marks};
use crate::snapshot::{
    Address, Awaited, Census, Ending, Known, ProcessId, RequestSample, Surroundings, TaskCensus, TaskPhase, TaskSample,
    ThreadId, Why,
};

/// A request that stands for so long is slow by any measure, and people have left by then.
pub(super) const LONG: Duration = Duration::from_secs(10);
/// A time limit that ends a wait later than this comes too late for whoever waits.
const FAR: Duration = Duration::from_secs(60);
/// A time that a call was given may be over by so much before it is not believed.
const LATE: Duration = Duration::from_secs(2);
/// Tasks that one request is followed through.
const MOST_TASKS: usize = 32;
/// Primitives that one wait is followed through, each by who holds it.
const MOST_HOLDERS: usize = 4;

/// A request that stands still, and that nothing ends by itself as far as can be seen.
#[derive(Clone, Debug)]
pub(super) struct Standing<'a> {
    pub(super) request: &'a RequestSample,
    /// How old it is at least.
    pub(super) age: Duration,
    /// For how long it was seen in the same wait.
    pub(super) seen: Duration,
    /// The task in which the function of the user's is, nearest to what is waited for; where there is none, the last.
    pub(super) who: Address,
    /// The task at the end of the way: what it waits for keeps the request.
    pub(super) last: &'a TaskSample,
    /// A task whose cancellation was asked for and which goes on.
    pub(super) cancelled: Option<&'a TaskSample>,
    pub(super) ends: Ends,
}

/// Who could end a wait, when none of them does by itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Ends {
    /// The client, who would have to send more or go away.
    pub(super) client: bool,
    /// Others outside: the other end of a connection.
    pub(super) peers: Vec<String>,
    pub(super) threads: Vec<ThreadId>,
    pub(super) children: Vec<ProcessId>,
    /// Something on a descriptor that is no connection.
    pub(super) descriptors: Vec<i32>,
    /// A time limit, that long from now.
    pub(super) limit: Option<Duration>,
    /// Not all was looked through.
    pub(super) unknown: bool,
    /// Why nobody can say whether something ends it by itself.
    pub(super) unread: Option<Why>,
}

impl Ends {
    /// Whether nobody is in sight, in all that was looked through.
    pub(super) fn is_nobody(&self) -> bool {
        let none = self.peers.is_empty() && self.threads.is_empty() && self.children.is_empty();
        none && self.descriptors.is_empty() && !self.client && self.limit.is_none() && !self.unknown
    }
}

/// The requests that stand still.
pub(super) fn standing<'a>(analysis: &Analysis<'a>) -> Vec<Standing<'a>> {
    let mut all = not_ended(analysis);
    all.retain(|one| one.ends.unread.is_none());
    all
}

/// Why it is not known of an old request whether something ends its wait by itself.
pub(super) fn unread(analysis: &Analysis<'_>) -> Option<Why> {
    not_ended(analysis).iter().find_map(|one| one.ends.unread)
}

/// The requests that stand still, and of which nothing is seen that ends their wait by itself.
fn not_ended<'a>(analysis: &Analysis<'a>) -> Vec<Standing<'a>> {
    let Some((census, tasks)) = analysis.tasks() else { return Vec::new() };
    let way = Way { analysis, census, tasks };
    census.requests.iter().filter_map(|request| way.standing(request)).collect()
}

struct Way<'a, 'b> {
    analysis: &'b Analysis<'a>,
    census: &'a Census,
    tasks: &'a TaskCensus,
}

impl<'a> Way<'a, '_> {
    fn standing(&self, request: &'a RequestSample) -> Option<Standing<'a>> {
        let websocket = request.method.get().is_some_and(|method| method == "WEBSOCKET");
        if request.answering == Known::Is(true) || websocket {
            return None;
        }
        let serving = request.task.ok()?;
        let (path, last) = self.path(serving)?;
        let seen = path.iter().map(|task| waited(self.analysis.recording, self.census.at, task)).min().flatten()?;
        let age = request_age(self.analysis, request).unwrap_or_default().max(seen);
        if age < LONG {
            return None;
        }
        let own = |task: &&&TaskSample| {
            task.chain
                .ok()
                .is_some_and(|chain| users_frame(self.analysis.recording, &self.analysis.book, chain).is_some())
        };
        let who = path.iter().rev().find(own).unwrap_or(&last).address;
        // Of several that it waits for, the one that this function waits for.
        let (_, last) = self.path(who)?;
        let cancelled = path.iter().find_map(|task| self.goes_on(task, &path));
        let around = awaiting(self.tasks, serving);
        let all = path.iter().chain(&around).copied();
        let ends = match cancelled {
            Some(_) => Ends::default(),
            None => self.ends(request, all, last, seen)?,
        };
        // An answer that may have begun may be a stream or a WebSocket, whose client says something when it likes.
        if ends.client && request.answering != Known::Is(false) {
            return None;
        }
        Some(Standing { request, age, seen, who, last, cancelled, ends })
    }

    /// The tasks from the one that serves a request to the last that is waited for; `None` when one of them moves.
    fn path(&self, serving: Address) -> Option<(Vec<&'a TaskSample>, &'a TaskSample)> {
        let mut path: Vec<&TaskSample> = Vec::new();
        let mut next = vec![serving];
        let mut last = None;
        while let Some(address) = next.pop() {
            if path.len() >= MOST_TASKS {
                return None;
            }
            if path.iter().any(|known| known.address == address) {
                continue;
            }
            let task = self.tasks.task(address)?;
            if task.phase != TaskPhase::Waiting {
                return None;
            }
            path.push(task);
            let others = awaited(task);
            if others.is_empty() {
                last = Some(task);
            }
            next.extend(others);
        }
        Some((path, last?))
    }

    /// A task that was cancelled and goes on, when this one is it or waits for it to end.
    fn goes_on(&self, task: &'a TaskSample, path: &[&'a TaskSample]) -> Option<&'a TaskSample> {
        if task.cancels.ok().is_some_and(|count| count > 0) {
            return Some(task);
        }
        let chain = task.chain.ok()?;
        let innermost = self.analysis.recording.codes(chain).next()?;
        let waits = libraries::marks(&innermost.file, &innermost.name).has(Marks::CANCELS);
        let other = *awaited(task).first().filter(|_| waits)?;
        path.iter().find(|task| task.address == other).copied()
    }

    /// Who could end these waits; `None` where one of them does by itself.
    fn ends(
        &self,
        request: &RequestSample,
        tasks: impl Iterator<Item = &'a TaskSample>,
        last: &TaskSample,
        seen: Duration,
    ) -> Option<Ends> {
        let mut ends = Ends::default();
        for task in tasks {
            let sleeps = matches!(&task.wait, Known::Is(Some(wait)) if matches!(wait.on, Awaited::Sleep { .. }));
            match task.ends {
                _ if sleeps => return None,
                // A limit cut the search for the time that ends it.
                Known::Unknown(Why::Bounded) if task.timed => ends.unread = Some(Why::Bounded),
                _ if task.timed && !self.ends_late(task) => return None,
                _ => {}
            }
            match &task.ends {
                Known::Is(all) => {
                    for ending in all {
                        self.add(&mut ends, request, ending, seen)?;
                    }
                }
                Known::Unknown(Why::Bounded) => ends.unknown = true,
                // It moved meanwhile, or nobody looked.
                Known::Unknown(Why::Torn | Why::NotRead) if task.address == last.address => return None,
                Known::Unknown(why) if task.address == last.address => ends.unread = Some(*why),
                Known::Unknown(_) => {}
            }
            if self.held_by_one_who_goes_on(task, MOST_HOLDERS) {
                return None;
            }
        }
        Some(ends)
    }

    /// Whether a task waits for a primitive that somebody holds who lets go of it by himself, as far as can be seen: he moves,
    /// or waits for a timer or for a peer that was heard lately, or for another such primitive.
    fn held_by_one_who_goes_on(&self, task: &TaskSample, depth: usize) -> bool {
        let Known::Is(Some(wait)) = &task.wait else { return false };
        let Awaited::Primitive(address) = wait.on else { return false };
        let Some(left) = depth.checked_sub(1) else { return false };
        let holders = self.tasks.primitive(address).map(|primitive| primitive.holders.as_slice()).unwrap_or_default();
        holders.iter().any(|hold| {
            let Some(holder) = self.tasks.task(hold.task) else { return true };
            let Some(seen) = waited(self.analysis.recording, self.census.at, holder) else { return true };
            let sleeps = matches!(&holder.wait, Known::Is(Some(wait)) if matches!(wait.on, Awaited::Sleep { .. }));
            let awaited = awaited_connection(self.analysis.recording, holder);
            let heard = awaited.is_some_and(|awaited| silent_for(awaited.connection).unwrap_or(seen) < LONG);
            holder.timed || sleeps || heard || self.held_by_one_who_goes_on(holder, left)
        })
    }

    /// Whether the time limit of a task is known, and too far away to help.
    fn ends_late(&self, task: &TaskSample) -> bool {
        let timers = task.ends.get().into_iter().flatten().filter_map(|ending| match ending {
            Ending::Timer { due } => Some(due.ok()),
            _ => None,
        });
        let mut timers = timers.peekable();
        timers.peek().is_some() && timers.all(|due| due.is_some_and(|due| due.since(self.census.at) > FAR))
    }

    /// Adds somebody who could end a wait; `None` when he does so by himself.
    fn add(&self, ends: &mut Ends, request: &RequestSample, ending: &Ending, seen: Duration) -> Option<()> {
        match ending {
            Ending::Timer { due: Known::Is(due) } if *due < self.census.at => {}
            Ending::Timer { due: Known::Is(due) } if due.since(self.census.at) > FAR => {
                let left = due.since(self.census.at);
                ends.limit = Some(ends.limit.map_or(left, |known| known.min(left)));
            }
            Ending::Timer { .. } | Ending::Ready => return None,
            Ending::Limit { lasts } | Ending::Asked { lasts } if seen > *lasts + LATE => {}
            Ending::Limit { .. } | Ending::Asked { .. } => return None,
            // A pool's queue is the pool's affair; the task is on the way itself.
            Ending::Queued { .. } => return None,
            Ending::Task { .. } => {}
            Ending::Thread { thread } if self.moves(*thread) => return None,
            Ending::Thread { thread } => ends.threads.push(*thread),
            Ending::Child { pid } if self.child_runs(*pid) => return None,
            Ending::Child { pid } => ends.children.push(*pid),
            Ending::Descriptor { number, .. } => self.add_descriptor(ends, request, *number)?,
        }
        Some(())
    }

    fn add_descriptor(&self, ends: &mut Ends, request: &RequestSample, number: i32) -> Option<()> {
        let around = self.analysis.last_surroundings();
        let Some((around, connection)) = around.and_then(|around| Some((around, by_descriptor(around, number)?)))
        else {
            ends.descriptors.push(number);
            return Some(());
        };
        if is_of_client(around, request, number) {
            ends.client = true;
        } else if !is_incoming(around, connection) {
            let silent = silent_for(connection).is_none_or(|silent| silent >= LONG);
            if !silent {
                return None;
            }
            ends.peers.push(connection.peer.clone());
        }
        Some(())
    }

    /// Whether a thread ran in the window, other than to ask again and again, or does what ends by itself.
    fn moves(&self, thread: ThreadId) -> bool {
        let Some((index, snapshot)) = self.analysis.last_snapshot() else { return true };
        let Some(sample) = snapshot.thread(thread) else { return true };
        let ran = |at: &crate::snapshot::Snapshot| at.thread(thread).and_then(|sample| sample.os.cpu.ok());
        let first = self.analysis.recording.snapshots.iter().find_map(ran);
        let stands = first.zip(sample.os.cpu.ok()).is_some_and(|(first, last)| first.timeslices == last.timeslices);
        if stands {
            return self.analysis.activity(index, snapshot, sample).cause == Some(Cause::Sleep);
        }
        !polls(self.analysis, thread)
    }

    /// Whether a child computes, or is none that is known.
    fn child_runs(&self, pid: ProcessId) -> bool {
        let around = &self.analysis.recording.surroundings;
        let states = around
            .iter()
            .filter_map(|around| around.children.get()?.iter().find(|child| child.pid == pid).map(|child| child.state));
        let states: Vec<char> = states.collect();
        states.is_empty() || states.iter().any(|state| matches!(state, 'R' | 'D'))
    }
}

fn is_of_client(around: &Surroundings, request: &RequestSample, number: i32) -> bool {
    request.descriptor == Known::Is(number)
        || connection_of(around, request).is_some_and(|connection| connection.descriptor == number)
}

/// The tasks that a task waits for.
pub(super) fn awaited(task: &TaskSample) -> Vec<Address> {
    let Known::Is(Some(wait)) = &task.wait else { return Vec::new() };
    match &wait.on {
        Awaited::Task(other) => vec![*other],
        Awaited::Gather { pending, .. } => pending.clone(),
        _ => {
            let ends = task.ends.get().map(Vec::as_slice).unwrap_or_default();
            let tasks = ends.iter().filter_map(|ending| match ending {
                Ending::Task { task } => Some(*task),
                _ => None,
            });
            tasks.collect()
        }
    }
}
