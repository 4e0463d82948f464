//! What a thread does at one instant.

use super::{Cause, SecondParty};

/// The manner of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Manner {
    /// Waits for work, as it should.
    Idle,
    /// Waits for something in particular.
    Waiting,
    /// On a CPU, or ready for one.
    Running,
    /// Waits for the GIL.
    WaitingForGil,
    /// Stopped by a signal or a tracer.
    Stopped,
    /// The facts do not tell.
    Unclear,
}

/// What a thread does at one instant, and what it would mean for a loop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// The manner of it.
    pub manner: Manner,
    /// Why a loop would be blocked by it; `None` where it would not be.
    pub cause: Option<Cause>,
    /// In words, without figures that change: "blocked in recvfrom from 10.0.3.7:5432".
    pub doing: String,
    /// In words, to follow "blocked in fetch_orders, ": "reading from 10.0.3.7:5432".
    pub clause: String,
    /// Who is at the other side.
    pub party: SecondParty,
    /// Whether the reading of the facts is one of several; the verdict says so.
    pub guessed: bool,
}

impl Activity {
    /// A wait with nobody named at the other side.
    #[must_use]
    pub(super) fn waiting(cause: Cause, doing: impl Into<String>, clause: impl Into<String>) -> Self {
        Self {
            manner: Manner::Waiting,
            cause: Some(cause),
            doing: doing.into(),
            clause: clause.into(),
            party: SecondParty::None,
            guessed: false,
        }
    }

    /// Something that would not block a loop or whose cause is not told by one look.
    #[must_use]
    pub(super) fn plain(manner: Manner, doing: impl Into<String>) -> Self {
        let doing = doing.into();
        Self { manner, cause: None, clause: doing.clone(), doing, party: SecondParty::None, guessed: false }
    }

    /// Running, which blocks a loop for this cause if it lasts.
    #[must_use]
    pub(super) fn running(cause: Cause, doing: &str, clause: &str) -> Self {
        Self { manner: Manner::Running, ..Self::waiting(cause, doing, clause) }
    }

    /// The same with somebody at the other side.
    #[must_use]
    pub(super) fn with(self, party: SecondParty) -> Self {
        Self { party, ..self }
    }

    /// The same, marked as one reading of several.
    #[must_use]
    pub(super) fn guessed(self) -> Self {
        Self { guessed: true, ..self }
    }
}
