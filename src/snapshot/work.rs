//! Work that is given out piece by piece: requests to the threads of a server, jobs to workers and schedulers.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Actor, Address, Known, Moment};

/// What the pieces are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorkKind {
    /// Requests of a server.
    Requests,
    /// Jobs that a queue or a schedule gives out.
    Jobs,
    /// Messages that a consumer waits for, for as long as it lives.
    Messages,
}

/// Those of a process that work for one library.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrewSample {
    /// The library.
    pub name: String,
    /// What its pieces of work are.
    pub kind: WorkKind,
    /// How many pieces can be in work at once; `Is(None)` where as many as there are.
    pub size: Known<Option<u64>>,
    /// How many pieces wait for somebody.
    pub waiting: Known<u64>,
    /// Whether one thread does all pieces in turns, so that one that does not give way keeps all others.
    pub in_turns: bool,
    /// Those who work, at most [`CrewSample::MOST_MEMBERS`]. One that waits for work is there where it can be told from others.
    pub members: Vec<MemberSample>,
}

impl CrewSample {
    /// Members of one crew that are kept.
    pub const MOST_MEMBERS: usize = 512;
}

/// A thread or task that works.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberSample {
    /// Who.
    pub who: Actor,
    /// What it has in work; `None` when it waits for work.
    pub piece: Option<PieceSample>,
}

/// A piece of work that has begun and not ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PieceSample {
    /// The object that stands for it; the same piece in two censuses has the same.
    pub address: Address,
    /// Its name, where the library gave it one.
    pub name: Known<String>,
    /// When it began, where the library wrote that down.
    pub began: Known<Moment>,
    /// How often it is to be done, where the library says that.
    pub every: Known<Duration>,
}
