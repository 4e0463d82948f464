//! Whoever does what is asked for here, and what he says of it.

use std::fs::File;
use std::io;

use serde::Serialize;

use super::alerts::Notification;

/// Whoever does what is asked for. Each answer is given at once; what takes long is done later.
pub trait Desk: Send + Sync {
    /// Alerts have come. Never refused.
    fn alerts(&self, notification: &Notification) -> Receipt;

    /// A request was refused before it could be understood.
    fn refused(&self, refusal: Refusal);

    /// Somebody wants a capture now; its number.
    ///
    /// # Errors
    ///
    /// When a limit acts: which, and when it is worth while to ask again.
    fn capture(&self) -> Result<u64, TryLater>;

    /// What was asked for lately, the oldest first.
    fn operations(&self) -> Vec<Operation>;

    /// Ends a capture: keeps what it has seen, or nothing. What it is then; `None` when there is none of this number.
    fn end(&self, number: u64, keep: bool) -> Option<Operation>;

    /// The incidents that there are, the oldest first.
    ///
    /// # Errors
    ///
    /// When they cannot be listed.
    fn incidents(&self) -> io::Result<Vec<Listed>>;

    /// A file of an incident, its media type, and its size in bytes, if there is one of these names.
    fn file(&self, incident: &str, name: &str) -> Option<(File, &'static str, u64)>;

    /// The ledger of small stalls, as JSON.
    ///
    /// # Errors
    ///
    /// When it has none, which is a defect.
    fn ledger(&self) -> io::Result<Vec<u8>>;

    /// The figures in the text format of OpenMetrics.
    ///
    /// # Errors
    ///
    /// When they cannot be written, which is a defect.
    fn metrics(&self) -> io::Result<String>;
}

/// What became of the alerts of a notification.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// The capture that is taken for those that were new.
    pub operation: Option<u64>,
    /// Alerts that fire and were not known.
    pub new: usize,
    /// Alerts that were known: repeated, or sent by both of a pair.
    pub known: usize,
    /// Alerts that have ended.
    pub resolved: usize,
    /// Alerts that were too many to be looked at.
    pub left_out: usize,
}

/// Why a request was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It does not know the token, or comes from where none is asked for and is somebody else's.
    Access,
    /// It is larger than anything that is taken.
    TooLarge,
    /// It did not come to an end in time.
    TooSlow,
    /// It cannot be read.
    Unreadable,
}

impl Refusal {
    /// Each of them.
    pub const ALL: [Self; 4] = [Self::Access, Self::TooLarge, Self::TooSlow, Self::Unreadable];

    /// Its word in figures.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::TooLarge => "too-large",
            Self::TooSlow => "too-slow",
            Self::Unreadable => "unreadable",
        }
    }
}

/// Why no capture is taken now, and when it may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TryLater {
    /// In words.
    pub reason: String,
    /// Seconds until it is worth while to ask again.
    pub retry_after_s: u64,
}

/// What became of something that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Another capture is being taken before it.
    Waiting,
    /// It is being taken, or written.
    Running,
    /// There is an incident.
    Done,
    /// A limit acted.
    Refused,
    /// Somebody ended it, and nothing is kept.
    Cancelled,
    /// It could not be taken or written.
    Failed,
}

/// How far a capture is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Progress {
    /// Seconds that it has been taken.
    pub elapsed_s: f64,
    /// Seconds that it takes.
    pub length_s: f64,
}

/// Something that was asked for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Operation {
    /// Its number.
    pub number: u64,
    /// What became of it.
    pub state: State,
    /// Why it was refused or failed.
    pub reason: Option<String>,
    /// How far it is, while it is being taken.
    pub progress: Option<Progress>,
    /// What it is of: the same again is captured less often.
    pub thing: String,
    /// How many alerts it is for.
    pub alerts: usize,
    /// When it was asked for, seconds since 1970.
    pub asked_s: u64,
    /// The incident that was captured.
    pub incident: Option<String>,
    /// The worst finding of it.
    pub summary: Option<String>,
    /// Incidents that were captured in the ten minutes before: what an alert is about may be over, and in one of them.
    pub earlier: Vec<String>,
}

/// An incident, and the names of its files.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Listed {
    /// The name of its folder.
    pub name: String,
    /// Its files.
    pub files: Vec<&'static str>,
}
