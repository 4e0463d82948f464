//! Figures in words: durations, shares, bytes, counts.

/// A duration: `0 ms`, `340 ms`, `12.4 s`, `2 min 5 s`, `3 h 20 min`. Values are rounded, never up into the next unit.
#[must_use]
pub fn duration(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return "?".to_owned();
    }
    if seconds < 0.000_95 && seconds > 0.0 {
        return "< 1 ms".to_owned();
    }
    if seconds < 0.9995 {
        // The sum of nothing is -0.0.
        return format!("{:.0} ms", seconds.abs() * 1000.0);
    }
    if seconds < 99.95 {
        return format!("{seconds:.1} s");
    }
    let whole = seconds.round();
    let (hours, minutes, rest) = ((whole / 3600.0).floor(), ((whole % 3600.0) / 60.0).floor(), whole % 60.0);
    if hours >= 1.0 { format!("{hours:.0} h {minutes:.0} min") } else { format!("{minutes:.0} min {rest:.0} s") }
}

/// A share: `100 %`, `34 %`, `0.3 %`. Something that is not nothing is never shown as `0 %`, and what is not everything
/// is never shown as `100 %`.
#[must_use]
pub fn share(share: f64) -> String {
    let percent = share * 100.0;
    if !percent.is_finite() || percent < 0.0 {
        "?".to_owned()
    } else if percent == 0.0 {
        "0 %".to_owned()
    } else if percent < 0.05 {
        "< 0.1 %".to_owned()
    } else if percent < 9.95 {
        format!("{percent:.1} %")
    } else if percent < 100.0 {
        format!("{:.0} %", percent.min(99.0))
    } else {
        format!("{percent:.0} %")
    }
}

/// Bytes: `512 B`, `14 MiB`, `1.5 GiB`.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "shown with two digits")]
pub fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1024.0;
    let mut unit = "KiB";
    for next in UNITS.into_iter().skip(1) {
        if value < 1023.5 {
            break;
        }
        value /= 1024.0;
        unit = next;
    }
    if value < 9.95 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") }
}

/// A count and its noun: `1 look`, `150 looks`, `2 processes`.
#[must_use]
pub fn count(number: u64, noun: &str) -> String {
    match (number, noun.ends_with('s')) {
        (1, _) => format!("1 {noun}"),
        (_, false) => format!("{number} {noun}s"),
        (_, true) => format!("{number} {noun}es"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_like_a_person_would_say_them() {
        let cases = [
            (0.0, "0 ms"),
            (-0.0, "0 ms"),
            (0.000_2, "< 1 ms"),
            (0.34, "340 ms"),
            (0.9996, "1.0 s"),
            (12.41, "12.4 s"),
            (99.96, "1 min 40 s"),
            (125.0, "2 min 5 s"),
            (3599.7, "1 h 0 min"),
            (12_000.0, "3 h 20 min"),
            (f64::NAN, "?"),
            (-1.0, "?"),
        ];
        for (seconds, words) in cases {
            assert_eq!(duration(seconds), words, "{seconds} seconds");
        }
    }

    #[test]
    fn shares_never_round_to_nothing_or_everything() {
        let cases =
            [(1.0, "100 %"), (0.999, "99 %"), (0.34, "34 %"), (0.003, "0.3 %"), (0.0001, "< 0.1 %"), (0.0, "0 %")];
        for (part, words) in cases {
            assert_eq!(share(part), words, "{part}");
        }
    }

    #[test]
    fn bytes_use_the_unit_that_keeps_two_digits() {
        let cases =
            [(512, "512 B"), (14 << 20, "14 MiB"), (1536 << 20, "1.5 GiB"), (2048, "2.0 KiB"), (u64::MAX, "16 EiB")];
        for (size, words) in cases {
            assert_eq!(bytes(size), words, "{size}");
        }
    }
}
