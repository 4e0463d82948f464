//! The memory of a running process, through `process_vm_readv(2)`. Never stops it.

use std::cell::Cell;
use std::io::IoSliceMut;

use nix::errno::Errno;
use nix::sys::uio::{RemoteIoVec, process_vm_readv};
use nix::unistd::Pid;

use super::{Batch, Memory, ReadError};
use crate::snapshot::ProcessId;

/// `IOV_MAX` of Linux: pieces per system call.
const PIECES_PER_CALL: usize = 1024;

/// The memory of a running process.
#[derive(Debug)]
pub struct LiveMemory {
    pid: Pid,
    calls: Cell<u64>,
}

impl LiveMemory {
    /// The memory of process `pid`. Nothing is read yet.
    #[must_use]
    pub fn new(pid: ProcessId) -> Self {
        Self { pid: Pid::from_raw(i32::try_from(pid.0).unwrap_or(0)), calls: Cell::new(0) }
    }

    /// System calls made so far.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.calls.get()
    }
}

impl Memory for LiveMemory {
    fn fetch(&self, batch: &mut Batch) -> Result<(), ReadError> {
        batch.make_room();
        let mut first = 0;
        while first < batch.pieces.len() {
            let last = batch.pieces.len().min(first + PIECES_PER_CALL);
            let (start, end) =
                (batch.pieces[first].start, batch.pieces[last - 1].start + batch.pieces[last - 1].length);
            let mut rest = &mut batch.bytes[start..end];
            let mut local = Vec::with_capacity(last - first);
            let mut remote = Vec::with_capacity(last - first);
            for piece in &batch.pieces[first..last] {
                let (bytes, behind) = rest.split_at_mut(piece.length);
                rest = behind;
                local.push(IoSliceMut::new(bytes));
                remote.push(RemoteIoVec { base: usize::try_from(piece.address.0).unwrap_or(0), len: piece.length });
            }
            self.calls.set(self.calls.get() + 1);
            let mut got = match process_vm_readv(self.pid, &mut local, &remote) {
                Ok(got) => got,
                Err(Errno::ESRCH) => return Err(ReadError::Gone),
                // The kernel itself says EPERM; a filter says what its profile has.
                Err(Errno::EPERM | Errno::EACCES | Errno::ENOSYS) => return Err(ReadError::Refused),
                Err(_) => 0,
            };
            // The kernel fills pieces in order and ends at the first that it cannot read: leave that one out and go on.
            let mut next = last;
            for (index, piece) in batch.pieces[first..last].iter_mut().enumerate() {
                if got < piece.length {
                    next = first + index + 1;
                    break;
                }
                got -= piece.length;
                piece.present = true;
            }
            first = next;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Address;

    #[test]
    fn a_piece_that_cannot_be_read_does_not_spoil_the_others() {
        let word = 0x1122_3344_5566_7788_u64;
        let here = Address(std::ptr::from_ref(&word) as u64);
        let memory = LiveMemory::new(ProcessId(std::process::id()));
        let mut batch = Batch::default();
        let slots = [batch.want(here, 8), batch.want(Address(16), 8), batch.want(here, 4), batch.want(here, 0)];
        memory.fetch(&mut batch).unwrap();
        assert_eq!(batch.u64_at(slots[0], 0), Some(word));
        assert_eq!(batch.bytes(slots[1]), None);
        assert_eq!(batch.bytes(slots[2]), Some(&word.to_le_bytes()[..4]));
        assert_eq!(batch.bytes(slots[3]), Some(&[][..]));
        assert_eq!(memory.calls(), 2);
    }

    #[test]
    fn a_process_that_is_gone_is_an_error() {
        let memory = LiveMemory::new(ProcessId(i32::MAX as u32));
        assert_eq!(memory.read(Address(4096), 8), Err(ReadError::Gone));
    }
}
