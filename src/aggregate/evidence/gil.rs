//! What shows who has the GIL.

use serde::{Deserialize, Serialize};

use crate::aggregate::Place;
use crate::classify::Who;

/// A fact about the GIL.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[expect(
    missing_docs,
    reason = "the fields are the figures and names of the sentence that the variant is described by"
)]
pub enum GilFact {
    /// Nobody has the GIL.
    GilFree,
    /// The thread does not have the GIL.
    WithoutGil,
    /// The thread has the GIL.
    HoldsGil { looks: u64, of: u64 },
    /// The loop waits for the GIL; whether its Python frames look idle.
    AwaitsGil { looks: u64, of: u64, looks_idle: bool },
    /// Others take turns with the GIL; the one that has it most often does so in `looks`.
    TakeTurns { threads: u64, looks: u64 },
    /// One thread has the GIL.
    OneHasGil { thread: Who, looks: u64, of: u64 },
    /// It stays with one thread for so long or longer.
    GilStays { hold_s: f64 },
    /// It changes hands.
    GilChangesHands { every_s: f64 },
    /// It never changed hands: whoever waits for it, beside the loop.
    GilNeverChanges { suspects: Vec<Who> },
    /// A function sleeps on one native mutex and has the GIL.
    SleepsOnMutex { place: Place, looks: u64, of: u64 },
}
