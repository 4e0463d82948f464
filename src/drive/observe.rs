//! Several processes, watched for a while: sightings in, recordings out.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::interrupt::Interrupt;
use super::lookout::{self, Orders, Report, Sighting};
use crate::error::{Error, Gate, Result};
use crate::os::source::SourceReader;
use crate::os::threads::{Detail, ThreadReader};
use crate::read::{Allowance, Budget};
use crate::snapshot::{Known, Process, ProcessId, Recording, TaskState, ThreadId, Why};

/// How long after the window a lookout may still be busy before we go on without it: its read is stuck in the kernel.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often the screen is brought up to date.
const HEARTBEAT: Duration = Duration::from_millis(50);

/// How long and how often to look.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    /// The window.
    pub(super) length: Duration,
    /// Looks per second.
    pub(super) rate: u32,
    /// What a census of tasks, pools and requests may take.
    pub(super) census: Allowance,
}

/// One process and what was learnt about it.
#[derive(Debug)]
pub(super) struct Observed {
    /// What was learnt.
    pub(super) recording: Recording,
    /// Who can read its source.
    pub(super) reader: Option<SourceReader>,
    /// What runs under its number now, in words.
    pub(super) replaced: Option<&'static str>,
    /// Who closed its memory to us.
    pub(super) refused_by: Option<Gate>,
    /// Why it could not be watched at all.
    pub(super) error: Option<Error>,
    /// The watch is over.
    pub(super) done: bool,
    /// The thread of ours that looks at it; 0 before it has begun.
    lookout: Arc<AtomicU32>,
}

/// Listens in while the watch goes on.
pub(super) trait Listener {
    /// Something was learnt about process `index`; called before it is added to the recording.
    fn sighted(&mut self, index: usize, sighting: &Sighting);

    /// Called many times a second with all that is known so far.
    fn heartbeat(&mut self, elapsed: Duration, so_far: &[Observed]);
}

/// Watches the processes until the window is over, all of them are gone, or the user interrupts.
///
/// # Errors
///
/// When no thread can be started, and when one of them ends by a defect of ours.
pub(super) fn observe(
    processes: Vec<Process>,
    plan: Plan,
    interrupt: &Interrupt,
    listener: &mut dyn Listener,
) -> Result<Vec<Observed>> {
    let (send, receive) = channel::<Report>();
    let stop = Interrupt::detached();
    let budget = Budget::default();
    let mut observed = Vec::with_capacity(processes.len());
    for (index, process) in processes.into_iter().enumerate() {
        let mut recording = Recording::new(process.clone());
        recording.ledger.rate = plan.rate;
        let lookout = Arc::new(AtomicU32::new(0));
        observed.push(Observed {
            recording,
            reader: None,
            replaced: None,
            refused_by: None,
            error: None,
            done: false,
            lookout: Arc::clone(&lookout),
        });
        let orders = Orders { index, rate: plan.rate, census: plan.census, stop: stop.clone(), budget: budget.clone() };
        let send = send.clone();
        thread::Builder::new()
            .name(format!("lookout {index}"))
            .spawn(move || {
                lookout.store(rustix::thread::gettid().as_raw_nonzero().get().unsigned_abs(), Ordering::Relaxed);
                lookout::watch(process, &orders, &send);
            })
            .map_err(|source| Error::Io { doing: "starting a thread".to_owned(), source })?;
    }
    drop(send);
    let outcome = collect(&receive, &mut observed, plan, (interrupt, &stop), listener);
    stop.ask();
    outcome.map(|()| observed)
}

/// Takes sightings until everybody is done.
fn collect(
    receive: &Receiver<Report>,
    observed: &mut [Observed],
    plan: Plan,
    (interrupt, stop): (&Interrupt, &Interrupt),
    listener: &mut dyn Listener,
) -> Result<()> {
    let began = Instant::now();
    // The window is counted from the first look, so that slow attaching does not eat it.
    let mut first_look = None;
    let mut stopped_at = None;
    while !observed.iter().all(|one| one.done) {
        match receive.recv_timeout(HEARTBEAT) {
            Ok((index, sightings)) => {
                for sighting in sightings {
                    if matches!(sighting, Sighting::Look { .. }) {
                        first_look.get_or_insert_with(Instant::now);
                    }
                    listener.sighted(index, &sighting);
                    if let Some(one) = observed.get_mut(index) {
                        one.add(sighting);
                    }
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Error::Bug("a thread that looked ended by itself".to_owned()));
            }
        }
        let elapsed = first_look.map_or(Duration::ZERO, |at: Instant| at.elapsed());
        listener.heartbeat(elapsed, observed);
        let over = elapsed >= plan.length || began.elapsed() >= plan.length + PATIENCE;
        if stopped_at.is_none() && (over || interrupt.asked()) {
            stop.ask();
            stopped_at = Some(Instant::now());
        }
        if stopped_at.is_some_and(|at: Instant| at.elapsed() > PATIENCE) {
            abandon(observed);
            break;
        }
    }
    Ok(())
}

/// Goes on without the lookouts that do not come back.
fn abandon(observed: &mut [Observed]) {
    for one in observed.iter_mut().filter(|one| !one.done) {
        one.recording.ledger.failed += 1;
        one.done = true;
        let why = if one.is_at_work() { Why::OutOfTime } else { Why::Stuck };
        if let Some(last) = one.recording.snapshots.last_mut() {
            last.gaps.push(("what came after the last look".to_owned(), why));
        }
        if one.recording.snapshots.is_empty() && one.error.is_none() {
            let pid = one.recording.process.pid;
            one.error = Some(match why {
                Why::OutOfTime => Error::Usage {
                    message: format!(
                        "one look at process {pid} takes longer than the window; cut by our limit of time"
                    ),
                    hint: Some("look for longer: --for 30s".to_owned()),
                },
                _ => Error::Usage {
                    message: format!(
                        "reading the memory of process {pid} does not return; the kernel keeps its memory map locked"
                    ),
                    hint: Some(format!("see what it does in the kernel: cat /proc/{pid}/task/*/wchan")),
                },
            });
        }
    }
}

impl Observed {
    /// Whether the thread of ours that looks at it runs, and does not wait for the kernel.
    fn is_at_work(&self) -> bool {
        let lookout = ThreadId(self.lookout.load(Ordering::Relaxed));
        let state = ThreadReader::new(ProcessId(std::process::id())).read(lookout, Detail::Full).state;
        state == Known::Is(TaskState::Running)
    }

    /// Adds a sighting to the recording.
    fn add(&mut self, sighting: Sighting) {
        let recording = &mut self.recording;
        match sighting {
            Sighting::Attached(process, refused_by) => {
                recording.process = process;
                self.refused_by = refused_by;
            }
            Sighting::Reads(reader) => self.reader = Some(reader),
            Sighting::Look { codes, stacks, mut snapshot } => {
                recording.codes.extend(codes);
                recording.stacks.extend(stacks);
                if let Some(before) = recording.snapshots.last() {
                    snapshot.share_with(before);
                }
                recording.ledger.samples += 1;
                recording.snapshots.push(*snapshot);
            }
            Sighting::Around(surroundings) => recording.surroundings.push(*surroundings),
            Sighting::Census { codes, stacks, census } => {
                recording.codes.extend(codes);
                recording.stacks.extend(stacks);
                recording.censuses.push(*census);
            }
            Sighting::Ended(at) => recording.ended = Some(at),
            Sighting::Replaced(words) => self.replaced = Some(words),
            Sighting::Supervised(supervisor) => recording.supervisor = Some(supervisor),
            Sighting::Refused(error) => {
                self.error = Some(error);
                self.done = true;
            }
            Sighting::Done { late, failed, torn, cut } => {
                recording.ledger.late = late;
                recording.ledger.failed = failed;
                recording.ledger.torn = torn;
                recording.ledger.cut = cut;
                self.done = true;
            }
        }
    }
}
