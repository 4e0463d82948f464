//! Times that the target wrote down, and whether they can be true.

use std::time::Duration;

use crate::snapshot::{Known, Moment, Why};

/// How far ahead of our clock a time of the target may be: it may write it after we looked at the clock.
const AHEAD: Duration = Duration::from_millis(20);
/// How far before the process's own start a time may be: start times are known to a hundredth of a second only.
const BEFORE_START: Duration = Duration::from_secs(1);
/// Seconds that fit into a [`Moment`], rounded down: five centuries.
const MOST_SECONDS: f64 = 1.8e10;

/// When a process can have written down a time that is past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lifetime {
    /// When the process started.
    pub(crate) began: Moment,
    /// Now, looked at after the reading.
    pub(crate) now: Moment,
}

impl Lifetime {
    /// A past time, if it can be one.
    pub(crate) fn past(self, moment: Moment) -> Known<Moment> {
        let earliest = self.began.before(BEFORE_START);
        let latest = self.now.0.saturating_add(u64::try_from(AHEAD.as_nanos()).unwrap_or(0));
        if moment < earliest || moment.0 > latest { Known::Unknown(Why::Implausible) } else { Known::Is(moment) }
    }
}

/// Seconds of `time.monotonic()` as a moment.
pub(crate) fn from_seconds(seconds: f64) -> Known<Moment> {
    if !(0.0..=MOST_SECONDS).contains(&seconds) {
        return Known::Unknown(Why::Implausible);
    }
    Known::Is(Moment(u64::try_from(Duration::from_secs_f64(seconds).as_nanos()).unwrap_or(u64::MAX)))
}

/// Milliseconds of libuv's clock as a moment.
pub(crate) fn from_milliseconds(milliseconds: u64) -> Known<Moment> {
    Known::from_option(milliseconds.checked_mul(1_000_000).map(Moment), Why::Implausible)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_a_reused_place_in_memory_is_not_believed() {
        let life = Lifetime { began: Moment(100_000_000_000), now: Moment(200_000_000_000) };
        assert_eq!(life.past(Moment(150_000_000_000)), Known::Is(Moment(150_000_000_000)));
        assert_eq!(life.past(Moment(1)), Known::Unknown(Why::Implausible));
        assert_eq!(life.past(Moment(201_000_000_000)), Known::Unknown(Why::Implausible));
        for seconds in [f64::NAN, f64::INFINITY, -1.0, 1e300] {
            assert_eq!(from_seconds(seconds), Known::Unknown(Why::Implausible), "{seconds}");
        }
        assert_eq!(from_seconds(1.5), Known::Is(Moment(1_500_000_000)));
        assert_eq!(from_milliseconds(u64::MAX), Known::Unknown(Why::Implausible));
    }
}
