//! Requests that wait for somebody outside who says nothing, while the loop turns and nothing here is full.
//!
//! That a task waits for a connection proves nothing; the kernel knows since when nothing came on it. A request whose response
//! has begun is left alone: streams and WebSockets are silent on purpose.

use std::time::Duration;

use super::Judge;
use crate::aggregate::censuses::{APART, waited};
use crate::aggregate::connections::{
    awaited_connection, by_descriptor, has_begun, is_incoming, peer_party, silent_for,
};
use crate::aggregate::hurt::requests;
use crate::aggregate::users::{Users, groups};
use crate::aggregate::workers::ends_in_time;
use crate::aggregate::{
    Advice, Analysis, Cause, Confidence, Finding, Hurt, Kind, PeerFact, Subject, TaskSummary, Verdict, awaiting,
    users_frame,
};
use crate::libraries::Marks;
use crate::snapshot::{
    Actor, Address, Awaited, Census, Connection, CpuTimes, DescriptorKind, Ending, Known, Occupier, RequestSample,
    StackId, Surroundings, TaskCensus, TaskSample, ThreadId,
};

pub(super) struct SilentPeers;

/// So long the other end has to have said nothing. Ordinary slow answers take less, and people have left by then.
const SILENT: Duration = Duration::from_secs(10);
/// Tasks that one request is followed through.
const MOST_TASKS: usize = 64;
/// Verdicts about one process, and kinds of requests named in each.
const MOST: usize = 3;

impl Judge for SilentPeers {
    fn judge(&self, analysis: &Analysis<'_>) -> Vec<Verdict> {
        let Some(search) = Search::of(analysis) else { return Vec::new() };
        let waits: Vec<Wait<'_>> = search.census.requests.iter().filter_map(|request| search.wait(request)).collect();
        let mut verdicts = Vec::new();
        for timed in [false, true] {
            let alike: Vec<&Wait<'_>> = waits.iter().filter(|wait| wait.timed == timed).collect();
            let users: Vec<Occupier> =
                alike.iter().map(|wait| Occupier { who: wait.who, place: None, job: None }).collect();
            let groups = groups(analysis, search.census, &users);
            verdicts.extend(groups.iter().filter_map(|group| search.verdict(group, &alike)));
        }
        verdicts.truncate(MOST);
        verdicts
    }
}

/// A request that waits for somebody who says nothing.
struct Wait<'a> {
    request: &'a RequestSample,
    /// The task or thread in which the user's function is.
    who: Actor,
    connection: &'a Connection,
    silent: Duration,
    /// Whether a timeout ends it.
    timed: bool,
    /// For how long it was seen to wait.
    seen: Duration,
}

struct Search<'a> {
    analysis: &'a Analysis<'a>,
    census: &'a Census,
    tasks: &'a TaskCensus,
    around: &'a Surroundings,
}

impl<'a> Search<'a> {
    fn of(analysis: &'a Analysis<'a>) -> Option<Self> {
        let (census, tasks) = analysis.tasks()?;
        Some(Self { analysis, census, tasks, around: analysis.last_surroundings()? })
    }

    /// What a request waits for, when that is somebody who has said nothing for long.
    fn wait(&self, request: &'a RequestSample) -> Option<Wait<'a>> {
        if has_begun(self.around, request) != Some(false) {
            return None;
        }
        match request.thread {
            Known::Is(Some(thread)) => self.in_thread(request, thread),
            _ => self.in_task(request, request.task.ok()?),
        }
    }

    /// Follows the task that serves a request through those that it waits for.
    fn in_task(&self, request: &'a RequestSample, serving: Address) -> Option<Wait<'a>> {
        let around_it = awaiting(self.tasks, serving).iter().any(|task| task.timed);
        let mut next = vec![(serving, around_it, None)];
        for _ in 0..MOST_TASKS {
            let (address, timed, who) = next.pop()?;
            let Some(task) = self.tasks.task(address) else { continue };
            let Some(seen) = waited(self.analysis.recording, self.census.at, task) else { continue };
            if task.chain.ok().is_some_and(|chain| self.listens(chain)) {
                continue;
            }
            // The other end was asked to wait for news.
            if ends(task).any(|ending| matches!(ending, Ending::Asked { .. })) {
                continue;
            }
            let timed = timed || task.timed || ends(task).any(|ending| matches!(ending, Ending::Limit { .. }));
            let own =
                task.chain.ok().and_then(|chain| users_frame(self.analysis.recording, &self.analysis.book, chain));
            let who = own.map(|_| address).or(who);
            if let (Some(who), Some((connection, silent))) = (who, self.silent(task, request)) {
                return Some(Wait { request, who: Actor::Task(who), connection, silent, timed, seen });
            }
            // A call in a thread, behind futures that end with it.
            let threads = ends(task).filter_map(|ending| match ending {
                Ending::Thread { thread } => Some(*thread),
                _ => None,
            });
            if let Some(wait) = threads.filter_map(|thread| self.in_thread(request, thread)).next() {
                return Some(wait);
            }
            next.extend(self.awaited_by(task).iter().map(|other| (*other, timed, who)));
        }
        None
    }

    /// Whether it waits for messages of others, for as long as there are none.
    fn listens(&self, chain: StackId) -> bool {
        self.analysis.book.stack(chain).all.has(Marks::SUBSCRIBE)
    }

    /// The tasks that a task waits for; none where one of several sleeps, because that may be a timeout made by hand.
    fn awaited_by(&self, task: &'a TaskSample) -> &'a [Address] {
        let Known::Is(Some(wait)) = &task.wait else { return &[] };
        let sleeps = |other: &Address| {
            let wait = self.tasks.task(*other).and_then(|task| task.wait.get()?.as_ref());
            wait.is_some_and(|wait| matches!(wait.on, Awaited::Sleep { .. }))
        };
        match &wait.on {
            Awaited::Task(other) => std::slice::from_ref(other),
            Awaited::Gather { pending, .. } if !pending.iter().any(sleeps) => pending,
            _ => &[],
        }
    }

    fn silent(&self, task: &TaskSample, request: &RequestSample) -> Option<(&'a Connection, Duration)> {
        let awaited = awaited_connection(self.analysis.recording, task).filter(|awaited| !awaited.sends)?;
        self.outside(awaited.connection, request)
    }

    /// A connection to somebody else than a client, who has said nothing for long.
    fn outside(&self, connection: &'a Connection, request: &RequestSample) -> Option<(&'a Connection, Duration)> {
        let clients = request.descriptor == Known::Is(connection.descriptor) || is_incoming(self.around, connection);
        let silent = silent_for(connection).filter(|silent| !clients && *silent >= SILENT)?;
        Some((connection, silent))
    }

    /// A plain function in a worker thread that waits in one call for a peer.
    fn in_thread(&self, request: &'a RequestSample, thread: ThreadId) -> Option<Wait<'a>> {
        let (index, snapshot) = self.analysis.last_snapshot()?;
        let sample = snapshot.thread(thread)?;
        let seen = self.did_not_run(thread).filter(|seen| *seen >= APART)?;
        let activity = self.analysis.activity(index, snapshot, sample);
        let [descriptor] = sample.os.waits_on.as_slice() else { return None };
        let is_tcp = matches!(&descriptor.kind, DescriptorKind::Inet { protocol, .. } if protocol == "tcp");
        if activity.cause != Some(Cause::SocketRead) || !is_tcp {
            return None;
        }
        let (connection, silent) = self.outside(by_descriptor(self.around, descriptor.number)?, request)?;
        let timed = sample.os.syscall.get().is_some_and(ends_in_time);
        Some(Wait { request, who: Actor::Thread(thread), connection, silent, timed, seen })
    }

    /// For how long a thread was seen not to run at all.
    fn did_not_run(&self, thread: ThreadId) -> Option<Duration> {
        let snapshots = self.analysis.recording.snapshots.iter().rev();
        let looks = snapshots.filter_map(|look| Some((look.at, look.thread(thread)?.os.cpu.ok()?)));
        let run = |cpu: CpuTimes| (cpu.timeslices, cpu.on_cpu_ns);
        let mut looks = looks.peekable();
        let (last, ran) = *looks.peek()?;
        let first = looks.take_while(|(_, cpu)| run(*cpu) == run(ran)).last();
        first.map(|(first, _)| last.since(first))
    }

    fn timeout(&self, wait: &Wait<'_>) -> PeerFact {
        let timed = wait.timed;
        match wait.who {
            Actor::Task(task) if self.tasks.task(task).is_some_and(TaskSample::is_greenlet) => {
                PeerFact::GreenletTimeout { timed }
            }
            Actor::Task(_) => PeerFact::TaskTimeout { timed },
            Actor::Thread(_) => PeerFact::ThreadTimeout { timed },
        }
    }

    fn verdict(&self, group: &Users, waits: &[&Wait<'a>]) -> Option<Verdict> {
        let of: Vec<&Wait<'a>> = waits.iter().filter(|wait| group.users.contains(&wait.who)).copied().collect();
        let longest = of.iter().max_by_key(|wait| wait.silent)?;
        let silent = of.iter().map(|wait| wait.silent).min()?;
        let seen = of.iter().map(|wait| wait.seen).min()?;
        let peer = longest.connection.peer.as_str();
        let summary = TaskSummary::PeerSilent {
            requests: of.len() as u64,
            place: group.blamed.place(self.analysis.recording),
            peer: peer.to_owned(),
            for_s: longest.silent.as_secs_f64(),
            timed: longest.timed,
        };
        let counted = PeerFact::ReceivedNothing {
            connections: connections(&of) as u64,
            requests: of.len() as u64,
            for_s: silent.as_secs_f64(),
        };
        let cause = if longest.timed { Cause::SocketRead } else { Cause::NoTimeout };
        let finding = Finding::new(Kind::SlowRequests, self.analysis.pid(), summary, counted)
            .cause(cause, Confidence::Likely)
            .lasting(Some(longest.silent.as_secs_f64()), 1.0)
            .evidence([PeerFact::SeenWaiting { for_s: seen.as_secs_f64() }, taken(&of), self.timeout(longest)])
            .hurts(whom(&of))
            .advice(Advice::LimitAnswer { peer: peer.to_owned(), timed: longest.timed })
            .blame(Some(group.blamed.blame(self.analysis.recording)), peer_party(peer))
            .stands(of.iter().map(|wait| Subject::from(wait.who)))
            .holds_up(of.iter().map(|wait| Subject::Connection(wait.connection.descriptor)));
        Some(finding.verdict())
    }
}

/// Who could end the wait of a task, as far as they are known.
fn ends(task: &TaskSample) -> impl Iterator<Item = &Ending> {
    task.ends.get().into_iter().flatten()
}

fn connections(of: &[&Wait<'_>]) -> usize {
    let mut descriptors: Vec<i32> = of.iter().map(|wait| wait.connection.descriptor).collect();
    descriptors.sort_unstable();
    descriptors.dedup();
    descriptors.len()
}

/// Whether the question arrived.
fn taken(of: &[&Wait<'_>]) -> PeerFact {
    match of.iter().map(|wait| wait.connection.unsent).max() {
        None | Some(0) => PeerFact::HasTheQuestion,
        Some(bytes) => PeerFact::NotAcknowledged { bytes },
    }
}

/// The requests that wait, those of which there are the most first.
fn whom(of: &[&Wait<'_>]) -> Vec<Hurt> {
    let mut hurts = requests(of.iter().map(|wait| wait.request));
    hurts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    hurts.into_iter().take(MOST).map(|(hurt, _)| hurt).collect()
}
