//! What the `with` blocks of a frame hold.
//!
//! Inside `with thing:` the frame keeps what it needs to leave the block on its value stack: up to 3.13 the bound
//! `__exit__` of the thing, since 3.14 the exit function and the thing itself. How far up the value stack is alive
//! while something is called is not kept in the frame, but the innermost handler of exceptions says how deep the stack
//! is where it begins, and every `with` block has one. A frame that is still entering the block has no handler for it
//! yet, so it is not taken for a holder.

use std::collections::HashMap;

use crate::layout::{FrameObjectOffsets, FrameOffsets, InterpreterFrameOffsets};
use crate::memory::{Batch, ReadError, Slot, little_endian, u64_at};
use crate::read::objects::builtin::{Objects, is_pointer};
use crate::read::stacks::exception_table::{self, Handler};
use crate::read::threads::live::LiveFrame;
use crate::snapshot::{Address, CodeId};

/// Slots of a value stack that are looked at. `with` blocks nest to twenty at most, and each takes two.
const MOST_SLOTS: usize = 128;
/// Functions whose tables are kept, before all are forgotten.
const MOST_SHAPES: usize = 4096;
/// `CO_MAXBLOCKS`: blocks of one frame (CPython `Include/cpython/code.h`), up to 3.10.
const MOST_BLOCKS: u64 = 20;
/// The type of an `__exit__` that is bound to an object written in C, up to 3.13.
const BOUND: &str = "builtin_function_or_method";
/// The type of an `__exit__` as the class has it, since 3.14.
const UNBOUND: &str = "method_descriptor";

/// Which part of a frame's value stack is alive.
#[derive(Clone, Debug, Default)]
struct Shape {
    /// Local variables, which stand below the value stack.
    locals: usize,
    handlers: Vec<Handler>,
}

/// Finds out which frames hold which objects by `with`.
#[derive(Debug, Default)]
pub(in crate::read) struct HeldSlots {
    shapes: HashMap<(Address, CodeId), Shape>,
    /// Types of exit functions, and whether they are the ones that locks have.
    exits: HashMap<Address, bool>,
}

/// A frame that holds an object: the index of the frame in what was asked for, and the object.
pub(in crate::read) type Held = (usize, Address);

impl HeldSlots {
    /// Which of these frames hold which of the `wanted` objects.
    ///
    /// # Errors
    ///
    /// When the process is gone or closed to us. Frames that cannot be read hold nothing.
    pub(in crate::read) fn find(
        &mut self,
        objects: Objects<'_>,
        frames: &[LiveFrame],
        wanted: &[Address],
    ) -> Result<Vec<Held>, ReadError> {
        let stacks = self.stacks(objects, frames)?;
        if objects.offsets.lock.parked {
            self.unbound(objects, &stacks, wanted)
        } else {
            self.bound(objects, &stacks, wanted)
        }
    }

    /// What these frames keep on their value stacks to leave their blocks: exit functions, things, and what stands between them.
    ///
    /// # Errors
    ///
    /// As [`Self::find`].
    pub(in crate::read) fn slots(
        &mut self,
        objects: Objects<'_>,
        frames: &[LiveFrame],
    ) -> Result<Vec<Address>, ReadError> {
        Ok(self.stacks(objects, frames)?.into_iter().flat_map(|(_, slots)| slots).collect())
    }

    /// The live slots of frames: the index of the frame, and the slots.
    fn stacks(&mut self, objects: Objects<'_>, frames: &[LiveFrame]) -> Result<Vec<(usize, Vec<Address>)>, ReadError> {
        match &objects.offsets.frame {
            FrameOffsets::Object(layout) => object_stacks(objects, layout, frames),
            // In builds without a GIL a thread may run its own copy of the instructions, and places do not tell.
            FrameOffsets::Interpreter(layout) if layout.thread_local_index.is_some() => Ok(Vec::new()),
            FrameOffsets::Interpreter(layout) => self.interpreter_stacks(objects, layout, frames),
        }
    }

    /// The live slots of frames since 3.11.
    fn interpreter_stacks(
        &mut self,
        objects: Objects<'_>,
        layout: &InterpreterFrameOffsets,
        frames: &[LiveFrame],
    ) -> Result<Vec<(usize, Vec<Address>)>, ReadError> {
        let mut batch = Batch::default();
        let mut slots = Vec::new();
        for (index, frame) in frames.iter().enumerate() {
            let Some((locals, depth)) = self.live_part(objects, frame)? else { continue };
            let first = frame.address.plus(layout.locals).plus(locals.saturating_mul(8));
            slots.push((index, batch.want(first, depth * 8)));
        }
        objects.memory.fetch(&mut batch)?;
        Ok(slots.into_iter().map(|(index, slot)| (index, words(&batch, slot, layout.tag_mask))).collect())
    }

    /// Local variables of a frame and how many slots above them are alive; `None` for none.
    fn live_part(&mut self, objects: Objects<'_>, frame: &LiveFrame) -> Result<Option<(usize, usize)>, ReadError> {
        let key = (frame.code_address, frame.code);
        if !self.shapes.contains_key(&key) {
            if self.shapes.len() >= MOST_SHAPES {
                self.shapes.clear();
            }
            let shape = match shape(objects, frame.code_address) {
                Err(gone @ (ReadError::Gone | ReadError::Refused)) => return Err(gone),
                found => found.unwrap_or_default(),
            };
            self.shapes.insert(key, shape);
        }
        let shape = self.shapes.get(&key);
        let handler = shape.and_then(|shape| shape.handlers.iter().find(|handler| handler.covers(frame.instruction)));
        let depth = handler.map_or(0, |handler| handler.depth);
        Ok(shape.filter(|_| depth > 0).map(|shape| (shape.locals, depth.min(MOST_SLOTS))))
    }

    /// Up to 3.13: slots that are an `__exit__` bound to a wanted object.
    fn bound(
        &mut self,
        objects: Objects<'_>,
        stacks: &[(usize, Vec<Address>)],
        wanted: &[Address],
    ) -> Result<Vec<Held>, ReadError> {
        let layout = &objects.offsets.object;
        let size = layout.builtin_self.max(layout.object_type) + 8;
        let mut batch = Batch::default();
        let each = stacks.iter().flat_map(|(index, slots)| slots.iter().map(move |slot| (*index, *slot)));
        let asked: Vec<(usize, Slot)> =
            each.filter(|(_, slot)| is_pointer(*slot)).map(|(index, slot)| (index, batch.want(slot, size))).collect();
        objects.memory.fetch(&mut batch)?;
        let mut held = Vec::new();
        for (index, slot) in asked {
            let owner = batch.pointer_at(slot, layout.builtin_self).filter(|owner| wanted.contains(owner));
            let kind = batch.pointer_at(slot, layout.object_type);
            if let (Some(owner), Some(kind)) = (owner, kind)
                && self.is_exit(objects, kind, BOUND)
            {
                held.push((index, owner));
            }
        }
        Ok(held)
    }

    /// Since 3.14: slots that are a wanted object, above the exit function.
    fn unbound(
        &mut self,
        objects: Objects<'_>,
        stacks: &[(usize, Vec<Address>)],
        wanted: &[Address],
    ) -> Result<Vec<Held>, ReadError> {
        let mut held = Vec::new();
        for (index, slots) in stacks {
            for pair in slots.windows(2) {
                let [exit, owner] = *pair else { continue };
                if wanted.contains(&owner)
                    && is_pointer(exit)
                    && let Ok(kind) = objects.type_of(exit)
                    && self.is_exit(objects, kind, UNBOUND)
                {
                    held.push((*index, owner));
                }
            }
        }
        Ok(held)
    }

    fn is_exit(&mut self, objects: Objects<'_>, kind: Address, name: &str) -> bool {
        if let Some(known) = self.exits.get(&kind) {
            return *known;
        }
        let is_exit = objects.type_name(kind).is_ok_and(|found| found == name);
        self.exits.insert(kind, is_exit);
        is_exit
    }
}

/// The live slots of frames up to 3.10: below the level of the innermost block.
fn object_stacks(
    objects: Objects<'_>,
    layout: &FrameObjectOffsets,
    frames: &[LiveFrame],
) -> Result<Vec<(usize, Vec<Address>)>, ReadError> {
    let mut batch = Batch::default();
    let heads: Vec<Slot> = frames.iter().map(|frame| batch.want(frame.address, layout.locals)).collect();
    objects.memory.fetch(&mut batch)?;
    let mut stacks = Batch::default();
    let mut slots = Vec::new();
    for (index, head) in heads.into_iter().enumerate() {
        if let Some((first, depth)) = batch.bytes(head).and_then(|head| live_blocks(head, layout)) {
            slots.push((index, stacks.want(first, depth.min(MOST_SLOTS) * 8)));
        }
    }
    objects.memory.fetch(&mut stacks)?;
    Ok(slots.into_iter().map(|(index, slot)| (index, words(&stacks, slot, 0))).collect())
}

/// Where the value stack of a frame object begins, and the level of its innermost block; `None` without a block.
fn live_blocks(head: &[u8], layout: &FrameObjectOffsets) -> Option<(Address, usize)> {
    let number = |at: usize| Some(little_endian(head.get(at..at.checked_add(4)?)?));
    let innermost = number(layout.block_count)?.checked_sub(1).filter(|innermost| *innermost < MOST_BLOCKS)?;
    let block = layout.block_size.checked_mul(usize::try_from(innermost).ok()?)?;
    let level = number(layout.block_stack.checked_add(block)?.checked_add(layout.block_level)?)?;
    Some((Address(u64_at(head, layout.value_stack)?), usize::try_from(level).ok().filter(|level| *level > 0)?))
}

/// Reads how a function's frames are laid out, since 3.11.
fn shape(objects: Objects<'_>, code: Address) -> Result<Shape, ReadError> {
    if objects.offsets.code.exception_table.is_none() {
        return Ok(Shape::default());
    }
    let names = objects.memory.read_pointer(code.plus(objects.offsets.code.local_names))?;
    let locals = usize::try_from(objects.length(names)?).map_err(|_| ReadError::Implausible(code))?;
    Ok(Shape { locals, handlers: exception_table::read(objects, code)? })
}

/// The words of a piece without their tags; none when it could not be read.
fn words(batch: &Batch, slot: Slot, tag_mask: u64) -> Vec<Address> {
    let bytes = batch.bytes(slot).unwrap_or_default();
    bytes.chunks_exact(8).map(|word| Address(little_endian(word) & !tag_mask)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_that_cannot_be_are_not_believed() {
        let mut head = vec![0_u8; 400];
        let layout = match crate::layout::table(crate::snapshot::PythonVersion {
            major: 3,
            minor: 8,
            patch: crate::snapshot::Known::Is(0),
        })
        .unwrap()
        .frame
        {
            FrameOffsets::Object(layout) => layout,
            FrameOffsets::Interpreter(_) => unreachable!("3.8 has frame objects"),
        };
        assert_eq!(live_blocks(&head, &layout), None, "no block");
        head[layout.block_count] = 2;
        head[layout.block_stack + layout.block_size + layout.block_level] = 3;
        head[layout.value_stack] = 0x10;
        assert_eq!(live_blocks(&head, &layout), Some((Address(0x10), 3)), "the innermost block decides");
        head[layout.block_count] = 21;
        assert_eq!(live_blocks(&head, &layout), None, "more blocks than a frame has");
    }
}
