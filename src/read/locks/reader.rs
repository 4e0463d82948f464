//! The locks that threads sleep for, and who holds them.
//!
//! Nothing of this is read while no thread sleeps in a futex of its own, and nothing twice while a wait lasts: a thread
//! that has not been on a CPU since the last look waits for the same lock, and one that holds a lock and has not been on
//! a CPU has not let it go.

use std::collections::{BTreeMap, HashMap};

use super::fork_parent::ForkParent;
use super::handlers::handler;
use super::held_slots::HeldSlots;
use super::waits::{Futex, WantedLock, module_owner, waits_for_condition, wanted};
use crate::libraries::threading;
use crate::memory::{ReadError, u64_at};
use crate::read::objects::builtin::Objects;
use crate::read::objects::known::why;
use crate::read::stacks::codes::CodeTable;
use crate::read::stacks::locals::first_local;
use crate::read::threads::live::{LiveFrame, LiveThread};
use crate::snapshot::{
    Address, Call, Frame, Known, LockHolder, LockKind, LockSample, SignalHandler, Syscall, SyscallState, ThreadId,
    ThreadOs, Why,
};

/// New waits that are looked into in one sample; the others follow in the next ones.
const MOST_NEW_WAITS: usize = 64;
/// A holder that was not found is looked for again after so many samples.
const SEARCH_AGAIN: u64 = 8;
/// Frames that are searched for `with` blocks in one sample.
const MOST_FRAMES: usize = 16_384;

/// Reads the locks of one process, again and again.
#[derive(Debug, Default)]
pub(in crate::read) struct Locks {
    waits: HashMap<ThreadId, Wait>,
    holders: HashMap<Address, FoundHolder>,
    held: HeldSlots,
    sample: u64,
}

/// What stands around the locks in one sample.
pub(in crate::read) struct Around<'a> {
    pub(in crate::read) threads: &'a [LiveThread],
    pub(in crate::read) os: &'a HashMap<ThreadId, ThreadOs>,
    pub(in crate::read) codes: &'a CodeTable,
    /// Whether a thread that sleeps there waits for a GIL.
    pub(in crate::read) is_of_gil: &'a dyn Fn(Address) -> bool,
    /// The process that this one was forked from.
    pub(in crate::read) parent: &'a ForkParent,
}

/// A sleep in a futex, and what was found out about it.
#[derive(Debug)]
struct Wait {
    slept_on: Address,
    /// How often the thread had been put on a CPU.
    timeslices: u64,
    lock: Option<WantedLock>,
}

/// A plain lock's holder.
#[derive(Debug)]
struct FoundHolder {
    searched_in: u64,
    /// The thread, how often it had been put on a CPU, and the frame.
    holder: Option<(ThreadId, Option<u64>, LiveFrame)>,
    /// The signal handler that waits for it further in on the same stack.
    handler: Option<(u8, LiveFrame)>,
}

impl Locks {
    /// The locks that threads sleep for now, by address.
    ///
    /// # Errors
    ///
    /// When the process is gone or closed to us.
    pub(in crate::read) fn read(
        &mut self,
        objects: Objects<'_>,
        around: &Around<'_>,
    ) -> Result<Vec<LockSample>, ReadError> {
        self.sample += 1;
        self.learn_waits(objects, around)?;
        let mut locks: BTreeMap<Address, (WantedLock, Vec<ThreadId>)> = BTreeMap::new();
        for (thread, wait) in &self.waits {
            if let Some(lock) = &wait.lock {
                locks.entry(lock.address).or_insert_with(|| (lock.clone(), Vec::new())).1.push(*thread);
            }
        }
        let plain: Vec<Address> =
            locks.values().filter(|(lock, _)| lock.kind == LockKind::Plain).map(|(lock, _)| lock.address).collect();
        self.search_holders(objects, around, &plain)?;
        let samples = locks.into_values().map(|(lock, mut waiters)| {
            waiters.sort_unstable();
            let holder = self.holder(objects, around, &lock);
            let in_parent = match holder {
                Known::Is(LockHolder::Thread { .. }) | Known::Unknown(Why::Torn) => Known::Unknown(Why::NotRead),
                _ => around.parent.lock(objects, &lock),
            };
            let handler = self.handler(around, &lock);
            LockSample {
                address: lock.address,
                kind: lock.kind,
                module: lock.module,
                waiters,
                holder,
                in_parent,
                handler,
            }
        });
        Ok(samples.collect())
    }

    /// Brings the waits up to date: keeps those that last, and looks into new ones.
    fn learn_waits(&mut self, objects: Objects<'_>, around: &Around<'_>) -> Result<(), ReadError> {
        let mut before = std::mem::take(&mut self.waits);
        let mut left = MOST_NEW_WAITS;
        for thread in around.threads.iter().filter(|thread| !thread.frames.is_empty()) {
            let Some((futex, timeslices)) = around.os.get(&thread.thread).and_then(|os| sleep_of(os, around.is_of_gil))
            else {
                continue;
            };
            let lasting = before
                .remove(&thread.thread)
                .filter(|wait| (wait.slept_on, wait.timeslices) == (futex.slept_on, timeslices));
            if let Some(wait) = lasting {
                self.waits.insert(thread.thread, wait);
            } else if left > 0 && thread.stable {
                left -= 1;
                let lock = match wanted(objects, thread, futex, around.codes.codes()) {
                    Err(gone @ (ReadError::Gone | ReadError::Refused)) => return Err(gone),
                    found => found.unwrap_or_default(),
                };
                self.waits.insert(thread.thread, Wait { slept_on: futex.slept_on, timeslices, lock });
            }
        }
        Ok(())
    }

    /// Looks for the holders of plain locks where that is due.
    fn search_holders(
        &mut self,
        objects: Objects<'_>,
        around: &Around<'_>,
        plain: &[Address],
    ) -> Result<(), ReadError> {
        self.holders.retain(|lock, _| plain.contains(lock));
        let due = |lock: &&Address| match self.holders.get(lock) {
            None => true,
            Some(FoundHolder { searched_in, holder: None, .. }) => self.sample >= searched_in + SEARCH_AGAIN,
            Some(FoundHolder { holder: Some((thread, timeslices, _)), .. }) => {
                timeslices.is_none() || timeslices_of(around, *thread) != *timeslices
            }
        };
        let wanted: Vec<Address> = plain.iter().filter(due).copied().collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let frames: Vec<(&LiveThread, LiveFrame)> = around
            .threads
            .iter()
            .flat_map(|thread| thread.frames.iter().map(move |frame| (thread, *frame)))
            .take(MOST_FRAMES)
            .collect();
        let bare: Vec<LiveFrame> = frames.iter().map(|(_, frame)| *frame).collect();
        let held = self.held.find(objects, &bare, &wanted)?;
        for lock in wanted {
            let of_lock = held.iter().filter(|(_, owner)| *owner == lock).filter_map(|(index, _)| frames.get(*index));
            let mut holders = of_lock.filter(|(thread, frame)| !lets_go(objects, around.codes, thread, frame, lock));
            let first = holders.next().map(|(thread, frame)| (thread.thread, *frame));
            // Two threads cannot hold it: one of them moved while we looked.
            let others = holders.any(|(thread, _)| first.is_some_and(|(first, _)| first != thread.thread));
            let holder =
                first.filter(|_| !others).map(|(thread, frame)| (thread, timeslices_of(around, thread), frame));
            let handler = holder.and_then(|(thread, _, frame)| self.own_handler(objects, around, lock, thread, &frame));
            self.holders.insert(lock, FoundHolder { searched_in: self.sample, holder, handler });
        }
        Ok(())
    }

    /// The signal handler further in on the stack of a thread that waits for a lock which it holds itself.
    fn own_handler(
        &self,
        objects: Objects<'_>,
        around: &Around<'_>,
        lock: Address,
        thread: ThreadId,
        holder: &LiveFrame,
    ) -> Option<(u8, LiveFrame)> {
        let waits = self.waits.get(&thread).and_then(|wait| wait.lock.as_ref());
        waits.filter(|wanted| wanted.address == lock)?;
        let live = around.threads.iter().find(|live| live.thread == thread)?;
        let inside = live.frames.iter().take_while(|frame| frame.address != holder.address);
        handler(objects, inside).map(|(signal, frame)| (signal, *frame))
    }

    fn handler(&self, around: &Around<'_>, lock: &WantedLock) -> Option<SignalHandler> {
        let found = self.holders.get(&lock.address)?;
        let ((thread, ..), (signal, frame)) = found.holder.as_ref().zip(found.handler.as_ref())?;
        Some(SignalHandler { signal: *signal, frame: place(around, *thread, frame) })
    }

    fn holder(&self, objects: Objects<'_>, around: &Around<'_>, lock: &WantedLock) -> Known<LockHolder> {
        let owner = match lock.kind {
            LockKind::Plain => {
                let found = self.holders.get(&lock.address).and_then(|found| found.holder.as_ref());
                let holder = found.map(|(thread, _, frame)| LockHolder::Thread {
                    thread: *thread,
                    frame: Some(place(around, *thread, frame)),
                });
                return Known::from_option(holder, Why::NotInThisPython);
            }
            LockKind::Recursive => objects.memory.read_u64(lock.address.plus(objects.offsets.lock.recursive_owner)),
            LockKind::Import => module_owner(objects, lock.address),
        };
        match owner {
            Err(error) => Known::Unknown(why(error)),
            // Let go of, and not yet taken by the thread that is about to wake.
            Ok(0) => Known::Unknown(Why::Torn),
            Ok(owner) => {
                let identity =
                    |thread: &&LiveThread| u64_at(&thread.state_bytes, objects.offsets.thread.thread_id) == Some(owner);
                let thread = around.threads.iter().find(identity);
                Known::Is(
                    thread.map_or(LockHolder::Gone, |thread| LockHolder::Thread { thread: thread.thread, frame: None }),
                )
            }
        }
    }
}

/// The futex that a thread sleeps on, unless it waits for a GIL, and how often it has been put on a CPU.
fn sleep_of(os: &ThreadOs, is_of_gil: &dyn Fn(Address) -> bool) -> Option<(Futex, u64)> {
    let Known::Is(SyscallState::Inside { number, arguments, stack_pointer }) = os.syscall else { return None };
    let slept_on = Address(arguments[0]);
    let is_futex = Syscall::of(number).is_some_and(|call| call.call == Call::Futex);
    if !is_futex || is_of_gil(slept_on) {
        return None;
    }
    let futex = Futex { slept_on, stack_pointer: Address(stack_pointer) };
    Some((futex, os.cpu.get()?.timeslices))
}

fn timeslices_of(around: &Around<'_>, thread: ThreadId) -> Option<u64> {
    let os = around.os.get(&thread)?;
    // One that runs may let go at any moment.
    let asleep = matches!(os.syscall, Known::Is(SyscallState::Inside { .. }));
    os.cpu.get().filter(|_| asleep).map(|cpu| cpu.timeslices)
}

/// Whether a frame further in is a `Condition.wait` for a condition of this lock, which lets go of it meanwhile.
fn lets_go(objects: Objects<'_>, codes: &CodeTable, thread: &LiveThread, holder: &LiveFrame, lock: Address) -> bool {
    let inside = thread.frames.iter().take_while(|frame| frame.address != holder.address);
    let mut waits = inside.filter(|frame| codes.codes().get(frame.code.0 as usize).is_some_and(waits_for_condition));
    waits.any(|frame| {
        let condition = first_local(objects, frame).and_then(|this| objects.attribute(this, threading::CONDITION_LOCK));
        condition.is_ok_and(|own| own.is_some_and(|own| own.value == lock))
    })
}

/// A frame as it is now.
fn place(around: &Around<'_>, thread: ThreadId, frame: &LiveFrame) -> Frame {
    let frames = around.threads.iter().filter(|live| live.thread == thread).flat_map(|live| &live.frames);
    let same = |live: &&LiveFrame| (live.address, live.code) == (frame.address, frame.code);
    let now = frames.into_iter().find(same).unwrap_or(frame);
    let index = around.codes.find(now.code_address);
    Frame { code: now.code, line: index.and_then(|index| around.codes.line_at(index, now.instruction)) }
}
