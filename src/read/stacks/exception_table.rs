//! The exception tables of functions, since 3.11: which instructions have which handler.

use crate::memory::ReadError;
use crate::read::objects::builtin::Objects;
use crate::snapshot::Address;

/// Bytes of an exception table that are read: that of a function with thousands of `try` blocks.
const LONGEST_TABLE: u64 = 64 * 1024;

/// A row of an exception table: instructions, in bytes from the first one, and who handles what they raise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::read) struct Handler {
    /// The first instruction.
    pub(in crate::read) begin: i32,
    /// Behind the last one.
    pub(in crate::read) end: i32,
    /// Where the handler begins.
    pub(in crate::read) target: i32,
    /// How deep the value stack is there.
    pub(in crate::read) depth: usize,
}

impl Handler {
    /// Whether it is there for this instruction.
    pub(in crate::read) fn covers(&self, instruction: i32) -> bool {
        (self.begin..self.end).contains(&instruction)
    }
}

/// The exception table of a code object, by its first instructions; empty in a version that has none.
///
/// # Errors
///
/// When the code object cannot be read.
pub(in crate::read) fn read(objects: Objects<'_>, code: Address) -> Result<Vec<Handler>, ReadError> {
    let Some(table) = objects.offsets.code.exception_table else { return Ok(Vec::new()) };
    let table = objects.memory.read_pointer(code.plus(table))?;
    let length = objects.length(table)?.min(LONGEST_TABLE) as usize;
    if length == 0 {
        return Ok(Vec::new());
    }
    Ok(handlers(&objects.memory.read(table.plus(objects.offsets.object.bytes_data), length)?))
}

/// Decodes an exception table (CPython 3.11 `Objects/exception_handling_notes.txt`): begin, length and target in
/// instructions of two bytes, then depth and a flag, each in groups of six bits, the most significant first.
fn handlers(table: &[u8]) -> Vec<Handler> {
    const MORE: u8 = 0x40;
    const BITS: u8 = 0x3f;
    let mut bytes = table.iter();
    let mut number = || {
        let mut value = 0_u32;
        loop {
            let byte = *bytes.next()?;
            value = value.checked_mul(64)? | u32::from(byte & BITS);
            if byte & MORE == 0 {
                return Some(value);
            }
        }
    };
    let mut handlers = Vec::new();
    while let (Some(begin), Some(length), Some(target), Some(depth)) = (number(), number(), number(), number()) {
        let place = |instructions: u32| i32::try_from(instructions.checked_mul(2)?).ok();
        let end = begin.checked_add(length).and_then(place);
        let (Some(begin), Some(end), Some(target)) = (place(begin), end, place(target)) else { break };
        handlers.push(Handler { begin, end, target, depth: (depth >> 1) as usize });
    }
    handlers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exception_table_says_who_handles_what_and_how_deep_the_stack_is() {
        // 128 | 3, 5, 9, depth 1 with the flag; 128 | 8 (begin 8), length 64 + 2 in two groups, target 20, depth 2.
        let table = [0x83, 5, 9, 0b11, 0x88, 0x41, 2, 20, 0b100];
        let expected = [
            Handler { begin: 6, end: 16, target: 18, depth: 1 },
            Handler { begin: 16, end: 148, target: 40, depth: 2 },
        ];
        assert_eq!(handlers(&table), expected);
    }

    #[test]
    fn a_table_that_makes_no_sense_ends() {
        assert_eq!(handlers(&[0xff; 64]), []);
        assert_eq!(handlers(&[0x83, 5]), []);
    }
}
