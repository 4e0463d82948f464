//! uvloop: its queue, its timers, libuv's clock and descriptor.
//!
//! The loop object is a Cython class whose fields move from release to release, so they are found by what they are: the
//! pointer to `uv_loop_t` is the word that leads to a structure beginning with a pointer back to the loop (`data`), the
//! queue is the only deque. `uv_loop_t` itself has been the same
//! since libuv 1.0 as far as we read it (libuv `include/uv.h`, `include/uv/unix.h`).

use crate::libraries::uvloop;
use crate::memory::{ReadError, little_endian, u64_at};
use crate::read::objects::builtin::{DequeEnds, Objects};
use crate::read::objects::known::known;
use crate::read::objects::moments::{self, Lifetime};
use crate::snapshot::{Address, Known, Moment, Why};

/// Bytes of the loop object that are looked through. What we look for is in the first 100; far behind is a receive
/// buffer.
const LOOKED_THROUGH: u64 = 512;
/// `uv_loop_t.data`
const DATA: usize = 0;
/// `uv_loop_t.internal_fields`
const INTERNAL_FIELDS: usize = 40;
/// `uv__loop_internal_fields_t.loop_metrics.metrics.loop_count`, since libuv 1.45; 0 before, where the same place holds
/// a time that is only kept on request.
const LOOP_COUNT: usize = 8;
/// `uv_loop_t.backend_fd`
const BACKEND_DESCRIPTOR: usize = 64;
/// `uv_loop_t.timer_heap.min`
const FIRST_TIMER: usize = 520;
/// `uv_loop_t.timer_heap.nelts`
const TIMER_COUNT: usize = 528;
/// `uv_loop_t.time`, milliseconds of `CLOCK_MONOTONIC`.
const TIME: usize = 544;
/// From a timer's node in the heap (three pointers) to its `timeout`.
const NODE_TO_TIMEOUT: usize = 24;

/// Where a uvloop loop keeps things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Uvloop {
    event_loop: Address,
    /// `uv_loop_t`
    uv: Address,
    /// Offset of `_ready` in the loop object, and the type of deques.
    ready: Option<(usize, Address)>,
    /// Turn at the last look, and when that began. libuv's clock goes on within a turn whenever somebody asks for the
    /// time, but a turn begins only once.
    last_turn: Option<(u64, Moment)>,
}

/// libuv's own account of a loop at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UvSample {
    /// The epoll descriptor.
    pub(crate) poll_descriptor: Known<i32>,
    /// Which turn: a count, or libuv's clock where it does not count.
    pub(crate) turn: u64,
    /// When that turn began, as far as it was seen.
    pub(crate) turn_began: Known<Moment>,
    /// When libuv last looked at the clock: as it came back from its poll, unless a step has asked for the time since.
    pub(crate) woke: Known<Moment>,
    /// How many timers are scheduled. `Loop._timers` counts the one that is being run as well.
    pub(crate) timers: u64,
    /// When the first timer is due.
    pub(crate) next_timer: Known<Option<Moment>>,
}

impl Uvloop {
    /// Learns where this loop keeps things.
    pub(crate) fn discover(objects: Objects<'_>, event_loop: Address) -> Result<Self, ReadError> {
        let layout = &objects.offsets.object;
        let root = base_class(objects, event_loop)?;
        let size = objects.memory.read_u64(root.plus(layout.type_basic_size))?.min(LOOKED_THROUGH);
        let bytes = objects.memory.read(event_loop, usize::try_from(size).unwrap_or(0))?;
        let head = layout.object_type + 8;
        let mut found = Self { event_loop, uv: Address(0), ready: None, last_turn: None };
        let mut deques = 0;
        for (index, word) in bytes.chunks_exact(8).enumerate().skip(head / 8) {
            let word = Address(little_endian(word));
            if word.is_null() {
                continue;
            }
            if found.uv.is_null() && objects.memory.read_pointer(word.plus(DATA)) == Ok(event_loop) {
                found.uv = word;
                continue;
            }
            let Ok(kind) = objects.type_of(word) else { continue };
            if objects.type_name(kind).is_ok_and(|name| name == "collections.deque") {
                deques += 1;
                found.ready = (deques == 1).then_some((index * 8, kind));
            }
        }
        if found.uv.is_null() { Err(ReadError::Implausible(event_loop)) } else { Ok(found) }
    }

    /// The same, with what an earlier look at the same loop knows about the turn.
    pub(crate) fn succeeding(self, earlier: Self) -> Self {
        let last_turn = earlier.last_turn.filter(|_| earlier.uv == self.uv);
        Self { last_turn, ..self }
    }

    /// `uv_loop_t`
    pub(in crate::read) fn loop_structure(&self) -> Address {
        self.uv
    }

    /// The ends of the queue of callbacks.
    pub(crate) fn ready(&self, objects: Objects<'_>) -> Known<DequeEnds> {
        let Some((offset, kind)) = self.ready else { return Known::Unknown(Why::NotInThisPython) };
        known(objects.memory.read_pointer(self.event_loop.plus(offset)).and_then(|deque| {
            if objects.type_of(deque)? == kind { objects.deque_ends(deque) } else { Err(ReadError::Implausible(deque)) }
        }))
    }

    /// Reads libuv's account.
    pub(crate) fn sample(&mut self, objects: Objects<'_>, lifetime: Lifetime) -> Result<UvSample, ReadError> {
        let memory = objects.memory;
        let bytes = memory.read(self.uv, TIME + 8)?;
        let word = |offset| u64_at(&bytes, offset).ok_or(ReadError::Unmapped(self.uv));
        if word(DATA)? != self.event_loop.0 {
            return Err(ReadError::Implausible(self.uv));
        }
        let time = word(TIME)?;
        let count = match memory.read_u64(Address(word(INTERNAL_FIELDS)?).plus(LOOP_COUNT)) {
            Ok(count) if count > 0 => count,
            _ => time,
        };
        let mut turn_began = match moments::from_milliseconds(time) {
            Known::Is(moment) => lifetime.past(moment),
            unknown => unknown,
        };
        let woke = turn_began;
        if let Known::Is(began) = &mut turn_began {
            match self.last_turn {
                Some((turn, first)) if turn == count => *began = (*began).min(first),
                _ => {}
            }
            self.last_turn = Some((count, *began));
        }
        let timers = word(TIMER_COUNT)? & 0xffff_ffff;
        let next_timer = match (timers, Address(word(FIRST_TIMER)?)) {
            (0, _) => Known::Is(None),
            (_, node) if node.is_null() => Known::Unknown(Why::Torn),
            (_, node) => match known(memory.read_u64(node.plus(NODE_TO_TIMEOUT))) {
                Known::Is(timeout) => moments::from_milliseconds(timeout).map(Some),
                Known::Unknown(why) => Known::Unknown(why),
            },
        };
        let descriptor = i32::try_from(word(BACKEND_DESCRIPTOR)? & 0xffff_ffff).ok();
        Ok(UvSample {
            poll_descriptor: Known::from_option(descriptor, Why::Implausible),
            turn: count,
            turn_began,
            woke,
            timers,
            next_timer,
        })
    }
}

/// uvloop's own class among those that the loop's class derives from: its size is the size of the fields we want.
fn base_class(objects: Objects<'_>, event_loop: Address) -> Result<Address, ReadError> {
    objects.base_named(objects.type_of(event_loop)?, uvloop::LOOP)?.ok_or(ReadError::Implausible(event_loop))
}
