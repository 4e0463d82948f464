//! The tables: one per minor version, written by `scripts/offsets` from the headers of a real interpreter.
//!
//! What differs by version is in these tables and nowhere else.

mod v3_10;
mod v3_11;
mod v3_12;
mod v3_13;
mod v3_14;
mod v3_15;
mod v3_8;
mod v3_9;

use super::Offsets;
use super::debug_offsets::Field;
use crate::snapshot::{Known, PythonVersion};

/// The offsets of a version of a build with a GIL for 64-bit Linux; `None` when no table is of this version.
#[must_use]
pub fn table(version: PythonVersion) -> Option<Offsets> {
    let table = match (version.major, version.minor) {
        (3, 8) => v3_8::OFFSETS,
        (3, 9) => v3_9::OFFSETS,
        (3, 10) => v3_10::OFFSETS,
        (3, 11) => v3_11::OFFSETS,
        (3, 12) => v3_12::OFFSETS,
        (3, 13) => v3_13::OFFSETS,
        (3, 14) => v3_14::OFFSETS,
        (3, 15) => v3_15::OFFSETS,
        _ => return None,
    };
    let mut offsets = Offsets { version, ..table };
    // Plain locks became a `PyMutex` between two patch releases (gh-117721), in a structure that no header shows.
    if (version.major, version.minor) == (3, 13) && version.patch != Known::Is(0) {
        offsets.lock.locked = None;
    }
    Some(offsets)
}

/// Which word of `_Py_DebugOffsets` is which field, in the versions that have that structure.
pub(super) fn debug_words(version: PythonVersion) -> Option<&'static [(Field, usize)]> {
    match (version.major, version.minor) {
        (3, 13) => Some(v3_13::DEBUG_OFFSETS),
        (3, 14) => Some(v3_14::DEBUG_OFFSETS),
        (3, 15) => Some(v3_15::DEBUG_OFFSETS),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::{FrameOffsets, FrameRoot};
    use crate::snapshot::Why;

    fn version(minor: u8) -> PythonVersion {
        PythonVersion { major: 3, minor, patch: Known::Unknown(Why::NotRead) }
    }

    #[test]
    fn every_version_from_3_8_to_3_15_has_a_table_and_no_other() {
        let minors: Vec<u8> = (0..=255).filter(|minor| table(version(*minor)).is_some()).collect();
        assert_eq!(minors, (8..=15).collect::<Vec<u8>>());
        assert_eq!(table(PythonVersion { major: 2, ..version(8) }), None);
    }

    #[test]
    fn a_table_keeps_the_patch_release_it_was_asked_for() {
        let asked = PythonVersion { patch: Known::Is(7), ..version(11) };
        assert_eq!(table(asked).map(|table| table.version), Some(asked));
    }

    #[test]
    fn plain_locks_have_a_flag_of_their_own_up_to_3_13_0() {
        let has_flag = |minor, patch| {
            let asked = PythonVersion { patch: Known::Is(patch), ..version(minor) };
            table(asked).is_some_and(|table| table.lock.locked.is_some())
        };
        assert!(has_flag(8, 18) && has_flag(12, 9) && has_flag(13, 0));
        assert!(!has_flag(13, 1) && !has_flag(13, 12) && !has_flag(14, 0));
    }

    #[test]
    fn frames_live_on_the_data_stack_since_3_11() {
        for minor in 8..=15 {
            let table = table(version(minor)).expect("a table for every version from 3.8 to 3.15");
            assert_eq!(matches!(table.frame, FrameOffsets::Interpreter(_)), minor >= 11, "3.{minor}");
            assert_eq!(matches!(table.thread.frame_root, FrameRoot::Object { .. }), minor <= 10, "3.{minor}");
        }
    }
}
