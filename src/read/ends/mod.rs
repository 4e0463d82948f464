//! Who can end the wait of a task: what leads to the future that it waits for.
//!
//! Whoever completes a future has a reference to it. So the search begins at everything that can still act (descriptors and
//! timers of the loops, callbacks in their queues, threads, children, and the ends of other tasks) and walks along references,
//! a bounded number of steps, to futures and tasks that are not done. That is cheap, because it begins at the few that act and
//! not at the many that wait; and both answers are evidence. Weak containers, modules, types and global variables are not
//! followed: through them everything leads to everything. A walk that a limit ended says so, and then nobody is called alone.

mod calls;
pub(in crate::read) mod references;
mod sources;
mod threads;
mod timeouts;
mod walk;

use std::collections::{BTreeSet, HashMap, HashSet};

use self::references::References;
use self::sources::{Sources, Watched};
use self::walk::{Source, walk};
use super::allowance::FEW;
use super::objects::known::lenient;
use super::scene::Scene;
use super::stacks::locals::FrameLocals;
use super::tasks::frames::TaskFrames;
use super::tasks::future_links::PENDING;
use crate::memory::{ReadError, little_endian};
use crate::snapshot::{Address, Awaited, Ending, Known, TaskCensus, TaskPhase, TaskSample, Why};

/// Steps from a descriptor: handle, method, transport, TLS, protocol, stream, event, its deque, future.
const FROM_DESCRIPTORS: usize = 10;
/// Steps from a timer: handle, method, an object that counts the time, its tasks.
const FROM_TIMERS: usize = 10;
/// Steps from what a thread has: a call, its arguments, a queue, what stands in it, a future.
const FROM_THREADS: usize = 6;
/// Steps from what is called when a task ends.
const FROM_TASKS: usize = 5;
/// Ends of one wait that are kept.
const MOST_ENDS: usize = 16;

/// What was found, by what it leads to.
#[derive(Debug, Default)]
struct Ends {
    /// Futures and tasks that somebody waits for or is.
    wanted: HashSet<Address>,
    found: HashMap<Address, Vec<Ending>>,
    cut: bool,
}

/// Adds to each task of a census what could end its wait.
///
/// # Errors
///
/// When the process is gone or closed to us. Then, and for what was not read in time, it is unknown.
pub(in crate::read) fn read(
    scene: &Scene<'_>,
    census: &mut TaskCensus,
    frames: &[TaskFrames],
) -> Result<(), ReadError> {
    let mut ends = Ends { cut: census.cut, ..Ends::default() };
    let waiting = census.tasks.iter().filter(|task| task.phase == TaskPhase::Waiting);
    for task in waiting {
        ends.wanted.insert(task.address);
        ends.wanted.extend(task.wait.get().and_then(|wait| wait.as_ref()).map(|wait| wait.future));
    }
    let mut references = References::default();
    let tasks: HashSet<Address> = census.tasks.iter().map(|task| task.address).collect();
    ends.of_loops(scene, &mut references, &tasks)?;
    ends.of_threads(scene, &mut references)?;
    ends.of_tasks(scene, &mut references, census)?;
    let mut locals = FrameLocals::default();
    let frames: HashMap<Address, &TaskFrames> = frames.iter().map(|frames| (frames.task, frames)).collect();
    for (index, task) in census.tasks.iter_mut().filter(|task| task.phase == TaskPhase::Waiting).enumerate() {
        if scene.limit.is_spent_after(index, FEW) {
            ends.cut = true;
        } else if let Some(frames) = frames.get(&task.address) {
            let call = calls::of(scene, &mut locals, frames)?;
            call.ends.into_iter().for_each(|ending| ends.add(task.address, ending));
            task.object = call.object;
            task.cancels = cancels(scene, task.address)?;
        }
    }
    for task in &mut census.tasks {
        task.ends = ends.of(task.address, &task.wait);
        if task.ends == Known::Is(Vec::new()) && !still_waits(scene, task) {
            task.ends = Known::Unknown(Why::Torn);
        }
    }
    Ok(())
}

/// How often the cancellation of a task was asked for.
fn cancels(scene: &Scene<'_>, task: Address) -> Result<Known<u64>, ReadError> {
    let offsets = scene.objects.offsets;
    let Some(at) = offsets.task.cancel_requests(offsets.version.minor) else {
        return Ok(Known::Unknown(Why::NotInThisPython));
    };
    let count = lenient(scene.objects.memory.read(task.plus(at), 4).map(|bytes| Some(little_endian(&bytes))))?;
    Ok(Known::from_option(count, Why::Vanished))
}

/// Whether a task waits for what it waited for when it was read: what ended meanwhile has nobody who could end it.
fn still_waits(scene: &Scene<'_>, task: &TaskSample) -> bool {
    let Known::Is(Some(wait)) = &task.wait else { return true };
    let layout = scene.objects.offsets.task;
    let read = |address: Address, length| scene.pages.read_now(address, length).map(|bytes| little_endian(&bytes));
    read(task.address.plus(layout.waiter), 8) == Ok(wait.future.0)
        && read(wait.future.plus(layout.state), 4) == Ok(PENDING)
}

impl Ends {
    fn add(&mut self, what: Address, ending: Ending) {
        if self.wanted.contains(&what) {
            let known = self.found.entry(what).or_default();
            if known.len() < MOST_ENDS && !known.contains(&ending) {
                known.push(ending);
            }
        }
    }

    fn of_loops(
        &mut self,
        scene: &Scene<'_>,
        references: &mut References,
        tasks: &HashSet<Address>,
    ) -> Result<(), ReadError> {
        let objects = scene.objects;
        let mut sources = Sources::default();
        let loops: BTreeSet<Address> = scene.loops.iter().copied().collect();
        for event_loop in loops {
            let read = sources.add(objects, event_loop, scene.limit).map(|()| true);
            self.cut |= !lenient(read)?;
        }
        self.cut |= sources.cut;
        let walks =
            [(&sources.descriptors, FROM_DESCRIPTORS), (&sources.timers, FROM_TIMERS), (&sources.ready, FROM_TIMERS)];
        for (sources, steps) in walks {
            let reached = walk(objects, references, sources, steps, scene.limit)?;
            self.cut |= reached.cut;
            for (what, source, _) in reached.found {
                let ending = match source {
                    Watched::Server => continue,
                    Watched::Descriptor(number) => Ending::Descriptor { number, kind: Known::Unknown(Why::NotRead) },
                    Watched::Timer(..) | Watched::TimerHandle(_) if !self.wanted.contains(&what) => continue,
                    Watched::Timer(_, timer) | Watched::TimerHandle(timer)
                        if tasks.contains(&what) && !timeouts::cancels(objects, references, timer, what)? =>
                    {
                        continue;
                    }
                    Watched::Timer(due, _) => Ending::Timer { due },
                    Watched::TimerHandle(timer) => Ending::Timer { due: sources::due(objects, timer) },
                    Watched::Child(pid) => Ending::Child { pid },
                    Watched::Ready => Ending::Ready,
                };
                self.add(what, ending);
            }
        }
        Ok(())
    }

    fn of_threads(&mut self, scene: &Scene<'_>, references: &mut References) -> Result<(), ReadError> {
        let sources = threads::sources(scene)?;
        let reached = walk(scene.objects, references, &sources, FROM_THREADS, scene.limit)?;
        self.cut |= reached.cut;
        for (what, acting, queued) in reached.found {
            let ending = match acting {
                threads::Acting::Child(pid) => Ending::Child { pid },
                threads::Acting::Thread(thread) if queued => Ending::Queued { thread },
                threads::Acting::Thread(thread) => Ending::Thread { thread },
            };
            self.add(what, ending);
        }
        Ok(())
    }

    /// What tasks lead to when they end.
    fn of_tasks(
        &mut self,
        scene: &Scene<'_>,
        references: &mut References,
        census: &TaskCensus,
    ) -> Result<(), ReadError> {
        let layout = scene.objects.offsets.task;
        let mut sources = Vec::new();
        for task in &census.tasks {
            let bytes = lenient(scene.objects.memory.read(task.address.plus(layout.callback), 24))?;
            let word = |offset| crate::memory::u64_at(&bytes, offset).filter(|word| *word != 0).map(Address);
            let roots: Vec<Address> =
                [word(0), word(layout.callbacks - layout.callback)].into_iter().flatten().collect();
            if !roots.is_empty() {
                sources.push(Source { what: task.address, roots, ahead: None });
            }
        }
        let reached = walk(scene.objects, references, &sources, FROM_TASKS, scene.limit)?;
        self.cut |= reached.cut;
        let tasks: HashSet<Address> = census.tasks.iter().map(|task| task.address).collect();
        for (what, task, _) in reached.found.into_iter().filter(|(what, ..)| !tasks.contains(what)) {
            self.add(what, Ending::Task { task });
        }
        Ok(())
    }

    /// What could end the wait of a task: what leads to the future it waits for, and what cancels it.
    fn of(&self, task: Address, wait: &Known<Option<crate::snapshot::TaskWait>>) -> Known<Vec<Ending>> {
        let wait = match wait {
            Known::Is(Some(wait)) => wait,
            Known::Is(None) => return Known::Is(Vec::new()),
            Known::Unknown(why) => return Known::Unknown(*why),
        };
        let mut ends: Vec<Ending> = match &wait.on {
            Awaited::Task(other) => vec![Ending::Task { task: *other }],
            Awaited::Gather { pending, .. } => pending.iter().map(|task| Ending::Task { task: *task }).collect(),
            Awaited::Executor { thread: Known::Is(thread) } => vec![Ending::Thread { thread: *thread }],
            _ => Vec::new(),
        };
        let of_future = self.found.get(&wait.future).into_iter().flatten();
        // What ends another task that it waits for is that task's: who asks goes on to it.
        let of_future = of_future.filter(|_| wait.on != Awaited::Task(wait.future));
        let is_timer = |ending: &Ending| matches!(ending, Ending::Timer { .. });
        let cancels =
            |ending: &&Ending| is_timer(ending) || matches!(ending, Ending::Limit { .. } | Ending::Asked { .. });
        let of_task = self.found.get(&task).into_iter().flatten().filter(cancels);
        for ending in of_future.chain(of_task) {
            if ends.len() < MOST_ENDS && !ends.contains(ending) {
                ends.push(ending.clone());
            }
        }
        // The timer that was found keeps the limit that the call was told.
        if ends.iter().any(is_timer) {
            ends.retain(|ending| !matches!(ending, Ending::Limit { .. }));
        }
        if ends.is_empty() && self.cut { Known::Unknown(Why::Bounded) } else { Known::Is(ends) }
    }
}
