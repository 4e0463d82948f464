//! Threads of an executor that wait for what only a call could bring that stands in the queue of the same executor.
//!
//! A thread waits in a method of an event, a condition, a queue or a future. Where a call that no thread has taken yet has that
//! object among its arguments, or would set that future, it stands behind the one who waits for it.

use std::collections::HashSet;

use super::found::Around;
use super::reader::Pools;
use crate::libraries::Marks;
use crate::memory::ReadError;
use crate::read::ends::references::{Met, References};
use crate::read::objects::builtin::Objects;
use crate::read::threads::live::LiveFrame;
use crate::snapshot::Address;

/// Steps from a call: its function, what that is bound to, the arguments, a partial function among them, its arguments.
const STEPS: usize = 8;
/// Objects that the calls of one queue are followed through.
const MOST_OBJECTS: usize = 1024;

impl Pools {
    /// Whether a thread with these frames waits for an object that one of these calls leads to.
    pub(super) fn waits_behind(
        &mut self,
        objects: Objects<'_>,
        around: &Around<'_>,
        frames: &[LiveFrame],
        calls: &[Address],
    ) -> Result<bool, ReadError> {
        let waits = Marks::SIGN.and(Marks::QUEUE).and(Marks::FUTURE);
        let meanings = &mut self.meanings;
        let parked = frames.iter().take_while(|frame| meanings.of(around.codes, frame).marks.has(waits)).count();
        let mut wanted = HashSet::new();
        for frame in frames.iter().take(parked) {
            wanted.extend(self.this(objects, frame)?);
        }
        if wanted.is_empty() { Ok(false) } else { leads_to(objects, calls, &wanted) }
    }
}

fn leads_to(objects: Objects<'_>, calls: &[Address], wanted: &HashSet<Address>) -> Result<bool, ReadError> {
    let mut references = References::default();
    let mut seen = HashSet::new();
    let mut frontier = calls.to_vec();
    for _ in 0..STEPS {
        for object in std::mem::take(&mut frontier) {
            if wanted.contains(&object) {
                return Ok(true);
            }
            if seen.len() < MOST_OBJECTS
                && seen.insert(object)
                && let Met::Object(others) = references.of(objects, object)?
            {
                frontier.extend(others);
            }
        }
    }
    Ok(false)
}
