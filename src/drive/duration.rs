//! Durations as people type them.

use std::time::Duration;

/// Units, longest suffix first so that `ms` is not taken for `s`.
const UNITS: &[(&str, f64)] = &[("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];

/// The longest duration that makes sense here: a day.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// Reads `500ms`, `3s`, `1.5m` or `2h`.
///
/// # Errors
///
/// A sentence for the user when the text is something else, zero, or longer than a day.
pub fn parse(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a duration; write it like 500ms, 3s or 2m");
    let (number, unit) =
        UNITS.iter().find_map(|(suffix, unit)| Some((text.strip_suffix(suffix)?, unit))).ok_or_else(wrong)?;
    let number: f64 = number.trim().parse().map_err(|_| wrong())?;
    let duration = Duration::try_from_secs_f64(number * unit).map_err(|_| wrong())?;
    if duration.is_zero() || duration > LONGEST {
        return Err(format!("`{text}` is out of range; it must be more than 0 and at most 24h"));
    }
    Ok(duration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(parse("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse("3s"), Ok(Duration::from_secs(3)));
        assert_eq!(parse("1.5m"), Ok(Duration::from_secs(90)));
        for wrong in ["", "3", "s", "-1s", "NaNs", "infs", "0s", "25h", "3 parsecs", "1e300h"] {
            assert!(parse(wrong).is_err(), "{wrong} was taken for a duration");
        }
    }
}
