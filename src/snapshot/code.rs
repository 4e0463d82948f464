//! Code objects, frames and stacks, referred to by number so that a snapshot stays small.

use serde::{Deserialize, Serialize};

use super::Known;

/// Index into [`Recording::codes`](super::Recording::codes).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CodeId(pub u32);

/// Index into [`Recording::stacks`](super::Recording::stacks).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StackId(pub u32);

/// `co_flags` of a code object (CPython `Include/cpython/code.h`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CodeFlags(pub u32);

impl CodeFlags {
    /// `CO_COROUTINE`: an `async def` function.
    pub const COROUTINE: u32 = 0x80;
    /// `CO_ASYNC_GENERATOR`
    pub const ASYNC_GENERATOR: u32 = 0x200;

    /// Whether the function is an `async def`, with or without `yield`.
    #[must_use]
    pub fn is_async(self) -> bool {
        self.0 & (Self::COROUTINE | Self::ASYNC_GENERATOR) != 0
    }
}

/// What we keep of a code object. Text comes from the target: sanitize it before showing it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Code {
    /// `co_name`
    pub name: String,
    /// `co_qualname`, from 3.11 on.
    pub qualified_name: Known<String>,
    /// `co_filename`
    pub file: String,
    /// `co_firstlineno`
    pub first_line: u32,
    /// `co_flags`
    pub flags: CodeFlags,
}

impl Code {
    /// The best name we have: qualified where the interpreter keeps that.
    #[must_use]
    pub fn best_name(&self) -> &str {
        self.qualified_name.get().map_or(&self.name, String::as_str)
    }
}

/// One Python frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Frame {
    /// The code that runs.
    pub code: CodeId,
    /// The line it is on; `None` where the line table has no line for the instruction.
    pub line: Option<u32>,
}
