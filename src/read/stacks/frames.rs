//! The frames of one thread, walked through what was fetched of its memory.
//!
//! Since 3.11 frames lie side by side in chunks of a data stack, so that one piece holds nearly all of them; those of
//! generators and coroutines lie inside their objects, and shims on the C stack. Up to 3.10 every frame is an object of
//! its own. Whatever lay outside of the data stack in the last samples is fetched together with the rest; only what is
//! new costs a read of its own.

use std::collections::{HashMap, HashSet};

use super::effort::Effort;
use crate::layout::{FrameOffsets, FrameRoot, Offsets};
use crate::memory::{Batch, Memory, ReadError, Slot, little_endian, u64_at};
use crate::snapshot::Address;

/// Frames of one thread. The interpreter's own limit is 1,000 unless the program raises it.
const MOST_FRAMES: usize = 20_000;
/// Frames outside of the data stack that are remembered besides those of the last sample.
const MOST_REMEMBERED: usize = 256;
/// For how many samples a frame outside of the data stack is remembered: long enough for chains called in turn.
const REMEMBERED_FOR: u64 = 16;

/// `_PyStackChunk` (CPython `Include/cpython/pystate.h`): `previous`, `size`, `top` and then the frames. The same since
/// 3.11.
mod chunk {
    /// `previous`
    pub(in crate::read) const PREVIOUS: usize = 0;
    /// `top`: words in use, of chunks that are not the newest.
    pub(in crate::read) const TOP: usize = 16;
    /// `data`
    pub(in crate::read) const DATA: usize = 24;
    /// Bytes asked of the system at once (`DATA_STACK_CHUNK_SIZE`); larger chunks are multiples.
    pub(in crate::read) const UNIT: usize = 16 * 1024;
    /// No chunk is larger: `MOST_FRAMES` frames of the usual 100 bytes.
    pub(in crate::read) const LARGEST: usize = 2 << 20;
    /// Bytes of all older chunks of one thread: room for `MOST_FRAMES` frames of four times the usual size.
    pub(in crate::read) const MOST_BYTES: usize = 8 << 20;
    /// Older chunks of one thread: as many of the smallest as these bytes are.
    pub(in crate::read) const MOST: usize = MOST_BYTES / UNIT;
}

/// Bytes that are copied in the time of a system call.
const PAGE: usize = 4096;

/// How far beyond its top the newest chunk is fetched: the thread may have called further before we came to it.
const AHEAD: usize = 512;

/// A frame as it stands in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::read) struct RawFrame {
    pub(in crate::read) address: Address,
    pub(in crate::read) code: Address,
    /// In bytes from the first instruction.
    pub(in crate::read) instruction: i32,
    /// The frame lies in a generator or coroutine: it has begun, whatever its instruction.
    pub(in crate::read) of_generator: bool,
}

/// What is remembered of one thread's memory from sample to sample.
#[derive(Debug, Default)]
pub(in crate::read) struct ThreadMemory {
    /// Older chunks of the data stack and their lengths, the newest first.
    older_chunks: Vec<(Address, usize)>,
    /// Frames outside of the data stack and the sample in which they were last met, the innermost first.
    outside: Vec<(Address, u64)>,
    /// Where the pointer that leads to the root went when it was found to have changed.
    moved_link: Option<Address>,
}

/// What was asked for to read one thread's frames once, and what turned out to be missing.
#[derive(Debug, Default)]
pub(in crate::read) struct Wish {
    /// The pointer that leads to the root, where the version has one in between, and what it was taken to be.
    link: Option<(Slot, Address)>,
    root: Option<Slot>,
    chunks: Vec<(Address, Slot)>,
    outside: Vec<(Address, Slot)>,
    /// The same by address, once a frame was not met where it was the last time.
    places: HashMap<Address, Slot>,
    /// Fetched by themselves because they were new.
    new_chunks: Vec<(Address, Vec<u8>)>,
    /// Frames outside of the data stack that the walk met.
    met_outside: Vec<Address>,
}

/// How a walk ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::read) enum Walk {
    /// At the outermost frame.
    Whole,
    /// At something that cannot be a frame: the thread moved.
    #[default]
    Broken,
    /// At [`MOST_FRAMES`], or where the look as a whole had done enough.
    TooLong,
}

impl ThreadMemory {
    /// Asks for everything that the frames of a thread are made of, as far as it is known where they are.
    pub(in crate::read) fn want(
        &mut self,
        offsets: &Offsets,
        state: Address,
        bytes: &[u8],
        batch: &mut Batch,
        wish: &mut Wish,
    ) {
        wish.clear();
        let pointer = |offset| u64_at(bytes, offset).map_or(Address(0), Address);
        match offsets.thread.frame_root {
            FrameRoot::Object { frame } => wish.root = Some(batch.want(state.plus(frame), 8)),
            FrameRoot::Current { current_frame } => wish.root = Some(batch.want(state.plus(current_frame), 8)),
            FrameRoot::CFrame { cframe, current_frame } => {
                let link = self.moved_link.take().unwrap_or_else(|| pointer(cframe));
                wish.link = Some((batch.want(state.plus(cframe), 8), link));
                wish.root = Some(batch.want(link.plus(current_frame), 8));
            }
        }
        if let (Some(newest), Some(top)) = (offsets.thread.datastack_chunk, offsets.thread.datastack_top) {
            let (newest, top) = (pointer(newest), pointer(top));
            if !newest.is_null() {
                wish.chunks.push((newest, batch.want(newest, newest_length(newest, top))));
            }
            let older = self.older_chunks.iter().filter(|(address, _)| *address != newest);
            wish.chunks.extend(older.map(|(address, length)| (*address, batch.want(*address, *length))));
        }
        let size = frame_size(offsets);
        wish.outside.extend(self.outside.iter().map(|(address, _)| (*address, batch.want(*address, size))));
    }

    /// Walks from the innermost frame outward through what was fetched, and remembers where it went.
    ///
    /// # Errors
    ///
    /// When the process is gone.
    pub(in crate::read) fn walk(
        &mut self,
        fetched: Fetched<'_>,
        wish: &mut Wish,
        sample: u64,
        (frames, effort): (&mut Vec<RawFrame>, &mut Effort),
    ) -> Result<Walk, ReadError> {
        frames.clear();
        let walk = self.walk_out(fetched, wish, sample, (frames, effort));
        // The next fetch brings them with the rest; a thousand threads must not keep theirs until then.
        wish.new_chunks = Vec::new();
        wish.places = HashMap::new();
        if matches!(walk, Ok(Walk::TooLong)) {
            // Nothing is made of them, and thousands of such threads must not keep what they have.
            *frames = Vec::new();
            *self = Self::default();
            *wish = Wish::default();
        }
        walk
    }

    fn walk_out(
        &mut self,
        fetched: Fetched<'_>,
        wish: &mut Wish,
        sample: u64,
        (frames, effort): (&mut Vec<RawFrame>, &mut Effort),
    ) -> Result<Walk, ReadError> {
        let link = wish.link.map(|(slot, taken)| (fetched.batch.pointer_at(slot, 0), taken));
        self.moved_link = link.and_then(|(link, taken)| link.filter(|link| *link != taken));
        let root = wish.root.and_then(|root| fetched.batch.pointer_at(root, 0));
        let (Some(mut next), None) = (root, self.moved_link) else { return Ok(Walk::Broken) };
        self.learn_chunks(fetched, wish, effort)?;
        let mut hints = Hints::default();
        for _ in 0..MOST_FRAMES {
            if next.is_null() {
                self.remember(wish, sample);
                return Ok(Walk::Whole);
            }
            if !effort.walks_on() {
                return Ok(Walk::TooLong);
            }
            let met = match wish.find(fetched, next, &mut hints) {
                Some(bytes) => decode(bytes, next, fetched.offsets),
                None if !effort.reads_on() => return Ok(Walk::TooLong),
                None => match fetched.memory.read(next, frame_size(fetched.offsets)) {
                    Ok(bytes) => decode(&bytes, next, fetched.offsets),
                    Err(ReadError::Gone) => return Err(ReadError::Gone),
                    Err(_) => None,
                },
            };
            let Some(met) = met else { return Ok(Walk::Broken) };
            if hints.outside {
                wish.met_outside.push(next);
            }
            frames.extend(met.frame);
            next = met.previous;
        }
        Ok(Walk::TooLong)
    }

    /// Follows the links between the chunks of the data stack, and fetches those that are new.
    fn learn_chunks(&mut self, fetched: Fetched<'_>, wish: &mut Wish, effort: &mut Effort) -> Result<(), ReadError> {
        let Some((_, newest)) = wish.chunks.first() else { return Ok(()) };
        let mut previous = fetched.batch.pointer_at(*newest, chunk::PREVIOUS);
        let mut known = 0;
        for (address, slot) in wish.chunks.iter().skip(1) {
            if previous != Some(*address) {
                break;
            }
            known += 1;
            previous = fetched.batch.pointer_at(*slot, chunk::PREVIOUS);
        }
        let older: Vec<Address> = wish.chunks.iter().skip(1).take(known).map(|(address, _)| *address).collect();
        self.older_chunks.retain(|(address, _)| older.contains(address));
        let mut bytes_left = chunk::MOST_BYTES.saturating_sub(self.older_chunks.iter().map(|(_, length)| length).sum());
        while let Some(address) = previous.filter(|address| !address.is_null()) {
            // A list that runs into itself ends there.
            let newest = wish.chunks.first().map(|(newest, _)| *newest);
            let again = newest == Some(address) || self.older_chunks.iter().any(|(older, _)| *older == address);
            if again || self.older_chunks.len() >= chunk::MOST {
                break;
            }
            let read = |length| match fetched.memory.read(address, length) {
                Ok(bytes) => Ok(Some(bytes)),
                Err(ReadError::Gone) => Err(ReadError::Gone),
                Err(_) => Ok(None),
            };
            let Some(head) = read(chunk::DATA)? else { break };
            let words = u64_at(&head, chunk::TOP).and_then(|words| usize::try_from(words).ok()).unwrap_or(0);
            let length = words.saturating_mul(8).saturating_add(chunk::DATA).min(chunk::LARGEST);
            let Some(left) = bytes_left.checked_sub(length) else { break };
            bytes_left = left;
            // To copy a page is as much work as to read a frame.
            if !(0..=length / PAGE).all(|_| effort.reads_on()) {
                break;
            }
            let Some(bytes) = read(length)? else { break };
            previous = u64_at(&bytes, chunk::PREVIOUS).map(Address);
            self.older_chunks.push((address, length));
            wish.new_chunks.push((address, bytes));
        }
        Ok(())
    }

    /// Keeps the frames outside of the data stack for the next samples: those just met in their order, and then those
    /// met lately.
    fn remember(&mut self, wish: &Wish, sample: u64) {
        let met = &wish.met_outside;
        if met.len() == self.outside.len() && self.outside.iter().zip(met).all(|((known, _), met)| known == met) {
            return;
        }
        let fresh: HashSet<Address> = met.iter().copied().collect();
        let lately = |(address, last): &&(Address, u64)| {
            !fresh.contains(address) && last.saturating_add(REMEMBERED_FOR) >= sample
        };
        let others: Vec<_> = self.outside.iter().filter(lately).take(MOST_REMEMBERED).copied().collect();
        self.outside.clear();
        self.outside.extend(met.iter().map(|address| (*address, sample)));
        self.outside.extend(others);
    }
}

/// What a walk reads from.
#[derive(Clone, Copy)]
pub(in crate::read) struct Fetched<'a> {
    pub(in crate::read) memory: &'a dyn Memory,
    pub(in crate::read) offsets: &'a Offsets,
    pub(in crate::read) batch: &'a Batch,
}

/// Where the last frame was found: the next one is likely beside it.
#[derive(Clone, Copy, Debug, Default)]
struct Hints {
    chunk: usize,
    next_outside: usize,
    /// The last frame found lay outside of the data stack.
    outside: bool,
}

impl Wish {
    fn clear(&mut self) {
        self.link = None;
        self.root = None;
        self.chunks.clear();
        self.outside.clear();
        self.places.clear();
        self.met_outside.clear();
    }

    /// The bytes of a frame, if they were fetched.
    fn find<'a>(&'a mut self, fetched: Fetched<'a>, address: Address, hints: &mut Hints) -> Option<&'a [u8]> {
        let size = frame_size(fetched.offsets);
        let Self { chunks, new_chunks, outside, places, .. } = self;
        let inside = |start: Address, bytes: &'a [u8]| {
            let from = usize::try_from(address.0.checked_sub(start.0)?).ok()?;
            bytes.get(from..from.checked_add(size)?)
        };
        let in_chunk = |index: usize| {
            let (start, slot) = chunks.get(index)?;
            inside(*start, fetched.batch.bytes(*slot)?)
        };
        hints.outside = false;
        if let Some(bytes) = in_chunk(hints.chunk) {
            return Some(bytes);
        }
        if let Some((index, bytes)) = (0..chunks.len()).find_map(|index| Some((index, in_chunk(index)?))) {
            hints.chunk = index;
            return Some(bytes);
        }
        if let Some(bytes) = new_chunks.iter().find_map(|(start, bytes)| inside(*start, bytes)) {
            return Some(bytes);
        }
        hints.outside = true;
        // Most are met in the order of the last time. Others are looked up: to search the list for each of fifteen thousand
        // frames would take two seconds.
        let slot = match outside.get(hints.next_outside) {
            Some((known, slot)) if *known == address => {
                hints.next_outside += 1;
                Some(*slot)
            }
            _ => {
                if places.is_empty() {
                    places.extend(outside.iter().copied());
                }
                places.get(&address).copied()
            }
        };
        slot.and_then(|slot| fetched.batch.bytes(slot))
    }
}

/// What stands at a place of a stack.
pub(in crate::read) struct Met {
    /// `None` for a shim between C and Python.
    pub(in crate::read) frame: Option<RawFrame>,
    /// The frame that called it.
    pub(in crate::read) previous: Address,
}

/// Decodes a frame; `None` when these bytes cannot be one.
pub(in crate::read) fn decode(bytes: &[u8], address: Address, offsets: &Offsets) -> Option<Met> {
    let pointer = |offset| u64_at(bytes, offset).map(Address);
    match &offsets.frame {
        FrameOffsets::Object(layout) => {
            let end = layout.last_instruction.checked_add(4)?;
            let unit = i32::try_from(layout.instruction_unit).ok()?;
            let last = little_endian(bytes.get(layout.last_instruction..end)?) as u32;
            let instruction = last.cast_signed().checked_mul(unit)?;
            let frame = RawFrame { address, code: plausible(pointer(layout.code)?)?, instruction, of_generator: false };
            Some(Met { frame: Some(frame), previous: pointer(layout.back)? })
        }
        FrameOffsets::Interpreter(layout) => {
            let previous = pointer(layout.previous)?;
            let owner = *bytes.get(layout.owner)?;
            if layout.first_shim_owner.is_some_and(|first| (first..=LAST_OWNER).contains(&owner)) {
                return Some(Met { frame: None, previous });
            }
            if owner > LAST_FRAME_OWNER {
                return None;
            }
            let code = plausible(Address(pointer(layout.code)?.0 & !layout.tag_mask))?;
            let begin = code.plus(offsets.code.instructions?);
            let instruction = pointer(layout.instruction)?.0.wrapping_sub(begin.0).cast_signed();
            let instruction = i32::try_from(instruction).ok().filter(|at| (-2..LONGEST_CODE).contains(at))?;
            let frame = RawFrame { address, code, instruction, of_generator: owner == OWNED_BY_GENERATOR };
            Some(Met { frame: Some(frame), previous })
        }
    }
}

/// `FRAME_OWNED_BY_GENERATOR` (CPython `Include/internal/pycore_frame.h`), the same since 3.11.
const OWNED_BY_GENERATOR: u8 = 1;
/// `FRAME_OWNED_BY_FRAME_OBJECT`: the last owner of a real frame, the same since 3.11.
const LAST_FRAME_OWNER: u8 = 2;
/// `FRAME_OWNED_BY_CSTACK` of 3.14: the last owner there is.
const LAST_OWNER: u8 = 4;
/// Bytes of instructions of one function.
const LONGEST_CODE: i32 = 1 << 26;

/// Objects are aligned and not in the first page.
fn plausible(address: Address) -> Option<Address> {
    (address.0 >= 4096 && address.0.is_multiple_of(8)).then_some(address)
}

/// Bytes that decoding a frame takes.
pub(in crate::read) fn frame_size(offsets: &Offsets) -> usize {
    match &offsets.frame {
        FrameOffsets::Object(layout) => layout.last_instruction.max(layout.code).max(layout.back) + 8,
        FrameOffsets::Interpreter(layout) => layout.size,
    }
}

/// How much of the newest chunk to fetch: up to its top and a little further, but not into memory that is not its own.
fn newest_length(newest: Address, top: Address) -> usize {
    let used = usize::try_from(top.0.saturating_sub(newest.0)).unwrap_or(0).min(chunk::LARGEST);
    (used + AHEAD).min(used.next_multiple_of(chunk::UNIT)).max(chunk::DATA)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::table;
    use crate::read::stacks::effort::MOST_FRAMES_OF_ALL;
    use crate::snapshot::{Known, PythonVersion, Why};

    const NEWEST: Address = Address(0x10_0000);

    /// Memory in which everything is a chunk that says that it is full and that another one comes before it.
    struct Chunks(fn(Address) -> Address);

    impl Memory for Chunks {
        fn fetch(&self, batch: &mut Batch) -> Result<(), ReadError> {
            batch.fill(|address, bytes| {
                let head = [self.0(address).0, 0, u64::MAX].map(u64::to_le_bytes);
                bytes.iter_mut().zip(head.as_flattened()).for_each(|(byte, of_head)| *byte = *of_head);
                true
            });
            Ok(())
        }
    }

    /// How many chunks are believed of a thread in such memory.
    fn believed(previous: fn(Address) -> Address) -> usize {
        let version = PythonVersion { major: 3, minor: 12, patch: Known::Unknown(Why::NotRead) };
        let offsets = table(version).unwrap();
        let memory = Chunks(previous);
        let (mut thread, mut batch) = (ThreadMemory::default(), Batch::default());
        let mut wish = Wish { chunks: vec![(NEWEST, batch.want(NEWEST, chunk::UNIT))], ..Wish::default() };
        memory.fetch(&mut batch).unwrap();
        let fetched = Fetched { memory: &memory, offsets: &offsets, batch: &batch };
        thread.learn_chunks(fetched, &mut wish, &mut Effort::begin()).unwrap();
        thread.older_chunks.len()
    }

    /// Memory of frames that call each other, each an object of its own as up to 3.10, and how often it was read.
    struct Calls {
        layout: crate::layout::FrameObjectOffsets,
        reads: std::cell::Cell<usize>,
    }

    /// Where the frame stands under which so many others stand.
    fn frame_at(depth: u64) -> Address {
        Address(0x20_0000 + depth * 512)
    }

    impl Memory for Calls {
        fn fetch(&self, batch: &mut Batch) -> Result<(), ReadError> {
            self.reads.set(self.reads.get() + 1);
            batch.fill(|address, bytes| {
                let back = Address(address.0 - 512);
                let back = if address == frame_at(0) { 0 } else { back.0 };
                for (at, word) in [(self.layout.back, back), (self.layout.code, 0x10_0000)] {
                    if let Some(bytes) = bytes.get_mut(at..at + 8) {
                        bytes.copy_from_slice(&word.to_le_bytes());
                    }
                }
                true
            });
            Ok(())
        }
    }

    #[test]
    fn a_frame_is_read_by_itself_only_while_it_is_new() {
        let version = PythonVersion { major: 3, minor: 9, patch: Known::Unknown(Why::NotRead) };
        let offsets = table(version).unwrap();
        let FrameOffsets::Object(layout) = offsets.frame else { panic!("3.9 has frame objects") };
        let memory = Calls { layout, reads: std::cell::Cell::default() };
        let (mut thread, mut wish, mut batch) = (ThreadMemory::default(), Wish::default(), Batch::default());
        let mut frames = Vec::new();
        let mut reads = |innermost: u64, sample: u64, effort: &mut Effort| {
            batch.clear();
            thread.want(&offsets, Address(0x1000), &[0; 512], &mut batch, &mut wish);
            memory.fetch(&mut batch).unwrap();
            // Its root points to the innermost frame.
            let root = wish.root.unwrap();
            batch.overwrite(root, &frame_at(innermost).0.to_le_bytes());
            memory.reads.set(0);
            let fetched = Fetched { memory: &memory, offsets: &offsets, batch: &batch };
            let walk = thread.walk(fetched, &mut wish, sample, (&mut frames, effort)).unwrap();
            (walk, frames.len(), memory.reads.get())
        };
        let mut effort = Effort::begin();
        effort.read_all_but(0);
        assert_eq!(reads(14_999, 1, &mut effort), (Walk::Whole, 15_000, 15_000));
        assert_eq!(reads(14_999, 2, &mut effort), (Walk::Whole, 15_000, 0));
        assert_eq!(reads(15_003, 3, &mut effort), (Walk::Whole, 15_004, 4), "it called on");
        effort.read_all_but(MOST_FRAMES_OF_ALL - 100);
        assert_eq!(reads(15_003, 4, &mut effort), (Walk::TooLong, 0, 0), "other threads took most of the look");
    }

    #[test]
    fn a_list_of_chunks_that_goes_round_or_on_for_ever_ends() {
        assert_eq!(believed(|_| NEWEST), 0, "the newest comes before itself");
        assert_eq!(believed(|_| NEWEST.plus(chunk::UNIT)), 1, "an older one comes before itself");
        assert_eq!(believed(|chunk| chunk.plus(8)), chunk::MOST_BYTES / chunk::LARGEST, "there is always another one");
    }
}
