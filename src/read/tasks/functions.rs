//! The functions that coroutines run, each read once in a census, and which of them say what is waited for.

use std::collections::HashMap;
use std::rc::Rc;

use crate::libraries::{self, Awaits};
use crate::memory::ReadError;
use crate::read::objects::builtin::Objects;
use crate::read::stacks::codes::CodeTable;
use crate::read::stacks::lines::Lines;
use crate::snapshot::{Address, CodeId, Frame};

/// Functions that are remembered, before all are forgotten.
const MOST_FUNCTIONS: usize = 1 << 16;
/// Local variables that are looked through for a name.
const MOST_LOCALS: usize = 64;

/// A function.
#[derive(Debug)]
pub(in crate::read) struct Function {
    pub(in crate::read) id: CodeId,
    /// What a task waits for that is suspended in it, where a library's row says so.
    pub(in crate::read) awaits: Option<Awaits>,
    /// It enters an `async with` block.
    pub(in crate::read) enters: bool,
    /// It is `wait` of a condition, or of something else.
    pub(in crate::read) waits: bool,
    /// How many local variables stand below the value stack, since 3.11.
    pub(in crate::read) locals: usize,
    lines: Lines,
    code: Address,
}

impl Function {
    /// The frame at an instruction.
    pub(in crate::read) fn frame(&self, instruction: i32) -> Frame {
        Frame { code: self.id, line: self.lines.at(instruction) }
    }

    /// The index of a local variable.
    pub(in crate::read) fn local_named(&self, objects: Objects<'_>, wanted: &str) -> Result<Option<usize>, ReadError> {
        let names = objects.memory.read_pointer(self.code.plus(objects.offsets.code.local_names))?;
        let names: Vec<Address> = objects.tuple(names)?.into_iter().take(MOST_LOCALS).collect();
        let names = objects.texts(&names, |length| length == wanted.len() as u64)?;
        Ok(names.iter().position(|name| name.as_deref() == Some(wanted)))
    }
}

/// The functions met so far.
#[derive(Debug, Default)]
pub(in crate::read) struct Functions {
    met: HashMap<Address, Result<Rc<Function>, ReadError>>,
}

impl Functions {
    /// The function of a code object.
    pub(in crate::read) fn of(
        &mut self,
        objects: Objects<'_>,
        codes: &mut CodeTable,
        code: Address,
    ) -> Result<Rc<Function>, ReadError> {
        if let Some(known) = self.met.get(&code) {
            return known.clone();
        }
        if self.met.len() >= MOST_FUNCTIONS {
            self.met.clear();
        }
        let read = read(objects, codes, code).map(Rc::new);
        self.met.insert(code, read.clone());
        read
    }
}

fn read(objects: Objects<'_>, codes: &mut CodeTable, code: Address) -> Result<Function, ReadError> {
    let (id, lines) = codes.read_apart(objects, code)?;
    let names = objects.memory.read_pointer(code.plus(objects.offsets.code.local_names))?;
    let locals = usize::try_from(objects.length(names)?).map_err(|_| ReadError::Implausible(names))?;
    let text = codes.codes().get(id.0 as usize).ok_or(ReadError::Implausible(code))?;
    Ok(Function {
        id,
        awaits: libraries::rows(&text.file, &text.name).find_map(|row| row.awaits),
        enters: text.name == "__aenter__",
        waits: text.name == "wait",
        locals,
        lines,
        code,
    })
}
