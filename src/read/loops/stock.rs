//! The standard library's selector loop: its queue, its timers, the descriptor that it polls.

use crate::libraries::{asyncio, sockets};
use crate::memory::{ReadError, little_endian};
use crate::read::objects::builtin::{DequeEnds, Objects};
use crate::read::objects::dicts::Entry;
use crate::read::objects::known::known;
use crate::read::objects::moments;
use crate::snapshot::{Address, Known, Moment, Why};

/// `pyEpoll_Object.epfd` comes right after the object's head (CPython `Modules/selectmodule.c`).
const EPOLL_DESCRIPTOR_SIZE: usize = 4;
/// A larger number is not a descriptor: the kernel's own limit of `fs.nr_open`.
const HIGHEST_DESCRIPTOR: i32 = 1 << 30;

/// Where a stock loop keeps things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StockLoop {
    /// The descriptor it polls.
    pub(crate) poll_descriptor: Known<i32>,
    /// The attribute `_ready` and its type, so that another object in its place is noticed.
    ready: Known<Reference>,
    /// The attribute `_scheduled`; the list is replaced when many timers were cancelled.
    scheduled: Known<Reference>,
    /// Where a `TimerHandle` has `_when`, and the type that this is true of.
    when: Option<(Address, u64)>,
}

/// A reference to an object of a known type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Reference {
    slot: Address,
    kind: Address,
}

impl Reference {
    fn of(objects: Objects<'_>, entry: Option<Entry>, kind_name: &str) -> Known<Self> {
        let Some(entry) = entry else { return Known::Unknown(Why::NotInThisPython) };
        known(objects.type_of(entry.value).and_then(|kind| {
            if objects.type_name(kind)? == kind_name {
                Ok(Self { slot: entry.slot, kind })
            } else {
                Err(ReadError::Implausible(entry.value))
            }
        }))
    }

    /// The object that the attribute refers to now.
    fn object(self, objects: Objects<'_>) -> Result<Address, ReadError> {
        let object = objects.memory.read_pointer(self.slot)?;
        if objects.type_of(object)? == self.kind { Ok(object) } else { Err(ReadError::Implausible(object)) }
    }
}

impl StockLoop {
    /// Learns where this loop keeps things; `None` when it has no selector and so is another kind of loop.
    pub(crate) fn discover(objects: Objects<'_>, event_loop: Address) -> Result<Option<Self>, ReadError> {
        let attributes = objects.attributes(event_loop)?;
        let Some(selector) = objects.find(&attributes, asyncio::SELECTOR)? else { return Ok(None) };
        let ready = objects.find(&attributes, asyncio::READY)?;
        let scheduled = objects.find(&attributes, asyncio::SCHEDULED)?;
        Ok(Some(Self {
            poll_descriptor: poll_descriptor(objects, selector.value),
            ready: Reference::of(objects, ready, "collections.deque"),
            scheduled: Reference::of(objects, scheduled, "list"),
            when: None,
        }))
    }

    /// The ends of the queue of callbacks.
    pub(crate) fn ready(&self, objects: Objects<'_>) -> Known<DequeEnds> {
        with(self.ready, |place| objects.deque_ends(place.object(objects)?))
    }

    /// How many timers are scheduled, cancelled ones that have not been thrown out included, and when the first is due.
    pub(crate) fn timers(&mut self, objects: Objects<'_>) -> (Known<u64>, Known<Option<Moment>>) {
        let list = with(self.scheduled, |place| place.object(objects));
        let count = with(list, |list| objects.length(list));
        let first = with(list, |list| objects.list_first(list));
        let next = match first {
            Known::Is(Some(handle)) => match known(self.when(objects, handle)) {
                Known::Is(seconds) => moments::from_seconds(seconds).map(Some),
                Known::Unknown(why) => Known::Unknown(why),
            },
            Known::Is(None) => Known::Is(None),
            Known::Unknown(why) => Known::Unknown(why),
        };
        (count, next)
    }

    /// `_when` of a `TimerHandle`: what the program passed, usually a float.
    fn when(&mut self, objects: Objects<'_>, handle: Address) -> Result<f64, ReadError> {
        let kind = objects.type_of(handle)?;
        let offset = match self.when {
            Some((known, offset)) if known == kind => offset,
            _ => {
                let entry = objects.attribute(handle, asyncio::WHEN)?.ok_or(ReadError::Implausible(handle))?;
                let offset = entry.slot.0.wrapping_sub(handle.0);
                // In `__dict__` of a subclass it would not be at the same distance in every instance.
                let size = objects.memory.read_u64(kind.plus(objects.offsets.object.type_basic_size))?;
                if offset < size {
                    self.when = Some((kind, offset));
                }
                offset
            }
        };
        let when = objects.memory.read_pointer(Address(handle.0.wrapping_add(offset)))?;
        match objects.type_name_of(when)?.as_str() {
            "float" => objects.float(when),
            "int" => objects.integer(when).map(|seconds| seconds as f64),
            _ => Err(ReadError::Implausible(when)),
        }
    }
}

/// Goes on with a known value.
fn with<T, U>(value: Known<T>, read: impl FnOnce(T) -> Result<U, ReadError>) -> Known<U> {
    match value {
        Known::Is(value) => known(read(value)),
        Known::Unknown(why) => Known::Unknown(why),
    }
}

/// The epoll descriptor of `selectors.EpollSelector`; selectors of other kinds have none.
fn poll_descriptor(objects: Objects<'_>, selector: Address) -> Known<i32> {
    let read = || {
        let Some(epoll) = objects.attribute(selector, sockets::EPOLL)? else { return Ok(None) };
        if objects.type_name_of(epoll.value)? != "select.epoll" {
            return Ok(None);
        }
        let at = epoll.value.plus(objects.offsets.object.object_type + 8);
        let number = little_endian(&objects.memory.read(at, EPOLL_DESCRIPTOR_SIZE)?);
        Ok(i32::try_from(number).ok().filter(|number| (0..HIGHEST_DESCRIPTOR).contains(number)))
    };
    match known(read()) {
        Known::Is(descriptor) => Known::from_option(descriptor, Why::NotInThisPython),
        Known::Unknown(why) => Known::Unknown(why),
    }
}
