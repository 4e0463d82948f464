//! Figures and places in words.

pub use crate::figures::{bytes as bytes_words, count as count_words, length as length_words, share as share_words};

use crate::classify::{Place, SecondParty};
use crate::snapshot::{CodeId, Frame, Recording};

/// `fetch_orders (app.py:7)`
#[must_use]
pub fn place_words(place: &Place) -> String {
    let file = place.file.rsplit('/').next().unwrap_or(&place.file);
    match place.line {
        0 => format!("{} ({file})", place.function),
        line => format!("{} ({file}:{line})", place.function),
    }
}

/// The other side in words; `None` when there is none.
#[must_use]
pub fn party_words(party: &SecondParty) -> Option<String> {
    match party {
        SecondParty::Peer { address, service: Some(service) } => Some(format!("{address} ({service})")),
        SecondParty::Peer { address, service: None } => Some(address.clone()),
        SecondParty::Holder { holder, .. } => Some(holder.clone()),
        SecondParty::Child { pid, name, .. } => Some(format!("child process {pid} ({name})")),
        SecondParty::File { path, held_by: Some(holder) } => Some(format!("{path}, held by {holder}")),
        SecondParty::File { path, held_by: None } => Some(path.clone()),
        SecondParty::Resource { name } => Some(name.clone()),
        SecondParty::None => None,
    }
}

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
