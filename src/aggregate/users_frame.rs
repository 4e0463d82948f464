//! Where tasks are.

use super::places::place_of;
use crate::classify::{Book, Origin, Place};
use crate::snapshot::{Frame, Known, Recording, StackId};

/// The frame of a chain that is the user's: the innermost, else the innermost of an installed package that is no known
/// framework, else none.
#[must_use]
pub fn users_frame(recording: &Recording, book: &Book, chain: StackId) -> Option<Frame> {
    let of = |origin: Origin| {
        recording.stack(chain).iter().find(|frame| {
            let facts = book.code(frame.code);
            facts.origin == origin && !facts.is_fragment
        })
    };
    of(Origin::User).or_else(|| of(Origin::Installed)).copied()
}

/// As [`users_frame`], as a place.
#[must_use]
pub fn users_place(recording: &Recording, book: &Book, chain: Known<StackId>) -> Option<Place> {
    let frame = users_frame(recording, book, chain.ok()?)?;
    Some(place_of(recording, frame.code, frame.line))
}
