//! Which instruction a frame is at, and by which names it looked up what it calls.
//!
//! Read from the code object's instructions and `co_names`, once for each function that is seen innermost. A call finds its
//! function below its arguments: going back over the instructions that made these, by what each adds to the stack, comes to
//! those that looked the function up. Where that is not straight (a condition among the arguments, an instruction that we do
//! not know), the call has no names.

use std::collections::HashMap;
use std::sync::Arc;

use crate::layout::{Arguments, Does, Opcode, opcodes};
use crate::memory::{ReadError, u64_at};
use crate::read::objects::builtin::Objects;
use crate::read::threads::live::LiveFrame;
use crate::snapshot::{Address, CodeId, Site, SiteKind};

/// Bytes of instructions of one function that are read: that of some ten thousand lines.
const MOST_BYTES: usize = 1 << 18;
/// Names of one function that are read.
const MOST_NAMES: usize = 4096;
/// Names of one call: `a.b.c.d`.
const MOST_PARTS: usize = 8;
/// Functions whose instructions are kept, before all are forgotten.
const MOST_FUNCTIONS: usize = 1024;

/// Knows what the instructions of functions are.
#[derive(Debug, Default)]
pub(in crate::read) struct Sites {
    functions: HashMap<(Address, CodeId), Option<Function>>,
}

impl Sites {
    /// The instruction that a frame is at; `None` where its function cannot be read.
    ///
    /// # Errors
    ///
    /// When the process is gone or closed to us.
    pub(in crate::read) fn of(&mut self, objects: Objects<'_>, frame: &LiveFrame) -> Result<Option<Site>, ReadError> {
        let key = (frame.code_address, frame.code);
        if !self.functions.contains_key(&key) {
            if self.functions.len() >= MOST_FUNCTIONS {
                self.functions.clear();
            }
            let function = match Function::read(objects, frame.code_address) {
                Err(gone @ (ReadError::Gone | ReadError::Refused)) => return Err(gone),
                function => function.ok(),
            };
            self.functions.insert(key, function);
        }
        let function = self.functions.get(&key).and_then(Option::as_ref);
        Ok(function.and_then(|function| function.at(u32::try_from(frame.instruction).ok()?)))
    }
}

/// What of a function's instructions is kept: calls with their names, and jumps.
#[derive(Debug)]
struct Function {
    length: u32,
    notable: HashMap<u32, SiteKind>,
}

/// An instruction as it stands in the code.
#[derive(Clone, Copy)]
struct Instruction {
    offset: u32,
    argument: u32,
    opcode: Opcode,
}

impl Function {
    fn read(objects: Objects<'_>, code: Address) -> Result<Self, ReadError> {
        let implausible = ReadError::Implausible(code);
        let table = opcodes(objects.offsets.version).ok_or(implausible)?;
        let layout = &objects.offsets.code;
        let size = objects.offsets.object.variable_size;
        let (start, length) = match (layout.instructions, layout.code_bytes) {
            // A code object's size is counted in units of two bytes.
            (Some(begin), _) => (code.plus(begin), objects.memory.read_u64(code.plus(size))?.saturating_mul(2)),
            (None, Some(bytes)) => {
                let bytes = objects.memory.read_pointer(code.plus(bytes))?;
                (bytes.plus(objects.offsets.object.bytes_data), objects.memory.read_u64(bytes.plus(size))?)
            }
            (None, None) => return Err(implausible),
        };
        let length = usize::try_from(length).ok().filter(|length| *length <= MOST_BYTES).ok_or(implausible)?;
        let bytes = objects.memory.read(start, length)?;
        let names = objects.memory.read(code.plus(layout.names), 8)?;
        let names = u64_at(&names, 0).map(Address).ok_or(implausible)?;
        let names: Vec<Address> = objects.tuple(names)?.into_iter().take(MOST_NAMES).collect();
        Ok(Self::decode(table, &bytes, &objects.texts(&names, |_| true)?))
    }

    fn decode(table: &[(u8, Opcode)], bytes: &[u8], names: &[Option<String>]) -> Self {
        let instructions = instructions(table, bytes);
        let notable = instructions.iter().enumerate().filter_map(|(at, instruction)| {
            let kind = match instruction.as_ref()?.opcode.does {
                Does::Calls(_) | Does::Precalls => SiteKind::Call(called(&instructions, at, names)),
                Does::Jumps => SiteKind::Jump,
                _ => return None,
            };
            Some((instruction.as_ref()?.offset, kind))
        });
        Self { notable: notable.collect(), length: u32::try_from(bytes.len()).unwrap_or(u32::MAX) }
    }

    fn at(&self, instruction: u32) -> Option<Site> {
        let kind = self.notable.get(&instruction).cloned().unwrap_or(SiteKind::Other);
        (instruction < self.length).then_some(Site { instruction, kind })
    }
}

/// The instructions, without their caches; `None` for one that is not in the table.
fn instructions(table: &[(u8, Opcode)], bytes: &[u8]) -> Vec<Option<Instruction>> {
    let mut found = Vec::with_capacity(bytes.len() / 2);
    let (mut caches, mut extended) = (0, 0_u32);
    for (offset, unit) in (0_u32..).step_by(2).zip(bytes.chunks_exact(2)) {
        let (Some(number), Some(low)) = (unit.first(), unit.get(1)) else { break };
        if caches > 0 {
            caches -= 1;
            continue;
        }
        let argument = extended << 8 | u32::from(*low);
        let known = table.binary_search_by_key(number, |row| row.0).ok().and_then(|at| table.get(at));
        let Some((_, opcode)) = known else {
            found.push(None);
            extended = 0;
            continue;
        };
        caches = opcode.caches;
        extended = if opcode.does == Does::Extends { argument } else { 0 };
        if opcode.does != Does::Extends {
            found.push(Some(Instruction { offset, argument, opcode: *opcode }));
        }
    }
    found
}

/// The names by which the call at an index looked up what it calls, `time.sleep`; empty where there are none.
fn called(instructions: &[Option<Instruction>], at: usize, names: &[Option<String>]) -> Arc<str> {
    let mut parts: Vec<&str> = Vec::new();
    let mut next = function(instructions, at);
    while let Some(index) = next.filter(|_| parts.len() < MOST_PARTS) {
        let Some(Some(instruction)) = instructions.get(index) else { break };
        let name = |shift: u8| names.get((instruction.argument >> shift) as usize)?.as_deref();
        let (name, goes_on) = match instruction.opcode.does {
            Does::LoadsName { shift } => (name(shift), false),
            Does::LoadsAttribute { shift } => (name(shift), true),
            _ => break,
        };
        let Some(name) = name else { break };
        parts.push(name);
        next = index.checked_sub(1).filter(|_| goes_on);
    }
    parts.reverse();
    parts.join(".").into()
}

/// The instruction that put what is called on the stack.
fn function(instructions: &[Option<Instruction>], at: usize) -> Option<usize> {
    let instruction = |index: usize| instructions.get(index).copied().flatten();
    let mut above = arguments(instruction(at)?)?;
    let mut before = at.checked_sub(1)?;
    while matches!(instruction(before)?.opcode.does, Does::Prepares | Does::Precalls) {
        before = before.checked_sub(1)?;
    }
    while above > 0 {
        let maker = instruction(before)?;
        if maker.opcode.does == Does::Jumps {
            return None;
        }
        let [plain, each, odd, third] = maker.opcode.effect?.map(i64::from);
        let argument = i64::from(maker.argument);
        above -= plain + each * argument + odd * (argument & 1) + third * (argument >> 2 & 1);
        before = before.checked_sub(1)?;
    }
    while instruction(before)?.opcode.does == Does::PushesNull {
        before = before.checked_sub(1)?;
    }
    (above == 0).then_some(before)
}

/// How many values lie above what a call calls.
fn arguments(call: Instruction) -> Option<i64> {
    let count = i64::from(call.argument);
    match call.opcode.does {
        Does::Precalls | Does::Calls(Arguments::Counted) => Some(count),
        Does::Calls(Arguments::CountedAndNames) => Some(count + 1),
        Does::Calls(Arguments::Spread) => Some(1 + (count & 1)),
        Does::Calls(Arguments::SpreadBoth) => Some(2),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Known, PythonVersion, Why};

    fn bytes(digits: &str) -> Vec<u8> {
        let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
        (0..digits.len()).step_by(2).map(byte).collect()
    }

    /// What `scripts/opcodes` wrote: instructions, the same as they stand in memory after some runs, names, calls.
    #[test]
    fn calls_have_the_names_that_the_source_says_in_every_version() {
        for minor in 8..=15 {
            let file = format!("{}/fixtures/call_sites/3.{minor}", env!("CARGO_MANIFEST_DIR"));
            let text = std::fs::read_to_string(&file).unwrap();
            let version = PythonVersion { major: 3, minor, patch: Known::Unknown(Why::NotRead) };
            let table = opcodes(version).unwrap();
            let mut calls = 0;
            for line in text.lines() {
                let words: Vec<&str> = line.split(' ').collect();
                let names: Vec<Option<String>> = words[2].split(',').map(|name| Some(name.to_owned())).collect();
                for code in &words[..2] {
                    let function = Function::decode(table, &bytes(code), &names);
                    for call in &words[3..] {
                        let (offset, expected) = call.split_once(':').unwrap();
                        let site = function.at(offset.parse().unwrap()).unwrap();
                        assert_eq!(site.kind, SiteKind::Call(expected.into()), "3.{minor} at {offset} of {code}");
                        calls += 1;
                    }
                }
            }
            assert!(calls >= 30, "3.{minor}: {calls} calls");
        }
    }

    #[test]
    fn tables_are_sorted_so_that_every_instruction_is_found() {
        for minor in 8..=15 {
            let version = PythonVersion { major: 3, minor, patch: Known::Unknown(Why::NotRead) };
            assert!(opcodes(version).unwrap().is_sorted_by(|one, next| one.0 < next.0), "3.{minor}");
        }
    }

    #[test]
    fn foreign_bytes_do_no_harm() {
        let version = PythonVersion { major: 3, minor: 13, patch: Known::Unknown(Why::NotRead) };
        let table = opcodes(version).unwrap();
        for seed in 0..=u8::MAX {
            let code: Vec<u8> = (0..=u8::MAX).map(|at| at.wrapping_mul(seed).wrapping_add(seed)).collect();
            let function = Function::decode(table, &code, &[]);
            assert!(function.at(256).is_none(), "nothing is beyond the end");
        }
    }
}
