//! The frames of a greenlet that waits for its turn.
//!
//! | greenlet | where its innermost frame is |
//! |---|---|
//! | 1.x | in the object |
//! | since 2.0 | in a structure of C++ that the object points to, and which points back (`greenlet::Greenlet`) |
//!
//! From there frames lead outwards as those of a thread do. On the stack of C there are none of them: since 3.12 greenlet takes what is
//! there out of the list while it waits (`Greenlet::expose_frames`).

use crate::layout::FrameOffsets;
use crate::memory::{ReadError, little_endian};
use crate::read::objects::builtin::{Objects, is_pointer};
use crate::read::objects::known::lenient;
use crate::read::stacks::frames::{RawFrame, decode, frame_size};
use crate::snapshot::Address;

/// `PyGreenlet.pimpl`, behind the head, the weak references and the dict, and the last of its fields; 1.x has more.
const IMPLEMENTATION: usize = 32;
/// Bytes of `greenlet::UserGreenlet` in which it refers to its object.
const UP_TO_BACK: usize = 288;
/// Which word of it refers to its object since 3.0, behind the table of its virtual functions; in 2.x one of the last.
const BACK: usize = 1;
/// `python_state._top_frame`, behind the reference to its object, the states of exceptions, arguments, and the stack of C. Exceptions
/// take two words more up to CPython 3.10.
const TOP_FRAME: usize = 104;
const TOP_FRAME_UP_TO_3_10: usize = 120;
/// `PyGreenlet.top_frame` of greenlet 1.x.
const OWN_TOP_FRAME: usize = 72;
/// `PyFrameObject.f_frame`, since 3.11 (CPython `Include/internal/pycore_frame.h`).
const FRAME_OF_OBJECT: usize = 24;
/// Frames of one greenlet.
const MOST_FRAMES: usize = 1024;

/// The innermost frame of a greenlet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Top {
    /// The frame object.
    pub(super) frame: Address,
    /// Where the greenlet refers to it; null while it has its turn.
    pub(super) at: Address,
}

/// The innermost frame of a greenlet; `None` when it has its turn, is over or has not begun. `size`: that of the plain class.
///
/// # Errors
///
/// When it cannot be read.
pub(super) fn top(objects: Objects<'_>, greenlet: Address, size: u64) -> Result<Option<Top>, ReadError> {
    let apart = size == IMPLEMENTATION as u64 + 8;
    let implementation =
        if apart { objects.memory.read_pointer(greenlet.plus(IMPLEMENTATION))? } else { Address::default() };
    let words =
        if is_pointer(implementation) { objects.memory.read(implementation, UP_TO_BACK) } else { Ok(Vec::new()) };
    let back = lenient(words)?.chunks_exact(8).position(|word| little_endian(word) == greenlet.0);
    let inside = if objects.offsets.version.minor < 11 { TOP_FRAME_UP_TO_3_10 } else { TOP_FRAME };
    let at = match back {
        Some(BACK) => implementation.plus(inside),
        Some(_) => implementation.plus(inside - 8),
        None if apart => return Ok(None),
        None => greenlet.plus(OWN_TOP_FRAME),
    };
    let frame = objects.memory.read_pointer(at)?;
    if !is_pointer(frame) || objects.type_name_of(frame)? != "frame" {
        return Ok(None);
    }
    Ok(Some(Top { frame, at }))
}

/// The frames from the innermost outwards.
///
/// # Errors
///
/// When one of them is none: the greenlet got its turn meanwhile.
pub(super) fn chain(objects: Objects<'_>, frame_object: Address) -> Result<Vec<RawFrame>, ReadError> {
    let mut next = match &objects.offsets.frame {
        FrameOffsets::Object(_) => frame_object,
        FrameOffsets::Interpreter(_) => objects.memory.read_pointer(frame_object.plus(FRAME_OF_OBJECT))?,
    };
    let size = frame_size(objects.offsets);
    let mut frames = Vec::new();
    for _ in 0..MOST_FRAMES {
        if next.is_null() {
            return Ok(frames);
        }
        let bytes = objects.memory.read(next, size)?;
        let met = decode(&bytes, next, objects.offsets).ok_or(ReadError::Implausible(next))?;
        frames.extend(met.frame);
        next = met.previous;
    }
    Err(ReadError::Implausible(frame_object))
}
