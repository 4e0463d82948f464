//! What one run keeps in memory, whatever the targets do.
//!
//! Every piece of what is kept for the length of a run (functions, line tables, stacks) takes its bytes from one budget, and
//! where nothing is left it is not kept and counted. In a pod whose memory is nearly used up it is the service that the kernel
//! would kill for what we take.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes that one run keeps. With the program itself, what a look needs while it lasts and a report in the making, hangspy stays
/// below 64 MiB.
const KEPT: usize = 20 << 20;

/// Bytes that are left; clones take from the same.
#[derive(Clone, Debug)]
pub struct Budget {
    left: Arc<AtomicUsize>,
}

impl Default for Budget {
    /// That of a whole run.
    fn default() -> Self {
        Self::of(KEPT)
    }
}

impl Budget {
    /// So many bytes.
    #[must_use]
    pub fn of(bytes: usize) -> Self {
        Self { left: Arc::new(AtomicUsize::new(bytes)) }
    }

    /// Takes bytes; false when there are not as many.
    #[must_use]
    pub(in crate::read) fn take(&self, bytes: usize) -> bool {
        let taken = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes));
        taken.is_ok()
    }

    /// Gives bytes back that were taken.
    pub(in crate::read) fn give_back(&self, bytes: usize) {
        self.left.fetch_add(bytes, Ordering::Relaxed);
    }

    /// How many are left.
    pub(in crate::read) fn left(&self) -> usize {
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
    }
}
