//! What a watch keeps under its folder from one run to the next: the ledger, the budget, the incidents.

use std::fs::OpenOptions;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nix::libc;

use super::super::new_file::NewFile;
use super::super::safe_folder::SafeFolder;
use super::account::{ACCOUNT, Account};
use super::budget::Budget;
use super::incidents::{INCIDENTS, keep};
use crate::error::{Error, Result};
use crate::ledger::Ledger;
use crate::os::clock;

/// The near misses.
pub(in crate::drive) const LEDGER: &str = "ledger.json";
/// What was captured before.
const BUDGET: &str = "budget.json";
/// Locked as long as the watch runs.
const LOCK: &str = "watch.lock";
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
    pub(super) ledger: Arc<Mutex<Ledger>>,
    kept: Instant,
    /// What was to be kept last could not be written.
    failed: bool,
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
        let ledger = Arc::new(Mutex::new(ledger));
        Ok((Self { folder: folder.to_owned(), ledger, kept: Instant::now(), failed: false, _lock: lock }, budget))
    }

    /// The near misses, to count one or to write them.
    pub(super) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
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
    /// When they cannot be written; it is tried again when it is time for the ledger.
    pub(super) fn tend(&mut self, budget: &Mutex<Budget>) -> Result<()> {
        if self.kept.elapsed() >= KEEP_EVERY {
            return self.keep(budget);
        }
        if self.failed { Ok(()) } else { self.keep_budget(budget) }
    }

    /// Writes both now.
    ///
    /// # Errors
    ///
    /// The first failure; the other is written all the same.
    pub(super) fn keep(&mut self, budget: &Mutex<Budget>) -> Result<()> {
        self.kept = Instant::now();
        let mut ledger = self.ledger();
        ledger.until_s = ledger.until_s.max(clock::wall().as_secs());
        let text = ledger.text();
        drop(ledger);
        let text = text.map_err(|error| Error::Bug(format!("the ledger has no JSON: {error}")))?;
        let kept = keep(&self.folder.join(LEDGER), &text);
        let outcome = kept.and(self.keep_budget(budget));
        self.failed = outcome.is_err();
        outcome
    }

    /// Writes what the rules saw.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub(super) fn keep_account(&self, account: &mut Account) -> Result<()> {
        keep(&self.folder.join(ACCOUNT), &account.text()?)
    }

    fn keep_budget(&mut self, budget: &Mutex<Budget>) -> Result<()> {
        let changes = budget.lock().unwrap_or_else(PoisonError::into_inner).changes();
        let Some(text) = changes else { return Ok(()) };
        let kept = keep(&self.folder.join(BUDGET), &text);
        self.failed = kept.is_err();
        if self.failed {
            budget.lock().unwrap_or_else(PoisonError::into_inner).not_kept();
        }
        kept
    }
}

/// The account of the rules of a watch, if there is one.
///
/// # Errors
///
/// When it cannot be read, or is no account of this version.
pub(super) fn read_account(folder: &Path) -> Result<Option<Account>> {
    let path = folder.join(ACCOUNT);
    let parsed = read(&path)?.map(|text| Account::parse(&text)).transpose();
    parsed.map_err(|reason| unusable(&path, &reason))
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

/// Somebody else may have put anything there: no link is followed, nothing is waited for, and no more is read than a file of ours has.
fn read(path: &Path) -> Result<Option<String>> {
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY;
    let failed = |source| Error::Io { doing: format!("reading {}", path.display()), source };
    let none_of_ours = || unusable(path, "it is none of ours");
    let file = match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if error.raw_os_error() == Some(libc::ELOOP) => return Err(none_of_ours()),
        Err(error) => return Err(failed(error)),
    };
    let data = file.metadata().map_err(failed)?;
    if !data.is_file() || data.len() > LONGEST_FILE {
        return Err(none_of_ours());
    }
    let mut bytes = Vec::new();
    file.take(LONGEST_FILE).read_to_end(&mut bytes).map_err(failed)?;
    String::from_utf8(bytes).map(Some).map_err(|_| none_of_ours())
}

fn unusable(path: &Path, reason: &str) -> Error {
    Error::Usage {
        message: format!("{} cannot be used: {reason}", path.display()),
        hint: Some("move it away, or name another folder".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn what_stands_in_the_place_of_a_ledger_is_neither_followed_nor_waited_for() {
        let folder = std::env::temp_dir().join(format!("hangspy-shelf-{}", std::process::id()));
        let _from_before = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        assert_eq!(read_ledger(&folder).unwrap(), None);
        let ledger = folder.join(LEDGER);
        let refusal = || read_ledger(&folder).unwrap_err().to_string();
        // The words of the kernel: whoever reads them takes them away, and then waits for more.
        symlink("/proc/kmsg", &ledger).unwrap();
        assert!(refusal().contains("it is none of ours"));
        fs::remove_file(&ledger).unwrap();
        nix::unistd::mkfifo(&ledger, nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert!(refusal().contains("it is none of ours"));
        fs::remove_file(&ledger).unwrap();
        for (bytes, reason) in [(&b"\xff\xfe"[..], "it is none of ours"), (&b"{"[..], "it is no ledger")] {
            fs::write(&ledger, bytes).unwrap();
            assert!(refusal().contains(reason), "{}", refusal());
        }
        fs::remove_dir_all(folder).unwrap();
    }
}
