//! The clock that every [`Moment`] is read from.

use std::time::Duration;

use nix::time::{ClockId, clock_gettime};
use nix::unistd::{SysconfVar, sysconf};

use crate::snapshot::Moment;

/// Now, on `CLOCK_MONOTONIC`: the clock that CPython's `time.monotonic()` and libuv read too, so that their times and
/// ours can be subtracted. The clock's zero if the kernel has no such clock, which no Linux lacks.
#[must_use]
pub fn now() -> Moment {
    clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(Moment(0), |time| {
        let seconds = u64::try_from(time.tv_sec()).unwrap_or(0);
        let nanoseconds = u64::try_from(time.tv_nsec()).unwrap_or(0);
        Moment(seconds.saturating_mul(1_000_000_000).saturating_add(nanoseconds))
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
