//! HTTP in: alerts, captures on demand, what became of them, incidents, the ledger, figures.
//!
//! A room of its own because it knows nothing of processes: whoever watches is a [`Desk`], which answers at once and does what it was
//! asked later, from its own thread. One thread of ours serves (hyper on tokio's current-thread runtime), has no right that
//! serving does not need, and everything that a client may send is bounded: connections, heads, bodies, times.
//!
//! What Alertmanager does decides the answers: it repeats a notification on 5xx only, at once and again and again, and knows no
//! `Retry-After` (prometheus/alertmanager#2121, #2286). So whatever of a notification can be read is taken (202), also when
//! nothing is captured for it; what cannot be read is 4xx, which its operator sees in its log.

mod access;
mod address;
mod alerts;
mod answer;
mod desk;
mod routes;
mod secret;
mod serve;

pub use access::Access;
pub use address::Listen;
pub use alerts::{Alert, Notification};
pub use desk::{Desk, Listed, Operation, Progress, Receipt, Refusal, State, TryLater};
pub use secret::Secret;
pub use serve::Gateway;
