//! What a search for who could end a wait found, and what else it may be.

use serde::{Deserialize, Serialize};

/// What a search found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[expect(
    missing_docs,
    reason = "the fields are the figures and names of the sentence that the variant is described by"
)]
pub enum SearchFact {
    /// It is taken, and nobody is left who could give it back.
    NobodyHolds,
    /// Nobody is left to set it.
    NobodySets,
    /// Long polls that another request ends look the same.
    MayBeLongPolls,
    /// A long poll looks the same.
    MayBeLongPoll,
    /// Nobody was found who could end it; whether others of the application run.
    NobodyFound { others_run: bool },
    /// A time limit ends it, so many seconds from now.
    EndsLate { left_s: f64 },
    /// A long poll in a thread looks the same.
    MayBeLongPollInThread,
    /// An attempt may succeed yet.
    MaySucceed,
    /// Several findings read the same, and this one stands for all.
    StandsFor { findings: u64 },
    /// Not everything was looked through.
    NotAllSearched,
}
