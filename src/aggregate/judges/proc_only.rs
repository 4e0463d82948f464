//! What the kernel alone can tell, where the memory is closed to us: whether the main thread waits in its poll, and whether
//! connections pile up.

use super::Judge;
use crate::aggregate::{
    Act, Advice, Analysis, Cause, Confidence, DescriptorFact, Finding, Hurt, KernelFact, Kind, LoopSummary,
    ProcessSummary, SecondParty, Subject, Verdict,
};
use crate::snapshot::{Call, Listener, Reader, Surroundings, Syscall, SyscallState, TaskState, ThreadId, ThreadSample};

pub(super) struct FactsOfTheKernel;

/// So many looks it takes.
const FEWEST_LOOKS: usize = 3;

impl Judge for FactsOfTheKernel {
    fn judge(&self, analysis: &Analysis<'_>) -> Vec<Verdict> {
        let Some(seen) = Seen::of(analysis) else { return Vec::new() };
        let still = sleeps_on(&seen.looks);
        let confidence = match (seen.calls_known, seen.piling) {
            (true, true) if seen.polls == 0 => Some(Confidence::Likely),
            (false, true) if still => Some(Confidence::Possible),
            _ => None,
        };
        let blocked = confidence.map(|confidence| blocked_loop(analysis, &seen.looks, seen.waiting, confidence));
        blocked.into_iter().collect()
    }
}

/// What `/proc` showed of the main thread and of who waits to be let in.
struct Seen<'a> {
    looks: Vec<&'a ThreadSample>,
    /// Whether its system call is known in all of them.
    calls_known: bool,
    /// In how many it was in its poll.
    polls: usize,
    /// Connections that wait, and whether they did at first, and became no fewer.
    waiting: u64,
    piling: bool,
}

impl<'a> Seen<'a> {
    /// `None` where more than that can be read, or too little was.
    fn of(analysis: &Analysis<'a>) -> Option<Self> {
        let main = ThreadId(analysis.pid().0);
        let looks: Vec<&ThreadSample> =
            analysis.recording.snapshots.iter().filter_map(|snapshot| snapshot.thread(main)).collect();
        if analysis.recording.process.reader != Reader::ProcOnly || looks.len() < FEWEST_LOOKS {
            return None;
        }
        let waiting = waiting(analysis.recording.surroundings.last());
        Some(Self {
            calls_known: looks.iter().all(|thread| thread.os.syscall.get().is_some()),
            polls: looks.iter().filter(|thread| is_polling(thread)).count(),
            piling: waiting > 0 && waiting >= self::waiting(analysis.recording.surroundings.first()),
            waiting,
            looks,
        })
    }
}

/// The verdict where `/proc` alone shows a main thread at rest in its poll and nobody who waits to be let in.
pub(super) fn healthy(analysis: &Analysis<'_>) -> Option<Verdict> {
    let seen = Seen::of(analysis)?;
    let (polls, looks) = (seen.polls, seen.looks.len());
    if !seen.calls_known || polls * 2 <= looks || seen.waiting > 0 {
        return None;
    }
    let evidence = KernelFact::InPoll { looks: polls as u64, of: looks as u64 };
    let summary = ProcessSummary::ClosedAndWell;
    let finding = Finding::new(Kind::Healthy, analysis.pid(), summary, evidence).confidence(Confidence::Possible);
    Some(finding.verdict())
}

fn blocked_loop(analysis: &Analysis<'_>, looks: &[&ThreadSample], waiting: u64, confidence: Confidence) -> Verdict {
    let did = analysis.last_snapshot().and_then(|(index, last)| {
        last.thread(ThreadId(analysis.pid().0)).map(|main| analysis.activity(index, last, main))
    });
    let cause = did.as_ref().and_then(|did| did.cause).unwrap_or(Cause::Unknown);
    let party = did.as_ref().map_or(SecondParty::None, |did| did.party.clone());
    let act = did.as_ref().map(Act::from);
    // It may wake and go on waiting, as native libraries do: it was outside of its poll for the whole window all the same.
    let asleep = looks.last().and_then(|thread| thread.os.asleep_for.ok()).unwrap_or_default();
    let length = asleep.max(analysis.window());
    let summary = LoopSummary::MainBlocked { for_s: length.as_secs_f64(), act };
    let evidence = DescriptorFact::Piling { connections: waiting };
    let of = looks.len() as u64;
    Finding::new(Kind::LoopBlocked, analysis.pid(), summary, evidence)
        .cause(cause, confidence)
        .on(analysis.pid().0, None)
        .lasting(Some(length.as_secs_f64()), 1.0)
        .evidence([KernelFact::OutsidePoll { looks: of, of }])
        .hurts([Hurt::NotAccepted { connections: waiting, port: None, full_at: None }])
        .tells([Subject::AcceptQueue])
        .advice(Advice::OffTheLoop)
        .doing(did.map(|did| did.does))
        .blame(None, party)
        .stands([Subject::Thread(ThreadId(analysis.pid().0))])
        .verdict()
}

fn waiting(around: Option<&Surroundings>) -> u64 {
    let listeners = around.and_then(|around| around.listeners.get());
    listeners.into_iter().flatten().map(|listener: &Listener| u64::from(listener.waiting)).sum()
}

fn is_polling(thread: &ThreadSample) -> bool {
    match thread.os.syscall.get() {
        Some(SyscallState::Inside { number, .. }) => {
            Syscall::of(*number).is_some_and(|found| found.call == Call::Epoll)
        }
        _ => false,
    }
}

/// Whether the thread slept through all looks without waking once.
fn sleeps_on(looks: &[&ThreadSample]) -> bool {
    let asleep =
        looks.iter().all(|thread| matches!(thread.os.state.ok(), Some(TaskState::Sleeping | TaskState::DiskSleep)));
    let switches = |thread: &&ThreadSample| thread.os.switches.get().map(|switches| switches.voluntary);
    let first = looks.first().and_then(switches);
    asleep && first.is_some() && looks.iter().all(|thread| switches(thread) == first)
}
