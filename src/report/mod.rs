//! The finished findings as one serializable model.
//!
//! A pure room: [`build`] turns recordings into a [`Report`], the same ones into the same one, byte for byte.

mod build;
mod gaps;
mod gil_accounts;
mod jobs;
mod limits;
mod loops;
mod model;
mod observations;
mod party;
mod pools;
mod profile;
mod ranking;
mod redact;
mod requests;
mod similar;
mod surroundings;
mod task_model;
mod tasks;
mod test_hang;
mod test_run;
mod test_stalls;
mod threads;
mod verdict;

pub use crate::aggregate::{Because, Blame, Cause, Confidence, Kind, Place};
pub use build::{build, excerpts, judge};
pub use model::{
    CgroupReport, EpisodeReport, Gap, GilBlame, GilHolder, GilReport, GilThread, JobReport, LoopReport, Observation,
    PoolReport, PoolUsers, ProcessReport, ProfileEntry, Ranked, Report, RequestReport, SocketReport, Target,
    ThreadReport, Tool, Window,
};
pub use party::SecondParty;
pub use pools::pool_line;
pub use redact::redacted;
pub use similar::{BlockingSite, CallStep, SimilarReport};
pub use task_model::{PrimitiveReport, TaskGroupReport, TaskReport, TasksReport};
pub use test_hang::TestHang;
pub use test_run::{TestAccount, TestFunction, TestProcess, TestReport, TestRun, TestWindow};
pub use test_stalls::{Excuse, TestLimits, TestStall};
pub use verdict::{Consequence, Facts, Verdict};
