//! Pools of which every place is taken by somebody who does not give it back, while others wait.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::Judge;
use crate::aggregate::blame::Blamed;
use crate::aggregate::connections::peer_party;
use crate::aggregate::pools::{Standing, Stuck, peer_of, snapshot_at};
use crate::aggregate::summary::{Occupancy, PoolUse};
use crate::aggregate::users::{Users, groups};
use crate::aggregate::{
    Act, Advice, Analysis, Cause, Confidence, Finding, Hurt, Kind, Place, SecondParty, Subject, TaskSummary, Verdict,
    WorkerFact,
};
use crate::classify::Resource;
use crate::snapshot::{
    Actor, Awaited, DescriptorKind, Known, Occupier, PoolKind, PoolSample, TaskSample, ThreadSample,
};

pub(super) struct Pools;

impl Judge for Pools {
    fn judge(&self, analysis: &Analysis<'_>) -> Vec<Verdict> {
        let standings = Standing::of(analysis);
        let stuck: Vec<(&Standing<'_>, Stuck)> =
            standings.iter().filter_map(|standing| Some((standing, standing.stuck(analysis)?))).collect();
        let mut verdicts = Vec::new();
        for (pool, proof) in &stuck {
            let behind = waits_behind(pool, &stuck);
            let closes = behind.is_some_and(|other| waits_behind(other, &stuck).is_some_and(|next| same(next, pool)));
            // Users that all wait for another exhausted pool are that pool's victims. Two pools whose users wait for each
            // other are told once, as the one that is not of threads.
            let told_here = match behind {
                None => true,
                Some(other) => closes && order(pool) < order(other),
            };
            if told_here {
                let others = stuck.iter().map(|(other, _)| *other).filter(|other| !same(other, pool));
                let victims: Vec<&Standing<'_>> =
                    others.filter(|other| waits_behind(other, &stuck).is_some_and(|next| same(next, pool))).collect();
                verdicts.push(verdict(analysis, pool, *proof, &victims, closes));
            }
        }
        verdicts
    }
}

/// Pools of connections before pools of threads.
fn order(pool: &Standing<'_>) -> (bool, crate::snapshot::Address) {
    let connections = matches!(pool.last.kind, PoolKind::DbPool | PoolKind::HttpPool | PoolKind::AsyncioQueue);
    (!connections, pool.last.address)
}

fn same(one: &Standing<'_>, other: &Standing<'_>) -> bool {
    one.last.address == other.last.address
}

/// The other pool that everybody who has a place of this one waits for.
fn waits_behind<'s, 'a>(pool: &Standing<'a>, all: &[(&'s Standing<'a>, Stuck)]) -> Option<&'s Standing<'a>> {
    let users: BTreeSet<Actor> = pool.last.occupiers.iter().map(|user| user.who).collect();
    let waits_for = |other: &Standing<'_>| {
        let waiters: BTreeSet<Actor> = other.last.waiters.iter().map(|user| user.who).collect();
        !users.is_empty() && users.is_subset(&waiters)
    };
    let mut others = all.iter().map(|(other, _)| *other).filter(|other| !same(other, pool));
    others.find(|other| waits_for(other))
}

fn verdict(
    analysis: &Analysis<'_>,
    pool: &Standing<'_>,
    proof: Stuck,
    victims: &[&Standing<'_>],
    closes: bool,
) -> Verdict {
    let groups = groups(analysis, pool.census, &pool.last.occupiers);
    let size = pool.last.size.ok().unwrap_or_default();
    let waiting = pool.last.waiting.ok().unwrap_or_default();
    let nested = nested(pool);
    let behind = behind(pool);
    let told = match groups.first() {
        _ if nested => nested_users(analysis, pool),
        Some(group) if behind => behind_itself(analysis, pool, group),
        _ if closes => crossed(analysis, pool, victims),
        _ if pool.last.kind == PoolKind::Dns => lookups(analysis, pool),
        Some(group) => occupied(analysis, pool, group),
        None => lost(analysis, pool, victims),
    };
    let Told { who, blamed, party, since } = told;
    let kind = if nested || closes || behind { Kind::Deadlock } else { Kind::PoolExhausted };
    let cause = cause(pool.last);
    let known = pool.last.occupiers.len() as u64;
    let confidence = match proof {
        // Tasks that let each other wait, as with a semaphore: that they do not move may be no more than a slow upstream.
        _ if cause == Cause::AsyncioLock => Confidence::Possible,
        // What the call has it for is not known.
        _ if behind => Confidence::Likely,
        // That there are no more items than are seen is what it looks like.
        _ if cause == Cause::AsyncioQueue => Confidence::Likely,
        Stuck::SameUsers => Confidence::Certain,
        Stuck::SameWaiters if known >= size => Confidence::Certain,
        Stuck::SameWaiters => Confidence::Likely,
    };
    let since = since.unwrap_or(pool.span).max(pool.span);
    let apart_s = pool.span.as_secs_f64();
    let first = match proof {
        Stuck::SameUsers => WorkerFact::SameUsers { users: known, pool: pool.last.kind, apart_s },
        Stuck::SameWaiters => WorkerFact::SameWaiters { apart_s },
    };
    let summary = TaskSummary::PoolFull { pool: pool.last.kind, size, who, waiting };
    Finding::new(kind, analysis.pid(), summary, first)
        .cause(cause, confidence)
        .lasting(Some(since.as_secs_f64()), 1.0)
        .evidence(others(analysis, &groups))
        .evidence(unseen(pool))
        .evidence(waiters(analysis, pool))
        .hurts(hurts(pool, victims))
        .advice(remedy(cause, size, behind))
        .blame(blamed.map(|blamed| blamed.blame(analysis.recording)), party)
        .stands(stands(pool))
        .holds_up(held_up(analysis, pool, victims))
        .verdict()
}

/// Whoever has the places; where nobody is seen to have one, the pool itself.
fn stands(pool: &Standing<'_>) -> Vec<Subject> {
    match pool.last.occupiers.as_slice() {
        [] => vec![Subject::Pool(pool.last.address)],
        users => users.iter().map(|user| Subject::from(user.who)).collect(),
    }
}

/// The pool, whoever waits for a place, and the same of the pools whose users do. A loop that waits for one in its own thread
/// has a finding of its own.
fn held_up(analysis: &Analysis<'_>, pool: &Standing<'_>, victims: &[&Standing<'_>]) -> BTreeSet<Subject> {
    let of = |pool: &Standing<'_>| {
        let users = pool.last.waiters.iter().chain(&pool.last.occupiers).map(|user| user.who);
        let runs_loop = |who: &Actor| matches!(who, Actor::Thread(thread) if analysis.track_of(*thread).is_some());
        let users: Vec<Subject> = users.filter(|who| !runs_loop(who)).map(Subject::from).collect();
        users.into_iter().chain([Subject::Pool(pool.last.address)])
    };
    victims.iter().flat_map(|victim| of(victim)).chain(of(pool)).chain(queued(pool)).collect()
}

/// Tasks whose calls no thread has begun, where only one executor has a queue that they can stand in.
fn queued(pool: &Standing<'_>) -> Vec<Subject> {
    let is_executor = |pool: &PoolSample| matches!(pool.kind, PoolKind::ThreadPool | PoolKind::DefaultExecutor);
    let full = pool.census.pools.iter().filter(|pool| is_executor(pool) && pool.waiting != Known::Is(0)).count();
    let tasks = pool.census.tasks.get().filter(|_| is_executor(pool.last) && full == 1);
    let is_queued = |on: &Awaited| matches!(on, Awaited::Executor { thread: Known::Unknown(_) });
    let waits = |task: &&TaskSample| matches!(&task.wait, Known::Is(Some(wait)) if is_queued(&wait.on));
    tasks.into_iter().flat_map(|tasks| &tasks.tasks).filter(waits).map(|task| Subject::Task(task.address)).collect()
}

/// What there is to say of one exhausted pool.
struct Told {
    who: Occupancy,
    blamed: Option<Blamed>,
    party: SecondParty,
    since: Option<Duration>,
}

/// `all 40 worker threads are in fetch (app.py:7), reading from 10.0.3.7:443`
fn occupied(analysis: &Analysis<'_>, pool: &Standing<'_>, group: &Users) -> Told {
    let (act, party, since) = doing(analysis, pool, group);
    let who = Occupancy::Taken { place: place(analysis, group.blamed), users: group.users.len() as u64, act };
    let party = match party {
        SecondParty::None => itself(pool),
        party => party,
    };
    Told { who, blamed: Some(group.blamed), party, since }
}

fn place(analysis: &Analysis<'_>, blamed: Blamed) -> Place {
    blamed.place(analysis.recording)
}

/// The pool as the other side.
fn itself(pool: &Standing<'_>) -> SecondParty {
    let size = pool.last.size.ok().unwrap_or_default();
    SecondParty::Resource { resource: Resource::Pool { pool: pool.last.kind, size } }
}

/// What the users of a group do, with whom, and for how long the one that moved last has not moved.
fn doing(
    analysis: &Analysis<'_>,
    pool: &Standing<'_>,
    group: &Users,
) -> (Option<PoolUse>, SecondParty, Option<Duration>) {
    let Some((index, snapshot)) = snapshot_at(analysis, pool.census.at) else { return (None, SecondParty::None, None) };
    let mut asleep = Some(Duration::MAX);
    let mut said: BTreeMap<PoolUse, (usize, SecondParty)> = BTreeMap::new();
    for user in &group.users {
        let (act, party) = match *user {
            Actor::Thread(thread) => {
                let Some(thread) = snapshot.thread(thread) else { continue };
                asleep = asleep.zip(thread.os.asleep_for.ok()).map(|(least, own)| least.min(own));
                let did = analysis.activity(index, snapshot, thread);
                (PoolUse::Act(Act::from(&did)), did.party)
            }
            Actor::Task(task) => {
                asleep = None;
                let Some(peer) = peer_of(analysis, pool.census, task) else { continue };
                (PoolUse::Reads { peer: peer.to_owned() }, peer_party(peer))
            }
        };
        said.entry(act).or_insert((0, party)).0 += 1;
    }
    let most = said.into_iter().max_by_key(|(_, (count, _))| *count);
    let since = asleep.filter(|asleep| *asleep < Duration::MAX);
    match most {
        // One of many that does something else is no example.
        Some((act, (count, party))) if count * 2 > group.users.len() => (Some(act), party, since),
        _ => (None, SecondParty::None, since),
    }
}

/// Whether everybody who has a place waits for another one of the same pool.
fn nested(pool: &Standing<'_>) -> bool {
    let waiters: BTreeSet<Actor> = pool.last.waiters.iter().map(|user| user.who).collect();
    let users: BTreeSet<Actor> = pool.last.occupiers.iter().map(|user| user.who).collect();
    let all_known = pool.last.in_use.get().is_some_and(|in_use| users.len() as u64 >= *in_use);
    all_known && !users.is_empty() && users.is_subset(&waiters)
}

fn remedy(cause: Cause, size: u64, behind: bool) -> Advice {
    match cause {
        _ if behind => Advice::NotBehindItself,
        Cause::ThreadPool if size == 1 => Advice::OwnThread,
        _ => Advice::GivePlacesBack,
    }
}

/// Whether everybody who has a place waits for something that a call has which stands in the queue behind them.
fn behind(pool: &Standing<'_>) -> bool {
    let all_known = pool.last.in_use.get().is_some_and(|in_use| pool.last.occupiers.len() as u64 >= *in_use);
    let waits = |user: &Occupier| matches!(user.who, Actor::Thread(thread) if pool.last.behind.contains(&thread));
    all_known && !pool.last.occupiers.is_empty() && pool.last.occupiers.iter().all(waits)
}

fn behind_itself(analysis: &Analysis<'_>, pool: &Standing<'_>, group: &Users) -> Told {
    Told {
        who: Occupancy::Behind { place: place(analysis, group.blamed) },
        blamed: Some(group.blamed),
        party: itself(pool),
        since: doing(analysis, pool, group).2,
    }
}

fn nested_users(analysis: &Analysis<'_>, pool: &Standing<'_>) -> Told {
    let blamed = groups(analysis, pool.census, &pool.last.occupiers).into_iter().next().map(|group| group.blamed);
    let who = Occupancy::Nested { place: blamed.map(|blamed| place(analysis, blamed)) };
    Told { who, blamed, party: itself(pool), since: None }
}

/// The users of two pools wait for each other.
fn crossed(analysis: &Analysis<'_>, pool: &Standing<'_>, victims: &[&Standing<'_>]) -> Told {
    let blamed = first_waiters(analysis, pool);
    let who =
        Occupancy::Crossed { other: victims.first().map(kind_and_size), place: blamed.map(|at| place(analysis, at)) };
    Told { who, blamed, party: itself(pool), since: None }
}

fn kind_and_size(pool: &&Standing<'_>) -> (PoolKind, u64) {
    (pool.last.kind, pool.last.size.ok().unwrap_or_default())
}

/// The function that most of those who wait are in.
fn first_waiters(analysis: &Analysis<'_>, pool: &Standing<'_>) -> Option<Blamed> {
    groups(analysis, pool.census, &pool.last.waiters).into_iter().next().map(|group| group.blamed)
}

/// The threads that look names up are libuv's and have no frames: who asked is among those who wait.
fn lookups(analysis: &Analysis<'_>, pool: &Standing<'_>) -> Told {
    let snapshots = || analysis.recording.snapshots.iter().rev();
    let server = pool.last.occupiers.iter().find_map(|user| match user.who {
        Actor::Thread(thread) => snapshots().find_map(|snapshot| name_server(snapshot.thread(thread)?)),
        Actor::Task(_) => None,
    });
    let blamed = first_waiters(analysis, pool);
    let who = Occupancy::Lookups { server: server.clone(), place: blamed.map(|blamed| place(analysis, blamed)) };
    let party = match server {
        Some(address) => SecondParty::Peer { address, service: Some("dns".to_owned()) },
        None => itself(pool),
    };
    Told { who, blamed, party, since: None }
}

/// The name server that a thread waits for.
fn name_server(thread: &ThreadSample) -> Option<String> {
    const PORT: u16 = 53;
    thread.os.waits_on.iter().find_map(|descriptor| match &descriptor.kind {
        DescriptorKind::Inet { peer: Some(peer), peer_port: PORT, .. } => Some(peer.clone()),
        _ => None,
    })
}

/// Nobody is seen to have what is out of the pool.
fn lost(analysis: &Analysis<'_>, pool: &Standing<'_>, victims: &[&Standing<'_>]) -> Told {
    let limiter = victims.iter().find(|victim| victim.last.waiting.get().is_some_and(|waiting| *waiting > 0));
    let (who, blamed) = match (limiter, first_waiters(analysis, pool)) {
        // Whoever has the connections is no thread, and every thread waits for a connection.
        (Some(limiter), Some(waiters)) => {
            let place = place(analysis, waiters);
            (Occupancy::NoThread { limiter: kind_and_size(limiter), place }, Some(waiters))
        }
        _ => (Occupancy::Lost, None),
    };
    Told { who, blamed, party: itself(pool), since: None }
}

/// Functions beside the blamed one.
fn others(analysis: &Analysis<'_>, groups: &[Users]) -> Option<WorkerFact> {
    const MOST_NAMED: usize = 3;
    let named = |group: &Users| (group.users.len() as u64, place(analysis, group.blamed));
    let users: Vec<(u64, Place)> = groups.iter().skip(1).take(MOST_NAMED).map(named).collect();
    (!users.is_empty()).then_some(WorkerFact::Others { users })
}

/// Places of which nobody is seen to have them.
fn unseen(pool: &Standing<'_>) -> Option<WorkerFact> {
    let of = pool.last.in_use.ok()?;
    let places = of.checked_sub(pool.last.occupiers.len() as u64).filter(|unseen| *unseen > 0)?;
    (!pool.last.occupiers.is_empty()).then_some(WorkerFact::Unseen { places, of })
}

/// Where those who wait are.
fn waiters(analysis: &Analysis<'_>, pool: &Standing<'_>) -> Option<WorkerFact> {
    let first = groups(analysis, pool.census, &pool.last.waiters).into_iter().next()?;
    Some(WorkerFact::WaitersIn { waiters: first.users.len() as u64, place: place(analysis, first.blamed) })
}

fn hurts(pool: &Standing<'_>, victims: &[&Standing<'_>]) -> Vec<Hurt> {
    let here = |victim: &&Standing<'_>| Hurt::WaitsHere {
        pool: victim.last.kind,
        size: victim.last.size.ok().unwrap_or_default(),
    };
    std::iter::once(Hurt::NeedsPlace { pool: pool.last.kind }).chain(victims.iter().map(here)).collect()
}

fn cause(pool: &PoolSample) -> Cause {
    match pool.kind {
        PoolKind::CapacityLimiter if !pool.occupiers.iter().any(|user| matches!(user.who, Actor::Thread(_))) => {
            Cause::AsyncioLock
        }
        PoolKind::AnyioLimiter | PoolKind::CapacityLimiter | PoolKind::ThreadPool => Cause::ThreadPool,
        PoolKind::AsyncioQueue => Cause::AsyncioQueue,
        PoolKind::DefaultExecutor => Cause::DefaultExecutor,
        PoolKind::DbPool => Cause::DbPool,
        PoolKind::HttpPool => Cause::HttpPool,
        PoolKind::Dns => Cause::Dns,
    }
}
