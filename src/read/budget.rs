//! What one run keeps in memory, whatever the targets do.
//!
//! All that is kept for the length of a run takes its bytes from one budget, and where nothing is left it is not kept and
//! counted. The budget has two parts, so that neither takes the other's room: functions, line tables and stacks, and what looks
//! saw. In a pod whose memory is nearly used up it is the service that the kernel would kill for what we take.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes of functions, line tables and stacks that one run keeps. With what looks saw, the program itself, what a look needs
/// while it lasts and a report in the making, hangspy stays below 64 MiB.
const KEPT: usize = 20 << 20;
/// Bytes of what looks saw: half a minute of four busy workers at a hundred looks a second.
const KEPT_OF_LOOKS: usize = 12 << 20;

/// Bytes of a budget that lines leave to everything else.
pub(in crate::read) const NOT_FOR_LINES: usize = 8 << 20;

/// Bytes that are left; clones take from the same.
#[derive(Clone, Debug)]
pub struct Budget {
    left: Arc<AtomicUsize>,
}

impl Default for Budget {
    /// That of a whole run, for functions, line tables and stacks.
    fn default() -> Self {
        Self::of(KEPT)
    }
}

impl Budget {
    /// That of a whole run, for what looks saw.
    #[must_use]
    pub fn of_looks() -> Self {
        Self::of(KEPT_OF_LOOKS)
    }

    /// So many bytes.
    #[must_use]
    pub fn of(bytes: usize) -> Self {
        Self { left: Arc::new(AtomicUsize::new(bytes)) }
    }

    /// So many bytes beside those that lines leave to everything else, for who begins anew when [`Self::has_room_for_lines`] no more.
    #[must_use]
    pub fn beside_lines(bytes: usize) -> Self {
        Self::of(NOT_FOR_LINES + bytes)
    }

    /// Whether lines of new functions still find room.
    #[must_use]
    pub fn has_room_for_lines(&self) -> bool {
        self.left() > NOT_FOR_LINES + NOT_FOR_LINES / 64
    }

    /// Takes bytes; false when there are not as many.
    #[must_use]
    pub fn take(&self, bytes: usize) -> bool {
        let taken = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes));
        taken.is_ok()
    }

    /// Gives bytes back that were taken.
    pub fn give_back(&self, bytes: usize) {
        self.left.fetch_add(bytes, Ordering::Relaxed);
    }

    /// How many are left.
    #[must_use]
    pub fn left(&self) -> usize {
        self.left.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_gone_for_all_until_it_is_given_back() {
        let budget = Budget::of(10);
        let other = budget.clone();
        assert!(budget.take(7) && !other.take(4) && other.take(3));
        budget.give_back(4);
        assert_eq!(other.left(), 4);
        let lines = Budget::beside_lines(1 << 20);
        assert!(lines.has_room_for_lines() && lines.take(1 << 20) && !lines.has_room_for_lines());
    }
}
