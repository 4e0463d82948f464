//! What hangspy itself costs.

use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

use super::proc_file::{SMALL, known, read_text};
use super::task_text::parse_status_size;
use crate::snapshot::{Known, Why};

/// CPU time and memory of this program so far.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SelfCost {
    /// CPU time, user and system, all threads, seconds.
    pub cpu_s: Known<f64>,
    /// Largest resident size, bytes.
    pub peak_bytes: Known<u64>,
}

/// What this program has cost so far.
///
/// The peak comes from `VmHWM`: `getrusage`'s would still show the size of whatever program started us, because it
/// survives `exec`.
#[must_use]
pub fn self_cost() -> SelfCost {
    let cpu = getrusage(UsageWho::RUSAGE_SELF).map_err(|_refused| Why::NotPermitted).and_then(|usage| {
        let microseconds = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
        u64::try_from(microseconds).map_err(|_negative| Why::Implausible)
    });
    let peak = read_text("/proc/self/status", SMALL)
        .and_then(|text| parse_status_size(&text, "VmHWM").ok_or(Why::NotInThisKernel));
    let seconds = |microseconds| Duration::from_micros(microseconds).as_secs_f64();
    SelfCost { cpu_s: known(cpu).map(seconds), peak_bytes: known(peak) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_running_program_costs_something() {
        let cost = self_cost();
        assert!(cost.peak_bytes.get().is_some_and(|bytes| *bytes > 100_000), "{cost:?}");
        assert!(cost.cpu_s.get().is_some_and(|seconds| *seconds >= 0.0), "{cost:?}");
    }
}
