//! The same mistake elsewhere in the source: the contract of `hangspy similar --json`.

use serde::{Deserialize, Serialize};

use super::Tool;

/// What was found in a source tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SimilarReport {
    /// Version of this contract.
    pub schema: u32,
    /// Who made it.
    pub tool: Tool,
    /// The kinds of calls that were searched for, by the package of what is called; all that are known when there is none.
    pub kinds: Vec<String>,
    /// Calls that block a loop, by kind and place.
    pub sites: Vec<BlockingSite>,
    /// Calls that a comment allows.
    pub allowed: u64,
    /// Files that were searched.
    pub files: u64,
    /// Files that are no Python 3.
    pub not_python: u64,
    /// Files and folders that could not be read, or are too large.
    pub unread: u64,
    /// Files beyond the most that are read.
    pub beyond: u64,
}

/// A call that blocks a loop.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BlockingSite {
    /// The package of what is called.
    pub kind: String,
    /// What is called, by its whole name.
    pub call: String,
    /// The way to it, from an `async def` to the function that makes the call: the shortest of them.
    pub chain: Vec<CallStep>,
    /// How many `async def`s reach it.
    pub coroutines: u64,
    /// Whether each name on the way was followed by imports and definitions alone; otherwise an assignment or annotation says of what
    /// class an object is.
    pub certain: bool,
    /// Whether this is the place that the capture shows.
    pub captured: bool,
}

/// A function on the way to a call that blocks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CallStep {
    /// Its name.
    pub function: String,
    /// Its file, below the folder that was searched.
    pub file: String,
    /// Where it makes the next call.
    pub line: u32,
}
