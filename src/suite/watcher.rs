//! One process of a test run, looked at from one thread of ours.

use std::path::PathBuf;
use std::sync::mpsc::Sender;
use std::thread;

use super::marks::Marks;
use crate::attach;
use crate::drive::{Interrupt, Pace};
use crate::error::{Error, Result};
use crate::memory::ReadError;
use crate::os::{clock, keep_what_reading_needs};
use crate::read::{Budget, Sampler};
use crate::snapshot::{Code, Frame, Ledger, Process, ProcessId, Snapshot, TestMoment};

/// What the functions and stacks of one process may take, bytes: tests run more different code than a service.
const ROOM: usize = 64 << 20;
/// How many failed looks in a row end the watch.
const MOST_FAILURES: u64 = 50;

/// What a watcher saw.
#[derive(Debug)]
pub(super) enum Sighting {
    /// The process is attached to.
    Attached(Process),
    /// One look.
    Look {
        /// Code objects seen for the first time.
        codes: Vec<Code>,
        /// Stacks seen for the first time.
        stacks: Vec<Vec<Frame>>,
        /// The look itself.
        snapshot: Box<Snapshot>,
        /// What the process ran meanwhile.
        moment: TestMoment,
    },
    /// It cannot be looked at.
    Unseen(Error),
    /// The watch is over.
    Done {
        /// How it went.
        ledger: Ledger,
        /// How many tests the process ran.
        tests: u64,
    },
}

/// A sighting, and the number of the watch that it is of.
pub(super) type Told = (usize, Sighting);

/// What a watcher needs to know.
#[derive(Debug)]
pub(super) struct Orders {
    /// The number of the watch.
    pub(super) watch: usize,
    /// The process, and those above it, whose test it runs when it does not say.
    pub(super) way: Vec<ProcessId>,
    /// Where the marks are.
    pub(super) folder: PathBuf,
    /// Looks per second.
    pub(super) rate: u32,
    /// Ends the watch.
    pub(super) stop: Interrupt,
}

/// Starts the thread.
///
/// # Errors
///
/// When there can be none.
pub(super) fn start(orders: Orders, send: Sender<Told>) -> Result<()> {
    let spawned = thread::Builder::new().name(format!("watcher {}", orders.watch)).spawn(move || {
        let last = watch(&orders, &send);
        // With nobody listening there is nobody to miss it.
        let _heard = send.send((orders.watch, last));
    });
    spawned.map(drop).map_err(|source| Error::Io { doing: "starting a thread".to_owned(), source })
}

/// Watches until told to stop or until the process ends; returns the last words.
fn watch(orders: &Orders, send: &Sender<Told>) -> Sighting {
    let pid = orders.way.first().copied().unwrap_or_default();
    clock::follow(pid);
    let session = match attach::attach(Process::numbered(pid)) {
        Ok(session) => session,
        Err(error) => return Sighting::Unseen(error),
    };
    keep_what_reading_needs();
    let told = send.send((orders.watch, Sighting::Attached(session.process.clone())));
    if told.is_err() {
        return Sighting::Done { ledger: Ledger::default(), tests: 0 };
    }
    let mut sampler = Sampler::within(session, &Budget::of(ROOM));
    let mut marks = Marks::new(&orders.folder, &orders.way);
    let mut pace = Pace::new(orders.rate);
    let mut failures = 0;
    while !orders.stop.asked() && failures < MOST_FAILURES {
        pace.wait(|| orders.stop.asked());
        let before = marks.read();
        match sampler.snapshot() {
            Ok(snapshot) => {
                failures = 0;
                let after = marks.read();
                let moment = if before == after { after } else { TestMoment::Changed };
                let (codes, stacks) = (sampler.new_codes(), sampler.new_stacks());
                let look = Sighting::Look { codes, stacks, snapshot: Box::new(snapshot), moment };
                if send.send((orders.watch, look)).is_err() {
                    break;
                }
            }
            Err(ReadError::Gone) => break,
            Err(_) => failures += 1,
        }
    }
    // Tests that began and ended after the last look are counted too.
    marks.read();
    let ledger = Ledger { rate: orders.rate, late: pace.late(), ..sampler.ledger() };
    Sighting::Done { ledger, tests: marks.tests() }
}
