//! Where the gateway asks: what it wants is on the [`Board`], and the guard does it.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::board::Board;
use super::budget::{Budget, Limit};
use super::figures::Figures;
use super::incidents;
use super::rules::Rule;
use crate::gateway::{self, Listed, Notification, Operation, Receipt, Refusal, TryLater};
use crate::ledger::Ledger;
use crate::os::clock;

/// What a request for a capture is of.
const REQUEST: &str = "a request";
/// When to ask again while a capture is being taken, seconds.
const WHILE_BUSY_S: u64 = 5;

/// What the gateway and the guard share.
#[derive(Debug)]
pub(super) struct Desk {
    board: Mutex<Board>,
    pub(super) budget: Arc<Mutex<Budget>>,
    ledger: Arc<Mutex<Ledger>>,
    pub(super) figures: Figures,
    incidents: PathBuf,
}

impl Desk {
    pub(super) fn new(budget: Arc<Mutex<Budget>>, ledger: Arc<Mutex<Ledger>>, incidents: PathBuf) -> Self {
        let figures = Figures::new(Arc::clone(&ledger), Arc::clone(&budget));
        Self { board: Mutex::new(Board::default()), budget, ledger, figures, incidents }
    }

    pub(super) fn board(&self) -> MutexGuard<'_, Board> {
        held(&self.board)
    }
}

fn held<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl gateway::Desk for Desk {
    fn alerts(&self, notification: &Notification) -> Receipt {
        let receipt = self.board().alerts(notification, clock::wall().as_secs());
        self.figures.alerts(notification.sender, &receipt);
        receipt
    }

    fn refused(&self, refusal: Refusal) {
        self.figures.refused(refusal);
    }

    fn capture(&self) -> Result<u64, TryLater> {
        let now_s = clock::wall().as_secs();
        let thing = Rule::Asked.of(REQUEST);
        // A capture that is being taken by itself is waited for; whatever else limits is told.
        if let Some(limit) = held(&self.budget).limit(now_s, &thing).filter(|limit| *limit != Limit::Busy) {
            return Err(TryLater { reason: limit.words(), retry_after_s: limit.left_s().unwrap_or(WHILE_BUSY_S) });
        }
        self.board().ask(Rule::Asked, REQUEST, now_s).map_err(|number| TryLater {
            reason: format!("another capture is being taken: operation {number}"),
            retry_after_s: WHILE_BUSY_S,
        })
    }

    fn operations(&self) -> Vec<Operation> {
        self.board().operations()
    }

    fn end(&self, number: u64, keep: bool) -> Option<Operation> {
        self.board().end(number, keep)
    }

    fn incidents(&self) -> io::Result<Vec<Listed>> {
        incidents::list(&self.incidents)
    }

    fn file(&self, incident: &str, name: &str) -> Option<(File, &'static str, u64)> {
        incidents::open(&self.incidents, incident, name)
    }

    fn ledger(&self) -> io::Result<Vec<u8>> {
        held(&self.ledger).text().map_err(io::Error::from)
    }

    fn metrics(&self) -> io::Result<String> {
        self.figures.text()
    }
}
