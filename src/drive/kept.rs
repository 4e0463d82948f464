//! What is kept of many looks: all of them while there is room, and when there is not every second, every fourth, ... of them, spread
//! over the whole time. The first and the newest are always among them.

use crate::read::Budget;
use crate::snapshot::{Census, Snapshot, Surroundings};

/// Something that is seen again and again.
pub(super) trait Seen {
    /// Bytes that it takes beside the one before it.
    fn bytes_beside(&self, before: Option<&Self>) -> usize;

    /// Uses of the one before what is the same.
    fn share_with(&mut self, _before: &Self) {}
}

impl Seen for Snapshot {
    fn bytes_beside(&self, before: Option<&Self>) -> usize {
        self.bytes(before)
    }

    fn share_with(&mut self, before: &Self) {
        Self::share_with(self, before);
    }
}

impl Seen for Surroundings {
    fn bytes_beside(&self, _before: Option<&Self>) -> usize {
        self.bytes()
    }
}

impl Seen for Census {
    fn bytes_beside(&self, _before: Option<&Self>) -> usize {
        self.bytes()
    }
}

/// How much is kept of what is seen again and again.
#[derive(Debug)]
pub(super) struct Kept {
    /// Of so many, one is kept.
    stride: u64,
    seen: u64,
    bytes: usize,
}

impl Default for Kept {
    fn default() -> Self {
        Self { stride: 1, seen: 0, bytes: 0 }
    }
}

impl Kept {
    /// Bytes that are kept.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds what was just seen, for which its bytes were taken from the budget; what it does not need is given back.
    pub(super) fn add<T: Seen>(&mut self, items: &mut Vec<T>, mut item: T, budget: &Budget) {
        let newest_is_extra = self.seen > 0 && !(self.seen - 1).is_multiple_of(self.stride);
        if let Some(extra) = newest_is_extra.then(|| items.pop()).flatten() {
            let bytes = extra.bytes_beside(items.last());
            self.bytes -= bytes.min(self.bytes);
            budget.give_back(bytes);
        }
        let taken = item.bytes_beside(None);
        if let Some(before) = items.last() {
            item.share_with(before);
        }
        let bytes = item.bytes_beside(items.last());
        budget.give_back(taken.saturating_sub(bytes));
        self.bytes += bytes;
        self.seen += 1;
        items.push(item);
    }

    /// Keeps half as many from now on, and of those that are kept; false when there is nothing to leave out.
    pub(super) fn thin<T: Seen>(&mut self, items: &mut Vec<T>, budget: &Budget) -> bool {
        let (before, newest) = (items.len(), items.len().saturating_sub(1));
        let mut at = 0;
        items.retain(|_| {
            let stays = at % 2 == 0 || at == newest;
            at += 1;
            stays
        });
        self.stride = self.stride.saturating_mul(2);
        let mut earlier = None;
        let mut bytes = 0;
        for item in items.iter() {
            bytes += item.bytes_beside(earlier);
            earlier = Some(item);
        }
        budget.give_back(self.bytes.saturating_sub(bytes));
        self.bytes = bytes;
        items.len() < before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BYTES: usize = 10;

    impl Seen for u64 {
        fn bytes_beside(&self, _before: Option<&Self>) -> usize {
            BYTES
        }
    }

    #[test]
    fn when_room_is_short_what_stays_is_spread_over_the_whole_time() {
        let (mut kept, mut items) = (Kept::default(), Vec::new());
        let budget = Budget::of(BYTES * 1000);
        for number in 0..100 {
            assert!(budget.take(BYTES));
            kept.add(&mut items, number, &budget);
            if items.len() > 10 {
                assert!(kept.thin(&mut items, &budget));
            }
            assert_eq!((items.first(), items.last()), (Some(&0), Some(&number)), "the first and the newest stay");
        }
        assert_eq!(items, [0, 16, 32, 48, 64, 80, 96, 99]);
        assert_eq!((kept.bytes(), budget.left()), (8 * BYTES, (1000 - 8) * BYTES));
    }

    #[test]
    fn two_cannot_be_fewer() {
        let (mut kept, mut items) = (Kept::default(), Vec::new());
        let budget = Budget::of(BYTES * 2);
        for number in 0..2 {
            assert!(budget.take(BYTES));
            kept.add(&mut items, number, &budget);
        }
        assert!(!kept.thin(&mut items, &budget));
        assert_eq!((items, budget.left()), (vec![0, 1], 0));
    }
}
