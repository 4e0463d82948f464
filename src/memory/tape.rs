//! Memory as it was, kept to be read again without the process.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

use super::{Batch, Memory, ReadError, little_endian};
use crate::snapshot::Address;

/// A tape is for tests and holds what a few samples read: far below this.
const LONGEST_TAPE: u64 = 64 << 20;
/// Address and length stand before every piece.
const PIECE_HEAD: usize = 12;

/// Pieces of a process's memory. Where it was read twice, the later reading counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tape {
    /// By address; pieces neither overlap nor touch.
    pieces: BTreeMap<u64, Vec<u8>>,
}

impl Tape {
    /// Keeps what was read at an address.
    pub fn keep(&mut self, address: Address, bytes: &[u8]) {
        let Some(end) = address.0.checked_add(bytes.len() as u64).filter(|_| !bytes.is_empty()) else { return };
        let (mut start, mut whole) = (address.0, bytes.to_vec());
        if let Some((before, piece)) = self.pieces.range(..=address.0).next_back() {
            let (before, reach) = (*before, before.saturating_add(piece.len() as u64));
            if reach >= address.0 {
                let mut joined = self.pieces.remove(&before).unwrap_or_default();
                let behind =
                    joined.split_off(usize::try_from(address.0 - before).unwrap_or(usize::MAX).min(joined.len()));
                joined.extend(&whole);
                joined.extend(behind.into_iter().skip(whole.len()));
                (start, whole) = (before, joined);
            }
        }
        while let Some((next, _)) = self.pieces.range(start.saturating_add(1)..=end).next() {
            let next = *next;
            let piece = self.pieces.remove(&next).unwrap_or_default();
            let known = usize::try_from(start.saturating_add(whole.len() as u64).saturating_sub(next));
            whole.extend(piece.into_iter().skip(known.unwrap_or(usize::MAX)));
        }
        self.pieces.insert(start, whole);
    }

    /// How many bytes are kept.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.pieces.values().map(Vec::len).sum()
    }

    /// Where its whole words are.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn words(&self) -> Vec<Address> {
        let words = |(start, piece): (&u64, &Vec<u8>)| (*start..*start + piece.len() as u64 / 8 * 8).step_by(8);
        self.pieces.iter().flat_map(words).map(Address).collect()
    }

    /// Writes the tape, compressed.
    ///
    /// # Errors
    ///
    /// What writing raises.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let mut packed = DeflateEncoder::new(out, Compression::best());
        for (address, bytes) in &self.pieces {
            packed.write_all(&address.to_le_bytes())?;
            packed.write_all(&u32::try_from(bytes.len()).map_err(io::Error::other)?.to_le_bytes())?;
            packed.write_all(bytes)?;
        }
        packed.finish().map(|_| ())
    }

    /// Reads a tape that [`Tape::write`] wrote.
    ///
    /// # Errors
    ///
    /// What reading raises, and when it is not a tape.
    pub fn read(from: &mut impl Read) -> io::Result<Self> {
        let mut unpacked = Vec::new();
        DeflateDecoder::new(from).take(LONGEST_TAPE).read_to_end(&mut unpacked)?;
        let mut tape = Self::default();
        let mut rest = unpacked.as_slice();
        while let Some((head, behind)) = rest.split_at_checked(PIECE_HEAD) {
            let (address, length) = head.split_at(8);
            let length = usize::try_from(little_endian(length)).unwrap_or(usize::MAX);
            let Some((bytes, next)) = behind.split_at_checked(length) else {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the tape ends inside a piece"));
            };
            tape.keep(Address(little_endian(address)), bytes);
            rest = next;
        }
        Ok(tape)
    }

    /// Replaces bytes by others of the same length, wherever they stand.
    #[cfg(test)]
    pub(crate) fn replace(&mut self, old: &[u8], new: &[u8]) {
        assert_eq!(old.len(), new.len(), "what follows must stay where it is");
        for piece in self.pieces.values_mut() {
            let places: Vec<usize> =
                (0..piece.len()).filter(|at| piece.get(*at..).is_some_and(|rest| rest.starts_with(old))).collect();
            for at in places {
                piece.splice(at..at + old.len(), new.iter().copied());
            }
        }
    }

    /// Writes nonsense over one word in twenty, a different choice for every seed.
    #[cfg(test)]
    pub(crate) fn spoil(&mut self, seed: u64) {
        let mut noise = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        for piece in self.pieces.values_mut() {
            for word in piece.chunks_exact_mut(8) {
                noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                match noise >> 59 {
                    0 => word.copy_from_slice(&noise.to_le_bytes()),
                    // A small number, where a length or a pointer stood.
                    1 if noise & 4096 == 0 => word.copy_from_slice(&(noise >> 40).to_le_bytes()),
                    _ => {}
                }
            }
        }
    }

    fn find(&self, address: Address, length: usize) -> Option<&[u8]> {
        let (start, piece) = self.pieces.range(..=address.0).next_back()?;
        let from = usize::try_from(address.0 - start).ok()?;
        piece.get(from..from.checked_add(length)?)
    }
}

impl Memory for Tape {
    fn fetch(&self, batch: &mut Batch) -> Result<(), ReadError> {
        batch.fill(|address, bytes| match self.find(address, bytes.len()) {
            Some(kept) => {
                bytes.copy_from_slice(kept);
                true
            }
            None => false,
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_touches_becomes_one_piece_and_the_later_reading_counts() {
        let mut tape = Tape::default();
        tape.keep(Address(100), &[1, 1, 1, 1]);
        tape.keep(Address(108), &[3, 3]);
        assert_eq!(tape.read_u64(Address(100)), Err(ReadError::Unmapped(Address(100))));
        tape.keep(Address(104), &[2, 2, 2, 2]);
        assert_eq!(tape.read(Address(100), 10), Ok(vec![1, 1, 1, 1, 2, 2, 2, 2, 3, 3]));
        tape.keep(Address(102), &[9, 9, 9]);
        assert_eq!(tape.read(Address(100), 10), Ok(vec![1, 1, 9, 9, 9, 2, 2, 2, 3, 3]));
        tape.keep(Address(90), &[7; 30]);
        assert_eq!(tape.read(Address(90), 30), Ok(vec![7; 30]));
        assert_eq!((tape.bytes(), tape.pieces.len()), (30, 1));
        tape.keep(Address(u64::MAX), &[1, 2]);
        assert_eq!(tape.bytes(), 30, "a piece beyond the end of memory is no piece");
    }

    #[test]
    fn a_tape_survives_being_written() {
        let mut tape = Tape::default();
        tape.keep(Address(4096), &[5; 1000]);
        tape.keep(Address(1 << 40), b"text");
        let mut written = Vec::new();
        tape.write(&mut written).unwrap();
        assert_eq!(Tape::read(&mut written.as_slice()).unwrap(), tape);
        assert!(Tape::read(&mut &written[..written.len() / 2]).is_err(), "half a tape is not a tape");
    }
}
