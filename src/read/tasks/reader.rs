//! The tasks of a process: from the lists of them to what each does, waits for and holds.
//!
//! Every task is read, but not every one is kept: the rest is counted by the places where they are. Those that hold
//! something or are waited for are kept first.

use std::collections::{HashMap, HashSet};

use super::chains::Chain;
use super::failures;
use super::frames::{self, TaskFrames};
use super::functions::Functions;
use super::future_links::PENDING;
use super::holds::TaskHolds;
use super::list::TaskList;
use super::primitives;
use super::thread_calls::ThreadCalls;
use super::transports::Transports;
use super::waits::{Wait, Waits};
use super::watch::{self, WaitWatch, Watched};
use crate::libraries::Awaits;
use crate::memory::{ReadError, little_endian, u64_at};
use crate::read::allowance::FEW;
use crate::read::loops::current_task;
use crate::read::objects::kinds::{Kinds, ObjectKind};
use crate::read::objects::known::{known, lenient, why};
use crate::read::scene::Scene;
use crate::snapshot::{
    Address, Awaited, Frame, Known, PrimitiveKind, PrimitiveSample, StackId, TaskCensus, TaskGroup, TaskHold,
    TaskPhase, TaskSample, TaskWait, Why,
};

/// Blocks that tasks are in, over all tasks.
const MOST_HOLDS: usize = 1 << 18;
/// How often a task is read again when it changed meanwhile.
const ATTEMPTS: usize = 3;
/// How often all pages are read anew for that, in one census.
const MOST_RENEWALS: usize = 64;

/// Everything that is known of tasks and what they hold.
#[derive(Debug, Default)]
pub(in crate::read) struct TasksRead {
    pub(in crate::read) census: TaskCensus,
    /// Objects that tasks hold by `with` and `async with`.
    pub(in crate::read) holds: Vec<(Address, TaskHold)>,
    /// Where the frames of suspended tasks are, of as many as are kept.
    pub(in crate::read) frames: Vec<TaskFrames>,
    /// Transports that were looked into on the way.
    pub(in crate::read) transports: Transports,
    /// Waits to be watched until the next census, those that a verdict may rest on first.
    pub(in crate::read) waits: Vec<Watched>,
    pub(in crate::read) gaps: Vec<(String, Why)>,
}

/// The words of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct TaskHead {
    address: Address,
    event_loop: Address,
    waiter: Address,
    /// Where `waiter` stands.
    waiter_at: Address,
    coroutine: Address,
    name: Address,
}

/// A task, read.
#[derive(Debug)]
pub(in crate::read) struct Record {
    head: TaskHead,
    phase: TaskPhase,
    chain: Known<StackId>,
    wait: Known<Option<TaskWait>>,
    /// It waits to put into a queue.
    puts: bool,
    holds: bool,
    timed: bool,
}

/// Reads the tasks of one census.
pub(in crate::read) struct Reader<'s, 'a> {
    scene: &'s mut Scene<'a>,
    kinds: Kinds,
    functions: Functions,
    waits: Waits,
    holds: TaskHolds,
    held: Vec<(Address, TaskHold)>,
    frames: Vec<Frame>,
    kept: Vec<TaskFrames>,
    renewals: usize,
}

/// Reads all tasks that are not done, and says what may be missing.
///
/// # Errors
///
/// When the process is gone or closed to us.
pub(in crate::read) fn read(scene: &mut Scene<'_>, watch: &WaitWatch) -> Result<TasksRead, ReadError> {
    let TaskList { tasks: listed, mut gaps, .. } = TaskList::read(scene)?;
    let mut reader = Reader::new(scene);
    let mut records = Vec::with_capacity(listed.len());
    let mut failed = Vec::new();
    let mut cut = !gaps.is_empty();
    for (index, address) in listed.iter().enumerate() {
        if reader.scene.limit.is_spent_after(index, FEW) {
            let left = listed.len() - index;
            cut = true;
            gaps.push((format!("what {left} of {} tasks do", listed.len()), Why::Bounded));
            break;
        }
        let record = reader.task(*address)?;
        if record.is_none() && failed.len() < TaskCensus::MOST_FAILED {
            failed.extend(lenient(failures::of(reader.scene.objects, &mut reader.kinds, *address))?);
        }
        records.extend(record);
    }
    let strange = records.iter().filter(|record| matches!(record.chain, Known::Unknown(Why::Implausible))).count();
    if strange > 0 {
        gaps.push((format!("where {strange} of {} tasks are", records.len()), Why::Torn));
    }
    let mut census = reader.conclude(&records);
    census.cut = cut;
    census.failed = failed;
    for task in &mut census.tasks {
        task.moved = watch.moved(task.address);
    }
    if reader.kept.len() >= frames::MOST_TASKS {
        gaps.push(("which tasks of so many use pools".to_owned(), Why::Bounded));
    }
    let Reader { held, kept, waits, .. } = reader;
    Ok(TasksRead { census, holds: held, frames: kept, transports: waits.transports, waits: to_watch(&records), gaps })
}

impl<'s, 'a> Reader<'s, 'a> {
    pub(in crate::read) fn new(scene: &'s mut Scene<'a>) -> Self {
        let waits = Waits::new(scene.objects, ThreadCalls::read(scene));
        Self {
            scene,
            kinds: Kinds::default(),
            functions: Functions::default(),
            waits,
            holds: TaskHolds::default(),
            held: Vec::new(),
            frames: Vec::new(),
            kept: Vec::new(),
            renewals: 0,
        }
    }

    /// A task that is not done; `None` for one that is, and for what is no task.
    pub(in crate::read) fn task(&mut self, address: Address) -> Result<Option<Record>, ReadError> {
        let mut last = None;
        for attempt in 1..=ATTEMPTS {
            let head = match self.head(address) {
                Err(gone @ (ReadError::Gone | ReadError::Refused)) => return Err(gone),
                Err(_) | Ok(None) => return Ok(None),
                Ok(Some(head)) => head,
            };
            match self.record(head) {
                Err(gone @ (ReadError::Gone | ReadError::Refused)) => return Err(gone),
                Ok(record) => return Ok(Some(record)),
                Err(error) => {
                    let (chain, wait) = (Known::Unknown(why(error)), Known::Unknown(why(error)));
                    let phase = TaskPhase::Ready;
                    last = Some(Record { head, phase, chain, wait, puts: false, holds: false, timed: false });
                }
            }
            // It moved while it was read: what is there now may hold together.
            if attempt < ATTEMPTS && self.renewals < MOST_RENEWALS {
                self.renewals += 1;
                self.scene.pages.renew();
            }
        }
        Ok(last)
    }

    /// The words of a task that is not done.
    fn head(&mut self, address: Address) -> Result<Option<TaskHead>, ReadError> {
        let objects = self.scene.objects;
        let ObjectKind::Task(layout) = self.kinds.of(objects, address)? else { return Ok(None) };
        let bytes = objects.memory.read(address, layout.size)?;
        let word = |offset| u64_at(&bytes, offset).map(Address).ok_or(ReadError::Implausible(address));
        if bytes.get(layout.state..layout.state + 4).map(little_endian) != Some(PENDING) {
            return Ok(None);
        }
        Ok(Some(TaskHead {
            address,
            event_loop: word(layout.task_loop)?,
            waiter: word(layout.waiter)?,
            waiter_at: address.plus(layout.waiter),
            coroutine: word(layout.coroutine)?,
            name: word(layout.name)?,
        }))
    }

    fn record(&mut self, head: TaskHead) -> Result<Record, ReadError> {
        let objects = self.scene.objects;
        let known = (&mut self.kinds, &mut self.functions);
        let chain = Chain::follow(objects, self.scene.codes, known, head.coroutine)?;
        if chain.runs {
            let (chain, wait) = (Known::Unknown(Why::NotRead), Known::Is(None));
            return Ok(Record {
                head,
                phase: TaskPhase::Running,
                chain,
                wait,
                puts: false,
                holds: false,
                timed: false,
            });
        }
        let wait = match self.waits.read(objects, &mut self.kinds, &chain, head.waiter)? {
            Wait::Over => None,
            Wait::For(wait) => Some(wait),
        };
        let held = self.holds.of(objects, &mut self.kinds, &chain)?;
        let holds = !held.is_empty();
        let blocks: Vec<Address> = held.iter().map(|(object, _)| *object).collect();
        let mut timed = self.holds.ends_in_time(objects, &mut self.kinds, &blocks)?;
        for link in &chain.links {
            timed = timed || self.waits.ends_in_time(objects, link)?;
        }
        let left = MOST_HOLDS.saturating_sub(self.held.len());
        let held = held.into_iter().map(|(object, frame)| (object, TaskHold { task: head.address, frame }));
        self.held.extend(held.take(left));
        self.frames.clear();
        self.frames.extend(chain.links.iter().rev().map(|link| link.function.frame(link.coroutine.instruction)));
        if self.kept.len() < frames::MOST_TASKS {
            self.kept.push(TaskFrames::of(objects, head.address, &chain, &self.frames));
        }
        let puts = chain.links.last().is_some_and(|link| link.function.awaits == Some(Awaits::Put));
        Ok(Record {
            head,
            phase: if wait.is_some() { TaskPhase::Waiting } else { TaskPhase::Ready },
            chain: Known::from_option(self.scene.stacks.intern(&self.frames), Why::Bounded),
            wait: Known::Is(wait),
            puts,
            holds,
            timed,
        })
    }

    /// Puts together what belongs together.
    fn conclude(&mut self, records: &[Record]) -> TaskCensus {
        let primitives = self.primitives(records);
        let parents = parents(records);
        let mut order: Vec<&Record> = records.iter().collect();
        order.sort_by_key(|record| !(record.holds || parents.contains_key(&record.head.address)));
        order.truncate(TaskCensus::MOST_TASKS);
        let mut tasks: Vec<TaskSample> = order.into_iter().map(|record| self.sample(record, &parents)).collect();
        tasks.sort_unstable_by_key(|task| task.address);
        let plain: HashSet<Address> = self.scene.locks.iter().map(|lock| lock.address).collect();
        let thread_locks = self.held.iter().filter(|(object, _)| plain.contains(object)).copied().collect();
        TaskCensus {
            found: records.len() as u64,
            cut: false,
            tasks,
            groups: groups(records),
            primitives,
            thread_locks,
            failed: Vec::new(),
            greenlets: Known::Is(0),
        }
    }

    fn sample(&self, record: &Record, parents: &HashMap<Address, Vec<Address>>) -> TaskSample {
        TaskSample {
            address: record.head.address,
            name: known(current_task::name_text(self.scene.objects, record.head.name)),
            event_loop: record.head.event_loop,
            phase: record.phase,
            chain: record.chain,
            wait: record.wait.clone(),
            awaited_by: parents.get(&record.head.address).cloned().unwrap_or_default(),
            timed: record.timed,
            moved: false,
            ends: Known::Unknown(Why::NotRead),
            object: None,
            cancels: Known::Unknown(Why::NotRead),
        }
    }

    /// The primitives that tasks wait for, by address, with those who wait and hold.
    fn primitives(&mut self, records: &[Record]) -> Vec<PrimitiveSample> {
        let mut found: HashMap<Address, PrimitiveSample> = HashMap::new();
        for record in records {
            let Known::Is(Some(TaskWait { on: Awaited::Primitive(address), .. })) = &record.wait else { continue };
            let objects = self.scene.objects;
            let Ok(Some(kind)) = self.kinds.primitive(objects, *address) else { continue };
            let primitive = found.entry(*address).or_insert_with(|| primitives::read(objects, *address, kind));
            if record.puts && kind == PrimitiveKind::Queue {
                primitive.putting += 1;
            } else {
                primitive.waiting += 1;
            }
            if primitive.waiters.len() < TaskCensus::MOST_WAITERS {
                primitive.waiters.push(record.head.address);
            }
        }
        for (object, hold) in &self.held {
            if let Some(primitive) = found.get_mut(object).filter(|one| one.holders.len() < TaskCensus::MOST_WAITERS) {
                primitive.holders.push(*hold);
            }
        }
        let mut primitives: Vec<PrimitiveSample> = found.into_values().collect();
        primitives.sort_unstable_by_key(|primitive| primitive.address);
        primitives
    }
}

/// The waits that are watched: of those who hold something, then of those who wait for what others hold, then any.
fn to_watch(records: &[Record]) -> Vec<Watched> {
    let mut waiting: Vec<&Record> = records.iter().filter(|record| record.phase == TaskPhase::Waiting).collect();
    waiting.sort_by_key(|record| {
        let for_others = matches!(&record.wait, Known::Is(Some(TaskWait { on: Awaited::Primitive(_), .. })));
        (!record.holds, !for_others)
    });
    waiting.truncate(watch::MOST);
    let watched = |record: &Record| {
        let TaskHead { address, waiter_at, waiter, .. } = record.head;
        Watched { task: address, word: waiter_at, future: waiter }
    };
    waiting.into_iter().map(watched).collect()
}

/// Which tasks wait for which.
fn parents(records: &[Record]) -> HashMap<Address, Vec<Address>> {
    let mut parents: HashMap<Address, Vec<Address>> = HashMap::new();
    for record in records {
        let Known::Is(Some(wait)) = &record.wait else { continue };
        let children = match &wait.on {
            Awaited::Task(child) => std::slice::from_ref(child),
            Awaited::Gather { pending, .. } => pending.as_slice(),
            _ => continue,
        };
        for child in children {
            let known = parents.entry(*child).or_default();
            if known.len() < TaskCensus::MOST_CHILDREN {
                known.push(record.head.address);
            }
        }
    }
    parents
}

/// Tasks counted by where they are.
fn groups(records: &[Record]) -> Vec<TaskGroup> {
    let mut counts: HashMap<(Known<StackId>, TaskPhase), u64> = HashMap::new();
    for record in records {
        *counts.entry((record.chain, record.phase)).or_default() += 1;
    }
    let group = |((chain, phase), count)| TaskGroup { chain, phase, count };
    let mut groups: Vec<TaskGroup> = counts.into_iter().map(group).collect();
    groups.sort_unstable_by_key(|group| (std::cmp::Reverse(group.count), group.phase, group.chain.ok()));
    groups.truncate(TaskCensus::MOST_GROUPS);
    groups
}
