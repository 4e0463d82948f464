//! Memory read by whole pages, each once.
//!
//! Objects of one kind lie side by side, so that a walk through thousands of them comes back to the same pages again and
//! again. What is read here is a picture of the recent past: good for looking around, and to be thrown away and taken
//! anew where it contradicts itself.

use std::cell::RefCell;
use std::collections::HashMap;

use super::{Batch, Memory, ReadError, little_endian};
use crate::snapshot::Address;

/// Bytes of a page. A larger page of the machine only means more of ours.
const PAGE: usize = 4096;
/// Pages that are kept before all are forgotten: 16 MiB.
const MOST_PAGES: usize = 4096;
/// Pages that are read at once: 1 MiB.
const PAGES_AT_ONCE: usize = 256;
/// Bytes of one read; a longer one is cut.
const LONGEST_READ: usize = 4 << 20;

/// Keeps the pages of another memory.
pub struct Pages<'a> {
    memory: &'a dyn Memory,
    /// By number; `None` for a page that cannot be read.
    kept: RefCell<HashMap<u64, Option<Box<[u8]>>>>,
}

impl<'a> Pages<'a> {
    /// Nothing is kept yet.
    #[must_use]
    pub fn new(memory: &'a dyn Memory) -> Self {
        Self { memory, kept: RefCell::default() }
    }

    /// Forgets what was read, to see what is there now.
    pub fn renew(&self) {
        self.kept.borrow_mut().clear();
    }

    /// Reads what is there now, whatever was kept.
    ///
    /// # Errors
    ///
    /// As [`Memory::read`].
    pub fn read_now(&self, address: Address, length: usize) -> Result<Vec<u8>, ReadError> {
        self.memory.read(address, length)
    }

    /// Copies what is kept; false when some of it is not there.
    fn copy(&self, address: Address, bytes: &mut [u8]) -> bool {
        let kept = self.kept.borrow();
        let mut done = 0;
        while done < bytes.len() {
            let at = address.plus(done);
            let inside = at.0 as usize % PAGE;
            let length = (PAGE - inside).min(bytes.len() - done);
            let page = kept.get(&number(at)).and_then(Option::as_deref);
            let (Some(from), Some(to)) =
                (page.and_then(|page| page.get(inside..inside + length)), bytes.get_mut(done..done + length))
            else {
                return false;
            };
            to.copy_from_slice(from);
            done += length;
        }
        true
    }

    /// Reads the pages that pieces lie in, where they are not kept. False when these are too many to be kept.
    fn bring(&self, pieces: &[(Address, usize)]) -> Result<bool, ReadError> {
        let mut kept = self.kept.borrow_mut();
        let mut missing = missing(&kept, pieces);
        if kept.len().saturating_add(missing.len()) > MOST_PAGES {
            kept.clear();
            missing = self::missing(&kept, pieces);
        }
        if missing.len() > MOST_PAGES || missing.is_empty() {
            return Ok(missing.is_empty());
        }
        let mut batch = Batch::default();
        let address = |page: &u64| Address(page.wrapping_mul(PAGE as u64));
        for pages in missing.chunks(PAGES_AT_ONCE) {
            batch.clear();
            let slots: Vec<_> = pages.iter().map(|page| batch.want(address(page), PAGE)).collect();
            self.memory.fetch(&mut batch)?;
            kept.extend(pages.iter().zip(slots).map(|(page, slot)| (*page, batch.bytes(slot).map(Box::from))));
        }
        Ok(true)
    }

    fn read_into(&self, address: Address, bytes: &mut [u8]) -> Result<(), ReadError> {
        let length = bytes.len();
        let there = self.copy(address, bytes) || (self.bring(&[(address, length)])? && self.copy(address, bytes));
        if there { Ok(()) } else { Err(ReadError::Unmapped(address)) }
    }
}

/// The pages of these pieces that are not kept, each once.
fn missing(kept: &HashMap<u64, Option<Box<[u8]>>>, pieces: &[(Address, usize)]) -> Vec<u64> {
    let mut missing = Vec::new();
    for (address, length) in pieces {
        let last = number(Address(address.0.saturating_add(length.saturating_sub(1) as u64)));
        missing.extend((number(*address)..=last).filter(|page| !kept.contains_key(page)));
    }
    missing.sort_unstable();
    missing.dedup();
    missing
}

fn number(address: Address) -> u64 {
    address.0 / PAGE as u64
}

impl Memory for Pages<'_> {
    fn fetch(&self, batch: &mut Batch) -> Result<(), ReadError> {
        let pieces: Vec<(Address, usize)> = batch.wishes().collect();
        if !self.bring(&pieces)? {
            return self.memory.fetch(batch);
        }
        batch.fill(|address, bytes| self.copy(address, bytes));
        Ok(())
    }

    fn read(&self, address: Address, length: usize) -> Result<Vec<u8>, ReadError> {
        let mut bytes = vec![0; length.min(LONGEST_READ)];
        self.read_into(address, &mut bytes)?;
        Ok(bytes)
    }

    fn read_u64(&self, address: Address) -> Result<u64, ReadError> {
        let mut bytes = [0; 8];
        self.read_into(address, &mut bytes)?;
        Ok(little_endian(&bytes))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Memory that has the same bytes everywhere below a limit, and counts its fetches.
    struct Plain {
        end: u64,
        byte: Cell<u8>,
        fetches: Cell<usize>,
    }

    impl Memory for Plain {
        fn fetch(&self, batch: &mut Batch) -> Result<(), ReadError> {
            self.fetches.set(self.fetches.get() + 1);
            batch.fill(|address, bytes| {
                bytes.fill(self.byte.get());
                address.0.saturating_add(bytes.len() as u64) <= self.end
            });
            Ok(())
        }
    }

    fn plain(pages: u64) -> Plain {
        Plain { end: pages * PAGE as u64, byte: Cell::new(7), fetches: Cell::new(0) }
    }

    #[test]
    fn a_page_is_read_once_until_it_is_renewed() {
        let memory = plain(3);
        let pages = Pages::new(&memory);
        assert_eq!(pages.read(Address(4090), 12), Ok(vec![7; 12]), "across two pages");
        memory.byte.set(8);
        assert_eq!(pages.read_u64(Address(4100)), Ok(0x0707_0707_0707_0707));
        assert_eq!(memory.fetches.get(), 1);
        assert_eq!(pages.read_now(Address(4100), 2), Ok(vec![8, 8]));
        pages.renew();
        assert_eq!(pages.read(Address(0), 1), Ok(vec![8]));
    }

    #[test]
    fn what_is_not_there_is_asked_for_once() {
        let memory = plain(1);
        let pages = Pages::new(&memory);
        for _ in 0..3 {
            assert_eq!(pages.read(Address(4090), 12), Err(ReadError::Unmapped(Address(4090))));
            assert_eq!(pages.read(Address(4090), 6), Ok(vec![7; 6]));
        }
        assert_eq!(memory.fetches.get(), 1);
        assert!(pages.read(Address(u64::MAX - 3), 8).is_err(), "beyond the end of memory");
    }

    #[test]
    fn no_more_is_kept_than_the_limit() {
        let memory = plain(u64::MAX / PAGE as u64);
        let pages = Pages::new(&memory);
        for page in 0..MOST_PAGES as u64 + 10 {
            pages.read_u64(Address(page * PAGE as u64)).unwrap();
        }
        assert_eq!(pages.kept.borrow().len(), 10);
        let mut batch = Batch::default();
        let slots: Vec<_> = (0..MOST_PAGES as u64 + 1).map(|page| batch.want(Address(page * PAGE as u64), 8)).collect();
        pages.fetch(&mut batch).unwrap();
        assert_eq!(slots.iter().filter(|slot| batch.bytes(**slot).is_some()).count(), MOST_PAGES + 1);
    }
}
