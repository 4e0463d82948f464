//! Stacks of a running process that never were a mixture of two moments.
//!
//! A sample is a few batches. First the lists: interpreters, their GILs, thread states. Then, in one batch, everything
//! that the stacks were made of last time, what proves the code objects, and the GILs again. A thread that did not have
//! the GIL between the two looks at it cannot have moved its frames, and one reading of it is enough. The others, and
//! those that run code not yet proven, are read again until several readings in a row can be compared; what they have in
//! common from the outermost frame on is kept. A thread that has slept since its stack was read last is not read at all.

use std::collections::HashMap;

use super::codes::{CodeIndex, CodeTable, Proofs};
use super::effort::Effort;
use super::foresight::Foresight;
use super::frames::{Fetched, RawFrame, Walk};
use super::reading::{READINGS, ThreadReading, root};
use super::table::StackTable;
use crate::layout::Offsets;
use crate::memory::{Batch, Memory, ReadError, Slot};
use crate::read::budget::Budget;
use crate::read::objects::builtin::Objects;
use crate::read::threads::roster::{GilWords, Interpreter, Roster, ThreadState};
use crate::snapshot::{Address, StackSample, Why};

/// How many readings are attempted in one sample when some of them break off.
const ATTEMPTS: usize = 12;
/// New code objects read in one sample: the rest follow in the next ones.
const MOST_NEW_CODES: usize = 4096;
/// For how many samples the code of a thread that moves is proven ahead.
const PROVEN_AHEAD: u64 = 16;
/// How many code objects are proven ahead besides those of the last stacks.
const MOST_PROVEN_AHEAD: usize = 1024;

/// What a reader needs to know of the target.
#[derive(Clone, Copy)]
pub(in crate::read) struct Target<'a> {
    pub(in crate::read) memory: &'a dyn Memory,
    pub(in crate::read) offsets: &'a Offsets,
    /// `_PyRuntime`
    pub(in crate::read) runtime: Address,
}

/// Stacks that were not kept whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::read) struct Losses {
    pub(in crate::read) torn: u64,
    pub(in crate::read) cut: u64,
}

/// Reads the stacks of one process, again and again.
#[derive(Debug, Default)]
pub(in crate::read) struct StackReader {
    pub(in crate::read) codes: CodeTable,
    pub(in crate::read) stacks: StackTable,
    pub(in crate::read) threads: Vec<ThreadReading>,
    pub(in crate::read) losses: Losses,
    /// What was fetched together with the stacks, for the readers that come after.
    pub(in crate::read) foresight: Foresight,
    pub(in crate::read) batch: Batch,
    roster: Roster,
    again: Batch,
    proofs: Proofs,
    lately: Vec<(CodeIndex, u64)>,
    sample: u64,
    /// A code object was read in this sample: stacks decoded before may name what is gone.
    recoded: bool,
    /// Why stacks of this sample were left out, if any were.
    left_out: Option<Why>,
}

impl StackReader {
    /// A reader that takes what it keeps from this budget.
    pub(in crate::read) fn within(budget: &Budget) -> Self {
        let (codes, stacks) = (CodeTable::within(budget.clone()), StackTable::within(budget.clone()));
        Self { codes, stacks, ..Self::default() }
    }

    /// Interpreters in this sample, the main one first.
    pub(in crate::read) fn interpreters(&self) -> &[Interpreter] {
        &self.roster.interpreters
    }

    /// Whether the list of threads did not come to rest, so that some may be missing.
    pub(in crate::read) fn is_restless(&self) -> bool {
        self.roster.restless
    }

    /// What was left out of this sample, or could not be kept in all of them, and why.
    pub(in crate::read) fn gaps(&self) -> Vec<(String, Why)> {
        let stacks = self.left_out.map(|why| ("stacks of a part of the threads".to_owned(), why));
        let kept = |what: &str, not_kept: u64| (not_kept > 0).then(|| (what.to_owned(), Why::OutOfMemory));
        let codes = kept("a part of the functions", self.codes.not_kept());
        let lines = kept("a part of the lines", self.codes.without_lines());
        stacks
            .into_iter()
            .chain(codes)
            .chain(lines)
            .chain(kept("a part of the stacks", self.stacks.not_kept()))
            .collect()
    }

    /// Reads all stacks. `rested` says of a thread state whether its thread has slept since before the last reading.
    ///
    /// # Errors
    ///
    /// When the process is gone or closed to us, or the runtime cannot be read.
    pub(in crate::read) fn read(
        &mut self,
        target: Target<'_>,
        rested: &dyn Fn(&ThreadState) -> bool,
    ) -> Result<(), ReadError> {
        self.sample += 1;
        self.recoded = false;
        if self.codes.forget_when_full(self.sample) {
            self.lately = Vec::new();
            // No stack that is still known, rested ones included, may be taken for one whose code is.
            self.threads.iter_mut().for_each(|thread| thread.lose(StackSample::Torn));
        }
        self.roster.refresh(target.memory, target.offsets, target.runtime)?;
        self.match_threads(target.offsets, rested);
        let gil_slots = self.fetch(target)?;
        let mut effort = Effort::begin();
        let known = self.threads.iter().filter(|thread| thread.rested).map(|thread| thread.chain.len()).sum();
        effort.read_all_but(known);
        // The oldest first: the newest may be too many, and the main thread has the loop.
        for thread in self.threads.iter_mut().rev().filter(|thread| !thread.rested) {
            let fetched = Fetched { memory: target.memory, offsets: target.offsets, batch: &self.batch };
            let into = (&mut thread.chain, &mut effort);
            thread.walk = thread.memory.walk(fetched, &mut thread.wish, self.sample, into)?;
        }
        self.read_new_codes(target, &mut effort)?;
        self.choose_moving(target, &gil_slots);
        for attempt in 1..ATTEMPTS {
            effort.read_all_but(known);
            if !self.read_again(target, attempt == 1, &mut effort)? {
                break;
            }
        }
        self.left_out = effort.ended();
        self.decode();
        Ok(())
    }

    /// One stack from those of interpreters that called each other in one thread, the innermost first.
    pub(in crate::read) fn nest(&mut self, parts: &[StackSample]) -> StackSample {
        let mut frames = Vec::new();
        let mut whole = true;
        for part in parts {
            let stack = match part {
                StackSample::Stable(stack) => stack,
                StackSample::Cut(stack) => {
                    // What the cut off frames called is not connected to what is left.
                    frames.clear();
                    whole = false;
                    stack
                }
                StackSample::Torn | StackSample::Unknown(_) => return *part,
            };
            frames.extend(self.stacks.stacks().get(stack.0 as usize).into_iter().flatten().copied());
        }
        match self.stacks.intern(&frames) {
            None => StackSample::Unknown(Why::Bounded),
            Some(stack) if whole => StackSample::Stable(stack),
            Some(stack) => StackSample::Cut(stack),
        }
    }

    /// Brings the threads into the order of the roster, keeping what is remembered of each.
    fn match_threads(&mut self, offsets: &Offsets, rested: &dyn Fn(&ThreadState) -> bool) {
        let same = self.threads.len() == self.roster.threads.len()
            && self.threads.iter().zip(&self.roster.threads).all(|(ours, now)| ours.state.address == now.address);
        if !same {
            let known = self.threads.drain(..).map(|thread| (thread.state.address, thread));
            let mut known: HashMap<Address, ThreadReading> = known.collect();
            let ours = self.roster.threads.iter().map(|now| known.remove(&now.address).unwrap_or_default());
            self.threads = ours.collect();
        }
        for (thread, now) in self.threads.iter_mut().zip(&self.roster.threads) {
            let same_root = root(&thread.state, offsets) == root(now, offsets);
            let stable = matches!(thread.stack, Some(StackSample::Stable(_)));
            thread.rested = stable && same_root && rested(now);
            thread.state.clone_from(now);
        }
    }

    /// Fetches what all stacks are made of, and what proves their code.
    fn fetch(&mut self, target: Target<'_>) -> Result<Vec<Option<Slot>>, ReadError> {
        let objects = Objects::new(target.memory, target.offsets);
        let (batch, sample) = (&mut self.batch, self.sample);
        batch.clear();
        self.proofs.clear();
        for thread in self.threads.iter_mut().filter(|thread| !thread.rested) {
            let ThreadReading { state, memory, wish, .. } = thread;
            memory.want(target.offsets, state.address, &state.bytes, batch, wish);
        }
        self.lately.retain(|(_, last)| last.saturating_add(PROVEN_AHEAD) >= sample);
        // A sleeping thread's frames keep their code objects alive.
        let awake = self.threads.iter().filter(|thread| !thread.rested);
        let in_use = awake.flat_map(|thread| &thread.decoded_codes);
        for index in in_use.chain(self.lately.iter().map(|(index, _)| index)) {
            self.codes.want_proof(objects, *index, sample, batch, &mut self.proofs);
        }
        self.foresight.plan(batch);
        // Last: who had the GIL while all of this was read.
        let size = GilWords::size(target.offsets);
        let gils = self.roster.interpreters.iter().map(|interpreter| interpreter.gil);
        let slots = gils.map(|gil| gil.map(|gil| batch.want(gil, size))).collect();
        target.memory.fetch(batch)?;
        self.codes.judge(objects, sample, batch, &self.proofs);
        Ok(slots)
    }

    /// Reads code objects that are new, or whose proof failed.
    fn read_new_codes(&mut self, target: Target<'_>, effort: &mut Effort) -> Result<(), ReadError> {
        let objects = Objects::new(target.memory, target.offsets);
        let mut left = MOST_NEW_CODES;
        for thread in self.threads.iter().filter(|thread| thread.walk == Walk::Whole && thread.chain != thread.decoded)
        {
            for frame in &thread.chain {
                if self.codes.find(frame.code).is_none() && left > 0 && effort.reads_code() {
                    left -= 1;
                    match self.codes.read(objects, frame.code) {
                        Err(ReadError::Gone) => return Err(ReadError::Gone),
                        // What is not a code object ends the stack when it is decoded.
                        _ => self.recoded = true,
                    }
                }
            }
        }
        self.read_failed_codes(target, effort)
    }

    /// Reads code objects whose proof failed, which stands for nothing any more.
    fn read_failed_codes(&mut self, target: Target<'_>, effort: &mut Effort) -> Result<(), ReadError> {
        let objects = Objects::new(target.memory, target.offsets);
        for index in self.codes.failed(self.sample, &self.proofs) {
            self.recoded = true;
            if let Some(address) = self.codes.address(index).filter(|_| effort.reads_code())
                && self.codes.read(objects, address) == Err(ReadError::Gone)
            {
                return Err(ReadError::Gone);
            }
        }
        Ok(())
    }

    /// Finds the threads that can have moved, and those that run code not yet proven.
    fn choose_moving(&mut self, target: Target<'_>, gil_slots: &[Option<Slot>]) {
        let after: Vec<Option<GilWords>> = gil_slots
            .iter()
            .map(|slot| slot.and_then(|slot| self.batch.bytes(slot)))
            .map(|bytes| bytes.and_then(|bytes| GilWords::decode(bytes, target.offsets)))
            .collect();
        for thread in self.threads.iter_mut().filter(|thread| !thread.rested) {
            let index = usize::from(thread.state.interpreter);
            let before = self.roster.interpreters.get(index).and_then(|interpreter| interpreter.gil_before);
            let after = after.get(index).copied().flatten();
            let state = thread.state.address;
            let still = !target.offsets.free_threaded
                && before.zip(after).is_some_and(|(before, after)| {
                    let switches = after.switch_number.wrapping_sub(before.switch_number);
                    switches <= 1 && before.last_holder != state && after.last_holder != state
                });
            let proven = |frame: &RawFrame| {
                self.codes.find(frame.code).is_some_and(|index| self.codes.is_proven(index, self.sample))
            };
            let proven = (thread.chain == thread.decoded
                && !self.recoded
                && !thread.decoded.is_empty()
                && thread.decoded_codes.iter().all(|index| self.codes.is_proven(*index, self.sample)))
                || thread.chain.iter().all(proven);
            thread.kept = thread.chain.len();
            thread.whole = true;
            let whole = thread.walk == Walk::Whole;
            thread.readings = (!(still && proven && whole)).then_some(usize::from(whole));
        }
    }

    /// Reads the threads that need it once more. `false`: none does.
    fn read_again(&mut self, target: Target<'_>, prove: bool, effort: &mut Effort) -> Result<bool, ReadError> {
        let objects = Objects::new(target.memory, target.offsets);
        let wants =
            |thread: &ThreadReading| !thread.rested && thread.readings.is_some_and(|readings| readings < READINGS);
        if !self.threads.iter().any(wants) {
            return Ok(false);
        }
        let batch = &mut self.again;
        batch.clear();
        self.proofs.clear();
        if prove {
            for frame in self.threads.iter().filter(|thread| wants(thread)).flat_map(|thread| &thread.chain) {
                if let Some(index) = self.codes.find(frame.code) {
                    self.codes.want_proof(objects, index, self.sample, batch, &mut self.proofs);
                }
            }
        }
        for thread in self.threads.iter_mut().filter(|thread| wants(thread)) {
            let ThreadReading { state, memory, wish, .. } = thread;
            memory.want(target.offsets, state.address, &state.bytes, batch, wish);
        }
        target.memory.fetch(batch)?;
        self.codes.judge(objects, self.sample, batch, &self.proofs);
        let fetched = Fetched { memory: target.memory, offsets: target.offsets, batch: &self.again };
        for thread in self.threads.iter_mut().rev().filter(|thread| wants(thread)) {
            thread.compare_with_another(fetched, self.sample, effort)?;
        }
        if prove {
            // In time for the next sample: what fails here is on no stack that was kept, and nobody else would read it anew.
            self.read_failed_codes(target, effort)?;
        }
        Ok(true)
    }

    /// Turns what was kept into frames and stacks.
    fn decode(&mut self) {
        let mut frames = Vec::new();
        for thread in self.threads.iter_mut().filter(|thread| !thread.rested) {
            let enough = thread.readings.is_none_or(|readings| readings >= READINGS);
            if thread.walk == Walk::TooLong {
                thread.lose(StackSample::Unknown(self.left_out.unwrap_or(Why::Bounded)));
                continue;
            }
            if !enough {
                thread.lose(StackSample::Torn);
                self.losses.torn += 1;
                continue;
            }
            let inner = thread.chain.len().saturating_sub(thread.kept);
            thread.chain.drain(..inner);
            // Frames are only as good as what is known of their code, from the outermost on.
            let proven = |frame: &RawFrame| {
                self.codes.find(frame.code).is_some_and(|index| self.codes.is_proven(index, self.sample))
            };
            let good = thread.chain.iter().rev().take_while(|frame| proven(frame)).count();
            if good < thread.chain.len() {
                thread.whole = false;
                let inner = thread.chain.len() - good;
                thread.chain.drain(..inner);
            }
            if !thread.whole && thread.chain.is_empty() {
                thread.lose(StackSample::Torn);
                self.losses.torn += 1;
                continue;
            }
            if self.recoded || thread.chain != thread.decoded || thread.decoded_stack.is_none() {
                thread.decode(&self.codes, &mut self.stacks, &mut frames);
                if thread.readings.is_some() && self.lately.len() < MOST_PROVEN_AHEAD {
                    self.lately.extend(thread.decoded_codes.iter().map(|index| (*index, self.sample)));
                }
            }
            thread.stack = Some(match thread.decoded_stack {
                None => StackSample::Unknown(Why::Bounded),
                Some(stack) if thread.whole => StackSample::Stable(stack),
                Some(stack) => {
                    self.losses.cut += 1;
                    StackSample::Cut(stack)
                }
            });
        }
    }
}
