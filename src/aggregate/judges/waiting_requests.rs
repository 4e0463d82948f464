//! Requests that stand still, and nobody can say who ends that.
//!
//! What is not understood is still told: where they stand, for what kind of object, in which library, and what could end it. How
//! sure that is depends on what else it may be: a long poll waits for the same things.

use std::collections::BTreeMap;

use super::Judge;
use super::task_deadlocks::blame;
use crate::aggregate::bystanders;
use crate::aggregate::connections::peer_party;
use crate::aggregate::hurt::requests;
use crate::aggregate::phrases::{count_words, length_words, place_of, place_words};
use crate::aggregate::standing::{Standing, standing};
use crate::aggregate::{
    Advice, Analysis, Cause, Confidence, Finding, Hurt, Kind, SecondParty, Subject, Verdict, users_frame, wait_words,
};
use crate::classify::Origin;
use crate::libraries::Home;
use crate::snapshot::{
    Actor, Awaited, Child, CodeId, Frame, Known, PrimitiveKind, ProcessId, StackId, TaskCensus, TaskSample, TaskWait,
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
        let mut groups: BTreeMap<(CodeId, bool), Vec<&Standing<'_>>> = BTreeMap::new();
        for one in &all {
            let chain = tasks.task(one.who).and_then(|task| task.chain.ok());
            let frame = chain.and_then(|chain| frame_of(analysis, chain));
            if let Some(frame) = frame {
                groups.entry((frame.code, one.cancelled.is_some())).or_default().push(one);
            }
        }
        let mut groups: Vec<Vec<&Standing<'_>>> = groups.into_values().collect();
        groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
        groups.iter().take(MOST).filter_map(|group| Case { analysis, tasks, group }.verdict()).collect()
    }
}

/// Requests that stand in one function.
struct Case<'a> {
    analysis: &'a Analysis<'a>,
    tasks: &'a TaskCensus,
    group: &'a [&'a Standing<'a>],
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
        let oldest = self.group.iter().max_by_key(|one| one.age)?;
        match oldest.cancelled {
            Some(task) => self.cancelled(oldest, task),
            None => self.waiting(oldest),
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

    /// Requests that wait for somebody or nobody.
    fn waiting(&self, oldest: &Standing<'_>) -> Option<Verdict> {
        let what = self.object(oldest);
        let (sense, cause) = self.sense(oldest);
        // Whoever has the event may set it, and a long poll waits for just that: the judge of unset events looks for who is left.
        if cause == Cause::AsyncioEvent && self.primitive(oldest) == Some(PrimitiveKind::Event) {
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
        let who = self.who(oldest);
        let summary = format!("{} in {} for {what}{who}", self.stand(oldest), self.place(oldest)?);
        let party = match (oldest.ends.peers.first(), child) {
            (Some(peer), _) => peer_party(peer),
            (None, Some(pid)) => self.child_party(pid),
            (None, None) => SecondParty::Resource { name: what.clone() },
        };
        Some(
            self.finding(Kind::RequestsWaiting, oldest, summary)
                .cause(cause, confidence)
                .evidence(self.doubts(oldest, sense, confidence))
                .failures(self.analysis)
                .advice(if writes { Advice::ReadOutput } else { advice(oldest, sense) })
                .blame(blame(self.analysis, Actor::Task(oldest.who)), party)
                .verdict(),
        )
    }

    /// Requests that wait for a task which was cancelled and goes on.
    fn cancelled(&self, oldest: &Standing<'_>, task: &TaskSample) -> Option<Verdict> {
        let chain = task.chain.ok()?;
        let frame = users_frame(self.analysis.recording, &self.analysis.book, chain)?;
        let place = place_words(&place_of(self.analysis.recording, frame.code, frame.line));
        let summary = format!("{} for {place}, which was cancelled and goes on all the same", self.stand(oldest));
        let doing = wait_words(self.analysis.recording, self.tasks, task, self.analysis.tasks()?.0.at);
        let finding = self.finding(Kind::TasksStuck, oldest, summary);
        Some(
            finding
                .cause(Cause::CancelledAndGoing, Confidence::Likely)
                .evidence([format!("its cancellation was asked for, and it waits in {place} for {doing}")])
                .advice(Advice::LetCancelThrough)
                .blame(blame(self.analysis, Actor::Task(task.address)), SecondParty::None)
                .verdict(),
        )
    }

    fn finding(&self, kind: Kind, oldest: &Standing<'_>, summary: String) -> Finding {
        let seen = self.group.iter().map(|one| one.seen).min().unwrap_or_default();
        let evidence = format!(
            "the same {} in all readings for {}; the oldest request is {} old at least",
            if self.group.len() == 1 { "wait" } else { "waits" },
            length_words(seen),
            length_words(oldest.age)
        );
        Finding::new(kind, self.analysis.pid(), summary, evidence)
            .lasting(Some(oldest.age.as_secs_f64()), 1.0)
            .stands(self.group.iter().map(|one| Subject::Task(one.who)))
            .hurts(self.paths().into_iter().take(MOST_NAMED))
    }

    /// `3 requests have stood for at least 14 s`
    fn stand(&self, oldest: &Standing<'_>) -> String {
        let (requests, have) =
            (count_words(self.group.len() as u64, "request"), if self.group.len() == 1 { "has" } else { "have" });
        format!("{requests} {have} waited for at least {}", length_words(oldest.age))
    }

    fn place(&self, one: &Standing<'_>) -> Option<String> {
        let chain = self.tasks.task(one.who)?.chain.ok()?;
        let frame = frame_of(self.analysis, chain)?;
        Some(place_words(&place_of(self.analysis.recording, frame.code, frame.line)))
    }

    /// What they wait for: the primitive, else the method of a library that awaits.
    fn object(&self, one: &Standing<'_>) -> String {
        let now = self.analysis.tasks().map_or_else(Default::default, |(census, _)| census.at);
        let words = wait_words(self.analysis.recording, self.tasks, one.last, now);
        let method = self.method(one.last);
        match (&one.last.wait, method) {
            (Known::Is(Some(TaskWait { on: Awaited::Future, .. })), Some(method)) => method,
            (Known::Is(Some(wait)), Some(method)) if !matches!(wait.on, Awaited::Connection { .. }) => {
                format!("{words} in {method}")
            }
            _ => words,
        }
    }

    /// The function between the user's and what it awaits: `Semaphore.acquire() of asyncio`.
    fn method(&self, task: &TaskSample) -> Option<String> {
        let chain = task.chain.ok()?;
        let recording = self.analysis.recording;
        let own = users_frame(recording, &self.analysis.book, chain)?;
        let inner = recording.stack(chain).iter().take_while(|frame| **frame != own).last()?;
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
        Some(format!("{} of {package}", public_name(&name)?))
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

    /// Who could end it, in words that go on with the sentence.
    fn who(&self, one: &Standing<'_>) -> String {
        let ends = &one.ends;
        let silent = ends.peers.first().map(|peer| format!("; {peer} could end that"));
        let thread = ends
            .threads
            .first()
            .map(|thread| format!("; a call in thread {thread}, which does not move, could end that"));
        let child = ends.children.first().map(|pid| match self.child(*pid) {
            Some(child) if child.writes_to_us == Known::Is(true) => format!(
                "; child process {pid} ({}) waits to write into a pipe that only this process could read: neither goes on",
                child.name
            ),
            _ => format!("; child process {pid}, which sleeps, could end that"),
        });
        let client = ends.client.then(|| "; only the client can end that, by sending more or by going away".to_owned());
        let other = ends.descriptors.first().map(|number| format!("; something on descriptor {number} could end that"));
        let nobody = ends.is_nobody().then(|| "; nobody is in sight who would end that".to_owned());
        silent.or(thread).or(child).or(client).or(other).or(nobody).unwrap_or_default()
    }

    fn child(&self, pid: ProcessId) -> Option<&Child> {
        let children = self.analysis.last_surroundings()?.children.get()?;
        children.iter().find(|child| child.pid == pid)
    }

    fn child_party(&self, pid: ProcessId) -> SecondParty {
        match self.child(pid) {
            Some(child) => SecondParty::Child { pid: pid.0, name: child.name.clone(), state: child.state.to_string() },
            None => SecondParty::Resource { name: format!("child process {pid}") },
        }
    }

    /// Whether a task or thread of the application does something else, and so may be about to end it.
    fn somebody_else(&self) -> bool {
        let waits = |task: &TaskSample| self.group.iter().any(|one| one.last.address == task.address);
        bystanders::some_task(self.analysis, self.tasks, waits) || bystanders::some_thread(self.analysis)
    }

    fn paths(&self) -> Vec<Hurt> {
        let requests = requests(self.group.iter().map(|one| one.request));
        requests.into_iter().map(|(hurt, _)| hurt).collect()
    }

    /// What else it may be, and what would tell.
    fn doubts(&self, one: &Standing<'_>, sense: Sense, confidence: Confidence) -> Vec<String> {
        let mut doubts = Vec::new();
        if one.ends.is_nobody() {
            let searched = "no descriptor, timer, thread, child or other task leads to what they wait for";
            let others = if self.somebody_else() {
                "; other tasks or threads of the application run"
            } else {
                ", and no task or thread of the application is left"
            };
            doubts.push(format!("{searched}{others}"));
        }
        if confidence == Confidence::Possible && sense == Sense::News && !one.ends.client {
            doubts.push("possible, not likely: a long poll looks the same; it would end when there is news".to_owned());
        }
        if one.ends.unknown {
            doubts.push("there may be more that could end it: a limit of ours ended the search".to_owned());
        }
        doubts
    }
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

fn advice(one: &Standing<'_>, sense: Sense) -> Advice {
    match sense {
        _ if one.ends.client => Advice::ReadBodyOnce,
        Sense::Holder => Advice::SeeHolder,
        Sense::News => Advice::SeeWhatFailed,
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
