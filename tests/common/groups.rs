//! The process groups of running applications, so that none outlives this program: not when a cell panics, and not when
//! somebody presses Ctrl-C, which reaches only our own group.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use super::cgroup;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

static RUNNING: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// A group that dies with this value.
pub(crate) struct Group(u32);

impl Group {
    /// Takes charge of the group that a process leads.
    pub(crate) fn led_by(pid: u32) -> Self {
        RUNNING.lock().unwrap_or_else(PoisonError::into_inner).insert(pid);
        Self(pid)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        kill(self.0);
        RUNNING.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.0);
    }
}

fn kill(leader: u32) {
    // The group outlives its leader, and nothing of ours was ever put into it. Gone already is as good.
    let _gone_already = killpg(Pid::from_raw(leader.cast_signed()), Signal::SIGKILL);
}

/// Kills every group when this program is asked to end, and ends it as it would have ended.
pub(crate) fn end_with_us() -> std::io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    std::thread::spawn(move || {
        for signal in &mut signals {
            RUNNING.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().for_each(kill);
            cgroup::give_up();
            let _ends_here = signal_hook::low_level::emulate_default_handler(signal);
        }
    });
    Ok(())
}
