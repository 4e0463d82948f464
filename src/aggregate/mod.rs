//! For how long: stalls, blame, ranking, verdicts.
//!
//! A pure room. A look says what a loop does now; only looks in a row say that something is wrong. [`Analysis`] follows
//! every loop through a recording ([`Track`]), cuts out the stretches in which one step did not return ([`Stall`]), finds
//! out why and whom to blame, and the judges ([`verdicts`]) decide whether that is worth anybody's attention.
//!
//! A stall needs identity: the same step in every look. A long block and a thousand short callbacks look alike otherwise.

mod act;
mod advice;
mod analysis;
mod blame;
mod busy;
mod bystanders;
mod cause;
mod censuses;
mod connections;
mod consumers;
mod dead_loops;
mod ending;
mod ends;
mod evidence;
mod explained;
mod failures;
mod finding;
mod gil;
mod gil_ledger;
mod glance;
mod hurt;
mod jobs;
mod judges;
mod places;
mod pools;
mod progress;
mod pulses;
mod ranking;
mod repeated;
mod run_queue;
mod slow_clients;
mod stall;
mod standing;
mod subject;
mod summary;
mod task_graph;

mod track;
mod unset_events;
mod users;
mod users_frame;
mod verdict;
mod wait_graph;
mod waits_for;
mod workers;
mod worst;

pub use act::{Act, At, Where, task, thread};
pub use advice::Advice;
pub use analysis::Analysis;
pub use blame::Blamed;
pub use busy::{Restless, wasted_core};
pub use cause::Reason;
pub use censuses::{awaiting, same_wait_since};
pub use connections::{awaited_peer, request_age};
pub use consumers::{Consumer, consumers};
pub use dead_loops::{WaitsForIdleLoop, waits_for_idle_loops};
pub use ending::{Fate, Killer, Patience, YoungWorker, fate, young_worker};
pub use ends::{Ender, ender};
pub use evidence::{
    CpuFact, Deed, DescriptorFact, Evidence, GilFact, KernelFact, LockFact, LoopFact, LoopIs, PeerFact, SearchFact,
    StepFact, TaskFact, UndecidedFact, WorkerFact,
};
pub use failures::failed_tasks;
pub use finding::Finding;
pub use gil::{held, share_of, switches_per_second};
pub use gil_ledger::{FunctionAccount, GilLedger, ThreadAccount};
pub use glance::Glance;
pub use hurt::{Hurt, full_queue, overflow, timer_late};
pub use jobs::{Job, jobs, jobs_of_libraries};
pub use judges::{Explains, JUDGES, Judge, Throttling, facts_of_health, heard, throttling, verdict_on, verdicts};
pub use places::{place_of, places};
pub use progress::Progress;
pub use pulses::{NEAR_MISS, PulseNews, PulseStall, Pulses};
pub use ranking::{Group, groups};
pub use run_queue::queued;
pub use slow_clients::{HarmlessClient, harmless_clients};
pub use stall::{LOOKS_TO_BLAME, STALL, Stall, Stalls};
pub use subject::{About, Subject};
pub use summary::{
    Between, CouldEnd, Crews, Lifespan, LoopSummary, Occupancy, PoolUse, ProcessSummary, Summary, TaskSummary,
    Undecided,
};
pub use track::{LookAt, Track, thread_name};
pub use unset_events::{LOOK, WaitsForEvent, waits_for_events};
pub use users::{place_of_user, users_of};
pub use users_frame::{users_frame, users_place};
pub use verdict::{Because, Blame, Cause, Confidence, Consequence, Kind, Place, SecondParty, Verdict};
pub use waits_for::waits_for;
pub use worst::worst_first;
