//! What fuzzing needs of memory: bytes that are there at every address, and tapes.

use super::{Batch, Memory, ReadError, Tape};
use crate::snapshot::Address;

/// A decoder by name.
type Target = (&'static str, fn(&[u8]));

/// The decoders of this room.
pub(crate) const TARGETS: &[Target] = &[("tape", tape)];

/// Tapes are files of tests and still foreign.
fn tape(mut bytes: &[u8]) {
    if let Ok(tape) = Tape::read(&mut bytes) {
        let _kept = tape.bytes();
    }
}

/// Memory that has the same few bytes again and again, at every address.
pub(crate) struct Echo<'a>(pub(crate) &'a [u8]);

impl Memory for Echo<'_> {
    fn fetch(&self, batch: &mut Batch) -> Result<(), ReadError> {
        batch.fill(|address: Address, bytes| {
            let Some(begin) = address.0.checked_rem(self.0.len() as u64) else { return false };
            let mut rest = bytes;
            let mut from = self.0.get(begin as usize..).unwrap_or_default();
            while !rest.is_empty() {
                let (now, behind) = rest.split_at_mut(from.len().min(rest.len()));
                now.copy_from_slice(from.get(..now.len()).unwrap_or_default());
                (rest, from) = (behind, self.0);
            }
            true
        });
        Ok(())
    }
}
