//! The tables that an interpreter says of itself, as input of fuzzing.

use super::{asyncio_offsets, debug_head, from_debug_offsets, table, validate};
use crate::memory::fuzz::Echo;
use crate::snapshot::{Address, Known, PythonVersion, Why};

/// A decoder by name.
type Target = (&'static str, fn(&[u8]));

/// The decoders of this room.
pub(crate) const TARGETS: &[Target] = &[("debug_offsets", debug_offsets), ("runtime", runtime)];

fn debug_offsets(bytes: &[u8]) {
    let memory = Echo(bytes);
    let _head = debug_head(&memory, Address(0));
    let _asyncio = asyncio_offsets(&memory, Address(0));
    if let Ok(offsets) = from_debug_offsets(&memory, Address(0)) {
        let _valid = validate(&offsets, &memory, Address(0));
    }
}

/// The first byte chooses the version.
fn runtime(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let version = PythonVersion { major: 3, minor: 8 + first % 8, patch: Known::Unknown(Why::NotRead) };
    if let Some(offsets) = table(version) {
        let _valid = validate(&offsets, &Echo(rest), Address(0));
    }
}
