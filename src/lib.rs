//! hangspy says, from outside and without stopping it, why a Python web worker hangs.
//!
//! ```text
//!             touches a process                     |            pure functions of data
//!                                                   |
//!  target -> attach -> read ----------> SNAPSHOT ---+-> classify -> aggregate -> REPORT -> render
//!  (find)   (session)  ^  ^  ^             ^ |     |   (now)       (over time)
//!                      |  |  |             | v     |
//!                   memory os layout     journal   |   libraries: what we know of foreign code
//!
//!  drive: the verbs    gateway: HTTP in    suite: a test run    cli: words <-> requests    main: exit code
//!  drive: the verbs    suite: a test run    source: Python source    cli: words <-> requests    main: exit code
//! ```
//!
//! Everything to the left of [`snapshot`] touches a process; everything to the right is a pure function of data, so
//! every verdict can be replayed from a file. `tests/rooms.rs` keeps the walls. `CONTRIBUTING.md` has recipes: a library, a
//! wait reason, a cause, a new version of CPython.
//!
//! # From a process to a verdict
//!
//! ```
//! use hangspy::read::Sampler;
//! use hangspy::snapshot::{Process, ProcessId, Recording};
//! use hangspy::{attach, report};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let program = "import asyncio, time\nasync def main(): time.sleep(60)\nasyncio.run(main())";
//! let python = std::process::Command::new("python3").args(["-c", program]).spawn();
//! # // Without Python there is nothing to look at.
//! # let Ok(mut python) = python else { return Ok(()) };
//! # std::thread::sleep(std::time::Duration::from_secs(1));
//! let session = attach::attach(Process::numbered(ProcessId(python.id())))?;
//! let mut recording = Recording::new(session.process.clone());
//! let mut sampler = Sampler::new(session);
//! recording.snapshots.push(sampler.snapshot()?);
//! recording.codes = sampler.new_codes();
//! recording.stacks = sampler.new_stacks();
//! let verdicts = report::judge([&recording]);
//! assert!(!verdicts.is_empty(), "there is always something to say, if only that one look is too few");
//! # python.kill()?;
//! # python.wait()?;
//! # Ok(())
//! # }
//! ```
//!
//! # Words in a sense of their own
//!
//! | word | what it means here |
//! |---|---|
//! | room | a module at the top, with its walls: which others it may name |
//! | look | one sample: the process at one instant ([`snapshot::Snapshot`]); of a loop, what it did then ([`classify::Look`]) |
//! | census | a reading of all tasks, pools and requests, a few times in a run ([`snapshot::Census`]) |
//! | surroundings | sockets, descriptors, locks, control groups: read about once a second ([`snapshot::Surroundings`]) |
//! | torn, cut | a stack of which nothing, or only the outer frames, was the same in all readings |
//! | step | what a loop runs between two looks for work: a callback, or a task until it awaits |
//! | turn | one round of a loop: all steps that were ready |
//! | site | the instruction that a thread's innermost frame is at ([`snapshot::Site`]) |
//! | row, marks | what is known of a function of a library, and its meaning ([`libraries::Row`], [`libraries::Marks`]) |
//! | book | what the code objects and stacks of a recording mean, worked out once ([`classify::Book`]) |
//! | sight | one thread at one instant and what stands around it: what a detector sees ([`classify::Sight`]) |
//! | detector | says what one thread does at one instant; the first that answers wins |
//! | party | who or what is waited for ([`classify::SecondParty`]) |
//! | crew | those of a process that take pieces of work from one library, as threads of a server do ([`snapshot::CrewSample`]) |
//! | handover | a coroutine that a thread gave to a loop and waits for ([`snapshot::Handover`]) |
//! | ending | what could end the wait of a task ([`snapshot::Ending`]) |
//! | track | every look at one loop, in the order of time ([`aggregate::Track`]) |
//! | stall | looks in a row that saw the same step: an episode of blocking ([`aggregate::Stall`]) |
//! | judge | a rule over all looks that comes to verdicts; others say rule or detector |
//! | pulse | a look at the words of the loops and of the GIL alone ([`snapshot::Pulse`]) |
//! | near miss | a stall too short to be told as a trouble, counted all the same ([`ledger::NearMiss`]) |
//! | subject | somebody or something that a finding is about: what one has told is told once ([`aggregate::Subject`]) |
//! | ledger | how the looks went ([`snapshot::Ledger`]), who had the GIL ([`aggregate::GilLedger`]), which near misses there were |
//! | gap | what could not be known, and why ([`snapshot::Why`]) |

#[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
compile_error!(
    "hangspy reads Linux on x86-64: its system call numbers and the layout of Python are those of no other machine"
);

pub mod aggregate;
pub mod attach;
pub mod classify;
pub mod cli;
pub mod drive;
pub mod error;
pub mod figures;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod gateway;
pub mod journal;
pub mod layout;
pub mod ledger;
pub mod libraries;
pub mod memory;
pub mod os;
pub mod read;
pub mod render;
pub mod report;
pub mod snapshot;
pub mod source;
pub mod suite;
pub mod target;
pub mod words;
