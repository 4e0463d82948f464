//! The block that follows an instruction in its function: the `try` or `with` that begins next after it.
//!
//! `item = await queue.get()` is followed by what gives the item back whatever happens. Whoever is suspended inside of that
//! block has the item; whoever is past it has given it back.

use super::exception_table::{self, Handler};
use crate::layout::FrameOffsets;
use crate::memory::ReadError;
use crate::read::objects::builtin::Objects;
use crate::snapshot::Address;

/// Bytes of instructions of one function that are looked through.
const LONGEST_CODE: usize = 64 * 1024;
/// Bytes of one instruction.
const UNIT: i32 = 2;
/// Handlers around each other that are followed outwards.
const MOST_NESTED: usize = 32;

/// Instructions of CPython 3.8 to 3.10 (`Include/opcode.h`) that begin a block: `SETUP_FINALLY`, `SETUP_WITH` and
/// `SETUP_ASYNC_WITH`; their argument says how far away its handler is.
const BEGINNING: [u8; 3] = [122, 143, 154];
/// `EXTENDED_ARG`: more of the argument of the instruction that follows.
const EXTENDED: u8 = 144;

/// A block of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::read) enum Guard {
    /// Since 3.11: what leads to this handler. The compiler puts handlers where it likes, so the block is no range.
    Handled { target: i32, table: Vec<Handler> },
    /// Up to 3.10: between these two instructions, both excluded.
    Between(i32, i32),
}

impl Guard {
    /// The block that begins next after an instruction; `None` when there is none.
    ///
    /// # Errors
    ///
    /// When the code object cannot be read.
    pub(in crate::read) fn after(
        objects: Objects<'_>,
        code: Address,
        instruction: i32,
    ) -> Result<Option<Self>, ReadError> {
        if objects.offsets.code.exception_table.is_some() {
            return Ok(handled(exception_table::read(objects, code)?, instruction));
        }
        let (Some(bytes), FrameOffsets::Object(frame)) = (objects.offsets.code.code_bytes, &objects.offsets.frame)
        else {
            return Ok(None);
        };
        let bytes = objects.memory.read_pointer(code.plus(bytes))?;
        let length = usize::try_from(objects.length(bytes)?).unwrap_or(LONGEST_CODE).min(LONGEST_CODE);
        let bytes = objects.memory.read(bytes.plus(objects.offsets.object.bytes_data), length)?;
        Ok(between(&bytes, instruction, frame.instruction_unit))
    }

    /// Whether a function that is suspended at this instruction is inside of the block.
    pub(in crate::read) fn contains(&self, instruction: i32) -> bool {
        match self {
            Self::Handled { target, table } => around(table, instruction).contains(target),
            Self::Between(begin, end) => (begin + 1..*end).contains(&instruction),
        }
    }
}

/// The handlers around an instruction, the innermost first: what one raises, the next one outwards handles.
fn around(table: &[Handler], instruction: i32) -> Vec<i32> {
    let mut found = Vec::new();
    let mut at = instruction;
    while let Some(handler) = table.iter().find(|handler| handler.covers(at)) {
        if found.contains(&handler.target) || found.len() >= MOST_NESTED {
            break;
        }
        found.push(handler.target);
        at = handler.target;
    }
    found
}

/// The block whose handler is around later instructions and not around this one. An `await` has a handler of its own
/// since 3.12, for one instruction, which is no block.
fn handled(table: Vec<Handler>, instruction: i32) -> Option<Guard> {
    let outside = around(&table, instruction);
    let begins = |handler: &&Handler| {
        handler.begin > instruction && handler.end - handler.begin > UNIT && !outside.contains(&handler.target)
    };
    let target = table.iter().filter(begins).min_by_key(|handler| handler.begin)?.target;
    Some(Guard::Handled { target, table })
}

/// From the next instruction that begins a block to its handler. `unit`: bytes that one step of a jump is.
fn between(code: &[u8], instruction: i32, unit: usize) -> Option<Guard> {
    let mut extended = 0_u32;
    for (at, pair) in (0_i32..).step_by(UNIT as usize).zip(code.chunks_exact(UNIT as usize)) {
        let [operation, argument] = *pair else { return None };
        let argument = extended << 8 | u32::from(argument);
        extended = if operation == EXTENDED { argument & 0x00ff_ffff } else { 0 };
        if at > instruction && BEGINNING.contains(&operation) {
            let away = i32::try_from(argument).ok()?.checked_mul(i32::try_from(unit).ok()?)?;
            return Some(Guard::Between(at, at.checked_add(UNIT)?.checked_add(away)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(begin: i32, end: i32, target: i32) -> Handler {
        Handler { begin, end, target, depth: 0 }
    }

    #[test]
    fn up_to_3_10_a_block_goes_from_where_it_begins_to_its_handler() {
        // 0: await, 2: EXTENDED_ARG 1, 4: SETUP_FINALLY 4 (so 260), then nothing of interest.
        let code = [72, 0, 144, 1, 122, 4, 9, 0];
        assert_eq!(between(&code, 0, 1), Some(Guard::Between(4, 266)));
        assert_eq!(between(&code, 0, 2), Some(Guard::Between(4, 526)), "3.10 counts instructions");
        assert_eq!(between(&code, 4, 1), None, "it begins before");
        let block = Guard::Between(4, 266);
        assert_eq!([4, 6, 264, 266].map(|at| block.contains(at)), [false, true, true, false]);
    }

    #[test]
    fn the_block_that_follows_is_the_one_whose_handler_was_not_there_before() {
        // The whole function has a handler (60), the await at 10 one of its own (50), the `try` from 14 on another one (40),
        // which an await at 20 (52) and a `with` from 24 on (44) are inside of; at 34 comes another `try` (48).
        let table = vec![
            row(4, 10, 60),
            row(10, 12, 50),
            row(12, 14, 60),
            row(14, 20, 40),
            row(20, 22, 52),
            row(22, 24, 40),
            row(24, 30, 44),
            row(30, 32, 40),
            row(32, 34, 60),
            row(34, 38, 48),
            row(38, 44, 60),
            row(44, 46, 40),
            row(46, 52, 60),
            row(52, 54, 40),
        ];
        let block = handled(table.clone(), 10).expect("there is a block");
        let inside = [14, 20, 22, 26, 30];
        assert!(inside.iter().all(|at| block.contains(*at)), "{block:?}");
        let outside = [6, 10, 12, 32, 36, 38, 40];
        assert!(!outside.iter().any(|at| block.contains(*at)), "{block:?}");
        assert_eq!(handled(table, 38), None, "nothing begins any more");
    }

    #[test]
    fn handlers_that_handle_each_other_end() {
        let table = vec![row(0, 4, 4), row(4, 8, 0)];
        assert_eq!(around(&table, 0), [4, 0]);
        assert_eq!(handled(table, 0), None);
    }
}
