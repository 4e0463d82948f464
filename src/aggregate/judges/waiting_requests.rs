//! Requests that stand still, and nobody can say who ends that.
//!
//! What is not understood is still told: where they stand, for what kind of object, in which library, and what could end it. How
//! sure that is depends on what else it may be: a long poll waits for the same things.

use std::collections::BTreeMap;

use super::Judge;
use super::task_deadlocks::blame;
use crate::aggregate::blame::blame_in;
use crate::aggregate::bystanders;
use crate::aggregate::connections::peer_party;
use crate::aggregate::hurt::requests;
use crate::aggregate::places::place_of;
use crate::aggregate::standing::{Standing, standing};
use crate::aggregate::summary::CouldEnd;
use crate::aggregate::unset_events::unset_events;
use crate::aggregate::workers::stack;
use crate::aggregate::{
    Act, Advice, Analysis, At, Cause, Confidence, Finding, Hurt, Kind, LoopSummary, Place, SearchFact, SecondParty,
    Subject, Summary, TaskFact, TaskSummary, Verdict, users_frame, waits_for,
};
use crate::classify::{Activity, Manner, Object, Origin, Resource, WaitsFor};
use crate::libraries::Home;
use crate::snapshot::{
    Actor, Address, Awaited, Child, CodeId, Frame, Known, LoopKind, PrimitiveKind, ProcessId, StackId, TaskCensus,
    TaskSample, ThreadId,
};

pub(super) struct WaitingRequests;

/// Groups of one process that are told.
const MOST: usize = 3;
/// Paths that are named.
const MOST_NAMED: usize = 4;

impl Judge for WaitingRequests {
    fn judge(&self, analysis: &Analysis<'_>) -> Vec<Verdict> {
        let Some((_, tasks)) = analysis.tasks() else { return Vec::new() };
        let all = standing(analysis);
        let mut groups: BTreeMap<(CodeId, bool), Vec<Waiter<'_>>> = BTreeMap::new();
        for one in &all {
            let runs = in_thread(analysis, one);
            let stack = match &runs {
                Some(runs) => Some(runs.stack),
                None => tasks.task(one.who).and_then(|task| task.chain.ok()),
            };
            if let Some(frame) = stack.and_then(|stack| frame_of(analysis, stack)) {
                groups.entry((frame.code, one.cancelled.is_some())).or_default().push(Waiter { one, runs });
            }
        }
        let mut groups: Vec<Vec<Waiter<'_>>> = groups.into_values().collect();
        groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
        let gates: Vec<Address> =
            unset_events(analysis).iter().filter(|event| event.is_gate()).map(|event| event.address).collect();
        let told = |group: &Vec<Waiter<'_>>| Case { analysis, tasks, gates: &gates, group }.verdict();
        groups.iter().take(MOST).filter_map(told).collect()
    }
}

/// A request that stands, and where its function runs when that is in a thread.
struct Waiter<'a> {
    one: &'a Standing<'a>,
    runs: Option<InThread>,
}

/// A thread that runs the function of a request, as it was last seen to wait.
struct InThread {
    thread: ThreadId,
    did: Activity,
    stack: StackId,
}

/// Requests that stand in one function.
struct Case<'a> {
    analysis: &'a Analysis<'a>,
    tasks: &'a TaskCensus,
    /// Events of which the judge of unset events tells.
    gates: &'a [Address],
    group: &'a [Waiter<'a>],
}

/// What would have to happen for a wait to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sense {
    /// Somebody has to give back or to take: a semaphore, a full queue, a task group.
    Holder,
    /// Something has to come: an event, an item. A long poll waits for that too.
    News,
}

impl Case<'_> {
    fn verdict(&self) -> Option<Verdict> {
        let Waiter { one: oldest, runs } = self.group.iter().max_by_key(|waiter| waiter.one.age)?;
        match (oldest.cancelled, runs) {
            (Some(task), _) => self.cancelled(oldest, task),
            (None, Some(runs)) => self.in_threads(oldest, runs),
            (None, None) => self.waiting(oldest),
        }
    }

    /// The primitive that a request waits for, if it is one.
    fn primitive(&self, one: &Standing<'_>) -> Option<PrimitiveKind> {
        self.primitive_of(one.last)
    }

    fn primitive_of(&self, task: &TaskSample) -> Option<PrimitiveKind> {
        let Known::Is(Some(wait)) = &task.wait else { return None };
        match wait.on {
            Awaited::Primitive(address) => self.tasks.primitive(address).map(|primitive| primitive.kind),
            _ => None,
        }
    }

    /// Whether the judge of unset events tells of the event that a request waits for.
    fn is_at_gate(&self, one: &Standing<'_>) -> bool {
        let Known::Is(Some(wait)) = &one.last.wait else { return false };
        self.gates.iter().any(|gate| wait.on == Awaited::Primitive(*gate))
    }

    /// Whether a request waits for an event that a task or thread of the application, which does something else, may be about to
    /// set.
    fn may_be_set(&self, one: &Standing<'_>) -> bool {
        let is_event = self.primitive(one) == Some(PrimitiveKind::Event) && self.sense(one).1 == Cause::AsyncioEvent;
        is_event && one.ends.limit.is_none() && self.somebody_else()
    }

    /// Requests that wait for somebody or nobody.
    fn waiting(&self, oldest: &Standing<'_>) -> Option<Verdict> {
        let (sense, cause) = self.sense(oldest);
        if self.is_at_gate(oldest) || self.may_be_set(oldest) {
            return None;
        }
        let alone = oldest.ends.is_nobody() && !self.somebody_else();
        let child = oldest.ends.children.first().copied();
        let writes =
            child.is_some_and(|pid| self.child(pid).is_some_and(|child| child.writes_to_us == Known::Is(true)));
        let confidence = match sense {
            _ if writes => Confidence::Likely,
            Sense::Holder if alone => Confidence::Likely,
            Sense::News if alone && self.paths().len() > 1 => Confidence::Likely,
            _ => Confidence::Possible,
        };
        let summary = TaskSummary::RequestsWait {
            requests: self.group.len() as u64,
            for_s: oldest.age.as_secs_f64(),
            place: self.place(oldest)?,
            object: self.object(oldest),
            who: self.who(oldest),
        };
        let party = match (oldest.ends.peers.first(), child) {
            (Some(peer), _) => peer_party(peer),
            (None, Some(pid)) => self.child_party(pid),
            (None, None) => SecondParty::Resource { resource: Resource::Awaited { object: self.object(oldest) } },
        };
        Some(
            self.finding(Kind::RequestsWaiting, oldest, summary, self.standing_tasks())
                .cause(cause, confidence)
                .evidence(self.doubts(oldest, sense, confidence))
                .failures(self.analysis)
                .advice(if writes { Advice::ReadOutput } else { advice(self.analysis, oldest, sense) })
                .blame(blame(self.analysis, Actor::Task(oldest.who)), party)
                .verdict(),
        )
    }

    /// Requests whose functions run in threads and wait there.
    fn in_threads(&self, oldest: &Standing<'_>, runs: &InThread) -> Option<Verdict> {
        let recording = self.analysis.recording;
        let did = &runs.did;
        let blamed = blame_in(self.analysis, runs.stack)?;
        let at = At { place: Some(blamed.place(recording)), act: Some(Act::from(did)) };
        let (requests, for_s) = (self.group.len() as u64, oldest.age.as_secs_f64());
        let summary = LoopSummary::ThreadsStand { requests, for_s, at };
        let threads = self.group.iter().filter_map(|waiter| waiter.runs.as_ref()).map(|runs| runs.thread);
        Some(
            self.finding(Kind::RequestsWaiting, oldest, summary, threads.map(Subject::Thread))
                .cause(did.cause.unwrap_or(Cause::Unknown), Confidence::Possible)
                .evidence([SearchFact::MayBeLongPollInThread])
                .advice(Advice::FreeWorkers { workers: None })
                .blame(Some(blamed.blame(recording)), did.party.clone())
                .verdict(),
        )
    }

    /// Requests that wait for a task which was cancelled and goes on.
    fn cancelled(&self, oldest: &Standing<'_>, task: &TaskSample) -> Option<Verdict> {
        let chain = task.chain.ok()?;
        let frame = users_frame(self.analysis.recording, &self.analysis.book, chain)?;
        let place = place_of(self.analysis.recording, frame.code, frame.line);
        let summary = TaskSummary::CancelledGoesOn {
            requests: self.group.len() as u64,
            for_s: oldest.age.as_secs_f64(),
            place: place.clone(),
        };
        let waits_for = waits_for(self.analysis.recording, self.tasks, task, self.analysis.tasks()?.0.at);
        let finding = self.finding(Kind::TasksStuck, oldest, summary, self.standing_tasks());
        Some(
            finding
                .cause(Cause::CancelledAndGoing, Confidence::Likely)
                .evidence([TaskFact::Cancelled { place, waits_for }])
                .advice(Advice::LetCancelThrough)
                .blame(blame(self.analysis, Actor::Task(task.address)), SecondParty::None)
                .verdict(),
        )
    }

    fn finding(
        &self,
        kind: Kind,
        oldest: &Standing<'_>,
        summary: impl Into<Summary>,
        stands: impl Iterator<Item = Subject>,
    ) -> Finding {
        let seen = self.group.iter().map(|waiter| waiter.one.seen).min().unwrap_or_default();
        let evidence = TaskFact::SameInAll {
            waits: self.group.len() as u64,
            seen_s: seen.as_secs_f64(),
            age_s: oldest.age.as_secs_f64(),
        };
        Finding::new(kind, self.analysis.pid(), summary, evidence)
            .lasting(Some(oldest.age.as_secs_f64()), 1.0)
            .stands(stands)
            .hurts(self.paths().into_iter().take(MOST_NAMED))
    }

    /// The tasks that stand.
    fn standing_tasks(&self) -> impl Iterator<Item = Subject> {
        self.group.iter().map(|waiter| Subject::Task(waiter.one.who))
    }

    fn place(&self, one: &Standing<'_>) -> Option<Place> {
        let chain = self.tasks.task(one.who)?.chain.ok()?;
        let frame = frame_of(self.analysis, chain)?;
        Some(place_of(self.analysis.recording, frame.code, frame.line))
    }

    /// What they wait for: the primitive, else the method of a library that awaits.
    fn object(&self, one: &Standing<'_>) -> Object {
        let now = self.analysis.tasks().map_or_else(Default::default, |(census, _)| census.at);
        let waits_for = waits_for(self.analysis.recording, self.tasks, one.last, now);
        let says_all = matches!(
            waits_for,
            WaitsFor::Connection { .. } | WaitsFor::Nothing | WaitsFor::Turn | WaitsFor::NotKnown { .. }
        );
        Object { method: self.method(one.last).filter(|_| !says_all), waits_for }
    }

    /// The function between the user's and what it awaits: `Semaphore.acquire() of asyncio`.
    fn method(&self, task: &TaskSample) -> Option<(String, String)> {
        let chain = task.chain.ok()?;
        let recording = self.analysis.recording;
        // A task of the library's own has no frame of the user's: the function that it runs says what it is.
        let own = users_frame(recording, &self.analysis.book, chain);
        let inner = recording.stack(chain).iter().take_while(|frame| Some(**frame) != own).last()?;
        let code = recording.code(inner.code)?;
        let class = task.object.as_deref().filter(|_| recording.stack(chain).first() == Some(inner));
        let name = match class {
            Some(class) if !code.name.starts_with("__") => format!("{class}.{}", code.name),
            _ => code.qualified_name.get().cloned().unwrap_or_else(|| code.name.clone()),
        };
        // A primitive has its name; which of its methods waits says no more.
        let standard = self.analysis.book.code(inner.code).origin == Origin::Standard;
        if standard && self.primitive_of(task).is_some() {
            return None;
        }
        let package = Home::of(&code.file).package().unwrap_or(&code.file);
        Some((public_name(&name)?, package.to_owned()))
    }

    fn sense(&self, one: &Standing<'_>) -> (Sense, Cause) {
        let calls: Vec<&str> = one
            .last
            .chain
            .ok()
            .into_iter()
            .flat_map(|chain| self.analysis.recording.codes(chain))
            .map(|code| code.name.as_str())
            .take(3)
            .collect();
        let within = |name: &str| calls.contains(&name);
        let primitive = self.primitive(one);
        if one.ends.client {
            return (Sense::News, Cause::Client);
        }
        if !one.ends.children.is_empty() {
            return (Sense::Holder, Cause::Subprocess);
        }
        match primitive {
            Some(PrimitiveKind::Event) if within("join") => (Sense::Holder, Cause::AsyncioQueue),
            Some(PrimitiveKind::Event) if within("send") => (Sense::Holder, Cause::AsyncioQueue),
            Some(PrimitiveKind::Event) => (Sense::News, Cause::AsyncioEvent),
            Some(PrimitiveKind::Condition) => (Sense::News, Cause::AsyncioEvent),
            Some(PrimitiveKind::Queue) if within("put") => (Sense::Holder, Cause::AsyncioQueue),
            Some(PrimitiveKind::Queue) => (Sense::News, Cause::AsyncioQueue),
            Some(PrimitiveKind::Lock | PrimitiveKind::Semaphore) => (Sense::Holder, Cause::AsyncioLock),
            None if within("put") || within("acquire") => (Sense::Holder, Cause::Unknown),
            None => (Sense::News, Cause::Unknown),
        }
    }

    /// Who could end it; `None` where only what cannot be told of could.
    fn who(&self, one: &Standing<'_>) -> Option<CouldEnd> {
        let ends = &one.ends;
        let peer = ends.peers.first().map(|peer| CouldEnd::Peer { peer: peer.to_string() });
        let thread = ends.threads.first().map(|thread| CouldEnd::Thread { thread: *thread });
        let child = ends.children.first().map(|pid| match self.child(*pid) {
            Some(child) if child.writes_to_us == Known::Is(true) => {
                CouldEnd::WritingChild { pid: pid.0, name: child.name.clone() }
            }
            _ => CouldEnd::Child { pid: pid.0 },
        });
        let client = ends.client.then_some(CouldEnd::Client);
        let other = ends.descriptors.first().map(|number| CouldEnd::Descriptor { number: *number });
        let nobody = ends.is_nobody().then_some(CouldEnd::Nobody);
        let limit = ends.limit.map(|left| CouldEnd::Limit { left_s: left.as_secs_f64() });
        peer.or(thread).or(child).or(client).or(other).or(limit).or(nobody)
    }

    fn child(&self, pid: ProcessId) -> Option<&Child> {
        let children = self.analysis.last_surroundings()?.children.get()?;
        children.iter().find(|child| child.pid == pid)
    }

    fn child_party(&self, pid: ProcessId) -> SecondParty {
        match self.child(pid) {
            Some(child) => SecondParty::Child { pid: pid.0, name: child.name.clone(), state: child.state },
            None => SecondParty::Resource { resource: Resource::Child { pid: pid.0 } },
        }
    }

    /// Whether a task or thread of the application does something else, and so may be about to end it.
    fn somebody_else(&self) -> bool {
        let waits = |task: &TaskSample| self.group.iter().any(|waiter| waiter.one.last.address == task.address);
        bystanders::some_task(self.analysis, self.tasks, waits) || bystanders::some_thread(self.analysis)
    }

    fn paths(&self) -> Vec<Hurt> {
        let requests = requests(self.group.iter().map(|waiter| waiter.one.request));
        requests.into_iter().map(|(hurt, _)| hurt).collect()
    }

    /// What else it may be, and what would tell.
    fn doubts(&self, one: &Standing<'_>, sense: Sense, confidence: Confidence) -> Vec<SearchFact> {
        let nobody = one.ends.is_nobody().then(|| SearchFact::NobodyFound { others_run: self.somebody_else() });
        let poll = confidence == Confidence::Possible && sense == Sense::News && !one.ends.client;
        let poll = poll.then_some(SearchFact::MayBeLongPoll);
        let unknown = one.ends.unknown.then_some(SearchFact::NotAllSearched);
        let limit = one.ends.limit.map(|left| SearchFact::EndsLate { left_s: left.as_secs_f64() });
        limit.into_iter().chain(nobody).chain(poll).chain(unknown).collect()
    }
}

/// The thread that runs the function of a request. `None` where no thread does, or one of several could end the wait.
fn in_thread(analysis: &Analysis<'_>, one: &Standing<'_>) -> Option<InThread> {
    // The threads of a pool lead to each other's calls: which one has this call is told by the request or by what is awaited.
    let awaited = match &one.last.wait {
        Known::Is(Some(wait)) => match wait.on {
            Awaited::Executor { thread } => thread.ok(),
            _ => None,
        },
        _ => None,
    };
    let only = || one.ends.threads.first().copied().filter(|_| one.ends.threads.len() == 1);
    let thread = one.request.thread.ok().flatten().or(awaited).or_else(only)?;
    if one.cancelled.is_some() || !one.ends.threads.contains(&thread) {
        return None;
    }
    let looks = analysis.recording.snapshots.iter().enumerate().rev();
    let mut looks = looks.filter_map(|(index, look)| Some((index, look, look.thread(thread)?)));
    looks.find_map(|(index, look, sample)| {
        let stack = stack(sample).filter(|stack| users_frame(analysis.recording, &analysis.book, *stack).is_some())?;
        let did = analysis.activity(index, look, sample);
        (did.manner == Manner::Waiting).then_some(InThread { thread, did, stack })
    })
}

/// Where a request stands: the function of the user's, else the innermost of whatever runs.
fn frame_of(analysis: &Analysis<'_>, chain: StackId) -> Option<Frame> {
    let own = users_frame(analysis.recording, &analysis.book, chain);
    own.or_else(|| analysis.recording.stack(chain).first().copied())
}

/// A function as its users know it: without private classes, and of what `async with` enters the class alone. `None` where all of
/// it is private.
fn public_name(name: &str) -> Option<String> {
    let known: Vec<&str> = name.split('.').filter(|part| !part.starts_with('_') && !part.starts_with('<')).collect();
    let whole = known.last() == name.split('.').next_back().as_ref();
    (!known.is_empty()).then(|| format!("{}{}", known.join("."), if whole { "()" } else { "" }))
}

fn advice(analysis: &Analysis<'_>, one: &Standing<'_>, sense: Sense) -> Advice {
    let runs_asyncio =
        !analysis.tracks.is_empty() && !analysis.tracks.iter().any(|track| matches!(track.kind, LoopKind::Other(_)));
    match sense {
        _ if one.ends.client => Advice::ReadBodyOnce,
        Sense::Holder => Advice::SeeHolder,
        Sense::News if runs_asyncio => Advice::SeeWhatFailed,
        Sense::News => Advice::SeeWhatFailedElsewhere,
    }
}

#[cfg(test)]
mod tests {
    use super::public_name;

    #[test]
    fn functions_are_named_as_their_users_know_them() {
        let names = [
            ("SMTP.connect", Some("SMTP.connect()")),
            ("_AsyncQueueProxy.put", Some("put()")),
            ("Pool.__aenter__", Some("Pool")),
            ("retry.<locals>.wrapper", Some("retry.wrapper()")),
            ("_ContextManagerMixin.__aenter__", None),
        ];
        for (name, told) in names {
            assert_eq!(public_name(name).as_deref(), told, "{name}");
        }
    }
}
