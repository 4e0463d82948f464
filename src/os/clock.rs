//! The clock that every [`Moment`] is read from.

use std::cell::Cell;
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};
use nix::unistd::{SysconfVar, sysconf};

use super::proc_file::{SMALL, read_text};
use crate::snapshot::{Moment, ProcessId};

thread_local! {
    /// Nanoseconds that are added to the clock of this thread.
    static AHEAD: Cell<i64> = const { Cell::new(0) };
}

/// Lets the clock of the calling thread go as that of a process, which may be another one: a time namespace (`unshare --time`,
/// some containers) counts from elsewhere, and what the process writes down is told by its clock.
pub fn follow(process: ProcessId) {
    let offset = |process: &str| parse_offset(&read_text(format!("/proc/{process}/timens_offsets"), SMALL).ok()?);
    // Without the file, or the right to read it, there is nothing to add.
    let ahead = offset(&process.to_string()).zip(offset("self")).map_or(0, |(its, ours)| its.saturating_sub(ours));
    AHEAD.set(ahead);
}

/// The offset of `CLOCK_MONOTONIC` in `/proc/PID/timens_offsets`, nanoseconds.
fn parse_offset(text: &str) -> Option<i64> {
    let line = text.lines().find_map(|line| line.strip_prefix("monotonic"))?;
    let mut figures = line.split_ascii_whitespace().map(str::parse::<i64>);
    let (seconds, nanoseconds) = (figures.next()?.ok()?, figures.next()?.ok()?);
    seconds.checked_mul(1_000_000_000)?.checked_add(nanoseconds)
}

/// Now, on `CLOCK_MONOTONIC`: the clock that CPython's `time.monotonic()` and libuv read too, so that their times and
/// ours can be subtracted. The clock's zero if the kernel has no such clock, which no Linux lacks.
#[must_use]
pub fn now() -> Moment {
    clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(Moment(0), |time| {
        let seconds = u64::try_from(time.tv_sec()).unwrap_or(0);
        let nanoseconds = u64::try_from(time.tv_nsec()).unwrap_or(0);
        let own = seconds.saturating_mul(1_000_000_000).saturating_add(nanoseconds);
        Moment(own.saturating_add_signed(AHEAD.get()))
    })
}

/// Time since 1970, as Python's `time.time()` tells it; zero where the clock is refused.
#[must_use]
pub fn wall() -> Duration {
    clock_gettime(ClockId::CLOCK_REALTIME).map_or(Duration::ZERO, Duration::from)
}

/// CPU time of the calling thread so far; zero where the clock is refused.
#[must_use]
pub fn thread_cpu() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map_or(Duration::ZERO, Duration::from)
}

/// When something was that `/proc` gives in clock ticks since boot (`proc_pid_stat(5)`, field 22), to a hundredth of a
/// second. Time in which the machine slept counts for ticks and not for [`now`], so what was before a sleep seems that much
/// earlier.
#[must_use]
pub fn of_ticks(ticks: u64) -> Moment {
    let per_second = sysconf(SysconfVar::CLK_TCK).ok().flatten().and_then(|ticks| u64::try_from(ticks).ok());
    let since_boot = ticks.saturating_mul(1_000_000_000 / per_second.unwrap_or(100).max(1));
    let boot_clock = clock_gettime(ClockId::CLOCK_BOOTTIME).map(Duration::from).unwrap_or_default();
    now().before(boot_clock.saturating_sub(Duration::from_nanos(since_boot)))
}

#[cfg(test)]
mod tests {
    #[test]
    fn offsets_of_a_time_namespace() {
        let offset = super::parse_offset;
        assert_eq!(
            offset("monotonic           5000         7\nboottime            9         0\n"),
            Some(5_000_000_000_007)
        );
        assert_eq!(offset("monotonic  -2 0\n"), Some(-2_000_000_000));
        assert_eq!(offset(""), None);
        assert_eq!(offset(&format!("monotonic {} 0", i64::MAX)), None);
        super::follow(crate::snapshot::ProcessId(std::process::id()));
        assert_eq!(super::AHEAD.get(), 0);
    }

    #[test]
    fn ticks_are_counted_from_boot() {
        let (long_ago, now) = (super::of_ticks(0), super::now());
        assert!(long_ago < now && super::of_ticks(u64::MAX) >= now, "boot was at {long_ago:?}, now is {now:?}");
    }

    #[test]
    fn the_clock_never_goes_back() {
        let first = super::now();
        let second = super::now();
        assert!(first.0 > 0 && second >= first, "CLOCK_MONOTONIC went from {first:?} to {second:?}");
    }
}
