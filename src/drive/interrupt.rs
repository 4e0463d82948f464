//! Ctrl-C and its kin: a flag that ends the work early and keeps what was gathered.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};

use crate::error::{Error, Result};

/// Whether somebody asked us to stop. Shared with the threads that look.
#[derive(Clone, Debug)]
pub(crate) struct Interrupt {
    asked: Arc<AtomicBool>,
}

impl Interrupt {
    /// Takes over SIGINT, SIGTERM and SIGHUP. A second SIGINT or SIGTERM ends the program at once, as without us: nobody
    /// should need SIGKILL to be rid of a tool.
    pub(super) fn install() -> Result<Self> {
        let asked = Arc::new(AtomicBool::new(false));
        let failed = |source| Error::Io { doing: "installing the signal handlers".to_owned(), source };
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register_conditional_default(signal, Arc::clone(&asked)).map_err(failed)?;
            signal_hook::flag::register(signal, Arc::clone(&asked)).map_err(failed)?;
        }
        // A limit to the size of files is an error of the write, as a full disk is, and not our end.
        let too_large = Arc::new(AtomicBool::new(false));
        signal_hook::flag::register(SIGXFSZ, too_large).map_err(failed)?;
        Ok(Self { asked })
    }

    /// Whether to stop.
    pub(crate) fn asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// Asks ourselves to stop, when the window is over.
    pub(crate) fn ask(&self) {
        self.asked.store(true, Ordering::Relaxed);
    }

    /// Another flag that this one does not share: for the threads that look.
    pub(crate) fn detached() -> Self {
        Self { asked: Arc::new(AtomicBool::new(false)) }
    }
}
