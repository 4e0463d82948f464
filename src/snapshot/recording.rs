//! Snapshots in a row, and what they refer to.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    Census, Code, CodeId, Frame, InterpreterSample, Known, LockSample, LoopSample, Moment, Process, StackId,
    Supervisor, Surroundings, ThreadId, ThreadSample, Why,
};

/// What was true of a process at one instant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// When the reading began.
    pub at: Moment,
    /// How long the reading took.
    pub took: Duration,
    /// Interpreters, the main one first.
    pub interpreters: Vec<InterpreterSample>,
    /// Threads, by id. Shared with the snapshot before where nothing changed, so that a long recording of parked threads
    /// stays small: see [`Snapshot::share_with`].
    pub threads: Vec<Arc<ThreadSample>>,
    /// Running event loops.
    pub loops: Vec<LoopSample>,
    /// Locks that threads sleep for. Empty in captures of versions that did not look.
    #[serde(default)]
    pub locks: Vec<LockSample>,
    /// Why loops or threads may be missing, if something went wrong.
    pub gaps: Vec<(String, Why)>,
}

impl Snapshot {
    /// The thread with this id.
    #[must_use]
    pub fn thread(&self, thread: ThreadId) -> Option<&ThreadSample> {
        self.threads.iter().find(|sample| sample.thread == thread).map(Arc::as_ref)
    }

    /// Uses the samples of `earlier` for the threads that did not change since.
    pub fn share_with(&mut self, earlier: &Self) {
        for sample in &mut self.threads {
            let found = earlier.threads.binary_search_by_key(&sample.thread, |before| before.thread);
            if let Some(before) = found.ok().and_then(|at| earlier.threads.get(at)).filter(|before| *before == sample) {
                *sample = Arc::clone(before);
            }
        }
    }
}

/// Lines of a source file, kept so that a report can be made again without it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excerpt {
    /// The file, as the code object names it.
    pub file: String,
    /// Line number and text.
    pub lines: Vec<(u32, String)>,
}

/// What the sampling itself was like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// Samples per second asked for.
    pub rate: u32,
    /// Snapshots taken. Fewer are kept where there was no room for all; those are spread over the whole window.
    pub samples: u64,
    /// Snapshots that began more than one period late.
    pub late: u64,
    /// Snapshots that failed as a whole.
    pub failed: u64,
    /// Stacks of which nothing could be relied on.
    pub torn: u64,
    /// Stacks of which only the outer frames were kept.
    pub cut: u64,
    /// Other processes of the family that were not looked at, because there are so many.
    #[serde(default)]
    pub unwatched: u64,
}

/// What hangspy itself cost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// CPU time, user and system, seconds.
    pub cpu_s: Known<f64>,
    /// Wall time it is spread over, seconds.
    pub wall_s: f64,
    /// Largest resident size, bytes.
    pub peak_bytes: Known<u64>,
    /// How often the target was stopped. Always 0.
    pub stops: u64,
}

impl Default for Cost {
    /// Nobody measured it: a run that was killed did not come to say.
    fn default() -> Self {
        Self { cpu_s: Known::Unknown(Why::NotRead), wall_s: 0.0, peak_bytes: Known::Unknown(Why::NotRead), stops: 0 }
    }
}

/// Everything learnt about one process in one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    /// The process.
    pub process: Process,
    /// Code objects, by [`CodeId`].
    pub codes: Vec<Code>,
    /// Stacks, innermost frame first, by [`StackId`].
    pub stacks: Vec<Vec<Frame>>,
    /// Snapshots in the order of time.
    pub snapshots: Vec<Snapshot>,
    /// Surroundings in the order of time.
    pub surroundings: Vec<Surroundings>,
    /// Tasks, pools and requests in the order of time. Empty in captures of versions that did not look.
    #[serde(default)]
    pub censuses: Vec<Census>,
    /// Source lines around blamed frames.
    pub excerpts: Vec<Excerpt>,
    /// How the sampling went.
    pub ledger: Ledger,
    /// What it cost.
    pub cost: Cost,
    /// Whether the process ended while it was watched, and when we noticed.
    pub ended: Option<Moment>,
    /// Who supervises it; `None` for a process that is no worker, and in captures of versions that did not look.
    #[serde(default)]
    pub supervisor: Option<Supervisor>,
}

impl Recording {
    /// A recording with nothing in it yet.
    #[must_use]
    pub fn new(process: Process) -> Self {
        Self {
            process,
            codes: Vec::new(),
            stacks: Vec::new(),
            snapshots: Vec::new(),
            surroundings: Vec::new(),
            censuses: Vec::new(),
            excerpts: Vec::new(),
            ledger: Ledger::default(),
            cost: Cost::default(),
            ended: None,
            supervisor: None,
        }
    }

    /// The frames of a stack, innermost first; empty for an id that is not of this recording.
    #[must_use]
    pub fn stack(&self, stack: StackId) -> &[Frame] {
        self.stacks.get(stack.0 as usize).map_or(&[], Vec::as_slice)
    }

    /// The code objects of a stack, innermost first.
    pub fn codes(&self, stack: StackId) -> impl Iterator<Item = &Code> {
        self.stack(stack).iter().filter_map(|frame| self.code(frame.code))
    }

    /// A code object; `None` for an id that is not of this recording.
    #[must_use]
    pub fn code(&self, code: CodeId) -> Option<&Code> {
        self.codes.get(code.0 as usize)
    }
}
