//! What shows who used the CPU, and what the quota did.

use serde::{Deserialize, Serialize};

use crate::aggregate::Place;
use crate::snapshot::ThreadId;

/// A fact about the CPU.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[expect(
    missing_docs,
    reason = "the fields are the figures and names of the sentence that the variant is described by"
)]
pub enum CpuFact {
    /// The quota adds to it.
    QuotaAdds { cores: Option<f64>, share: f64 },
    /// Throttled in this share of the periods of the window.
    Throttled { share: f64 },
    /// The same, where it decides nothing.
    QuotaThrottled { share: f64 },
    /// For so long, added up over its CPUs.
    ThrottledFor { for_s: f64, of_s: f64 },
    /// Most of the quota was used by other processes of the group.
    UsedElsewhere { own_share: f64 },
    /// Most of it was used by threads in this function, or by native threads of this name.
    UsedBy { place: Option<Place>, name: String, threads: u64, share: f64 },
    /// The loop of a thread waited for a CPU.
    AwaitedCpu { thread: ThreadId, looks: u64, of: u64 },
}
