//! What a watch keeps under its folder from one run to the next: the ledger, the budget, the incidents.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::super::new_file::NewFile;
use super::super::safe_folder::SafeFolder;
use super::budget::Budget;
use super::incidents::keep;
use crate::error::{Error, Result};
use crate::ledger::Ledger;
use crate::os::clock;

/// The near misses.
pub(in crate::drive) const LEDGER: &str = "ledger.json";
/// What was captured before.
const BUDGET: &str = "budget.json";
/// Locked as long as the watch runs.
const LOCK: &str = "watch.lock";
/// The incidents, a folder each.
const INCIDENTS: &str = "incidents";
/// What was seen last before the watch ended.
const LAST: &str = "last";
/// How often the ledger is written: what a kill may cost.
const KEEP_EVERY: Duration = Duration::from_secs(30);
/// A longer file is none of ours.
const LONGEST_FILE: u64 = 16 << 20;

/// The folder of a watch.
#[derive(Debug)]
pub(super) struct Shelf {
    folder: PathBuf,
    pub(super) ledger: Ledger,
    kept: Instant,
    /// No other watch may keep its ledger in the same folder.
    _lock: NewFile,
}

impl Shelf {
    /// Opens the folder, made when it is not there, and reads what is kept in it.
    ///
    /// # Errors
    ///
    /// When it is not safe to write into, when another watch writes there, and when what is kept is not ours.
    pub(super) fn open(folder: &Path) -> Result<(Self, Budget)> {
        let failed = |path: PathBuf| move |source| Error::Output { path, source };
        SafeFolder::open(folder, true).map_err(failed(folder.to_owned()))?;
        let lock = NewFile::claim(&folder.join(LOCK)).map_err(failed(folder.to_owned()))?;
        let ledger = read_ledger(folder)?.unwrap_or_else(|| Ledger::since(clock::wall().as_secs()));
        let budget = match read(&folder.join(BUDGET))? {
            Some(text) => Budget::parse(&text).map_err(|reason| unusable(&folder.join(BUDGET), &reason))?,
            None => Budget::default(),
        };
        Ok((Self { folder: folder.to_owned(), ledger, kept: Instant::now(), _lock: lock }, budget))
    }

    pub(super) fn incidents(&self) -> PathBuf {
        self.folder.join(INCIDENTS)
    }

    pub(super) fn last(&self) -> PathBuf {
        self.folder.join(LAST)
    }

    /// Writes the budget when it has changed, and the ledger when it is time to.
    ///
    /// # Errors
    ///
    /// When they cannot be written; it is tried again.
    pub(super) fn tend(&mut self, budget: &Mutex<Budget>) -> Result<()> {
        self.keep_budget(budget)?;
        if self.kept.elapsed() < KEEP_EVERY {
            return Ok(());
        }
        self.keep(budget)
    }

    /// Writes both now.
    ///
    /// # Errors
    ///
    /// When they cannot be written.
    pub(super) fn keep(&mut self, budget: &Mutex<Budget>) -> Result<()> {
        self.kept = Instant::now();
        self.ledger.until_s = self.ledger.until_s.max(clock::wall().as_secs());
        let text = self.ledger.text().map_err(|error| Error::Bug(format!("the ledger has no JSON: {error}")))?;
        keep(&self.folder.join(LEDGER), &text)?;
        self.keep_budget(budget)
    }

    fn keep_budget(&self, budget: &Mutex<Budget>) -> Result<()> {
        let changes = budget.lock().unwrap_or_else(PoisonError::into_inner).changes();
        changes.map_or(Ok(()), |text| keep(&self.folder.join(BUDGET), &text))
    }
}

/// The ledger in a folder, if there is one.
///
/// # Errors
///
/// When it cannot be read, or is no ledger of this version.
pub(in crate::drive) fn read_ledger(folder: &Path) -> Result<Option<Ledger>> {
    let path = folder.join(LEDGER);
    let parsed = read(&path)?.map(|text| Ledger::parse(&text)).transpose();
    parsed.map_err(|reason| unusable(&path, &reason))
}

fn read(path: &Path) -> Result<Option<String>> {
    let failed = |source| Error::Io { doing: format!("reading {}", path.display()), source };
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
        Ok(data) if !data.is_file() || data.len() > LONGEST_FILE => return Err(unusable(path, "it is none of ours")),
        Ok(_) => {}
    }
    fs::read_to_string(path).map(Some).map_err(failed)
}

fn unusable(path: &Path, reason: &str) -> Error {
    Error::Usage {
        message: format!("{} cannot be used: {reason}", path.display()),
        hint: Some("move it away, or name another folder".to_owned()),
    }
}
