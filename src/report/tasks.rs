//! Tasks, as they were last read.

use std::collections::HashMap;

use super::task_model::{PrimitiveReport, TaskGroupReport, TaskReport, TasksReport};
use crate::aggregate::{Analysis, ender, place_of, places, same_wait_since, task as task_of, users_place, waits_for};
use crate::snapshot::{
    Actor, Address, Census, Ending, Known, PoolSample, PrimitiveSample, StackId, TaskCensus, TaskGroup, TaskPhase,
    TaskSample,
};
use crate::words;

/// Groups of a report; the others are a few tasks each.
const MOST_GROUPS: usize = 512;
/// Tasks named that wait for a group.
const MOST_AWAITING: usize = 3;

/// What distinguishes one group from another.
type Key = (Known<StackId>, TaskPhase);

/// The census that is told.
struct Told<'a> {
    analysis: &'a Analysis<'a>,
    census: &'a Census,
    tasks: &'a TaskCensus,
    /// The pool that a task waits for a place of.
    pools: HashMap<Address, &'a PoolSample>,
}

/// The tasks of a process; `None` when they were not read.
pub(super) fn tasks<'a>(analysis: &'a Analysis<'a>) -> Option<TasksReport> {
    let (census, tasks) = analysis.tasks()?;
    let waiters = |pool: &'a PoolSample| pool.waiters.iter().map(move |waiter| (waiter.who, pool));
    let of_tasks = |(who, pool)| match who {
        Actor::Task(task) => Some((task, pool)),
        Actor::Thread(_) => None,
    };
    let pools = census.pools.iter().flat_map(waiters).filter_map(of_tasks).collect();
    let told = Told { analysis, census, tasks, pools };
    let groups: HashMap<Key, usize> =
        tasks.groups.iter().take(MOST_GROUPS).enumerate().map(|(at, group)| ((group.chain, group.phase), at)).collect();
    let mut members: Vec<Vec<&TaskSample>> = vec![Vec::new(); tasks.groups.len().min(MOST_GROUPS)];
    for task in &tasks.tasks {
        let group = groups.get(&(task.chain, task.phase)).and_then(|at| members.get_mut(*at));
        group.into_iter().for_each(|group| group.push(task));
    }
    let described = tasks.groups.iter().zip(&members);
    Some(TasksReport {
        process: analysis.pid().0,
        at_s: census.at.seconds(),
        took_s: census.took.as_secs_f64(),
        found: tasks.found,
        cut: tasks.cut,
        groups: described.map(|(group, members)| told.group(group, members)).collect(),
        tasks: tasks.tasks.iter().map(|task| told.one(&groups, task)).collect(),
        primitives: tasks.primitives.iter().map(|primitive| self::primitive(analysis, primitive)).collect(),
    })
}

impl Told<'_> {
    fn group(&self, group: &TaskGroup, members: &[&TaskSample]) -> TaskGroupReport {
        let recording = self.analysis.recording;
        let lasting =
            |task: &&&TaskSample| same_wait_since(recording, task).is_some_and(|since| since < self.census.at);
        let unchanged = members.iter().filter(lasting).count() as u64;
        let read_twice = recording.censuses.iter().filter(|census| census.tasks.get().is_some()).count() > 1;
        let all_listed = members.len() as u64 == group.count;
        let unknown = if read_twice { crate::snapshot::Why::Bounded } else { crate::snapshot::Why::NotRead };
        let awaiting = members.iter().flat_map(|task| &task.awaited_by).take(MOST_AWAITING);
        TaskGroupReport {
            count: group.count,
            unchanged: Known::from_option((read_twice && all_listed).then_some(unchanged), unknown),
            phase: group.phase,
            waits_for: self.wait_of_all(members),
            could_end: self.could_end(members),
            place: users_place(recording, &self.analysis.book, group.chain),
            awaited_by: awaiting.map(|task| words::who(&task_of(self.tasks, *task))).collect(),
            stack: group.chain.ok().map(|chain| places(recording, recording.stack(chain))).unwrap_or_default(),
            stack_unknown: match (group.phase, group.chain.why()) {
                (TaskPhase::Running, _) => Some(words::TASK_RUNS.to_owned()),
                (_, why) => why.map(|why| why.words().to_owned()),
            },
        }
    }

    fn one(&self, groups: &HashMap<Key, usize>, task: &TaskSample) -> TaskReport {
        let since = same_wait_since(self.analysis.recording, task).unwrap_or(self.census.at);
        TaskReport {
            id: task.address.to_string(),
            name: task.name.clone(),
            thread: Known::from_option(thread_of(self.analysis, task.event_loop), crate::snapshot::Why::Vanished),
            phase: task.phase,
            waits_for: self.wait(task),
            since_s: self.census.at.since(since).as_secs_f64(),
            timed: task.timed,
            ends: task.ends.clone(),
            group: groups.get(&(task.chain, task.phase)).copied(),
            awaited_by: task.awaited_by.iter().map(ToString::to_string).collect(),
        }
    }

    /// What a task waits for. The event inside of a pool tells nobody anything: what the pool gives out does.
    fn wait(&self, task: &TaskSample) -> String {
        match self.pools.get(&task.address).map(|pool| (pool.kind, pool.size)) {
            Some((kind, Known::Is(size))) => words::one_of(kind, size),
            _ => words::waits_for(&waits_for(self.analysis.recording, self.tasks, task, self.census.at)),
        }
    }

    /// What could end the wait of the first member of a group. Of a pool no search finds that: whoever has a place does.
    fn could_end(&self, members: &[&TaskSample]) -> Known<Vec<String>> {
        let Some(first) = members.first() else { return Known::Unknown(crate::snapshot::Why::Bounded) };
        let words = |ending: &Ending| words::ender(&ender(self.analysis, self.tasks, self.census.at, ending));
        let user = self.pools.contains_key(&first.address).then(|| words::GIVES_BACK.to_owned());
        first.ends.clone().map(|ends| ends.iter().map(words).chain(user).collect())
    }

    /// What the members of a group wait for: all for the same, or what the first of them does.
    fn wait_of_all(&self, members: &[&TaskSample]) -> String {
        let mut all = members.iter().map(|task| self.wait(task));
        let Some(first) = all.next() else { return String::new() };
        if all.all(|other| other == first) { first } else { words::of_the_first(&first) }
    }
}

fn thread_of(analysis: &Analysis<'_>, event_loop: Address) -> Option<u32> {
    let (_, last) = analysis.last_snapshot()?;
    last.loops.iter().find(|sample| sample.address == event_loop).map(|sample| sample.thread.0)
}

fn primitive(analysis: &Analysis<'_>, primitive: &PrimitiveSample) -> PrimitiveReport {
    PrimitiveReport {
        id: primitive.address.to_string(),
        kind: words::primitive(primitive.kind).to_owned(),
        value: primitive.value,
        limit: primitive.limit,
        waiting: primitive.waiting,
        putting: primitive.putting,
        holders: primitive.holders.iter().map(|hold| hold.task.to_string()).collect(),
        held_in: primitive.holders.first().map(|hold| place_of(analysis.recording, hold.frame.code, hold.frame.line)),
    }
}
