//! Pieces of memory wanted together.

use crate::snapshot::Address;

/// A handle to one piece of a [`Batch`]; valid until [`Batch::clear`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot(usize);

/// One piece.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    pub(super) address: Address,
    pub(super) start: usize,
    pub(super) length: usize,
    pub(super) present: bool,
}

/// Pieces of memory to be fetched together, and their bytes afterwards. Reused from sample to sample, so that a sample
/// allocates nothing.
#[derive(Debug, Default)]
pub struct Batch {
    pub(super) pieces: Vec<Piece>,
    pub(super) bytes: Vec<u8>,
    wanted: usize,
}

/// No single piece is longer than this; a longer wish is cut. Large enough for a deep stack chunk.
const LONGEST_PIECE: usize = 4 << 20;
/// All pieces together are not longer than this, whatever the target says of its threads and their stacks: it is enough for a
/// thousand threads. What finds no room is read by itself, which is slower.
const MOST_BYTES: usize = 8 << 20;
/// The slot of a wish that found no room any more: nothing is ever in it.
const NO_ROOM: Slot = Slot(usize::MAX);

impl Batch {
    /// Asks for `length` bytes at `address`. A wish that would make the batch too large comes back as not present.
    pub fn want(&mut self, address: Address, length: usize) -> Slot {
        let length = length.min(LONGEST_PIECE);
        if self.wanted + length > MOST_BYTES {
            return NO_ROOM;
        }
        self.pieces.push(Piece { address, start: self.wanted, length, present: false });
        self.wanted += length;
        Slot(self.pieces.len() - 1)
    }

    /// Forgets all pieces, keeping the room they took.
    pub fn clear(&mut self) {
        self.pieces.clear();
        self.wanted = 0;
    }

    /// How many pieces are wanted.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pieces.len()
    }

    /// Whether nothing is wanted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// How many bytes are wanted.
    #[must_use]
    pub fn wanted_bytes(&self) -> usize {
        self.wanted
    }

    /// Makes room for the bytes. Called by whoever fetches.
    pub(super) fn make_room(&mut self) {
        if self.bytes.len() < self.wanted {
            self.bytes.resize(self.wanted, 0);
        }
    }

    /// Lets `copy` write every piece that it has; it answers whether it did.
    pub(crate) fn fill(&mut self, copy: impl Fn(Address, &mut [u8]) -> bool) {
        self.make_room();
        for piece in &mut self.pieces {
            let bytes = self.bytes.get_mut(piece.start..piece.start + piece.length);
            piece.present = bytes.is_some_and(|bytes| copy(piece.address, bytes));
        }
    }

    /// Puts other bytes into a piece that was fetched.
    #[cfg(test)]
    pub(crate) fn overwrite(&mut self, slot: Slot, with: &[u8]) {
        let start = self.pieces[slot.0].start;
        self.bytes[start..start + with.len()].copy_from_slice(with);
    }

    /// What is wanted: where, and how many bytes.
    pub(super) fn wishes(&self) -> impl Iterator<Item = (Address, usize)> {
        self.pieces.iter().map(|piece| (piece.address, piece.length))
    }

    /// The pieces that could be read.
    pub(super) fn present(&self) -> impl Iterator<Item = (Address, &[u8])> {
        self.pieces
            .iter()
            .filter(|piece| piece.present)
            .filter_map(|piece| Some((piece.address, self.bytes.get(piece.start..piece.start + piece.length)?)))
    }

    /// The address that a piece was wanted from.
    #[must_use]
    pub fn address(&self, slot: Slot) -> Address {
        self.pieces.get(slot.0).map_or(Address(0), |piece| piece.address)
    }

    /// The bytes of a piece; `None` when it could not be read.
    #[must_use]
    pub fn bytes(&self, slot: Slot) -> Option<&[u8]> {
        let piece = self.pieces.get(slot.0)?;
        if !piece.present {
            return None;
        }
        self.bytes.get(piece.start..piece.start + piece.length)
    }

    /// A 64-bit word at `offset` bytes into a piece.
    #[must_use]
    pub fn u64_at(&self, slot: Slot, offset: usize) -> Option<u64> {
        u64_at(self.bytes(slot)?, offset)
    }

    /// A pointer at `offset` bytes into a piece.
    #[must_use]
    pub fn pointer_at(&self, slot: Slot, offset: usize) -> Option<Address> {
        self.u64_at(slot, offset).map(Address)
    }
}

/// A 64-bit word at `offset`, if the bytes reach that far.
#[must_use]
pub fn u64_at(bytes: &[u8], offset: usize) -> Option<u64> {
    Some(little_endian(bytes.get(offset..offset.checked_add(8)?)?))
}

/// Up to eight little-endian bytes as a number.
#[must_use]
pub fn little_endian(bytes: &[u8]) -> u64 {
    bytes.iter().take(8).rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_little_endian_and_bounded() {
        assert_eq!(u64_at(&[1, 2, 0, 0, 0, 0, 0, 0, 9], 0), Some(0x201));
        assert_eq!(u64_at(&[1, 2, 0, 0, 0, 0, 0, 0, 9], 1), Some(0x0900_0000_0000_0002));
        assert_eq!(u64_at(&[1, 2, 0, 0, 0, 0, 0, 0, 9], 2), None);
        assert_eq!(u64_at(&[0; 8], usize::MAX), None);
    }

    #[test]
    fn a_wish_is_cut_at_the_limit() {
        let mut batch = Batch::default();
        batch.want(Address(0), usize::MAX);
        assert_eq!(batch.wanted_bytes(), LONGEST_PIECE);
    }

    #[test]
    fn wishes_beyond_the_limit_of_all_are_not_present() {
        let mut batch = Batch::default();
        let slots: Vec<Slot> = (0..1000).map(|_| batch.want(Address(4096), LONGEST_PIECE)).collect();
        assert_eq!(batch.wanted_bytes(), MOST_BYTES);
        assert_eq!(batch.len(), MOST_BYTES / LONGEST_PIECE);
        assert_eq!(slots.last().and_then(|slot| batch.bytes(*slot)), None);
    }
}
