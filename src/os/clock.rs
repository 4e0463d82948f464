//! The clock that every [`Moment`] is read from.

use nix::time::{ClockId, clock_gettime};

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

#[cfg(test)]
mod tests {
    #[test]
    fn the_clock_never_goes_back() {
        let first = super::now();
        let second = super::now();
        assert!(first.0 > 0 && second >= first, "CLOCK_MONOTONIC went from {first:?} to {second:?}");
    }
}
