//! Pools at the first and the last look at them: whether all places were taken both times, whether somebody waited both
//! times, and whether it was the same users who had the places. Only all of that together is an exhausted pool; a pool
//! that is full and turns over is doing its work.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Analysis, awaited_peer, same_wait_since};
use crate::snapshot::{Actor, Census, Known, Moment, Occupier, PoolKind, PoolSample, Snapshot, TaskWait};

/// Two looks at a pool that are closer together than this show nothing: a job of this length is an ordinary one.
const SHORTEST: Duration = Duration::from_secs(1);
/// So few places can have the same user twice by chance; there the users themselves have to be seen not to move.
const FEW: usize = 2;

/// A pool over the window.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing<'a> {
    /// At the first look.
    pub(super) first: &'a PoolSample,
    /// At the last look.
    pub(super) last: &'a PoolSample,
    /// From the first look to the last.
    pub(super) span: Duration,
    /// The census that the last look is of.
    pub(super) census: &'a Census,
    /// The first one.
    pub(super) earlier: &'a Census,
}

/// What shows that a pool did not turn over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stuck {
    /// Every place is with whom it was, doing the same.
    SameUsers,
    /// Whoever waited at first still waits, so nobody gave a place back; who has them is not known of all.
    SameWaiters,
}

impl<'a> Standing<'a> {
    /// The pools that are in the first and in the last census.
    pub(super) fn of(analysis: &Analysis<'a>) -> Vec<Self> {
        let censuses = &analysis.recording.censuses;
        let (Some(earlier), Some(census)) = (censuses.first(), censuses.last()) else { return Vec::new() };
        let span = census.at.since(earlier.at);
        let in_both = census.pools.iter().filter_map(|last| {
            let first = earlier.pools.iter().find(|pool| (pool.address, pool.kind) == (last.address, last.kind))?;
            Some(Self { first, last, span, census, earlier })
        });
        in_both.collect()
    }

    /// Whether all places were taken and somebody waited, at both looks.
    pub(super) fn is_full(&self) -> bool {
        is_full(self.first) && is_full(self.last)
    }

    /// What shows that no place was given back in all the time; `None` when nothing does.
    pub(super) fn stuck(&self, analysis: &Analysis<'_>) -> Option<Stuck> {
        if self.span < SHORTEST || !self.is_full() {
            return None;
        }
        let waiters = key_set(&self.first.waiters);
        let still: Vec<Occupier> =
            self.last.waiters.iter().filter(|waiter| self.stayed(analysis, waiter) != Some(false)).copied().collect();
        let waiters_stay = !waiters.is_empty() && waiters.is_subset(&key_set(&still));
        let users = key_set(&self.last.occupiers);
        let all_known = self.last.in_use.get().is_some_and(|in_use| users.len() as u64 >= *in_use);
        let users_stay = all_known && users == key_set(&self.first.occupiers);
        let proven = || {
            let moved = self.last.occupiers.iter().filter(|user| self.stayed(analysis, user) != Some(true)).count();
            moved == 0 || users.len() > FEW && moved < users.len() || users.len() > FEW * FEW
        };
        let proof = match self.last.kind {
            // How many items such a queue has is not known: only that nobody got one shows that none came back.
            PoolKind::AsyncioQueue => waiters_stay,
            // Whoever is being served is among those who wait.
            PoolKind::Dns => users_stay && waiters_stay,
            _ => true,
        };
        if !proof {
            return None;
        }
        match (users_stay, waiters_stay) {
            (true, true) => Some(Stuck::SameUsers),
            (true, false) if proven() => Some(Stuck::SameUsers),
            (false, true) => Some(Stuck::SameWaiters),
            _ => None,
        }
    }

    /// Whether somebody slept through the whole time: a thread that was not on a CPU, a task in one and the same wait.
    fn stayed(&self, analysis: &Analysis<'_>, user: &Occupier) -> Option<bool> {
        match user.who {
            Actor::Thread(thread) => {
                let snapshots = &analysis.recording.snapshots;
                let before = snapshots.iter().rev().find(|snapshot| snapshot.at <= self.earlier.at);
                let slices = |snapshot: &Snapshot| {
                    snapshot.thread(thread)?.os.cpu.get().map(|cpu| (cpu.timeslices, cpu.on_cpu_ns))
                };
                let first = before.or(snapshots.first()).and_then(slices)?;
                Some(first == snapshots.last().and_then(slices)?)
            }
            Actor::Task(task) => {
                self.earlier.tasks.get()?.task(task)?;
                let last = self.census.tasks.get()?.task(task)?;
                Some(same_wait_since(analysis.recording, last).is_some_and(|since| since <= self.earlier.at))
            }
        }
    }
}

fn is_full(pool: &PoolSample) -> bool {
    let (Known::Is(size), Known::Is(in_use), Known::Is(waiting)) = (&pool.size, &pool.in_use, &pool.waiting) else {
        return false;
    };
    *size > 0 && in_use >= size && *waiting > 0
}

fn key_set(users: &[Occupier]) -> BTreeSet<(Actor, Option<crate::snapshot::Address>)> {
    users.iter().map(|user| (user.who, user.job)).collect()
}

/// What a task waits for in a census.
pub(super) fn waits_on(census: &Census, task: crate::snapshot::Address) -> Option<&TaskWait> {
    census.tasks.get()?.task(task)?.wait.get()?.as_ref()
}

/// The peer that a task waits for, where it is known.
pub(super) fn peer_of<'a>(
    analysis: &Analysis<'a>,
    census: &'a Census,
    task: crate::snapshot::Address,
) -> Option<&'a str> {
    awaited_peer(analysis.recording, &waits_on(census, task)?.on)
}

/// The snapshot that was taken last before a moment, or the first.
pub(super) fn snapshot_at<'s>(analysis: &Analysis<'s>, at: Moment) -> Option<(usize, &'s Snapshot)> {
    let snapshots = analysis.recording.snapshots.iter().enumerate();
    snapshots.rev().find(|(_, snapshot)| snapshot.at <= at && !snapshot.threads.is_empty())
}
