//! Signal handlers on a stack.
//!
//! CPython runs them between two instructions of whatever the main thread does, and gives them the signal's number and the
//! frame that was interrupted. A function with an int and a frame as its first arguments is one; methods have `self` before.

use crate::layout::FrameOffsets;
use crate::memory::{ReadError, u64_at};
use crate::read::objects::builtin::Objects;
use crate::read::threads::live::LiveFrame;
use crate::snapshot::Address;

/// `NSIG` of Linux is 65: the highest signal.
const HIGHEST_SIGNAL: i64 = 64;
/// `self`, the signal, the frame.
const ARGUMENTS: usize = 3;

/// The innermost signal handler among these frames, which are given from the innermost outwards, and its signal.
pub(in crate::read) fn handler<'f>(
    objects: Objects<'_>,
    frames: impl Iterator<Item = &'f LiveFrame>,
) -> Option<(u8, &'f LiveFrame)> {
    frames.into_iter().find_map(|frame| signal(objects, frame).ok().flatten().map(|signal| (signal, frame)))
}

fn signal(objects: Objects<'_>, frame: &LiveFrame) -> Result<Option<u8>, ReadError> {
    let (locals, tags) = match &objects.offsets.frame {
        FrameOffsets::Object(layout) => (layout.locals, 0),
        FrameOffsets::Interpreter(layout) => (layout.locals, layout.tag_mask),
    };
    let bytes = objects.memory.read(frame.address.plus(locals), ARGUMENTS * 8)?;
    let local = |index: usize| u64_at(&bytes, index * 8).map(|word| Address(word & !tags)).filter(|at| !at.is_null());
    let is = |object: Address, name: &str| objects.type_name_of(object).is_ok_and(|found| found == name);
    for first in 0..ARGUMENTS - 1 {
        let (Some(number), Some(interrupted)) = (local(first), local(first + 1)) else { continue };
        if is(number, "int") && is(interrupted, "frame") {
            let number = objects.integer(number)?;
            return Ok(u8::try_from(number).ok().filter(|_| (1..=HIGHEST_SIGNAL).contains(&number)));
        }
    }
    Ok(None)
}
