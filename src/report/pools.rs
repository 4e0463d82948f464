//! Pools as they were last seen.

use super::model::{PoolReport, PoolUsers};
use super::observations::Seen;
use crate::aggregate::{Analysis, Subject, users_of};
use crate::snapshot::{Occupier, PoolSample};
use crate::words;

/// The pools of a process.
pub(super) fn pools(analysis: &Analysis<'_>) -> Vec<PoolReport> {
    let last = analysis.recording.censuses.last();
    last.map(|census| census.pools.iter().map(|pool| report(analysis, pool)).collect()).unwrap_or_default()
}

fn report(analysis: &Analysis<'_>, pool: &PoolSample) -> PoolReport {
    PoolReport {
        process: analysis.pid().0,
        kind: pool.kind,
        name: pool.name.clone(),
        size: pool.size,
        in_use: pool.in_use,
        waiting: pool.waiting,
        occupied_by: users(analysis, &pool.occupiers),
        waited_for_by: users(analysis, &pool.waiters),
    }
}

/// Users by the function they are in, the most first.
fn users(analysis: &Analysis<'_>, users: &[Occupier]) -> Vec<PoolUsers> {
    let groups = users_of(analysis, users).into_iter();
    groups.map(|(place, count)| PoolUsers { place, count }).collect()
}

/// Pools of a process in a few words each, those in use.
pub(super) fn in_use(analysis: &Analysis<'_>) -> Vec<Seen> {
    let pools = analysis.recording.censuses.last().into_iter().flat_map(|census| &census.pools);
    let in_use = pools.filter(|pool| pool.in_use.get().is_some_and(|in_use| *in_use > 0));
    in_use.map(|pool| Seen::of(Subject::Pool(pool.address), pool_line(&report(analysis, pool)))).collect()
}

/// `4 of 40 worker threads busy`, `3 of 3 database connections taken, 5 wait`
#[must_use]
pub fn pool_line(pool: &PoolReport) -> String {
    words::line(pool.kind, pool.in_use, pool.size, pool.waiting)
}

/// A pool in the contract's word, which is not the journal's.
pub(super) mod word {
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;

    use crate::snapshot::PoolKind;
    use crate::words;

    /// # Errors
    /// What the serializer says.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands fields over by reference")]
    pub(in crate::report) fn serialize<S: Serializer>(kind: &PoolKind, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(words::contract(*kind))
    }

    /// # Errors
    /// When it is no word of the contract.
    pub(in crate::report) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<PoolKind, D::Error> {
        let word = String::deserialize(from)?;
        words::of_contract(&word).ok_or_else(|| D::Error::custom(format!("`{word}` is no pool")))
    }
}
