//! Frames as places.

use crate::classify::Place;
use crate::snapshot::{CodeId, Frame, Recording};

/// A code object and a line as a place.
#[must_use]
pub fn place_of(recording: &Recording, code: CodeId, line: Option<u32>) -> Place {
    match recording.code(code) {
        Some(known) => {
            Place { function: known.best_name().to_owned(), file: known.file.clone(), line: line.unwrap_or(0) }
        }
        None => Place { function: "unknown".to_owned(), file: String::new(), line: 0 },
    }
}

/// Frames as places, in the order given.
#[must_use]
pub fn places(recording: &Recording, frames: &[Frame]) -> Vec<Place> {
    frames.iter().map(|frame| place_of(recording, frame.code, frame.line)).collect()
}
