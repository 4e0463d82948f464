//! Memory that remembers what was read of it.

use std::cell::RefCell;

use super::{Batch, Memory, ReadError, Tape};

/// Reads from another memory and keeps all of it on a [`Tape`].
pub struct Recorder<'a> {
    memory: &'a dyn Memory,
    tape: RefCell<Tape>,
}

impl<'a> Recorder<'a> {
    /// Records what is read of `memory`.
    #[must_use]
    pub fn new(memory: &'a dyn Memory) -> Self {
        Self { memory, tape: RefCell::default() }
    }

    /// What was read.
    #[must_use]
    pub fn into_tape(self) -> Tape {
        self.tape.into_inner()
    }
}

impl Memory for Recorder<'_> {
    fn fetch(&self, batch: &mut Batch) -> Result<(), ReadError> {
        self.memory.fetch(batch)?;
        let mut tape = self.tape.borrow_mut();
        batch.present().for_each(|(address, bytes)| tape.keep(address, bytes));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Address;

    #[test]
    fn what_was_read_can_be_read_again() {
        let mut original = Tape::default();
        original.keep(Address(64), b"abcdefgh");
        let recorder = Recorder::new(&original);
        assert_eq!(recorder.read(Address(66), 4), Ok(b"cdef".to_vec()));
        assert_eq!(recorder.read(Address(70), 9), Err(ReadError::Unmapped(Address(70))));
        let tape = recorder.into_tape();
        assert_eq!(tape.read(Address(66), 4), Ok(b"cdef".to_vec()));
        assert_eq!(tape.bytes(), 4, "what was not read is not on the tape");
    }
}
