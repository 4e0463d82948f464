//! Who looked into which process, when, with what rights, and what could be read: a line for each attach.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::fs::{Mode, OFlags, fstat, openat};
use serde::Serialize;

use super::new_file::check_is_ours;
use super::safe_folder::SafeFolder;
use crate::attach::{self, Checkup, GateState};
use crate::error::{Error, Result};
use crate::snapshot::Process;

/// One attach.
#[derive(Debug, Serialize)]
struct Line<'a> {
    /// When, in UTC.
    time: String,
    /// Our version.
    hangspy: &'a str,
    /// Our own pid.
    by: u32,
    /// The user that we run as.
    user: Option<u32>,
    /// Who became that user by `sudo`.
    sudo_user: Option<String>,
    /// Where.
    host: String,
    /// For which verb.
    verb: &'static str,
    /// The target in the user's words.
    asked: &'a str,
    /// The process that is looked into.
    process: u32,
    /// Its executable.
    executable: &'a str,
    /// What the kernel lets us read of it.
    reads: Vec<&'static str>,
    /// The gates that a capability had to pass; empty when everything is open to anybody of the same user.
    passed: Vec<&'static str>,
    /// The gates that refuse.
    refused: Vec<&'static str>,
}

/// Adds a line for each process, before any of them is looked into.
///
/// # Errors
///
/// When the file cannot be written: then nothing may be looked into.
pub(super) fn write(path: &Path, verb: &'static str, asked: &str, processes: &[Process]) -> Result<()> {
    let failed = |source| Error::Output { path: path.to_owned(), source };
    let mut file = open(path).map_err(failed)?;
    for process in processes {
        let checkup = attach::checkup(process.pid);
        let line = line(verb, asked, process, &checkup, SystemTime::now());
        let mut text = serde_json::to_vec(&line).map_err(|error| Error::Bug(error.to_string()))?;
        text.push(b'\n');
        // In one piece: several hangspies may add to one file.
        file.write_all(&text).map_err(failed)?;
    }
    file.sync_data().map_err(failed)
}

/// Opens a file that is ours alone: whoever could write to it, or put a link in its place, could make the book say anything.
fn open(path: &Path) -> io::Result<File> {
    let (folder, name) = SafeFolder::around(path)?;
    let flags = OFlags::WRONLY | OFlags::APPEND | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = openat(&folder.descriptor, &name, flags | OFlags::CLOEXEC, Mode::RUSR | Mode::WUSR)?;
    check_is_ours(&fstat(&file)?)?;
    Ok(File::from(file))
}

fn line<'a>(verb: &'static str, asked: &'a str, process: &'a Process, checkup: &Checkup, now: SystemTime) -> Line<'a> {
    let gates = |state: GateState| {
        checkup.gates.iter().filter(|gate| gate.state == state).map(|gate| gate.name).collect::<Vec<_>>()
    };
    Line {
        time: utc(now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())),
        hangspy: env!("CARGO_PKG_VERSION"),
        by: std::process::id(),
        user: checkup.own_user,
        sudo_user: std::env::var("SUDO_USER").ok(),
        host: fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim_end().to_owned(),
        verb,
        asked,
        process: process.pid.0,
        executable: &process.executable,
        reads: checkup.trials.iter().filter(|trial| trial.allowed).map(|trial| trial.what).collect(),
        passed: gates(GateState::Passed),
        refused: gates(GateState::Shut),
    }
}

/// `2026-11-25T23:59:07Z`, from seconds since 1970 (the proleptic Gregorian calendar, in eras of 400 years that begin in
/// March, so that the leap day is the last of its year).
pub(super) fn utc(seconds: u64) -> String {
    const DAYS_OF_ERA: u64 = 146_097;
    /// From the first of March of the year 0 to the first of January 1970.
    const DAYS_BEFORE: u64 = 719_468;
    let days = seconds / 86_400 + DAYS_BEFORE;
    let (era, day_of_era) = (days / DAYS_OF_ERA, days % DAYS_OF_ERA);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let second = seconds % 86_400;
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_as_dates() {
        for (seconds, date) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
            (1_798_761_599, "2026-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(utc(seconds), date);
        }
    }
}
