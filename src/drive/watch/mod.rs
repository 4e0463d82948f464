//! `hangspy watch`: a flight recorder.
//!
//! The stall is over, or a supervisor has killed the evidence, before anybody can look. So each process of the target is followed from a
//! thread of its own (`recorder`): a hundred pulses a second on a `beat`, which count stalls from 20 ms on and cost next to nothing;
//! whole looks rarely while nothing happens, and at once when a step lasts; the last minute of them in a `ring`. What sets a capture
//! off are `rules` on the pulses and on the verdicts of the last minute; whether there is one, a `budget` decides that outlives us.
//! Then it is looked at full rate for three seconds, and the minute before comes with it.
//!
//! The thread that started it (`guard`) finds the processes again and again, so that workers come and go and the target may be
//! started anew, and it alone writes: `incidents`, and what stays on the `shelf`. Threads that look have no right to.
//!
//! What is asked for from outside, by SIGUSR1 or through the `door` that the gateway serves, is put on a `board`, which is part of the
//! `desk` that the gateway asks. The guard carries it out (`calls`): one capture of all processes at the same time, of the same budget.
//!
//! A recorder whose sampler has kept as many stacks as it may is replaced by a new one, whose ring begins empty: of an incident
//! right after that there is less from before, and `seconds_before` says how much.

mod account;
mod beat;
mod board;
mod budget;
mod calls;
mod desk;
mod door;
mod figures;
mod guard;
mod incidents;
mod recorder;
mod ring;
mod rules;
mod shelf;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::SIGUSR1;

use super::console::Console;
use super::entry;
use super::interrupt::Interrupt;
use crate::error::{Error, Result};

pub use door::Door;
pub(super) use incidents::{Evidence, keep_evidence};
pub(super) use shelf::{LEDGER, read_ledger};

/// What `hangspy watch` was asked.
#[derive(Clone, Debug)]
pub struct Armed {
    /// The target in the user's words.
    pub asked: String,
    /// Where incidents and the ledger are kept.
    pub folder: PathBuf,
    /// Wait for a target that is not there yet, or that cannot be looked at.
    pub wait: bool,
    /// Add a line for each attach to this file.
    pub audit: Option<PathBuf>,
    /// Where other rules than the built-in ones stand.
    pub rules: Option<PathBuf>,
    /// Whether a supervisor of ours has started us beside its service.
    pub beside_service: bool,
    /// Where alerts and requests may come in.
    pub door: Option<Door>,
}

/// Watches the target until told to stop.
///
/// # Errors
///
/// When there is no target to watch and nobody wants to wait for one, when none of its processes can be looked at, and when the
/// folder cannot be used.
pub fn watch(request: &Armed, console: Console) -> Result<()> {
    if request.beside_service {
        entry::settle();
    }
    let interrupt = Interrupt::install()?;
    let asked = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(SIGUSR1, Arc::clone(&asked))
        .map_err(|source| Error::Io { doing: "installing the signal handlers".to_owned(), source })?;
    guard::Guard::new(request, console)?.run(&interrupt, &asked)
}

/// Says what each rule of the watch in a folder saw last, and why it did or did not set off a capture.
///
/// # Errors
///
/// When no watch has written there.
pub fn explain_rules(folder: &Path, console: Console) -> Result<()> {
    let account = shelf::read_account(folder)?.ok_or_else(|| Error::Usage {
        message: format!("no watch has written into {}", folder.display()),
        hint: Some(format!("start one: hangspy watch -o {}", folder.display())),
    })?;
    console.print(account.page(folder).as_bytes())
}
