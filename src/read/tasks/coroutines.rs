//! Coroutines, generators and async generators that are suspended: where each is and what it awaits.

use crate::layout::{FrameObjectOffsets, FrameOffsets, GeneratorStates, InterpreterFrameOffsets, Offsets};
use crate::memory::{ReadError, little_endian, u64_at};
use crate::read::objects::builtin::Objects;
use crate::read::objects::builtin::is_pointer;
use crate::read::objects::kinds::ObjectKind;
use crate::snapshot::Address;

/// Slots of a value stack that are looked at.
const MOST_SLOTS: u64 = 256;
/// Bytes from a generator to the top of its value stack: functions have some hundreds of variables at most.
const LARGEST_FRAME: u64 = 1 << 20;
/// Bytes of instructions of one function.
const LONGEST_CODE: i32 = 1 << 26;
/// The arguments of `RESUME` behind a `yield from` and an `await` (CPython 3.11 `Python/ceval.c`).
const AWAITING: [u8; 2] = [2, 3];

/// What a coroutine does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::read) enum State {
    /// Made and not begun.
    Created,
    Running,
    /// Suspended, at this object; `None` at a `yield`.
    Suspended {
        awaits: Option<Address>,
    },
    /// Returned, or raised.
    Ended,
}

/// A coroutine and its frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::read) struct Coroutine {
    /// `PyCodeObject`; null when it ended.
    pub(in crate::read) code: Address,
    /// The instruction it is at, in bytes from the first one; negative when it has not begun.
    pub(in crate::read) instruction: i32,
    pub(in crate::read) state: State,
    /// Its first local variable.
    pub(in crate::read) locals: Address,
    /// Where its value stack begins, up to 3.10; since 3.11 it stands behind the locals.
    pub(in crate::read) value_stack: Option<Address>,
    /// Behind the last slot that is alive; `None` when it does not stand still.
    pub(in crate::read) top: Option<Address>,
}

impl Coroutine {
    /// Reads a coroutine, generator or async generator.
    ///
    /// # Errors
    ///
    /// As [`Memory::read`](crate::memory::Memory::read); [`ReadError::Implausible`] for what cannot be one.
    pub(in crate::read) fn read(objects: Objects<'_>, object: Address, kind: ObjectKind) -> Result<Self, ReadError> {
        match &objects.offsets.frame {
            FrameOffsets::Object(layout) => of_frame_object(objects, layout, object, kind),
            FrameOffsets::Interpreter(layout) => embedded(objects, layout, object, kind),
        }
    }

    /// A local variable by its index; `None` when it has no value.
    pub(in crate::read) fn local(&self, objects: Objects<'_>, index: usize) -> Result<Option<Address>, ReadError> {
        let word = objects.memory.read_u64(self.locals.plus(index * 8))? & !tag_mask(objects.offsets);
        Ok((word != 0).then_some(Address(word)))
    }

    /// The live part of its value stack, the innermost `with` last. `locals` is how many variables stand below it.
    pub(in crate::read) fn slots(&self, objects: Objects<'_>, locals: usize) -> Result<Vec<Address>, ReadError> {
        let bottom = self.value_stack.unwrap_or_else(|| self.locals.plus(locals.saturating_mul(8)));
        let Some(top) = self.top else { return Ok(Vec::new()) };
        let count = top.0.saturating_sub(bottom.0) / 8;
        if count == 0 || count > MOST_SLOTS {
            return Ok(Vec::new());
        }
        let bytes = objects.memory.read(bottom, count as usize * 8)?;
        let mask = tag_mask(objects.offsets);
        Ok(bytes.chunks_exact(8).map(|word| Address(little_endian(word) & !mask)).collect())
    }
}

fn tag_mask(offsets: &Offsets) -> u64 {
    match &offsets.frame {
        FrameOffsets::Object(_) => 0,
        FrameOffsets::Interpreter(layout) => layout.tag_mask,
    }
}

/// Since 3.11: the frame is a part of the generator.
fn embedded(
    objects: Objects<'_>,
    layout: &InterpreterFrameOffsets,
    object: Address,
    kind: ObjectKind,
) -> Result<Coroutine, ReadError> {
    let generator = &objects.offsets.generator;
    let implausible = ReadError::Implausible(object);
    let bytes = objects.memory.read(object, generator.frame + layout.size)?;
    let word = |offset: usize| u64_at(&bytes, generator.frame + offset).ok_or(implausible);
    let frame = object.plus(generator.frame);
    let locals = frame.plus(layout.locals);
    let state = generator.frame_state.and_then(|at| bytes.get(at)).map(|byte| byte.cast_signed()).ok_or(implausible)?;
    let states = generator.states.ok_or(implausible)?;
    let (state, may_await) = match phase(state, &states) {
        Phase::Ended => return Ok(ended(locals)),
        Phase::Created => (State::Created, false),
        Phase::Executing => (State::Running, false),
        Phase::Suspended { may_await } => (State::Suspended { awaits: None }, may_await),
    };
    let code = Address(word(layout.code)? & !layout.tag_mask);
    let begin = code.plus(objects.offsets.code.instructions.ok_or(implausible)?);
    let instruction = i32::try_from(word(layout.instruction)?.wrapping_sub(begin.0).cast_signed());
    let instruction = instruction.ok().filter(|at| (-2..LONGEST_CODE).contains(at)).ok_or(implausible)?;
    let mut coroutine = Coroutine { code, instruction, state, locals, value_stack: None, top: None };
    if !matches!(state, State::Suspended { .. }) {
        return Ok(coroutine);
    }
    let top = match (layout.stack_pointer, layout.stack_top) {
        (Some(pointer), _) => Address(word(pointer)?),
        (None, Some(count)) => locals.plus((word(count)? & 0xffff_ffff) as usize * 8),
        (None, None) => return Err(implausible),
    };
    if top.0 < locals.0 || top.0 - locals.0 > LARGEST_FRAME {
        return Err(implausible);
    }
    coroutine.top = Some(top);
    // Up to 3.12 the state does not tell a `yield` from an `await`; a coroutine has no `yield`.
    let awaits = match (may_await, kind, states.suspended_awaiting) {
        (true, ObjectKind::Coroutine, _) | (true, _, Some(_)) => true,
        (true, _, None) => {
            let next = begin.plus(instruction.cast_unsigned() as usize + 3);
            objects.memory.read(next, 1).is_ok_and(|argument| AWAITING.contains(&argument[0]))
        }
        (false, ..) => false,
    };
    if awaits {
        let at = Address(top.0.wrapping_sub(generator.awaited_depth as u64 * 8));
        coroutine.state = State::Suspended { awaits: awaited(objects, at, layout.tag_mask)? };
    }
    Ok(coroutine)
}

/// Up to 3.10: the generator points to a frame object.
fn of_frame_object(
    objects: Objects<'_>,
    layout: &FrameObjectOffsets,
    object: Address,
    kind: ObjectKind,
) -> Result<Coroutine, ReadError> {
    let generator = &objects.offsets.generator;
    let frame = objects.memory.read_pointer(object.plus(generator.frame))?;
    let implausible = ReadError::Implausible(object);
    let locals = frame.plus(layout.locals);
    if frame.is_null() {
        return Ok(ended(locals));
    }
    let bytes = objects.memory.read(frame, layout.locals)?;
    let word = |offset: usize| u64_at(&bytes, offset).map(Address).ok_or(implausible);
    let number = |offset: usize| {
        let bytes = bytes.get(offset..offset.checked_add(4)?)?;
        Some((little_endian(bytes) as u32).cast_signed())
    };
    let last = number(layout.last_instruction).ok_or(implausible)?;
    let instruction = last.checked_mul(i32::try_from(layout.instruction_unit).map_err(|_| implausible)?);
    let instruction = instruction.filter(|at| *at < LONGEST_CODE).ok_or(implausible)?;
    let (code, value_stack) = (word(layout.code)?, word(layout.value_stack)?);
    let top = match (layout.stack_depth, layout.stack_top) {
        (Some(depth), _) => {
            let depth = number(depth).and_then(|depth| usize::try_from(depth).ok()).ok_or(implausible)?;
            Some(value_stack.plus(depth.saturating_mul(8)))
        }
        // Null while it runs.
        (None, Some(top)) => Some(word(top)?).filter(|top| !top.is_null()),
        (None, None) => None,
    };
    let runs = match (layout.state, &generator.states, generator.running) {
        (Some(at), Some(states), _) => {
            let state = bytes.get(at).map(|byte| byte.cast_signed()).ok_or(implausible)?;
            state == states.executing
        }
        (_, _, Some(at)) => objects.memory.read(object.plus(at), 1)?.first() != Some(&0),
        _ => return Err(implausible),
    };
    let mut coroutine = Coroutine {
        code,
        instruction,
        state: State::Suspended { awaits: None },
        locals,
        value_stack: Some(value_stack),
        top: top.filter(|top| top.0 >= value_stack.0 && top.0 - value_stack.0 <= LARGEST_FRAME),
    };
    if runs {
        return Ok(Coroutine { state: State::Running, top: None, ..coroutine });
    }
    if last < 0 {
        return Ok(Coroutine { state: State::Created, top: None, ..coroutine });
    }
    let awaits = kind == ObjectKind::Coroutine || next_awaits(objects, code, instruction)?;
    if let Some(top) = coroutine.top.filter(|top| awaits && top.0 > value_stack.0) {
        let at = Address(top.0.wrapping_sub(generator.awaited_depth as u64 * 8));
        coroutine.state = State::Suspended { awaits: awaited(objects, at, 0)? };
    }
    Ok(coroutine)
}

/// Whether the instruction that comes next awaits, up to 3.10.
fn next_awaits(objects: Objects<'_>, code: Address, instruction: i32) -> Result<bool, ReadError> {
    let (Some(bytes), Some(opcode)) = (objects.offsets.code.code_bytes, objects.offsets.generator.yield_from) else {
        return Ok(false);
    };
    let bytes = objects.memory.read_pointer(code.plus(bytes))?.plus(objects.offsets.object.bytes_data);
    let next = bytes.plus(instruction.cast_unsigned() as usize + 2);
    Ok(objects.memory.read(next, 1)?.first() == Some(&opcode))
}

fn awaited(objects: Objects<'_>, at: Address, tag_mask: u64) -> Result<Option<Address>, ReadError> {
    let word = Address(objects.memory.read_u64(at)? & !tag_mask);
    Ok(is_pointer(word).then_some(word))
}

fn ended(locals: Address) -> Coroutine {
    let nowhere = Address(0);
    Coroutine { code: nowhere, instruction: -1, state: State::Ended, locals, value_stack: None, top: None }
}

enum Phase {
    Created,
    Executing,
    Suspended { may_await: bool },
    Ended,
}

fn phase(state: i8, states: &GeneratorStates) -> Phase {
    if state == states.created {
        return Phase::Created;
    }
    if state == states.executing {
        return Phase::Executing;
    }
    match states.suspended_awaiting {
        Some((first, last)) if (first..=last).contains(&state) => Phase::Suspended { may_await: true },
        Some(_) if state == states.suspended => Phase::Suspended { may_await: false },
        None if state == states.suspended => Phase::Suspended { may_await: true },
        _ => Phase::Ended,
    }
}
