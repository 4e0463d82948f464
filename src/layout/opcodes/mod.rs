//! Instructions: what each is, as far as it takes to say by which names a call looked up what it calls.
//!
//! One table for each minor version, written by `scripts/opcodes` from what a real interpreter says of itself. Specialized
//! instructions, which CPython puts in the place of others since 3.11, and those of monitoring (3.12) have rows of their own:
//! their arguments mean the same.

mod v3_10;
mod v3_11;
mod v3_12;
mod v3_13;
mod v3_14;
mod v3_15;
mod v3_8;
mod v3_9;

use crate::snapshot::PythonVersion;

/// An instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opcode {
    /// Units of two bytes behind it that are its cache.
    pub caches: u8,
    /// What it does.
    pub does: Does,
    /// How many values it adds to the stack: a number, one times its argument, one for an odd argument, one for an
    /// argument with the third bit. `None` where that is not so simple.
    pub effect: Option<[i8; 4]>,
}

/// What an instruction does, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    /// Carries eight bits of the next instruction's argument.
    Extends,
    /// Puts the variable of a name on the stack; the name's index is its argument, shifted.
    LoadsName {
        /// By so many bits.
        shift: u8,
    },
    /// Takes a value off the stack and puts the attribute of a name there, or the method and the value.
    LoadsAttribute {
        /// By so many bits.
        shift: u8,
    },
    /// Puts nothing on the stack, in the place of an object whose method is called.
    PushesNull,
    /// Comes right before a call and leaves the stack alone.
    Prepares,
    /// The same in 3.11, where a specialized one makes the call itself.
    Precalls,
    /// Calls.
    Calls(Arguments),
    /// Goes on elsewhere, if need be only under a condition.
    Jumps,
    /// Anything else.
    Other,
}

/// What of the stack lies above what is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arguments {
    /// As many values as the argument says.
    Counted,
    /// One more: the names of the last ones.
    CountedAndNames,
    /// A tuple, and a dictionary where the argument is odd.
    Spread,
    /// A tuple and a dictionary or nothing in its place.
    SpreadBoth,
}

const fn opcode(caches: u8, does: Does, effect: Option<[i8; 4]>) -> Opcode {
    Opcode { caches, does, effect }
}

/// The instructions of a version, sorted by number; `None` when no table is of this version.
#[must_use]
pub fn opcodes(version: PythonVersion) -> Option<&'static [(u8, Opcode)]> {
    match (version.major, version.minor) {
        (3, 8) => Some(v3_8::OPCODES),
        (3, 9) => Some(v3_9::OPCODES),
        (3, 10) => Some(v3_10::OPCODES),
        (3, 11) => Some(v3_11::OPCODES),
        (3, 12) => Some(v3_12::OPCODES),
        (3, 13) => Some(v3_13::OPCODES),
        (3, 14) => Some(v3_14::OPCODES),
        (3, 15) => Some(v3_15::OPCODES),
        _ => None,
    }
}
