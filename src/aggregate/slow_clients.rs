//! Clients that do not take what they are sent, and who waits for that.
//!
//! A client that reads slowly delays its own response, which is nobody's trouble. It is trouble where somebody else waits
//! with it: a task that sends to many, one after the other, or one that holds a lock meanwhile.

use std::time::Duration;

use super::censuses::{APART, waited};
use super::connections::{awaited_connection, by_descriptor, is_incoming};
use super::{Analysis, awaiting};
use crate::classify::Origin;
use crate::libraries::Marks;
use crate::snapshot::{
    Census, CodeId, Connection, Known, PrimitiveKind, PrimitiveSample, RequestSample, Surroundings, TaskCensus,
    TaskSample,
};

/// So many have to wait for a lock: a single one may be a second sender to the same client.
const FEWEST_BEHIND: usize = 2;

/// A task that waits for a client to take data.
#[derive(Debug)]
pub(super) struct SlowClient<'a> {
    /// The task, and those that wait for it, from the inside out.
    pub(super) tasks: Vec<&'a TaskSample>,
    /// The client's connection.
    pub(super) connection: &'a Connection,
    /// For how long it was seen to take nothing.
    pub(super) since: Duration,
    /// Whether the task is there for this client alone.
    pub(super) own: bool,
    /// Who else waits for it.
    pub(super) harm: Option<Harm<'a>>,
}

/// Who else waits for a slow client.
#[derive(Clone, Copy, Debug)]
pub(super) enum Harm<'a> {
    /// Tasks wait for this, which the sender holds.
    Holds(&'a PrimitiveSample),
    /// The sender serves this request, of another client.
    Serves(&'a RequestSample),
    /// The only sender; so many other clients, which were sent as much, are sent nothing meanwhile.
    Others(usize),
}

struct Search<'a> {
    analysis: &'a Analysis<'a>,
    census: &'a Census,
    tasks: &'a TaskCensus,
    around: &'a Surroundings,
}

/// The slow clients of a process, those that harm others first, then by how much waits for them.
#[must_use]
pub(super) fn slow_clients<'a>(analysis: &'a Analysis<'a>) -> Vec<SlowClient<'a>> {
    let (Some((census, tasks)), Some(around)) = (analysis.tasks(), analysis.last_surroundings()) else {
        return Vec::new();
    };
    let search = Search { analysis, census, tasks, around };
    let mut found: Vec<SlowClient<'a>> = tasks.tasks.iter().filter_map(|task| search.client(task)).collect();
    found.sort_by_key(|slow| (slow.harm.is_none(), std::cmp::Reverse(slow.connection.unsent)));
    found
}

/// A client that takes no data and harms nobody else.
#[derive(Clone, Debug)]
pub struct HarmlessClient {
    /// The descriptor of its connection.
    pub descriptor: i32,
    /// Its address.
    pub peer: String,
    /// Bytes that wait to be sent.
    pub unsent: u64,
    /// Whether only its own request waits for that.
    pub own: bool,
}

/// Those that only harm themselves.
#[must_use]
pub fn harmless_clients(analysis: &Analysis<'_>) -> Vec<HarmlessClient> {
    let harmless = slow_clients(analysis).into_iter().filter(|slow| slow.harm.is_none());
    let client = |slow: SlowClient<'_>| HarmlessClient {
        descriptor: slow.connection.descriptor,
        peer: slow.connection.peer.clone(),
        unsent: slow.connection.unsent,
        own: slow.own,
    };
    harmless.map(client).collect()
}

impl<'a> Search<'a> {
    fn client(&self, task: &'a TaskSample) -> Option<SlowClient<'a>> {
        let awaited = awaited_connection(self.analysis.recording, task).filter(|awaited| awaited.sends)?;
        let connection = awaited.connection;
        let since = self.waited(task)?;
        if !is_incoming(self.around, connection) || !self.takes_nothing(connection) {
            return None;
        }
        let tasks = awaiting(self.tasks, task.address);
        let own = self.is_own(&tasks, connection);
        let harm = self.harm(&tasks, connection, own, since);
        Some(SlowClient { tasks, connection, since, own, harm })
    }

    fn waited(&self, task: &TaskSample) -> Option<Duration> {
        waited(self.analysis.recording, self.census.at, task)
    }

    /// Whether nothing of what waits to be sent was taken from one reading to the other.
    fn takes_nothing(&self, last: &Connection) -> bool {
        let same = |around: &'a Surroundings| {
            let connection = by_descriptor(around, last.descriptor)?;
            ((&connection.local, &connection.peer) == (&last.local, &last.peer)).then_some((around.at, connection))
        };
        let Some((at, first)) = self.analysis.recording.surroundings.iter().find_map(same) else { return false };
        let counted = first.traffic.get().zip(last.traffic.get());
        let acknowledged = counted.is_some_and(|(first, last)| first.acknowledged != last.acknowledged);
        self.around.at.since(at) >= APART && first.unsent > 0 && last.unsent >= first.unsent && !acknowledged
    }

    /// Whether the task answers the client's own request.
    fn is_own(&self, tasks: &[&TaskSample], connection: &Connection) -> bool {
        let chain = tasks.first().and_then(|task| task.chain.ok());
        // Nobody else writes into the response of an HTTP request.
        let response = chain.is_some_and(|chain| self.analysis.book.stack(chain).all.has(Marks::TO_CLIENT));
        response || self.serves(tasks).any(|request| request.descriptor == Known::Is(connection.descriptor))
    }

    /// Whether a task, or one that waits for it, serves the client of this connection.
    fn is_of(&self, task: &TaskSample, connection: &Connection) -> bool {
        let tasks = awaiting(self.tasks, task.address);
        self.serves(&tasks).any(|request| request.descriptor == Known::Is(connection.descriptor))
    }

    /// The requests that these tasks serve.
    fn serves(&self, tasks: &[&TaskSample]) -> impl Iterator<Item = &'a RequestSample> {
        let addresses: Vec<_> = tasks.iter().map(|task| task.address).collect();
        self.census
            .requests
            .iter()
            .filter(move |request| request.task.get().is_some_and(|task| addresses.contains(task)))
    }

    fn harm(&self, tasks: &[&'a TaskSample], connection: &Connection, own: bool, since: Duration) -> Option<Harm<'a>> {
        if let Some(held) = self.tasks.primitives.iter().find(|primitive| self.is_held_by(primitive, tasks, connection))
        {
            return Some(Harm::Holds(held));
        }
        if own {
            return None;
        }
        let other = |request: &&RequestSample| request.descriptor.get().is_some();
        if let Some(request) = self.serves(tasks).find(other) {
            return Some(Harm::Serves(request));
        }
        let others = self.left_waiting(connection, since).filter(|_| self.is_only_sender(tasks))?;
        Some(Harm::Others(others))
    }

    /// Whether one of these tasks holds, in a function of the user's, what others have waited for all the time.
    fn is_held_by(&self, primitive: &PrimitiveSample, tasks: &[&TaskSample], connection: &Connection) -> bool {
        let taken = matches!(
            (primitive.kind, primitive.value),
            (PrimitiveKind::Lock, Known::Is(1)) | (PrimitiveKind::Semaphore, Known::Is(0))
        );
        let waiters = primitive.waiters.iter().filter_map(|waiter| self.tasks.task(*waiter));
        let waiters = waiters.filter(|task| self.waited(task).is_some() && !self.is_of(task, connection)).count();
        let ours = |hold: &crate::snapshot::TaskHold| {
            self.analysis.book.code(hold.frame.code).origin == Origin::User
                && tasks.iter().any(|task| task.address == hold.task)
        };
        taken && primitive.holders.iter().any(ours) && waiters >= FEWEST_BEHIND
    }

    /// How many other clients with a WebSocket were sent about as much as this one and have been sent nothing since; `None`
    /// when there is none, or when one of them was sent something: then each has a sender of its own.
    fn left_waiting(&self, slow: &Connection, since: Duration) -> Option<usize> {
        let sent = slow.traffic.get()?.acknowledged;
        let websockets = self
            .census
            .requests
            .iter()
            .filter(|request| request.method.get().is_some_and(|method| method == "WEBSOCKET"));
        let others = websockets.filter_map(|request| by_descriptor(self.around, request.descriptor.ok()?));
        let others = others.filter(|other| other.descriptor != slow.descriptor);
        let traffic: Vec<_> = others.filter_map(|other| other.traffic.ok()).collect();
        let alike = || traffic.iter().filter(|other| other.acknowledged.saturating_mul(2) >= sent);
        let waiting = alike().filter(|other| other.last_sent >= since).count();
        (waiting > 0 && waiting == alike().count()).then_some(waiting)
    }

    /// Whether the outermost of these tasks is the only one that runs its function: else each client may have one.
    fn is_only_sender(&self, tasks: &[&TaskSample]) -> bool {
        let Some(function) = tasks.last().and_then(|task| self.outermost(task)) else { return false };
        let alike = self.tasks.tasks.iter().filter(|task| self.outermost(task) == Some(function)).count();
        !self.tasks.cut && self.tasks.found <= self.tasks.tasks.len() as u64 && alike == 1
    }

    /// The outermost function of the user's in a task.
    fn outermost(&self, task: &TaskSample) -> Option<CodeId> {
        let frames = self.analysis.recording.stack(task.chain.ok()?);
        let users = |code: &CodeId| self.analysis.book.code(*code).origin == Origin::User;
        frames.iter().rev().map(|frame| frame.code).find(users)
    }
}
