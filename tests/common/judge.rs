//! Whether a report tells the truth: it is compared with what the application declares and with what its log witnessed.
//!
//! Every complaint says what was expected and what was said instead. No complaint means the report is right, so whatever is not
//! looked at here is not tested by the matrix; `tests/judge.rs` shows that each kind of lie is caught.

use std::collections::BTreeMap;

use hangspy::report::Report;
use hangspy::report::{Confidence, Kind, SecondParty, Verdict};

use super::episodes;
use super::truth::{Besides, Peer, Truth};
use super::witness::Witness;

/// Of the snapshots that fit into the window, this share must have been taken: fewer and the rest proves little.
const TAKEN_AT_LEAST: f64 = 0.5;

/// A quota that throttled the target in this share of the periods must be named beside whatever else is wrong.
const THROTTLED_TO_BE_NAMED: f64 = 0.1;

/// Everything that is known about one look at one application.
pub(crate) struct Case<'a> {
    /// What the application declares.
    pub(crate) truth: &'a Truth,
    /// What its log says.
    pub(crate) witness: &'a Witness,
    /// What hangspy said.
    pub(crate) report: &'a Report,
    /// How hangspy ran.
    pub(crate) run: &'a Run,
    /// The process that hangspy was pointed at.
    pub(crate) pid: u32,
    /// The request that made the application sick; `None` when it fell sick by itself.
    pub(crate) request: Option<&'a Request>,
    /// The loop it was started with: `asyncio` or `uvloop`; `None`: it has none.
    pub(crate) loop_kind: Option<&'a str>,
    /// The version it runs on, `3.12.1`.
    pub(crate) version: &'a str,
}

/// The request that made an application sick, and what followed: bounds for when the stall can have begun.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// When it was sent, seconds of `CLOCK_MONOTONIC`.
    pub(crate) sent_at: f64,
    /// For how long the main thread of each process was awake from then to the end of the look, seconds.
    pub(crate) awake_s: BTreeMap<u32, f64>,
}

/// How hangspy ran, seen from outside.
#[derive(Clone, Debug, Default)]
pub(crate) struct Run {
    /// Its exit code; `None` when a signal or we ended it.
    pub(crate) exit_code: Option<i32>,
    /// What it said on stderr.
    pub(crate) stderr: String,
    /// CPU time it used, seconds.
    pub(crate) cpu_s: f64,
    /// The share of a core that it may use.
    pub(crate) cpu_share_limit: f64,
    /// How long it ran, seconds.
    pub(crate) wall_s: f64,
    /// Processes of the target that were seen stopped, with the state letter.
    pub(crate) stopped: Vec<String>,
    /// Share of the periods in which the target's CPU quota throttled it, by the kernel's count; `None` without a quota.
    pub(crate) throttled: Option<f64>,
}

impl Run {
    /// The share of one core that it took.
    pub(crate) fn cpu_share(&self) -> f64 {
        self.cpu_s / self.wall_s.max(f64::EPSILON)
    }
}

/// Compares. Empty: nothing to complain about.
pub(crate) fn judge(case: &Case) -> Vec<String> {
    let mut complaints = manners(case.run, case.report.target.processes.len());
    complaints.extend(honesty(case));
    complaints.extend(if case.truth.healthy { health(case) } else { sickness(case) });
    complaints.extend(episodes::compare(case.truth, case.witness, case.report, case.request));
    if case.loop_kind.is_some() {
        complaints.extend(episodes::loops_nobody_reported(case.witness, case.report));
    }
    complaints
}

/// How hangspy behaved, whatever it said. It may use its share of a core for each of the processes that it looks at.
pub(crate) fn manners(run: &Run, processes: usize) -> Vec<String> {
    let mut complaints = Vec::new();
    if run.exit_code != Some(0) {
        let code = run.exit_code.map_or_else(|| "none".to_owned(), |code| code.to_string());
        complaints.push(format!("exit code: expected 0, got {code}"));
    }
    if run.stderr.contains("panicked at") {
        complaints.push("hangspy panicked, see stderr.txt".to_owned());
    }
    for stopped in &run.stopped {
        complaints.push(format!("the target was stopped: {stopped}"));
    }
    let share = run.cpu_share();
    let limit = run.cpu_share_limit * processes.max(1) as f64;
    if share >= limit {
        let (used, limit) = (share * 100.0, limit * 100.0);
        complaints.push(format!("cost: expected less than {limit:.0} % of a core, measured {used:.1} %"));
    }
    complaints
}

/// What a report says about itself and about the target's outside.
fn honesty(case: &Case) -> Vec<String> {
    let (window, cost) = (&case.report.window, &case.report.cost);
    let mut complaints = Vec::new();
    let fitting = window.seconds * f64::from(window.rate);
    if window.rate == 0 || (window.samples as f64) < fitting * TAKEN_AT_LEAST || window.samples == 0 {
        complaints.push(format!(
            "samples: expected at least {:.0}, got {} ({} late, {} failed)",
            (fitting * TAKEN_AT_LEAST).max(1.0),
            window.samples,
            window.late,
            window.failed
        ));
    }
    if window.failed * 2 > window.samples {
        complaints.push(format!("samples: {} of {} failed", window.failed, window.samples));
    }
    if cost.stops != 0 {
        complaints.push(format!("cost.stops: expected 0, said {}", cost.stops));
    }
    // One that never came to serve is known by its number alone.
    let served = case.witness.serving.iter().zip(&case.witness.since);
    // One that took a killed one's place came too late to be meant.
    let mut expected: Vec<u32> =
        served.filter(|(_, since)| **since <= window.started_monotonic_s).map(|(pid, _)| *pid).collect();
    if case.witness.serving.is_empty() {
        expected.push(subject(case));
    }
    complaints.extend(expected.into_iter().flat_map(|pid| outside(case, pid)));
    complaints
}

/// Whether a process is in the report, with the version and the loop that it was started with.
fn outside(case: &Case, pid: u32) -> Vec<String> {
    let Some(process) = case.report.target.processes.iter().find(|process| process.pid == pid) else {
        return vec![format!("target: process {pid} is not in the report")];
    };
    let mut complaints = Vec::new();
    if process.python != case.version {
        complaints.push(format!("target.python: expected {}, said {:?}", case.version, process.python));
    }
    let loops = case.report.loops.iter().filter(|found| found.process == pid);
    let kinds: Vec<&str> = loops.map(|found| found.kind.as_str()).collect();
    if let Some(kind) = case.loop_kind.filter(|kind| !kinds.contains(kind)) {
        complaints.push(format!("loops: expected one of kind {kind}, said {kinds:?}"));
    }
    complaints
}

/// The process that is meant: the one that blocked last, else the one that said last what is under way.
fn subject(case: &Case) -> u32 {
    let blocked = case.witness.blocks.last().map(|block| block.pid);
    blocked.or(case.witness.running.last().copied()).unwrap_or(case.pid)
}

fn health(case: &Case) -> Vec<String> {
    if case.report.verdicts.is_empty() {
        return vec!["verdicts: expected healthy, said nothing".to_owned()];
    }
    let alarms = case.report.verdicts.iter().filter(|verdict| !is_right_of_healthy(case.truth, verdict));
    alarms.map(false_alarm).chain(forbidden(case)).collect()
}

/// A healthy one is called what it is, or what it could be taken for, as no more than possible.
fn is_right_of_healthy(truth: &Truth, verdict: &Verdict) -> bool {
    let could_be = verdict.confidence == Confidence::Possible && truth.also.contains(&verdict.kind);
    verdict.kind == Kind::Healthy || is_kind(truth, verdict) || could_be
}

/// Whether the verdict's kind is one of those that are right.
fn is_kind(truth: &Truth, verdict: &Verdict) -> bool {
    verdict.kind == truth.kind || truth.kinds.contains(&verdict.kind)
}

/// Words that a verdict says and that are not true.
fn forbidden(case: &Case) -> Vec<String> {
    let said = serde_json::to_string(&case.report.verdicts).unwrap_or_default();
    let untrue = case.truth.not.iter().filter(|words| said.contains(words.as_str()));
    untrue.map(|words| format!("words: {words:?} is not true, and said")).collect()
}

fn false_alarm(verdict: &Verdict) -> String {
    format!("false alarm: expected only healthy, said {} about process {}", words(verdict), verdict.process)
}

fn sickness(case: &Case) -> Vec<String> {
    let subject = subject(case);
    let (ours, others): (Vec<&Verdict>, Vec<&Verdict>) =
        case.report.verdicts.iter().partition(|verdict| verdict.process == subject);
    let mut complaints: Vec<String> = others.into_iter().filter_map(|verdict| sibling(case, verdict)).collect();
    complaints.extend(forbidden(case));
    let Some((first, rest)) = ours.split_first() else {
        complaints.push(format!("verdicts: expected {} about process {subject}, said nothing", word(&case.truth.kind)));
        return complaints;
    };
    complaints.extend(diagnosis(case, first));
    complaints.extend(ledger(case, subject));
    complaints.extend(others_of_it(case, rest));
    complaints.extend(consequences(case, first));
    complaints
}

/// A process beside the one that is meant is well, or as sick where it witnessed a block of its own that did not end.
fn sibling(case: &Case, verdict: &Verdict) -> Option<String> {
    let blocked = case.witness.blocks.iter().any(|block| block.pid == verdict.process && block.end.is_none());
    match (blocked, verdict.kind) {
        (false, Kind::Healthy) => None,
        (true, Kind::Healthy) => {
            Some(format!("all-clear: process {} is as sick, said {}", verdict.process, words(verdict)))
        }
        (true, _) if is_kind(case.truth, verdict) => None,
        _ => Some(false_alarm(verdict)),
    }
}

/// Troubles beside the first: all that are declared, and no others.
fn others_of_it(case: &Case, rest: &[&Verdict]) -> Vec<String> {
    let is = |other: &Besides, verdict: &Verdict| {
        let function = verdict.blame.as_ref().map(|blame| unqualified(&blame.function));
        let cause = verdict.cause.is_some_and(|cause| other.cause.contains(&cause));
        verdict.kind == other.kind && cause && function == other.function.as_deref()
    };
    let (truth, others) = (case.truth, &case.truth.besides);
    let declared = |verdict: &Verdict| {
        is_kind(truth, verdict) || truth.also.contains(&verdict.kind) || others.iter().any(|other| is(other, verdict))
    };
    let alarms = rest.iter().filter(|verdict| !declared(verdict)).map(|verdict| {
        format!("false alarm: nothing but {} is wrong, also said {}", word(&truth.kind), words(verdict))
    });
    let missing = others.iter().filter(|other| !rest.iter().any(|verdict| is(other, verdict))).map(|other| {
        let said: Vec<String> = rest.iter().map(|verdict| words(verdict)).collect();
        format!("verdicts: expected also {} of {:?}, said {said:?}", word(&other.kind), other.function)
    });
    alarms.chain(missing).collect()
}

/// What is told under the first verdict: all that must be, and nothing that does not come of it. A quota may be used up by
/// whatever computes, and requests wait for whatever stands still.
fn consequences(case: &Case, verdict: &Verdict) -> Vec<String> {
    let kinds: Vec<Kind> = verdict.consequences.iter().map(|consequence| consequence.finding.kind).collect();
    let may = |kind: &Kind| {
        let throttled = *kind == Kind::CpuThrottled && case.run.throttled.is_some();
        let truth = case.truth;
        throttled
            || *kind == Kind::RequestsWaiting
            || [&truth.therefore, &truth.perhaps, &truth.also].into_iter().any(|kinds| kinds.contains(kind))
    };
    let wrong = verdict.consequences.iter().filter(|consequence| !may(&consequence.finding.kind));
    let wrong = wrong.map(|consequence| format!("consequence: not one of it, said {}", words(&consequence.finding)));
    let missing = case.truth.therefore.iter().filter(|kind| !kinds.contains(kind));
    let missing = missing.map(|kind| format!("consequence: expected {}, said {kinds:?}", word(kind)));
    wrong.chain(missing).collect()
}

/// Kind, cause, blame and the other side of the verdict that comes first.
fn diagnosis(case: &Case, verdict: &Verdict) -> Vec<String> {
    let truth = case.truth;
    let mut complaints = Vec::new();
    if !is_kind(truth, verdict) {
        let expected: Vec<String> = std::iter::once(&truth.kind).chain(&truth.kinds).map(word).collect();
        complaints.push(format!("kind: expected {}, said {}", expected.join(" or "), words(verdict)));
    }
    if truth.least.is_some_and(|least| verdict.confidence < least) {
        complaints.push(format!("confidence: expected more, said {}", word(&verdict.confidence)));
    }
    if !truth.cause.is_empty() && !verdict.cause.is_some_and(|cause| truth.cause.contains(&cause)) {
        let expected: Vec<String> = truth.cause.iter().map(word).collect();
        complaints.push(format!("cause: expected {}, said {}", expected.join(" or "), words(verdict)));
    }
    complaints.extend(blame(truth, verdict));
    if truth.peer == Some(Peer::Witness) {
        let said = match &verdict.second_party {
            SecondParty::Peer { address, .. } => address.as_str(),
            SecondParty::File { path, .. } => path.as_str(),
            _ => "no address",
        };
        if !case.witness.peers.iter().any(|peer| peer == said) {
            complaints.push(format!("peer: expected {}, said {said}", case.witness.peers.join(" or ")));
        }
    }
    complaints.extend(unsaid(truth, verdict));
    complaints.extend(holder(truth, verdict));
    complaints.extend(contributor(case, verdict));
    complaints.extend(killer(case, verdict));
    let unsaid = |word: &&String| !verdict.hurts.iter().any(|line| line.contains(word.as_str()));
    let unsaid = truth.hurts.as_ref().filter(unsaid);
    complaints.extend(unsaid.map(|word| format!("hurts: expected {word:?}, said {:?}", verdict.hurts)));
    complaints
}

/// Words that the truth expects somewhere in the verdict.
fn unsaid(truth: &Truth, verdict: &Verdict) -> Option<String> {
    let expected = truth.says.as_ref()?;
    let said = serde_json::to_string(verdict).unwrap_or_default();
    (!said.contains(expected.as_str())).then(|| format!("words: expected {expected:?}, said {said}"))
}

/// Who killed the process, and that it ended, must be said where its truth says so.
fn killer(case: &Case, verdict: &Verdict) -> Option<String> {
    let expected = case.truth.killed_by.as_ref()?;
    let process = case.report.target.processes.iter().find(|process| process.pid == verdict.process);
    let named = verdict.hurts.iter().any(|line| line.contains(expected.as_str()) && line.contains("replaced by pid"));
    (!named || !process.is_some_and(|process| process.ended))
        .then(|| format!("end: expected killed by {expected} and replaced, said {:?}", verdict.hurts))
}

/// A quota that throttled the target has its part in what else is wrong, and must be named.
fn contributor(case: &Case, verdict: &Verdict) -> Option<String> {
    let share = case.run.throttled.filter(|share| *share >= THROTTLED_TO_BE_NAMED)?;
    let named = verdict.evidence.iter().any(|line| line.contains("CPU quota"));
    (case.truth.kind != Kind::CpuThrottled && !named).then(|| {
        format!("evidence: expected the CPU quota (throttled in {:.0} % of its periods), not named", share * 100.0)
    })
}

fn holder(truth: &Truth, verdict: &Verdict) -> Option<String> {
    let expected = truth.holder.as_ref()?;
    let stack = match &verdict.second_party {
        SecondParty::Holder { stack, .. } => stack.as_slice(),
        _ => &[],
    };
    let functions: Vec<&str> = stack.iter().map(|place| unqualified(&place.function)).collect();
    (!functions.contains(&expected.as_str())).then(|| format!("holder: expected {expected}, said {functions:?}"))
}

/// Where a loop is starved, the function to blame must be the one that had the GIL for most of the time and kept a loop
/// waiting.
fn ledger(case: &Case, subject: u32) -> Option<String> {
    let expected = case.truth.function.as_ref().filter(|_| case.truth.kind == Kind::LoopStarved)?;
    let gil = case.report.gil.iter().find(|gil| gil.process == subject);
    let most = gil.and_then(|gil| gil.holders.first());
    let said = most.and_then(|holder| holder.place.as_ref()).map_or("nobody", |place| place.function.as_str());
    let waited = most.map_or(0.0, |holder| holder.loops_waited_s);
    (unqualified(said) != expected || waited <= 0.0)
        .then(|| format!("gil.holders: expected {expected} first and a loop that waited, said {said}, {waited:.1} s"))
}

fn blame(truth: &Truth, verdict: &Verdict) -> Vec<String> {
    let mut complaints = Vec::new();
    let said = verdict.blame.as_ref();
    if let Some(expected) = &truth.function {
        let function = said.map_or("nobody", |blame| blame.function.as_str());
        let is_right = |right: &String| unqualified(function) == right;
        if !std::iter::once(expected).chain(&truth.functions).any(is_right) {
            complaints.push(format!("blame: expected {expected}, said {function}"));
        }
    }
    if let Some(expected) = &truth.file {
        let file = said.map_or("none", |blame| blame.file.as_str());
        if file.rsplit('/').next() != Some(expected) {
            complaints.push(format!("blamed file: expected {expected}, said {file}"));
        }
    }
    if let Some(expected) = &truth.coroutine {
        let coroutine = said.and_then(|blame| blame.coroutine.as_ref()).map_or("none", |place| place.function.as_str());
        if unqualified(coroutine) != expected {
            complaints.push(format!("coroutine: expected {expected}, said {coroutine}"));
        }
    }
    complaints
}

/// `Client.fetch` and `create.<locals>.fetch` are `fetch`: only CPython 3.11 and later keep more.
fn unqualified(function: &str) -> &str {
    function.rsplit('.').next().unwrap_or(function)
}

/// A verdict in one line.
fn words(verdict: &Verdict) -> String {
    let cause = verdict.cause.as_ref().map(word).unwrap_or_default();
    format!("{} {cause} ({:?})", word(&verdict.kind), verdict.summary)
}

/// The contract's word for a kind or a cause.
fn word<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
