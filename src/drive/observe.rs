//! Several processes, watched for a while: sightings in, recordings out.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::interrupt::Interrupt;
use super::lookout::{self, Batch, Orders, Sighting};
use super::observed::Observed;
use crate::error::{Error, Result};
use crate::read::{Allowance, Budget};
use crate::snapshot::Process;

/// How long after the window a lookout may still be busy before we go on without it: its read is stuck in the kernel.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often the screen is brought up to date.
const HEARTBEAT: Duration = Duration::from_millis(50);

/// Bytes of the budget of looks that are free for those which are on their way.
const FOR_LOOKS_ON_THEIR_WAY: usize = 3 << 20;

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

/// Listens in while the watch goes on.
pub(super) trait Listener {
    /// Something was learnt about process `index`; called before it is added to the recording.
    fn sighted(&mut self, index: usize, sighting: &Sighting);

    /// Called many times a second with all that is known so far.
    fn heartbeat(&mut self, elapsed: Duration, so_far: &[Observed]);
}

/// Watches the processes, beside which so many others are not watched, until the window is over, all of them are gone, or the user interrupts.
///
/// # Errors
///
/// When no thread can be started, and when one of them ends by a defect of ours.
pub(super) fn observe(
    (processes, unwatched): (Vec<Process>, u64),
    plan: Plan,
    interrupt: &Interrupt,
    listener: &mut dyn Listener,
) -> Result<Vec<Observed>> {
    let (send, receive) = channel::<Batch>();
    let stop = Interrupt::detached();
    let (budget, looks) = (Budget::default(), Budget::of_looks());
    let mut observed = Vec::with_capacity(processes.len());
    for (index, process) in processes.into_iter().enumerate() {
        let one = Observed::new(process.clone(), plan.rate, unwatched);
        let lookout = Arc::clone(&one.lookout);
        observed.push(one);
        let orders = Orders {
            index,
            rate: plan.rate,
            census: plan.census,
            stop: stop.clone(),
            budget: budget.clone(),
            looks: looks.clone(),
        };
        let send = send.clone();
        thread::Builder::new()
            .name(format!("lookout {index}"))
            .stack_size(lookout::STACK)
            .spawn(move || {
                lookout.store(rustix::thread::gettid().as_raw_nonzero().get().unsigned_abs(), Ordering::Relaxed);
                lookout::watch(process, &orders, &send);
            })
            .map_err(|source| Error::Io { doing: "starting a thread".to_owned(), source })?;
    }
    drop(send);
    let outcome = collect((&receive, &looks), &mut observed, plan, (interrupt, &stop), listener);
    stop.ask();
    outcome.map(|()| observed)
}

/// Takes sightings until everybody is done.
fn collect(
    (receive, looks): (&Receiver<Batch>, &Budget),
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
                    if matches!(sighting, Sighting::Look(_)) {
                        first_look.get_or_insert_with(Instant::now);
                    }
                    listener.sighted(index, &sighting);
                    if let Some(one) = observed.get_mut(index) {
                        one.add(sighting, looks);
                    }
                    make_room(observed, looks);
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
            observed.iter_mut().filter(|one| !one.done).for_each(Observed::abandon);
            break;
        }
    }
    Ok(())
}

/// Leaves out looks where most are kept, until there is room for those that come.
fn make_room(observed: &mut [Observed], looks: &Budget) {
    while looks.left() < FOR_LOOKS_ON_THEIR_WAY {
        let largest = observed.iter_mut().max_by_key(|one| one.most_bytes());
        if !largest.is_some_and(|one| one.thin(looks)) {
            break;
        }
    }
}
