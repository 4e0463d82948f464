//! One process, looked at from one thread of ours.
//!
//! A thread of its own, because a read of a target whose memory map is locked can block for as long as the lock is held:
//! the other processes and the screen must not wait for that.

use std::sync::mpsc::Sender;
use std::time::Duration;

use super::interrupt::Interrupt;
use super::neighbour::Neighbour;
use super::one_program::OneProgram;
use super::pace::Pace;
use super::supervision::Supervision;
use crate::attach::{self, Access, Session};
use crate::error::{Error, Gate};
use crate::memory::ReadError;
use crate::os::source::SourceReader;
use crate::os::{clock, keep_what_reading_needs};
use crate::read::{Allowance, Budget, Sampler};
use crate::snapshot::{Census, Code, Frame, Moment, Process, Snapshot, Supervisor, Surroundings};

/// The stack of a thread that looks at one process, bytes. Whatever the process did (`tests/memory.rs`), a program with all checks used
/// 60 KiB of it; with the usual two mebibytes, 32 processes took 160 MiB of addresses, which are rationed in some places.
pub(super) const STACK: usize = 512 << 10;

/// When the first census is taken, counted from the first look: early, so that what is still so at the end has lasted.
const FIRST_CENSUS: Duration = Duration::from_millis(200);
/// How often one is taken after that. There is one at the end as well.
const CENSUS_EVERY: Duration = Duration::from_secs(10);
/// What a census of a watch may take. It is enough for some hundreds of tasks with deep chains (of 1,003 open WebSockets 473 were
/// read), and with one of them at the beginning and one at the end of three seconds it is two hundredths of a core.
pub(super) const PASSING_CENSUS: Allowance =
    Allowance { cpu: Duration::from_millis(30), wall: Duration::from_millis(500) };
/// What it may take when it is all that was asked for: enough for 200,000 tasks, and within the three seconds for which people
/// wait without wondering.
pub(super) const WHOLE_CENSUS: Allowance =
    Allowance { cpu: Duration::from_millis(2800), wall: Duration::from_millis(2800) };

/// How many failed looks in a row end the watch: the process is there and cannot be read any more.
const MOST_FAILURES: u64 = 50;

/// What a lookout saw.
#[derive(Debug)]
pub(super) enum Sighting {
    /// The process is attached to; `Some` gate when its memory is closed to us.
    Attached(Process, Option<Gate>),
    /// Who can read its source.
    Reads(SourceReader),
    /// Code objects and stacks seen for the first time; what refers to them comes later.
    Pieces {
        /// Code objects.
        codes: Vec<Code>,
        /// Stacks.
        stacks: Vec<Vec<Frame>>,
    },
    /// One look.
    Look(Box<Snapshot>),
    /// What surrounds the threads.
    Around(Box<Surroundings>),
    /// Tasks, pools and requests.
    Census(Box<Census>),
    /// The process ended.
    Ended(Moment),
    /// What runs under its number now, in words.
    Replaced(&'static str),
    /// Who supervises the process, and after its end what came of it.
    Supervised(Supervisor),
    /// The watch cannot begin.
    Refused(Error),
    /// The watch is over: looks that began late, looks that failed, stacks torn and cut.
    Done {
        /// Looks that began more than one period late.
        late: u64,
        /// Looks that failed as a whole.
        failed: u64,
        /// Stacks of which nothing could be relied on.
        torn: u64,
        /// Stacks of which only the outer frames were kept.
        cut: u64,
        /// Looks that were not reported, because there is no room for them.
        unsent: u64,
    },
}

/// Sightings in the order of time, and the index of the process they are of.
pub(super) type Batch = (usize, Vec<Sighting>);

/// Looks that are reported at once, for the first verdict.
const PROMPT_LOOKS: usize = 10;

/// How long later looks may wait to be reported together: waking the collector for each of them costs as much CPU as the
/// look itself.
const REPORT_EVERY: Duration = Duration::from_millis(200);

/// Sightings on their way.
struct Messenger<'a> {
    index: usize,
    send: &'a Sender<Batch>,
    /// What looks of all processes may take together.
    room: &'a Budget,
    waiting: Vec<Sighting>,
    looks: usize,
    sent: Moment,
    /// Looks for which there was no room.
    unsent: u64,
}

impl<'a> Messenger<'a> {
    fn new(orders: &'a Orders, send: &'a Sender<Batch>) -> Self {
        let Orders { index, looks: room, .. } = orders;
        Self { index: *index, send, room, waiting: Vec::new(), looks: 0, sent: Moment(0), unsent: 0 }
    }

    /// Takes a sighting; false when nobody listens any more.
    fn tell(&mut self, sighting: Sighting) -> bool {
        let is_look = matches!(sighting, Sighting::Look(_));
        self.looks += usize::from(is_look);
        if !self.room.take(sighting.bytes()) {
            self.unsent += u64::from(is_look);
            return true;
        }
        self.waiting.push(sighting);
        let now = clock::now();
        if self.looks > PROMPT_LOOKS && now.since(self.sent) < REPORT_EVERY {
            return true;
        }
        self.sent = now;
        self.flush()
    }

    fn flush(&mut self) -> bool {
        self.send.send((self.index, std::mem::take(&mut self.waiting))).is_ok()
    }
}

impl Sighting {
    /// Bytes of what is seen again and again.
    fn bytes(&self) -> usize {
        match self {
            Self::Look(snapshot) => snapshot.bytes(None),
            Self::Around(around) => around.bytes(),
            Self::Census(census) => census.bytes(),
            _ => 0,
        }
    }
}

/// What a lookout needs to know.
#[derive(Clone, Debug)]
pub(super) struct Orders {
    /// Index of the process.
    pub(super) index: usize,
    /// Looks per second.
    pub(super) rate: u32,
    /// What a census may take.
    pub(super) census: Allowance,
    /// Ends the watch.
    pub(super) stop: Interrupt,
    /// What all processes of the run may keep together of functions, line tables and stacks.
    pub(super) budget: Budget,
    /// What they may keep of looks.
    pub(super) looks: Budget,
}

/// Who closed the process's memory to us.
fn refused_by(access: &Access) -> Option<Gate> {
    match access {
        Access::ProcOnly { gate } => Some(*gate),
        Access::Own(_) | Access::PySpy(_) => None,
    }
}

/// Watches `process` until told to stop or until it ends. Nobody listening is a reason to stop as well.
pub(super) fn watch(process: Process, orders: &Orders, send: &Sender<Batch>) {
    clock::follow(process.pid);
    let mut messenger = Messenger::new(orders, send);
    // The neighbour first: who is attached to is not refused any more.
    let neighbour = Neighbour::of(process.pid);
    match neighbour.and_then(|neighbour| Ok((attach::attach_or_proc_only(process)?, neighbour))) {
        Ok((session, neighbour)) => {
            keep_what_reading_needs();
            let attached = Sighting::Attached(session.process.clone(), refused_by(&session.access));
            let reader = SourceReader::of(session.process.pid).ok().map(Sighting::Reads);
            if std::iter::once(attached).chain(reader).all(|sighting| messenger.tell(sighting)) {
                look_on(session, neighbour, orders, &mut messenger);
            }
        }
        Err(error) => {
            messenger.tell(Sighting::Refused(error));
        }
    }
    // With nobody listening there is nobody to miss it.
    let _heard = messenger.flush();
}

/// Looks at regular times.
fn look_on(session: Session, mut neighbour: Neighbour, orders: &Orders, messenger: &mut Messenger<'_>) {
    let mut sampler = Sampler::within(session, &orders.budget);
    let mut pace = Pace::new(orders.rate);
    let (mut failed, mut failures_in_a_row) = (0, 0);
    let mut census_due = clock::now().after(FIRST_CENSUS);
    let mut program = OneProgram::of(sampler.process().pid);
    let supervision = Supervision::of(sampler.process());
    if let Some(supervision) = &supervision {
        messenger.tell(Sighting::Supervised(supervision.supervisor().clone()));
    }
    let ended = loop {
        if let Some(around) = neighbour.look() {
            messenger.tell(Sighting::Around(Box::new(around)));
        }
        pace.wait(|| orders.stop.asked());
        match sampler.snapshot() {
            Ok(snapshot) => {
                failures_in_a_row = 0;
                messenger.tell(pieces(&mut sampler));
                if !messenger.tell(Sighting::Look(Box::new(snapshot))) {
                    return;
                }
            }
            Err(ReadError::Gone) => {
                let now = clock::now();
                program.successor(now).map(|other| messenger.tell(Sighting::Replaced(other)));
                messenger.tell(Sighting::Ended(now));
                break true;
            }
            Err(_) => {
                failed += 1;
                failures_in_a_row += 1;
            }
        }
        let now = clock::now();
        let stopping = orders.stop.asked() || failures_in_a_row >= MOST_FAILURES;
        if let Some(other) = program.other(now, stopping || failures_in_a_row > 0) {
            messenger.tell(Sighting::Replaced(other));
            messenger.tell(Sighting::Ended(now));
            break true;
        }
        if stopping || now >= census_due {
            let census = Box::new(sampler.census(orders.census));
            messenger.tell(pieces(&mut sampler));
            messenger.tell(Sighting::Census(census));
            census_due = now.after(CENSUS_EVERY);
            pace.forgive();
            // What comes after the last one may take longer than anybody waits for it.
            if stopping && !messenger.flush() {
                return;
            }
        }
        if stopping {
            break false;
        }
    };
    // Nothing surrounds a process that is gone, but its supervisor stays.
    if ended {
        let known = supervision.map(|supervision| supervision.after_the_end(&orders.stop));
        if let Some(supervisor) = known {
            messenger.tell(Sighting::Supervised(supervisor));
        }
    } else {
        for around in neighbour.last_look() {
            messenger.tell(Sighting::Around(Box::new(around)));
        }
    }
    let ledger = sampler.ledger();
    let unsent = messenger.unsent;
    messenger.tell(Sighting::Done { late: pace.late(), failed, torn: ledger.torn, cut: ledger.cut, unsent });
}

/// What was seen for the first time.
fn pieces(sampler: &mut Sampler) -> Sighting {
    Sighting::Pieces { codes: sampler.new_codes(), stacks: sampler.new_stacks() }
}
