//! What was read last time is fetched ahead this time.
//!
//! Most of what a sample looks at stands where it stood in the sample before: a blocked loop does not move at all.
//! So readers walk from the roots each time, as if they knew nothing, and whatever they read is remembered and fetched
//! together with the next sample's stacks. A walk that goes where it went before costs no system call, and one that
//! goes elsewhere costs one for each new piece. Nothing is ever taken from an earlier sample, only its address.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::memory::{Batch, Memory, ReadError, Slot};
use crate::snapshot::Address;

/// Pieces that are fetched ahead. Ten event loops need about 300.
const MOST_PIECES: usize = 1024;
/// Longer pieces belong to a search, not to a sample.
const LONGEST_PIECE: usize = 4096;

/// Remembers what was read.
#[derive(Debug, Default)]
pub(crate) struct Foresight {
    planned: HashMap<(Address, usize), Slot>,
    asked: RefCell<Vec<(Address, usize)>>,
}

impl Foresight {
    /// Adds to the batch what was asked for since the last plan.
    pub(crate) fn plan(&mut self, batch: &mut Batch) {
        self.planned.clear();
        for (address, length) in self.asked.get_mut().drain(..) {
            self.planned.entry((address, length)).or_insert_with(|| batch.want(address, length));
        }
    }

    /// The target's memory, with what was planned already at hand in the fetched batch.
    pub(crate) fn view<'a>(&'a self, batch: &'a Batch, memory: &'a dyn Memory) -> Foreseen<'a> {
        Foreseen { foresight: self, batch, memory }
    }
}

/// Foresight for readings that are fetched together with nothing else.
#[derive(Debug, Default)]
pub(in crate::read) struct Ahead {
    foresight: Foresight,
    batch: Batch,
}

impl Ahead {
    /// Fetches what was read last time.
    ///
    /// # Errors
    ///
    /// When the process is gone or closed to us.
    pub(in crate::read) fn fetch(&mut self, memory: &dyn Memory) -> Result<(), ReadError> {
        self.batch.clear();
        self.foresight.plan(&mut self.batch);
        memory.fetch(&mut self.batch)
    }

    /// The target's memory, with that at hand.
    pub(in crate::read) fn view<'a>(&'a self, memory: &'a dyn Memory) -> Foreseen<'a> {
        self.foresight.view(&self.batch, memory)
    }
}

/// The memory of a target, some of it fetched ahead.
pub(crate) struct Foreseen<'a> {
    foresight: &'a Foresight,
    batch: &'a Batch,
    memory: &'a dyn Memory,
}

impl Memory for Foreseen<'_> {
    fn fetch(&self, batch: &mut Batch) -> Result<(), ReadError> {
        self.memory.fetch(batch)
    }

    fn read(&self, address: Address, length: usize) -> Result<Vec<u8>, ReadError> {
        let mut asked = self.foresight.asked.borrow_mut();
        if length <= LONGEST_PIECE && asked.len() < MOST_PIECES {
            asked.push((address, length));
        }
        drop(asked);
        let slot = self.foresight.planned.get(&(address, length));
        match slot.and_then(|slot| self.batch.bytes(*slot)) {
            Some(bytes) => Ok(bytes.to_vec()),
            None => self.memory.read(address, length),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::LiveMemory;
    use crate::snapshot::ProcessId;

    #[test]
    fn a_second_look_at_the_same_place_costs_no_call_of_its_own() {
        let word = 7_u64;
        let address = Address(std::ptr::from_ref(&word) as u64);
        let memory = LiveMemory::new(ProcessId(std::process::id()));
        let mut foresight = Foresight::default();
        let mut batch = Batch::default();
        foresight.plan(&mut batch);
        assert!(batch.is_empty(), "nothing was asked for yet");
        assert_eq!(foresight.view(&batch, &memory).read_u64(address), Ok(7));
        foresight.plan(&mut batch);
        memory.fetch(&mut batch).unwrap();
        let calls = memory.calls();
        assert_eq!(foresight.view(&batch, &memory).read_u64(address), Ok(7));
        assert_eq!(memory.calls(), calls, "the piece was fetched ahead");
    }
}
