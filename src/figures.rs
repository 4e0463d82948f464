//! Figures in words: lengths, shares, bytes, counts and their plurals, the same wherever they are said.

use std::time::Duration;

/// From here on a length is told without its tenths when they are nothing.
const LONG_S: f64 = 9.95;

/// A length of time: `340 ms`, `2.0 s`, `12.4 s`, `30 s`, `2 min 5 s`, `3 h 20 min`.
#[must_use]
pub fn length(length: Duration) -> String {
    seconds(length.as_secs_f64())
}

/// The same of seconds. Values are rounded, never up into the next unit; `?` where it is no length.
#[must_use]
pub fn seconds(seconds: f64) -> String {
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
        let words = format!("{seconds:.1}");
        let whole = words.strip_suffix(".0").filter(|_| seconds >= LONG_S);
        return format!("{} s", whole.unwrap_or(&words));
    }
    let whole = seconds.round();
    let (hours, minutes, rest) = ((whole / 3600.0).floor(), ((whole % 3600.0) / 60.0).floor(), whole % 60.0);
    match (hours >= 1.0, minutes >= 1.0, rest >= 1.0) {
        (true, true, _) => format!("{hours:.0} h {minutes:.0} min"),
        (true, false, _) => format!("{hours:.0} h"),
        (false, _, true) => format!("{minutes:.0} min {rest:.0} s"),
        (false, _, false) => format!("{minutes:.0} min"),
    }
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

/// A count and its noun: `1 look`, `150 looks`, `2 processes`, `3 context switches`.
#[must_use]
pub fn count(number: u64, noun: &str) -> String {
    if number == 1 {
        return format!("1 {noun}");
    }
    let hisses = ["s", "x", "ch", "sh"].iter().any(|end| noun.ends_with(end));
    format!("{number} {noun}{}", if hisses { "es" } else { "s" })
}

/// A count and the rest of the sentence, whose verb follows the number: `1 connection is waiting`.
#[must_use]
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_read_like_a_person_would_say_them() {
        let cases = [
            (0.0, "0 ms"),
            (-0.0, "0 ms"),
            (0.000_2, "< 1 ms"),
            (0.34, "340 ms"),
            (0.9996, "1.0 s"),
            (9.94, "9.9 s"),
            (12.41, "12.4 s"),
            (41.0, "41 s"),
            (99.96, "1 min 40 s"),
            (125.0, "2 min 5 s"),
            (300.0, "5 min"),
            (3599.7, "1 h"),
            (12_000.0, "3 h 20 min"),
            (f64::NAN, "?"),
            (-1.0, "?"),
        ];
        for (length, words) in cases {
            assert_eq!(seconds(length), words, "{length} seconds");
        }
        assert_eq!(length(Duration::from_millis(2_500)), "2.5 s");
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

    #[test]
    fn counts_have_the_plural_of_their_noun() {
        let cases =
            [(1, "look", "1 look"), (0, "look", "0 looks"), (2, "process", "2 processes"), (3, "switch", "3 switches")];
        for (number, noun, words) in cases {
            assert_eq!(count(number, noun), words);
        }
        assert_eq!(counted(1, "is", "are"), "1 is");
        assert_eq!(counted(2, "is", "are"), "2 are");
    }
}
