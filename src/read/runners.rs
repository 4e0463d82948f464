//! Tasks of a loop that keeps them in a set of its own, as trio's runner does: where each is, for what it waits.
//!
//! The runner is a local variable of the function that drives the loop, on the stack of its thread. Each of its tasks has a coroutine,
//! which is followed as those of asyncio's tasks are. What is set anew for every wait (the function that would abort it) stands for
//! the wait.

use super::allowance::FEW;
use super::greenlets::waits::{Wait, Waits};
use super::objects::builtin::Objects;
use super::objects::kinds::Kinds;
use super::objects::known::{known, lenient};
use super::scene::Scene;
use super::stacks::locals::FrameLocals;
use super::tasks::chains::Chain;
use super::tasks::frames::TaskFrames;
use super::tasks::functions::Functions;
use super::tasks::watch::{WaitWatch, Watched};
use crate::libraries::{self, Awaits, Marks, trio};
use crate::memory::ReadError;
use crate::snapshot::{Address, Awaited, Ending, Frame, Known, TaskCensus, TaskPhase, TaskSample, TaskWait, Why};

/// Tasks of one runner that are read.
const MOST_TASKS: usize = 8192;
/// Cancel scopes around one task.
const MOST_SCOPES: usize = 64;

/// What was found.
#[derive(Debug, Default)]
pub(in crate::read) struct OfRunners {
    pub(in crate::read) tasks: Vec<TaskSample>,
    pub(in crate::read) frames: Vec<TaskFrames>,
    /// Their waits, to be watched until the next census.
    pub(in crate::read) waits: Vec<Watched>,
    /// Not all were read.
    pub(in crate::read) cut: bool,
}

/// Reads the tasks of all runners.
///
/// # Errors
///
/// When the process is gone or closed to us. Tasks that moved meanwhile are left out.
pub(in crate::read) fn read(scene: &mut Scene<'_>, watch: &WaitWatch) -> Result<OfRunners, ReadError> {
    let mut found = OfRunners::default();
    let mut reader = Reader::default();
    for runner in reader.runners(scene)? {
        let objects = scene.objects;
        let tasks = lenient(objects.attribute(runner, trio::TASKS))?.map(|set| objects.set_members(set.value));
        let tasks = tasks.map_or(Ok(Vec::new()), lenient)?;
        found.cut |= tasks.len() > MOST_TASKS;
        for (index, task) in tasks.into_iter().take(MOST_TASKS).enumerate() {
            if scene.limit.is_spent_after(index, FEW) {
                found.cut = true;
                break;
            }
            let task = lenient(reader.task(scene, (runner, task), watch))?;
            // One that is read while it begins or ends has nothing to tell.
            if let Some((sample, frames, watched)) = task {
                found.tasks.push(sample);
                found.frames.push(frames);
                found.waits.extend(watched);
            }
        }
    }
    found.name_parents();
    Ok(found)
}

impl OfRunners {
    /// Says of each task which others wait for it.
    fn name_parents(&mut self) {
        let waits_for = |task: &TaskSample| match &task.wait {
            Known::Is(Some(TaskWait { on: Awaited::Gather { pending, .. }, .. })) => pending.clone(),
            _ => Vec::new(),
        };
        let pairs = self.tasks.iter().flat_map(|task| waits_for(task).into_iter().map(|child| (child, task.address)));
        for (child, parent) in pairs.collect::<Vec<_>>() {
            if let Some(child) = self.tasks.iter_mut().find(|task| task.address == child) {
                child.awaited_by.push(parent);
            }
        }
    }
}

#[derive(Default)]
struct Reader {
    kinds: Kinds,
    functions: Functions,
    locals: FrameLocals,
    waits: Waits,
}

impl Reader {
    /// The runners whose loops are on the stacks of threads.
    fn runners(&mut self, scene: &Scene<'_>) -> Result<Vec<Address>, ReadError> {
        let drives = |code: &crate::snapshot::Code| libraries::marks(&code.file, &code.name).has(Marks::TRIO);
        let mut found = Vec::new();
        for frame in scene.threads.iter().flat_map(|thread| &thread.frames) {
            if scene.codes.codes().get(frame.code.0 as usize).is_some_and(drives) {
                let runner = lenient(self.locals.value(scene.objects, frame, trio::RUNNER))?;
                found.extend(runner.filter(|runner| !found.contains(runner)));
            }
        }
        Ok(found)
    }

    /// One task; `None` for one that is over.
    fn task(
        &mut self,
        scene: &mut Scene<'_>,
        (runner, task): (Address, Address),
        watch: &WaitWatch,
    ) -> Result<Option<(TaskSample, TaskFrames, Option<Watched>)>, ReadError> {
        let objects = scene.objects;
        let Some(coroutine) = objects.attribute(task, trio::COROUTINE)? else { return Ok(None) };
        let known_of = (&mut self.kinds, &mut self.functions);
        let chain = Chain::follow(objects, scene.codes, known_of, coroutine.value)?;
        let shown: Vec<Frame> =
            chain.links.iter().rev().map(|link| link.function.frame(link.coroutine.instruction)).collect();
        let frames = TaskFrames::of(objects, task, &chain, &shown);
        let abort = objects.attribute(task, trio::ABORT)?;
        let waits = abort.filter(|entry| objects.type_name_of(entry.value).is_ok_and(|name| name != "NoneType"));
        let (phase, wait) = match (chain.runs, waits) {
            (true, _) => (TaskPhase::Running, None),
            (false, None) => (TaskPhase::Ready, None),
            (false, Some(entry)) => (TaskPhase::Waiting, Some((entry, self.wait(scene, &chain, &frames)?))),
        };
        let timed = self.has_deadline(objects, task)? || wait.as_ref().is_some_and(|(_, wait)| wait.timed);
        let name = match objects.attribute(task, trio::NAME)? {
            Some(name) => known(objects.label(name.value)),
            None => Known::Unknown(Why::NotInThisPython),
        };
        let watched = wait.as_ref().map(|(entry, _)| Watched { task, word: entry.slot, future: entry.value });
        let sample = TaskSample {
            address: task,
            name,
            event_loop: runner,
            phase,
            chain: Known::from_option(scene.stacks.intern(&shown), Why::Bounded),
            ends: wait.as_ref().map_or(Known::Is(Vec::new()), |(_, wait)| ends(wait, timed)),
            wait: Known::Is(wait.map(|(entry, wait)| TaskWait { future: entry.value, on: wait.on })),
            awaited_by: Vec::new(),
            timed,
            moved: watch.moved(task),
            object: None,
            cancels: Known::Unknown(Why::NotInThisPython),
        };
        Ok(Some((sample, frames, watched)))
    }

    /// What a task waits for: its children, else what its innermost functions say.
    fn wait(&mut self, scene: &Scene<'_>, chain: &Chain, frames: &TaskFrames) -> Result<Wait, ReadError> {
        let objects = scene.objects;
        for link in &chain.links {
            let Some(Awaits::Group(members)) = link.function.awaits else { continue };
            let group = link.coroutine.local(objects, 0)?;
            if let Some(group) = group
                && let Some(children) = lenient(objects.attribute(group, members))?
            {
                let children = objects.set_members(children.value)?;
                let count = children.len() as u64;
                let pending = children.into_iter().take(TaskCensus::MOST_CHILDREN).collect();
                return Ok(Wait { on: Awaited::Gather { children: count, pending }, timed: false });
            }
        }
        self.waits.of(objects, scene.codes, &frames.frames)
    }

    /// Whether a cancel scope with a deadline is around a task.
    fn has_deadline(&self, objects: Objects<'_>, task: Address) -> Result<bool, ReadError> {
        let mut status = objects.attribute(task, trio::STATUS)?;
        for _ in 0..MOST_SCOPES {
            let Some(at) =
                status.filter(|entry| objects.type_name_of(entry.value).is_ok_and(|name| name != "NoneType"))
            else {
                return Ok(false);
            };
            if let Some(scope) = objects.attribute(at.value, trio::SCOPE)?
                && let Some(deadline) = objects.attribute(scope.value, trio::DEADLINE)?
                && objects.type_name_of(deadline.value)? == "float"
                && objects.float(deadline.value)?.is_finite()
            {
                return Ok(true);
            }
            status = objects.attribute(at.value, trio::PARENT)?;
        }
        Ok(false)
    }
}

/// Who could end a wait, as far as that is known without a search.
fn ends(wait: &Wait, timed: bool) -> Known<Vec<Ending>> {
    let unknown = Known::Unknown(Why::NotInThisPython);
    match &wait.on {
        _ if timed => Known::Is(vec![Ending::Timer { due: unknown }]),
        Awaited::Connection { descriptor: Known::Is(number), .. } => {
            Known::Is(vec![Ending::Descriptor { number: *number, kind: Known::Unknown(Why::NotRead) }])
        }
        Awaited::Sleep { .. } | Awaited::Gather { .. } => Known::Is(Vec::new()),
        _ => Known::Unknown(Why::Bounded),
    }
}
