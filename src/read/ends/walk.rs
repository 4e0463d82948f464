//! From many sources at once, a step at a time: what is reached belongs to the source that reached it first.
//!
//! So every object is looked at once, however many sources lead to it, and what belongs to one connection is that
//! connection's, although each of them leads to all others by way of the server. What two sources reach in the same step is
//! shared by all, and nothing is followed from there: a server's settings, the application.

use std::collections::HashMap;

use super::references::{Met, References};
use crate::memory::ReadError;
use crate::read::allowance::{FEW_OBJECTS, Limit};
use crate::read::objects::builtin::Objects;
use crate::snapshot::Address;

/// Objects that one walk looks at.
const MOST_OBJECTS: usize = 200_000;
/// How often the clock is asked.
const CHECK_EVERY: usize = 256;

/// Where a walk begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::read) struct Source<T> {
    /// What it is.
    pub(in crate::read) what: T,
    /// The objects that it begins at.
    pub(in crate::read) roots: Vec<Address>,
    /// Steps that it goes before all others begin, and no further; `None` where it goes with the others. What it reaches in
    /// them is nobody else's.
    pub(in crate::read) ahead: Option<usize>,
}

/// What a walk found.
#[derive(Clone, Debug)]
pub(in crate::read) struct Reached<T> {
    /// Futures and tasks that are not done: which source reached each, and whether through a queue of calls.
    pub(in crate::read) found: Vec<(Address, T, bool)>,
    /// Whether a limit ended it.
    pub(in crate::read) cut: bool,
}

/// A place to be looked at: the object, its source, and whether it was reached through a queue of calls.
type Step = (Address, u32, bool);

/// Walks `steps` steps from each source.
///
/// # Errors
///
/// When the process is gone or closed to us.
pub(in crate::read) fn walk<T: Copy>(
    objects: Objects<'_>,
    references: &mut References,
    sources: &[Source<T>],
    steps: usize,
    limit: Limit,
) -> Result<Reached<T>, ReadError> {
    let mut reached = Reached { found: Vec::new(), cut: false };
    let mut owners: HashMap<Address, (u32, usize)> = HashMap::new();
    // The first step of those who go with the others.
    let begin = sources.iter().filter_map(|source| source.ahead).max().map_or(0, |ahead| ahead + 1);
    let mut frontier: Vec<Step> = Vec::new();
    for step in 0..=steps + begin {
        let begins = |source: &Source<T>| step == if source.ahead.is_some() { 0 } else { begin };
        for (number, source) in (0_u32..).zip(sources).filter(|(_, source)| begins(source)) {
            frontier.extend(source.roots.iter().map(|root| (*root, number, false)));
        }
        let ends = |number: u32| {
            let ahead = sources.get(number as usize).and_then(|source| source.ahead);
            ahead.is_some_and(|ahead| step >= ahead)
        };
        let mut shared = Vec::new();
        for (object, source, _) in &frontier {
            match owners.get(object) {
                None => drop(owners.insert(*object, (*source, step))),
                Some((other, at)) if *at == step && other != source => shared.push(*object),
                Some(_) => {}
            }
        }
        shared.sort_unstable();
        let mut next: Vec<Step> = Vec::new();
        for (index, (object, source, queued)) in std::mem::take(&mut frontier).into_iter().enumerate() {
            if owners.get(&object) != Some(&(source, step)) {
                continue;
            }
            let met = owners.len();
            if met >= MOST_OBJECTS || index % CHECK_EVERY == 0 && limit.is_spent_after(met, FEW_OBJECTS) {
                reached.cut = true;
                return Ok(reached);
            }
            let what = sources.get(source as usize).map(|source| source.what);
            match references.of(objects, object)? {
                Met::Nothing => {}
                Met::Task => reached.found.extend(what.map(|what| (object, what, queued))),
                Met::Future(after) => {
                    reached.found.extend(what.map(|what| (object, what, queued)));
                    next.extend(after.into_iter().map(|object| (object, source, queued)));
                }
                // Several lead here in as many steps: it is nobody's.
                Met::Object(_) | Met::Calls(_) if shared.binary_search(&object).is_ok() || ends(source) => {}
                Met::Object(others) => next.extend(others.into_iter().map(|object| (object, source, queued))),
                Met::Calls(calls) => next.extend(calls.into_iter().map(|object| (object, source, true))),
            }
        }
        next.retain(|(object, ..)| !owners.contains_key(object));
        next.sort_unstable();
        next.dedup();
        frontier = next;
    }
    Ok(reached)
}
