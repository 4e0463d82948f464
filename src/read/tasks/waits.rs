//! What a task waits for: what kind of future it is, and whose: the innermost functions of the chain say.

use std::collections::HashMap;

use super::chains::{Chain, Link};
use super::future_links::{PENDING, shielded};
use super::thread_calls::ThreadCalls;
use super::transports::{Ends, Transports};
use crate::layout::TaskOffsets;
use crate::libraries::{Awaits, Stream, asyncio};
use crate::memory::{ReadError, little_endian};
use crate::read::objects::builtin::Objects;
use crate::read::objects::kinds::{Kinds, ObjectKind};
use crate::read::objects::known::known;
use crate::read::objects::moments;
use crate::read::objects::ways::follow;
use crate::snapshot::{Address, Awaited, Known, Moment, PrimitiveKind, TaskCensus, TaskWait, Why};

/// Functions further out that are asked when the innermost ones say nothing: a method of a primitive stands between
/// `receive` of a stream and its future.
const ASKED_OUTWARD: usize = 4;

/// Reads waits in one census.
#[derive(Debug)]
pub(in crate::read) struct Waits {
    calls: ThreadCalls,
    pub(in crate::read) transports: Transports,
    task: TaskOffsets,
    /// Where a `TimerHandle` has `_when`, by its type; `None` where it has none that can be read.
    whens: HashMap<Address, Option<usize>>,
}

/// Whether a wait goes on.
pub(in crate::read) enum Wait {
    /// Nothing keeps the task but its turn.
    Over,
    For(TaskWait),
}

impl Waits {
    pub(in crate::read) fn new(objects: Objects<'_>, calls: ThreadCalls) -> Self {
        Self { calls, transports: Transports::default(), task: objects.offsets.task, whens: HashMap::new() }
    }

    /// What a task with this chain waits for, when `future` is what wakes it.
    ///
    /// # Errors
    ///
    /// When the future cannot be read.
    pub(in crate::read) fn read(
        &mut self,
        objects: Objects<'_>,
        kinds: &mut Kinds,
        chain: &Chain,
        future: Address,
    ) -> Result<Wait, ReadError> {
        if future.is_null() {
            return Ok(Wait::Over);
        }
        let kind = kinds.of(objects, future)?;
        let is_done = |layout: &TaskOffsets| -> Result<bool, ReadError> {
            Ok(little_endian(&objects.memory.read(future.plus(layout.state), 4)?) != PENDING)
        };
        let on = match kind {
            ObjectKind::None => return Ok(Wait::Over),
            ObjectKind::Task(layout) if is_done(&layout)? => return Ok(Wait::Over),
            ObjectKind::Future { .. } if is_done(&self.task)? => return Ok(Wait::Over),
            ObjectKind::Task(_) | ObjectKind::StrangeTask => Awaited::Task(future),
            ObjectKind::Future { gathers: true } => {
                let children = objects.attribute(future, asyncio::CHILDREN)?.map(|entry| entry.value);
                let children = children.map_or(Ok(Vec::new()), |children| objects.list_items(children))?;
                self.all_of(objects, kinds, &children)?
            }
            _ => self.by_function(objects, kinds, chain, future),
        };
        Ok(Wait::For(TaskWait { future, on }))
    }

    /// Several tasks, of which those that are done are left out.
    fn all_of(&self, objects: Objects<'_>, kinds: &mut Kinds, members: &[Address]) -> Result<Awaited, ReadError> {
        let mut pending = Vec::new();
        for member in members {
            let layout = match kinds.of(objects, *member)? {
                ObjectKind::Task(layout) => layout,
                ObjectKind::Future { .. } => self.task,
                _ => continue,
            };
            let state = little_endian(&objects.memory.read(member.plus(layout.state), 4)?);
            if state == PENDING && pending.len() < TaskCensus::MOST_CHILDREN {
                pending.push(*member);
            }
        }
        Ok(Awaited::Gather { children: members.len() as u64, pending })
    }

    /// A future that nothing is known of: the functions that await it may tell.
    fn by_function(&mut self, objects: Objects<'_>, kinds: &mut Kinds, chain: &Chain, future: Address) -> Awaited {
        if let Some(thread) = self.calls.of(objects, kinds, future, self.task.callback) {
            return Awaited::Executor { thread };
        }
        if let Ok(Some(inner)) = shielded(objects, kinds, future.plus(self.task.callback)) {
            if matches!(kinds.of(objects, inner), Ok(ObjectKind::Task(_))) {
                return Awaited::Task(inner);
            }
            if let Some(thread) = self.calls.of(objects, kinds, inner, self.task.callback) {
                return Awaited::Executor { thread };
            }
        }
        let mut found = None;
        for link in chain.links.iter().rev().take(ASKED_OUTWARD) {
            let said = self.by_link(objects, kinds, link).unwrap_or_default();
            // An outer function says what the primitive stands for.
            let says_more = matches!(said, Some(Awaited::Connection { .. }));
            let is_told = matches!(found, Some(Awaited::Connection { .. }));
            if found.is_none() || says_more && !is_told {
                found = said;
            }
        }
        found.unwrap_or(Awaited::Future)
    }

    fn by_link(&mut self, objects: Objects<'_>, kinds: &mut Kinds, link: &Link) -> Result<Option<Awaited>, ReadError> {
        let local = |name: &str| match link.function.local_named(objects, name)? {
            Some(index) => link.coroutine.local(objects, index),
            None => Ok(None),
        };
        let this = || link.coroutine.local(objects, 0);
        let Some(awaits) = link.function.awaits else { return Ok(None) };
        Ok(match awaits {
            Awaits::Timer(handle) => Some(Awaited::Sleep { until: self.until(objects, local(handle)?) }),
            Awaits::Several { members, .. } => match local(members)? {
                Some(members) => Some(self.all_of(objects, kinds, &objects.set_members(members)?)?),
                None => None,
            },
            Awaits::Another { future, .. } => match local(future)? {
                Some(inner) if matches!(kinds.of(objects, inner)?, ObjectKind::Task(_)) => Some(Awaited::Task(inner)),
                Some(inner) => {
                    let inner = shielded(objects, kinds, inner.plus(self.task.callback))?;
                    let is_task = |inner: &Address| matches!(kinds.of(objects, *inner), Ok(ObjectKind::Task(_)));
                    inner.filter(is_task).map(Awaited::Task)
                }
                None => None,
            },
            Awaits::Primitive => primitive(objects, kinds, this()?, None)?,
            Awaits::Get | Awaits::Put => primitive(objects, kinds, this()?, Some(PrimitiveKind::Queue))?,
            Awaits::Group(members) => {
                match this()?.map(|group| objects.attribute(group, members)).transpose()?.flatten() {
                    Some(members) => Some(self.all_of(objects, kinds, &objects.set_members(members.value)?)?),
                    None => None,
                }
            }
            Awaits::Thread => Some(Awaited::Executor { thread: Known::Unknown(Why::NotRead) }),
            Awaits::Stream(stream) | Awaits::Query { stream, .. } => {
                let transport = this()?.map(|this| follow(objects, this, stream.way)).transpose()?.flatten();
                Some(self.connection(objects, stream, transport))
            }
            Awaits::Socket => Some(connection(Ends::unknown(Why::NotRead), false)),
            // Greenlets have stacks of their own.
            Awaits::Ready(_) => None,
        })
    }

    /// Whether a function ends its wait by itself when its time is over.
    pub(in crate::read) fn ends_in_time(&self, objects: Objects<'_>, link: &Link) -> Result<bool, ReadError> {
        let Some((awaits, timeout)) = link.function.awaits.and_then(|awaits| Some((awaits, awaits.timeout()?))) else {
            return Ok(false);
        };
        let is_set = |value: Address| Ok(objects.type_name_of(value)? != "NoneType");
        if let Some(index) = link.function.local_named(objects, timeout)?
            && let Some(timeout) = link.coroutine.local(objects, index)?
            && is_set(timeout)?
        {
            return Ok(true);
        }
        let Awaits::Query { stream, settings, .. } = awaits else { return Ok(false) };
        // The connection's own timeout, for every query: the first of its settings.
        let Some(this) = link.coroutine.local(objects, 0)? else { return Ok(false) };
        let outward = stream.way.split_last().map_or(&[][..], |(_, outward)| outward);
        let Some(of_connection) = follow(objects, this, outward)? else { return Ok(false) };
        let Some(settings) = objects.attribute(of_connection, settings)? else { return Ok(false) };
        objects.tuple(settings.value)?.first().map_or(Ok(false), |timeout| is_set(*timeout))
    }

    /// When a timer of a sleep is due.
    fn until(&mut self, objects: Objects<'_>, handle: Option<Address>) -> Known<Moment> {
        let Some(handle) = handle else { return Known::Unknown(Why::Torn) };
        match known(self.when(objects, handle)) {
            Known::Is(Some(seconds)) => moments::from_seconds(seconds),
            Known::Is(None) => Known::Unknown(Why::NotInThisPython),
            Known::Unknown(why) => Known::Unknown(why),
        }
    }

    /// `_when` of a `TimerHandle`; uvloop's have none.
    fn when(&mut self, objects: Objects<'_>, handle: Address) -> Result<Option<f64>, ReadError> {
        let kind = objects.type_of(handle)?;
        let offset = match self.whens.get(&kind) {
            Some(known) => *known,
            None => {
                let slot = objects.attribute(handle, asyncio::WHEN)?.map(|entry| entry.slot.0.wrapping_sub(handle.0));
                let size = objects.memory.read_u64(kind.plus(objects.offsets.object.type_basic_size))?;
                // In a `__dict__` it would not be at the same distance in every instance.
                let offset = slot.filter(|slot| *slot < size).and_then(|slot| usize::try_from(slot).ok());
                self.whens.insert(kind, offset);
                offset
            }
        };
        let Some(offset) = offset else { return Ok(None) };
        let when = objects.memory.read_pointer(handle.plus(offset))?;
        Ok(match objects.type_name_of(when)?.as_str() {
            "float" => Some(objects.float(when)?),
            "int" => Some(objects.integer(when)? as f64),
            _ => None,
        })
    }

    /// The connection of a transport.
    fn connection(&mut self, objects: Objects<'_>, stream: Stream, transport: Option<Address>) -> Awaited {
        let ends = match transport {
            Some(transport) => self.transports.of(objects, transport),
            None => Ends::unknown(Why::NotInThisPython),
        };
        connection(ends, stream.sends)
    }
}

fn connection(Ends { peer, descriptor }: Ends, sends: bool) -> Awaited {
    Awaited::Connection { peer, descriptor, sends }
}

/// A primitive, if the object is one and of the wanted kind.
fn primitive(
    objects: Objects<'_>,
    kinds: &mut Kinds,
    object: Option<Address>,
    wanted: Option<PrimitiveKind>,
) -> Result<Option<Awaited>, ReadError> {
    let Some(object) = object else { return Ok(None) };
    let kind = kinds.primitive(objects, object)?;
    let fits = kind.is_some_and(|kind| wanted.is_none_or(|wanted| wanted == kind));
    Ok(fits.then_some(Awaited::Primitive(object)))
}
