//! Unknown is a value: never 0, never false, never a missing key.

use serde::{Deserialize, Serialize};

/// Why something is not known. Captures have the number of a variant: what is new comes last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// The kernel refused.
    NotPermitted,
    /// This Python has no such field, or we do not know where it keeps it.
    NotInThisPython,
    /// The thread, page or file was gone when we came to it.
    Vanished,
    /// It changed while it was read.
    Torn,
    /// What was read cannot be true.
    Implausible,
    /// A named limit ended the read.
    Bounded,
    /// Not asked for in this sample, to keep the cost down.
    NotRead,
    /// This kernel does not offer it.
    NotInThisKernel,
    /// The kernel did not come back from reading it.
    Stuck,
    /// Reading it took longer than a look may take.
    OutOfTime,
    /// There was no room left for it in what a run may keep.
    OutOfMemory,
}

impl Why {
    /// The reason in words, to stand behind "unknown: ".
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::NotPermitted => "not permitted",
            Self::NotInThisPython => "not kept by this Python",
            Self::Vanished => "gone when we came to read it",
            Self::Torn => "changed while it was read",
            Self::Implausible => "what was read cannot be true",
            Self::Bounded => "cut by a limit",
            Self::OutOfTime => "cut by our limit of time",
            Self::OutOfMemory => "cut by our limit of memory",
            Self::NotRead => "not read in this sample",
            Self::NotInThisKernel => "not offered by this kernel",
            Self::Stuck => "reading it did not return",
        }
    }
}

/// A fact, or why we do not have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Known<T> {
    /// This is the fact.
    Is(T),
    /// We do not know, for this reason.
    Unknown(Why),
}

impl<T> Default for Known<T> {
    /// What a capture says of a field that its version did not have.
    fn default() -> Self {
        Self::Unknown(Why::NotRead)
    }
}

impl<T> Known<T> {
    /// The fact, if known.
    pub fn get(&self) -> Option<&T> {
        match self {
            Self::Is(value) => Some(value),
            Self::Unknown(_) => None,
        }
    }

    /// The fact by value, if known.
    pub fn ok(self) -> Option<T> {
        match self {
            Self::Is(value) => Some(value),
            Self::Unknown(_) => None,
        }
    }

    /// The reason, if unknown.
    pub fn why(&self) -> Option<Why> {
        match self {
            Self::Is(_) => None,
            Self::Unknown(why) => Some(*why),
        }
    }

    /// The same with the fact changed by `change`.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Known<U> {
        match self {
            Self::Is(value) => Known::Is(change(value)),
            Self::Unknown(why) => Known::Unknown(why),
        }
    }

    /// `Is` of the value, or `Unknown` for this reason.
    pub fn from_option(value: Option<T>, why: Why) -> Self {
        value.map_or(Self::Unknown(why), Self::Is)
    }
}

/// What captures of versions that did not look at something say.
pub(super) fn not_read<T>() -> Known<T> {
    Known::Unknown(Why::NotRead)
}
