//! What a thread does at one instant, and what it would mean for a loop.

use super::{Cause, Doing, SecondParty};

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
#[derive(Clone, Debug, PartialEq)]
pub struct Activity {
    /// The manner of it.
    pub manner: Manner,
    /// Why a loop would be blocked by it; `None` where it would not be.
    pub cause: Option<Cause>,
    /// What it does.
    pub does: Doing,
    /// Whether it sleeps and keeps the GIL.
    pub keeps_gil: bool,
    /// Who is at the other side.
    pub party: SecondParty,
    /// Whether the reading of the facts is one of several; the verdict says so.
    pub guessed: bool,
}

impl Activity {
    /// A wait with nobody named at the other side.
    #[must_use]
    pub(super) fn waiting(cause: Cause, does: Doing) -> Self {
        Self { cause: Some(cause), ..Self::plain(Manner::Waiting, does) }
    }

    /// Something that would not block a loop or whose cause is not told by one look.
    #[must_use]
    pub(super) fn plain(manner: Manner, does: Doing) -> Self {
        Self { manner, cause: None, does, keeps_gil: false, party: SecondParty::None, guessed: false }
    }

    /// Running, which blocks a loop for this cause if it lasts.
    #[must_use]
    pub(super) fn running(cause: Cause, does: Doing) -> Self {
        Self { cause: Some(cause), ..Self::plain(Manner::Running, does) }
    }

    /// Nothing is known of it.
    #[must_use]
    pub fn unknown() -> Self {
        Self { cause: Some(Cause::Unknown), guessed: true, ..Self::plain(Manner::Unclear, Doing::NotKnown) }
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
