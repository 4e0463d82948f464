//! A loop that could run and is not let, because others have the GIL. One that gets no CPU is the quota's or the node's
//! trouble: the quota has its own judge, and a crowded node is an observation.

use std::collections::BTreeMap;
use std::time::Duration;

use super::loops::{STANDS_ON_IT, STEPS_LAST, USES_THE_CPU};
use super::native_mutex::{Standoff, standoff};
use super::throttled::{Throttling, throttling};
use super::{Explains, Judge};
use crate::aggregate::blame::{Blamed, Seen, as_sure_as_whole, blame};
use crate::aggregate::places::places;
use crate::aggregate::track::Track;
use crate::aggregate::{
    Advice, Analysis, Cause, Confidence, Finding, GilFact, Kind, LoopSummary, SecondParty, Subject, Verdict, gil,
};
use crate::classify::{Activity, Holder, Look, Manner, Who};
use crate::snapshot::{Snapshot, StackId, StackSample, ThreadId, ThreadSample};

/// A loop that waits for the GIL in more than this share of the looks is starved. One busy thread beside a quiet loop
/// costs a few percent.
const STARVED_SHARE: f64 = 0.5;
/// A loop that queues for the GIL behind so many others that each turn costs it this long is starved at half of that share
/// as well: a request takes several turns. Two computing threads cost 10 ms a turn, eight of them 40 ms and more.
const LONG_QUEUE: Duration = Duration::from_millis(30);
/// Half of [`STARVED_SHARE`].
const QUEUED_SHARE: f64 = 0.25;
/// So many looks it takes to speak of a share.
const LOOKS_FOR_SHARE: usize = 10;
/// And so long a window.
const SHORTEST_FOR_SHARE: Duration = Duration::from_secs(1);
/// The GIL kept from the loop by one owner for so long at a stretch is a finding, whatever its share.
const SEVERE_HOLD: Duration = Duration::from_secs(1);
/// Python code gives the GIL up within 5 ms of being asked (`sys.getswitchinterval`). Ten times that on average is native
/// code.
const NATIVE_HOLD: Duration = Duration::from_millis(50);

pub(super) struct StarvedLoops;

impl Judge for StarvedLoops {
    fn judge(&self, analysis: &Analysis<'_>) -> Vec<Verdict> {
        analysis.tracks.iter().filter_map(|track| judge(analysis, track)).collect()
    }

    fn explains(&self) -> &'static [Explains] {
        &[STANDS_ON_IT, USES_THE_CPU, STEPS_LAST]
    }
}

/// Whether the GIL was kept from a loop at a stretch for longer than a quota keeps anybody from running.
pub(super) fn is_kept_long(analysis: &Analysis<'_>, thread: Option<u32>) -> bool {
    let track = analysis.tracks.iter().find(|track| Some(track.thread.0) == thread);
    track.and_then(|track| longest_hold(analysis, track)).is_some_and(|hold| hold.length >= SEVERE_HOLD)
}

/// The verdict on a loop that waits.
fn judge(analysis: &Analysis<'_>, track: &Track<'_>) -> Option<Verdict> {
    let decided = track.looks.len() - track.count(Look::Unclear);
    let for_gil = track.count(Look::StarvedOfGil);
    let enough = decided >= LOOKS_FOR_SHARE && analysis.window() >= SHORTEST_FOR_SHARE;
    let share = for_gil as f64 / decided.max(1) as f64;
    let queues = || queue(analysis, track).is_some_and(|wait| wait >= LONG_QUEUE);
    let mostly = enough && share > STARVED_SHARE;
    let starved = mostly || enough && share > QUEUED_SHARE && queues();
    let hold = longest_hold(analysis, track);
    let kept = hold.as_ref().is_some_and(|hold| hold.length >= SEVERE_HOLD);
    if starved || kept {
        let whole: Vec<usize> = starved_snapshots(track).collect();
        let snapshots = match hold {
            Some(hold) if !starved => hold.snapshots,
            _ => whole,
        };
        let verdict = of_gil(analysis, track, &snapshots, (for_gil, decided))?;
        // That a request takes several turns in the queue is how requests are, and was not seen of these.
        let most = if mostly || kept { Confidence::Certain } else { Confidence::Likely };
        let confidence = verdict.confidence.min(most);
        return Some(Verdict { confidence, ..verdict });
    }
    None
}

fn starved_snapshots<'t>(track: &'t Track<'_>) -> impl Iterator<Item = usize> + 't {
    track.looks.iter().filter(|seen| seen.look == Look::StarvedOfGil).map(|seen| seen.snapshot)
}

/// How long a turn in the queue for the GIL takes: as many holds as there are others in it, and the one that goes on.
fn queue(analysis: &Analysis<'_>, track: &Track<'_>) -> Option<Duration> {
    let snapshots: Vec<&Snapshot> =
        starved_snapshots(track).filter_map(|index| analysis.recording.snapshots.get(index)).collect();
    let queued: usize = snapshots.iter().map(|snapshot| gil::waiters(snapshot).count()).sum();
    let mean = queued as f64 / snapshots.len().max(1) as f64;
    gil::mean_hold(&snapshots).map(|hold| hold.mul_f64(mean))
}

/// A stretch in which the loop waited for the GIL and it never changed hands.
struct Hold {
    snapshots: Vec<usize>,
    length: Duration,
}

fn longest_hold(analysis: &Analysis<'_>, track: &Track<'_>) -> Option<Hold> {
    let snapshots = &analysis.recording.snapshots;
    let switch_number = |index: usize| snapshots.get(index).and_then(gil::sample).filter(|gil| gil.locked);
    let mut runs: Vec<Vec<usize>> = Vec::new();
    for (at, seen) in track.looks.iter().enumerate() {
        if seen.look != Look::StarvedOfGil {
            continue;
        }
        let before =
            at.checked_sub(1).and_then(|at| track.looks.get(at)).filter(|last| last.look == Look::StarvedOfGil);
        let same = before.is_some_and(|last| {
            let numbers = (switch_number(last.snapshot), switch_number(seen.snapshot));
            matches!(numbers, (Some(one), Some(two)) if one.switch_number == two.switch_number)
        });
        match runs.last_mut() {
            Some(run) if same => run.push(seen.snapshot),
            _ => runs.push(vec![seen.snapshot]),
        }
    }
    let length = |run: &Vec<usize>| {
        let at = |index: Option<&usize>| index.and_then(|index| snapshots.get(*index)).map(|snapshot| snapshot.at);
        at(run.last()).zip(at(run.first())).map(|(last, first)| last.since(first)).unwrap_or_default()
    };
    let longest = runs.into_iter().max_by_key(|run| length(run))?;
    Some(Hold { length: length(&longest), snapshots: longest })
}

/// What one thread did while it had the GIL and the loop waited for it.
struct Owner<'a> {
    thread: &'a ThreadSample,
    looks: usize,
    asleep: usize,
    example: Option<Activity>,
    stacks: BTreeMap<(StackId, bool), usize>,
}

impl Owner<'_> {
    fn seen(&self) -> Vec<Seen> {
        self.stacks.iter().map(|((stack, cut), looks)| Seen { stack: *stack, cut: *cut, looks: *looks }).collect()
    }
}

fn owners<'a>(analysis: &Analysis<'a>, track: &Track<'_>, snapshots: &[usize]) -> Vec<Owner<'a>> {
    let mut owners: BTreeMap<ThreadId, Owner<'a>> = BTreeMap::new();
    for index in snapshots {
        let Some(snapshot) = analysis.recording.snapshots.get(*index) else { continue };
        let Some(thread) = gil::holder(snapshot).filter(|holder| holder.thread != track.thread) else { continue };
        let did = analysis.activity(*index, snapshot, thread);
        let owner = owners.entry(thread.thread).or_insert_with(|| Owner {
            thread,
            looks: 0,
            asleep: 0,
            example: None,
            stacks: BTreeMap::new(),
        });
        owner.looks += 1;
        if did.manner == Manner::Waiting {
            owner.asleep += 1;
            owner.example = Some(did);
        }
        match thread.python.as_ref().map(|python| python.stack) {
            Some(StackSample::Stable(stack)) => *owner.stacks.entry((stack, false)).or_default() += 1,
            Some(StackSample::Cut(stack)) => *owner.stacks.entry((stack, true)).or_default() += 1,
            _ => {}
        }
    }
    let mut owners: Vec<Owner<'a>> = owners.into_values().collect();
    owners.sort_by_key(|owner| (std::cmp::Reverse(owner.looks), owner.thread.thread));
    owners
}

/// The function that the owners ran for most of the time: each thread's own, added up over the threads.
fn worst<'o, 'a>(analysis: &Analysis<'a>, owners: &'o [Owner<'a>]) -> Option<(Blamed, &'o Owner<'a>, usize)> {
    let mut by_function: BTreeMap<_, (Blamed, &Owner<'a>, usize)> = BTreeMap::new();
    for owner in owners {
        if let Some(blamed) = blame(analysis.recording, &analysis.book, &owner.seen(), false) {
            by_function.entry(blamed.code).or_insert((blamed, owner, 0)).2 += owner.looks;
        }
    }
    by_function.into_values().max_by_key(|(blamed, _, looks)| (*looks, std::cmp::Reverse(blamed.code)))
}

fn of_gil(
    analysis: &Analysis<'_>,
    track: &Track<'_>,
    indices: &[usize],
    (starved, decided): (usize, usize),
) -> Option<Verdict> {
    let snapshots: Vec<&Snapshot> =
        indices.iter().filter_map(|index| analysis.recording.snapshots.get(*index)).collect();
    let owners = owners(analysis, track, indices);
    let owned: usize = owners.iter().map(|owner| owner.looks).sum();
    let asleep: usize = owners.iter().map(|owner| owner.asleep).sum();
    let mean_hold = gil::mean_hold(&snapshots);
    let native = mean_hold.is_some_and(|hold| hold >= NATIVE_HOLD);
    let cause = match (asleep * 2 > owned, native) {
        (true, true) => Cause::GilHeldWaiting,
        (false, true) => Cause::GilNativeHold,
        _ => Cause::GilPythonThreads,
    };
    let worst = worst(analysis, &owners);
    let standoff = if cause == Cause::GilHeldWaiting { standoff(analysis, track, indices) } else { None };
    if let (Some(standoff), Some((blamed, _, _))) = (standoff, &worst) {
        return Some(of_mutex(analysis, track, &snapshots, blamed, &standoff));
    }
    let place = worst.as_ref().map(|(blamed, _, _)| blamed.place(analysis.recording));
    let share = starved as f64 / decided.max(1) as f64;
    let summary = LoopSummary::Starved { cause, place, threads: owners.len() as u64 };
    let evidence =
        GilFact::AwaitsGil { looks: starved as u64, of: decided as u64, looks_idle: looks_idle(analysis, track) };
    let confidence = match &worst {
        Some((_, owner, looks)) if looks * 10 >= indices.len() * 8 => {
            as_sure_as_whole(Confidence::Certain, &owner.seen())
        }
        Some(_) => Confidence::Likely,
        None => Confidence::Possible,
    };
    let held = who_has_it(cause, &owners, indices.len());
    let stays = mean_hold.map(|hold| match native {
        true => GilFact::GilStays { hold_s: hold.as_secs_f64() },
        false => GilFact::GilChangesHands { every_s: hold.as_secs_f64() },
    });
    let length = snapshots.first().zip(snapshots.last()).map(|(first, last)| last.at.since(first.at));
    let lasts = track.looks.last().is_some_and(|last| last.look == Look::StarvedOfGil);
    let since = length.filter(|_| lasts && cause != Cause::GilPythonThreads).map(|length| length.as_secs_f64());
    let quota = throttling(analysis).as_ref().and_then(Throttling::contribution);
    let party = worst.as_ref().map(|(blamed, owner, _)| second_party(analysis, cause, blamed, owner));
    let party = party.unwrap_or(SecondParty::None);
    let finding = Finding::new(Kind::LoopStarved, analysis.pid(), summary, evidence)
        .cause(cause, confidence)
        .on(track.thread.0, Some(track.kind.word()))
        .lasting(since, share)
        .evidence(held.into_iter().chain(stays))
        .evidence(quota)
        .hurts_users_of(analysis, Some(track))
        .advice(Advice::ShareTheGil);
    let blame = worst.map(|(blamed, _, _)| blamed.blame(analysis.recording));
    let owners = owners.iter().map(|owner| Subject::Thread(owner.thread.thread));
    Some(finding.blame(blame, party).tells([Subject::Gil]).tells(owners).verdict())
}

/// Who has the GIL while the loop waits for it.
fn who_has_it(cause: Cause, owners: &[Owner<'_>], starved: usize) -> Option<GilFact> {
    let most = owners.first()?;
    let looks = most.looks as u64;
    Some(match (cause, owners.len()) {
        (Cause::GilPythonThreads, many @ 2..) => GilFact::TakeTurns { threads: many as u64, looks },
        _ => GilFact::OneHasGil { thread: Who::from(most.thread), looks, of: starved as u64 },
    })
}

/// The owner of the GIL waits for a mutex that only a thread which waits for the GIL can let go.
fn of_mutex(
    analysis: &Analysis<'_>,
    track: &Track<'_>,
    snapshots: &[&Snapshot],
    blamed: &Blamed,
    standoff: &Standoff<'_>,
) -> Verdict {
    let place = blamed.place(analysis.recording);
    let looks = snapshots.len() as u64;
    let summary = LoopSummary::MutexAgainstGil { place: place.clone() };
    let evidence = GilFact::SleepsOnMutex { place, looks, of: looks };
    let length = snapshots.first().zip(snapshots.last()).map(|(first, last)| last.at.since(first.at));
    let stack = |thread: &ThreadSample| match thread.python.as_ref().map(|python| python.stack) {
        Some(StackSample::Stable(stack) | StackSample::Cut(stack)) => {
            places(analysis.recording, analysis.recording.stack(stack))
        }
        _ => Vec::new(),
    };
    let party = SecondParty::Holder {
        holder: Holder::WaitsForGil { suspects: standoff.who() },
        stack: standoff.suspects.first().map(|thread| stack(thread)).unwrap_or_default(),
    };
    // Who has the mutex is not written where we look; that nothing moves is.
    Finding::new(Kind::Deadlock, analysis.pid(), summary, evidence)
        .cause(Cause::Lock, Confidence::Likely)
        .on(track.thread.0, Some(track.kind.word()))
        .lasting(length.map(|length| length.as_secs_f64()), length.map_or(0.0, |length| analysis.share(length)))
        .evidence([GilFact::GilNeverChanges { suspects: standoff.who() }])
        .hurts_users_of(analysis, Some(track))
        .advice(Advice::ReleaseGilFirst)
        .blame(Some(blamed.blame(analysis.recording)), party)
        .stands([Subject::Thread(track.thread)])
        .tells([Subject::Gil])
        .verdict()
}

/// A starved loop looks idle to whoever sees only its Python frames; worth a word, because that is what other tools say.
fn looks_idle(analysis: &Analysis<'_>, track: &Track<'_>) -> bool {
    let starved = track.looks.iter().filter(|seen| seen.look == Look::StarvedOfGil);
    let bare = starved.clone().filter(|seen| match seen.stack() {
        Some(StackSample::Stable(stack)) => analysis.book.stack(stack).user.is_none(),
        _ => false,
    });
    bare.count() * 2 > starved.count()
}

/// Whoever a sleeping owner waits for, else the owner.
fn second_party(analysis: &Analysis<'_>, cause: Cause, blamed: &Blamed, owner: &Owner<'_>) -> SecondParty {
    let awaited = owner.example.as_ref().map(|did| did.party.clone()).filter(|party| *party != SecondParty::None);
    match awaited {
        Some(party) if cause == Cause::GilHeldWaiting => party,
        _ => SecondParty::Holder {
            holder: Holder::Other { who: Who::from(owner.thread) },
            stack: places(analysis.recording, analysis.recording.stack(blamed.stack)),
        },
    }
}
