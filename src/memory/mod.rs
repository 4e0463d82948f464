//! Where bytes come from.
//!
//! Readers never fetch one field at a time: they collect what they want in a [`Batch`] and fetch it in one go, because a
//! system call costs more than the copy. A piece that cannot be read does not spoil the others.
//!
//! Tests of readers run on a [`Tape`], which a [`Recorder`] made of a real process, so that they need none.
//!
//! Only plain bytes cross this boundary. Nobody casts a foreign structure; integers are taken with [`Batch::u64_at`] and
//! its kin from little-endian bytes.

mod batch;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod live;
mod pages;
mod recorder;
mod tape;

pub use batch::{Batch, Slot, little_endian, u64_at};
pub use live::LiveMemory;
pub use pages::Pages;
pub use recorder::Recorder;
pub use tape::Tape;

use crate::snapshot::Address;

/// A read that failed as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The process is gone.
    #[error("the process is gone")]
    Gone,
    /// The kernel refuses.
    #[error("the kernel refuses to let us read")]
    Refused,
    /// This address is not mapped, or the tape has no such piece.
    #[error("nothing to read at {0}")]
    Unmapped(Address),
    /// What was read cannot be true.
    #[error("what stands at {0} cannot be true")]
    Implausible(Address),
}

/// Memory of a process, live or recorded.
pub trait Memory {
    /// Fetches every piece of the batch that can be read. Pieces that cannot be are marked as missing in the batch.
    ///
    /// # Errors
    ///
    /// [`ReadError::Gone`] when the process is gone, [`ReadError::Refused`] when the kernel does not let us read it.
    fn fetch(&self, batch: &mut Batch) -> Result<(), ReadError>;

    /// One piece, for the rare cases in which the next address depends on it.
    ///
    /// # Errors
    ///
    /// As [`Memory::fetch`], and [`ReadError::Unmapped`] when the piece cannot be read.
    fn read(&self, address: Address, length: usize) -> Result<Vec<u8>, ReadError> {
        let mut batch = Batch::default();
        let slot = batch.want(address, length);
        self.fetch(&mut batch)?;
        batch.bytes(slot).map(<[u8]>::to_vec).ok_or(ReadError::Unmapped(address))
    }

    /// One little-endian 64-bit word.
    ///
    /// # Errors
    ///
    /// As [`Memory::read`].
    fn read_u64(&self, address: Address) -> Result<u64, ReadError> {
        let bytes = self.read(address, 8)?;
        Ok(little_endian(&bytes))
    }

    /// One pointer.
    ///
    /// # Errors
    ///
    /// As [`Memory::read`].
    fn read_pointer(&self, address: Address) -> Result<Address, ReadError> {
        self.read_u64(address).map(Address)
    }
}
