//! Stalls from pulses: a hundred looks a second that know which step each loop runs, and nothing else.
//!
//! A stall is one step in pulses in a row. It began between the last pulse that saw something else and the first that saw it: where
//! the loop came back from its poll in between, by its own clock, then; else in the middle. It ended likewise: when libuv looked
//! at the clock before it polled again, or the next turn began; else in the middle. So a length is an estimate, and stands beside the
//! lengths between which it lies for certain. Pulses come faster while a step is young, so that short ones are told apart
//! ([`Pulses::wants_more`]). When the thread fell asleep would tell an end too, but the kernel's account of that is up to 10 ms off on a
//! crowded machine.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::track::agree;
use crate::snapshot::{Address, GilRole, Known, LoopPulse, Moment, Pulse, Step, ThreadId};

/// A step that lasts so long is a near miss: a request that comes now waits for as long as a round trip to another continent.
pub const NEAR_MISS: Duration = Duration::from_millis(20);
/// A step that is known to have lasted so long is worth a look at its stack: one that comes later finds the shortest near misses over.
const WORTH_A_LOOK: Duration = Duration::from_millis(10);
/// So long is a step young: of a longer one a pulse's distance is little.
const YOUNG: Duration = Duration::from_millis(100);
/// How far libuv's clock may be behind ours: a coarse one goes on with the ticks of the kernel.
const CLOCKS_APART: Duration = Duration::from_millis(10);
/// The time over which the share of waiting for the GIL is taken.
const STARVED_OVER: Duration = Duration::from_secs(3);

/// One step that did not return for long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PulseStall {
    /// The loop.
    pub event_loop: Address,
    /// The thread that runs it.
    pub thread: ThreadId,
    /// When it began.
    pub start: Moment,
    /// When it ended, or when it was last seen.
    pub end: Moment,
    /// It lasted for so long at least,
    pub shortest: Duration,
    /// and so long at most.
    pub longest: Duration,
    /// Pulses that saw it.
    pub pulses: u32,
    /// How many of them saw its thread wait for the GIL.
    pub waiting: u32,
}

impl PulseStall {
    /// How long it lasted, as far as can be told.
    #[must_use]
    pub fn length(&self) -> Duration {
        self.end.since(self.start)
    }

    /// Whether it was mostly a wait for the GIL, which is not the step's fault.
    #[must_use]
    pub fn is_starved(&self) -> bool {
        self.waiting * 2 > self.pulses
    }
}

/// What a pulse brought to light.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PulseNews {
    /// A step lasts: now its stack can be seen. Said once of each step.
    Lasts(PulseStall),
    /// A step has ended that was a near miss at least.
    Ended(PulseStall),
}

/// Follows the loops of one process from pulse to pulse.
#[derive(Clone, Debug, Default)]
pub struct Pulses {
    loops: BTreeMap<(ThreadId, Address), Followed>,
}

/// One loop.
#[derive(Clone, Debug, Default)]
struct Followed {
    run: Option<Run>,
    /// The last pulse that told what it did, and when it had come back from its poll.
    last: Option<(Moment, Option<Moment>)>,
    /// Pulses of late, and whether they saw it wait for the GIL.
    waits: VecDeque<(Moment, bool)>,
}

/// Pulses in a row that saw one step.
#[derive(Clone, Debug)]
struct Run {
    step: Step,
    stall: PulseStall,
    /// The first pulse that saw it.
    first: Moment,
    /// It cannot have begun before.
    earliest: Moment,
    /// The loop's own clock says when it began.
    start_is_told: bool,
    /// Whether it was said that it lasts.
    said: bool,
}

impl Pulses {
    /// Takes a pulse.
    pub fn add(&mut self, pulse: &Pulse) -> Vec<PulseNews> {
        let runs = |key: &(ThreadId, Address)| pulse.loops.iter().any(|seen| (seen.thread, seen.event_loop) == *key);
        self.loops.retain(|key, _| runs(key));
        let mut news = Vec::new();
        for seen in &pulse.loops {
            let followed = self.loops.entry((seen.thread, seen.event_loop)).or_default();
            followed.count_waiting(pulse.at, seen);
            followed.see(pulse.at, seen, &mut news);
        }
        news
    }

    /// Whether a step lasts that is young yet: then the next pulse shall come sooner, for the sake of its length.
    #[must_use]
    pub fn wants_more(&self) -> bool {
        self.loops.values().filter_map(|followed| followed.run.as_ref()).any(|run| run.said && run.is_young())
    }

    /// Forgets what was seen of waiting for the GIL: it is counted anew.
    pub fn forget_waiting(&mut self) {
        self.loops.values_mut().for_each(|followed| followed.waits.clear());
    }

    /// The steps that run now.
    pub fn standing(&self) -> impl Iterator<Item = PulseStall> {
        self.loops.values().filter_map(|followed| followed.run.as_ref()).map(|run| run.stall)
    }

    /// The loops that waited for the GIL in this share of the pulses of the last three seconds, or in more of them.
    pub fn starved(&self, share: f64) -> impl Iterator<Item = (ThreadId, f64)> {
        self.loops.iter().filter_map(move |((thread, _), followed)| {
            let (first, last) = (followed.waits.front()?.0, followed.waits.back()?.0);
            let waiting = followed.waits.iter().filter(|(_, waits)| *waits).count() as f64;
            let of_all = waiting / followed.waits.len() as f64;
            let long_enough = last.since(first).mul_f64(1.1) >= STARVED_OVER;
            (long_enough && of_all >= share).then_some((*thread, of_all))
        })
    }
}

impl Followed {
    fn count_waiting(&mut self, at: Moment, seen: &LoopPulse) {
        self.waits.push_back((at, seen.gil == Known::Is(GilRole::Waits)));
        while self.waits.front().is_some_and(|(first, _)| at.since(*first) > STARVED_OVER) {
            self.waits.pop_front();
        }
    }

    fn see(&mut self, at: Moment, seen: &LoopPulse, news: &mut Vec<PulseNews>) {
        // What was torn neither goes on nor ends.
        let Known::Is(step) = &seen.step else { return };
        let waits = u32::from(seen.gil == Known::Is(GilRole::Waits));
        let woke = seen.woke.ok();
        match (&mut self.run, step) {
            (Some(run), Some(step)) if agree(&run.step, step) => {
                run.stall.end = at;
                run.stall.shortest = at.since(run.first);
                run.stall.longest = at.since(run.earliest);
                run.stall.pulses += 1;
                run.stall.waiting += waits;
            }
            (before, step) => {
                if let Some(run) = before.take() {
                    let end = woke.filter(|woke| (run.stall.end..=at).contains(woke));
                    news.extend(run.ended(at, end).map(PulseNews::Ended));
                }
                self.run = step.as_ref().map(|step| Run::begin(step, seen, at, self.last, waits));
            }
        }
        self.last = Some((at, woke));
        if let Some(run) = self.run.as_mut().filter(|run| !run.said && run.lasts()) {
            run.said = true;
            news.push(PulseNews::Lasts(run.stall));
        }
    }
}

impl Run {
    fn begin(step: &Step, seen: &LoopPulse, at: Moment, last: Option<(Moment, Option<Moment>)>, waiting: u32) -> Self {
        let before = last.map(|(before, _)| before);
        let woke = seen.woke.ok();
        // Who had come back already ran another step first.
        let told = match last {
            None => woke.filter(|woke| *woke <= at),
            Some((_, before)) if before == woke => None,
            Some((before, _)) => woke.and_then(|woke| between(woke, before, at)),
        };
        let start = told.unwrap_or_else(|| before.map_or(at, |before| middle(before, at)));
        let earliest = before.unwrap_or(start);
        let (event_loop, thread) = (seen.event_loop, seen.thread);
        let longest = at.since(earliest);
        let stall =
            PulseStall { event_loop, thread, start, end: at, shortest: Duration::ZERO, longest, pulses: 1, waiting };
        Self { step: step.clone(), stall, first: at, earliest, start_is_told: told.is_some(), said: false }
    }

    fn is_young(&self) -> bool {
        self.stall.length() < YOUNG
    }

    fn lasts(&self) -> bool {
        self.stall.pulses > 1 || (self.start_is_told && self.stall.length() >= WORTH_A_LOOK)
    }

    /// What it was, seen to be over at this moment, if it may have been a near miss. One pulse and no clock prove no length.
    fn ended(self, over: Moment, told: Option<Moment>) -> Option<PulseStall> {
        let end = told.unwrap_or_else(|| middle(self.stall.end, over));
        let stall = PulseStall { end, longest: over.since(self.earliest), ..self.stall };
        let proved = stall.pulses > 1 || (self.start_is_told && told.is_some());
        (proved && over.since(stall.start) >= NEAR_MISS).then_some(stall)
    }
}

/// What another clock says, brought between two moments of ours; `None` where that is not what it means.
fn between(told: Moment, earliest: Moment, latest: Moment) -> Option<Moment> {
    let apart = earliest.since(told).max(told.since(latest));
    (apart <= CLOCKS_APART).then(|| told.clamp(earliest, latest))
}

fn middle(one: Moment, other: Moment) -> Moment {
    one.after(other.since(one) / 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Why;

    const LOOP: Address = Address(0x10);
    const THREAD: ThreadId = ThreadId(7);

    fn ms(milliseconds: u64) -> Moment {
        Moment(1_000_000_000 + milliseconds * 1_000_000)
    }

    /// A pulse at this millisecond: a step by the turn that it is in and the queue's end, or idle.
    fn pulse(at: u64, step: Option<(u64, i64)>, gil: GilRole) -> Pulse {
        let woke = Known::from_option(step.map(|(turn, _)| ms(turn)), Why::NotRead);
        let step = step.map(|(turn, queue)| Step { turn: Some(turn), queue: Some((1, queue)), ..Step::default() });
        let seen = LoopPulse { event_loop: LOOP, thread: THREAD, step: Known::Is(step), woke, gil: Known::Is(gil) };
        Pulse { at: ms(at), loops: vec![seen], gils: Vec::new() }
    }

    fn follow(pulses: &[(u64, Option<(u64, i64)>)]) -> Vec<PulseNews> {
        let mut follower = Pulses::default();
        let add = |(at, step): &(u64, Option<(u64, i64)>)| follower.add(&pulse(*at, *step, GilRole::Apart));
        pulses.iter().flat_map(add).collect()
    }

    fn stalls(news: &[PulseNews]) -> Vec<(u128, u128, u128)> {
        let ended = news.iter().filter_map(|news| match news {
            PulseNews::Ended(stall) => Some(stall),
            PulseNews::Lasts(_) => None,
        });
        ended.map(|one| (one.length().as_millis(), one.shortest.as_millis(), one.longest.as_millis())).collect()
    }

    #[test]
    fn clocks_tell_a_length_and_pulses_its_bounds() {
        let seen = [(0, None), (10, Some((3, 0))), (20, Some((3, 0))), (30, Some((3, 0))), (40, None)];
        assert_eq!(stalls(&follow(&seen)), [(32, 20, 40)], "the end is in the middle");
        let mut then = seen;
        then[4].1 = Some((33, 1));
        assert_eq!(stalls(&follow(&then)), [(30, 20, 40)], "the next turn began as it was over");
        let lasts = follow(&seen).iter().filter(|news| matches!(news, PulseNews::Lasts(_))).count();
        assert_eq!(lasts, 1, "it is said once");
    }

    #[test]
    fn short_steps_are_none_and_what_may_have_been_long_enough_is_counted() {
        assert_eq!(stalls(&follow(&[(0, None), (8, Some((3, 0))), (18, None)])), []);
        let barely = [(0, None), (8, Some((3, 0))), (18, Some((3, 0))), (21, Some((3, 0))), (24, None)];
        assert_eq!(stalls(&follow(&barely)), [(19, 13, 24)]);
        let mut follower = Pulses::default();
        for (at, step) in &barely[..3] {
            follower.add(&pulse(*at, *step, GilRole::Apart));
        }
        assert!(follower.wants_more());
        follower.add(&pulse(150, Some((3, 0)), GilRole::Apart));
        assert!(!follower.wants_more(), "it is long enough");
    }

    #[test]
    fn many_short_steps_of_one_turn_are_no_stall() {
        let seen: Vec<_> = (0..50).map(|at| (at * 10, Some((1, at as i64)))).collect();
        assert_eq!(stalls(&follow(&seen)), []);
    }

    #[test]
    fn what_late_pulses_saw_once_is_none_without_a_clock() {
        let seen = [(0, None), (5, Some((5, 0))), (10, Some((5, 1))), (80, Some((75, 0))), (150, None)];
        assert_eq!(stalls(&follow(&seen)), [], "the second step may have taken no time at all");
        let told = [(0, None), (30, Some((2, 0))), (60, Some((55, 0)))];
        assert_eq!(stalls(&follow(&told)), [(53, 0, 60)], "the loop's clock tells both ends");
    }

    #[test]
    fn a_step_that_follows_in_the_same_turn_begins_in_the_middle() {
        let seen = [(0, Some((0, 0))), (10, Some((0, 1))), (20, Some((0, 1))), (30, Some((0, 1))), (40, Some((38, 0)))];
        assert_eq!(stalls(&follow(&seen)), [(33, 20, 40)]);
    }

    #[test]
    fn a_loop_that_is_gone_had_no_stall_and_a_torn_pulse_ends_none() {
        let mut follower = Pulses::default();
        let mut add = |pulse: &Pulse| follower.add(pulse);
        add(&pulse(0, Some((0, 0)), GilRole::Apart));
        let mut torn = pulse(10, None, GilRole::Apart);
        torn.loops[0].step = Known::Unknown(Why::Torn);
        add(&torn);
        assert!(matches!(add(&pulse(30, Some((0, 0)), GilRole::Apart))[..], [PulseNews::Lasts(_)]));
        add(&Pulse { at: ms(40), loops: Vec::new(), gils: Vec::new() });
        assert_eq!(add(&pulse(50, None, GilRole::Apart)), []);
    }

    #[test]
    fn waiting_for_the_gil_is_told_of_a_step_and_of_three_seconds() {
        let mut follower = Pulses::default();
        for at in 0..290 {
            let role = if at % 4 == 0 { GilRole::Apart } else { GilRole::Waits };
            follower.add(&pulse(at * 10, Some((0, 0)), role));
        }
        assert!(follower.standing().next().is_some_and(|stall| stall.is_starved()));
        assert_eq!(follower.starved(0.5).count(), 1);
        assert_eq!(follower.starved(0.8).count(), 0);
        let mut young = Pulses::default();
        for at in 0..100 {
            young.add(&pulse(at * 10, None, GilRole::Waits));
        }
        assert_eq!(young.starved(0.5).count(), 0, "a second of it says nothing of three");
    }
}
