//! Figures and places in words.

use std::time::Duration;

use crate::classify::{Place, SecondParty};
use crate::snapshot::{CodeId, Frame, Recording};

/// A length of time as a person reads it: `12.4 s`, `0.21 s`, `60 ms`.
#[must_use]
pub fn length_words(length: Duration) -> String {
    let seconds = length.as_secs_f64();
    match seconds {
        _ if seconds >= 9.95 => format!("{seconds:.0} s"),
        _ if seconds >= 0.995 => format!("{seconds:.1} s"),
        _ if seconds >= 0.1 => format!("{seconds:.2} s"),
        _ => format!("{:.0} ms", seconds * 1000.0),
    }
}

/// A share in words: `28 %`.
#[must_use]
pub fn share_words(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

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

/// `1 connection`, `84 connections`
#[must_use]
pub fn count_words(count: u64, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}

/// `1 byte`, `740 bytes`, `12 KiB`, `3.1 MiB`
#[must_use]
pub fn bytes_words(bytes: u64) -> String {
    match bytes {
        0..1024 => count_words(bytes, "byte"),
        1024..1_048_576 => format!("{} KiB", bytes >> 10),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_told_in_the_unit_that_fits() {
        for (bytes, words) in [(1, "1 byte"), (1023, "1023 bytes"), (12_400, "12 KiB"), (3_250_000, "3.1 MiB")] {
            assert_eq!(bytes_words(bytes), words);
        }
    }

    #[test]
    fn lengths_have_as_many_digits_as_they_deserve() {
        for (seconds, words) in
            [(0.06, "60 ms"), (0.213, "0.21 s"), (1.0, "1.0 s"), (9.9, "9.9 s"), (12.44, "12 s"), (125.0, "125 s")]
        {
            assert_eq!(length_words(Duration::from_secs_f64(seconds)), words);
        }
    }
}
