//! How we know, in words.

use crate::aggregate::Evidence;

/// A fact that shows a trouble, in words.
#[must_use]
pub fn evidence(fact: &Evidence) -> String {
    match fact {
        Evidence::Said(words) => words.clone(),
    }
}
