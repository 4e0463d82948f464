//! Incidents on disk: a folder each, the oldest given up when there is too much.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Dir, Mode, OFlags, openat, statat, unlinkat};
use serde::Serialize;

use super::super::audit::utc;
use super::super::new_file::{NewFile, beside};
use super::super::outputs::{self, Format, GraphThreads, Outputs};
use super::super::safe_folder::{SafeFolder, open_folder};
use super::super::{excerpts, session};
use crate::error::{Error, Result};
use crate::gateway::{Alert, Listed};
use crate::os::clock;
use crate::os::source::SourceReader;
use crate::render::sanitize;
use crate::snapshot::{ProcessId, Recording};
use crate::{journal, report};

/// Bytes of all incidents together; the oldest go first.
const MOST_BYTES: u64 = 200 << 20;
/// Incidents of one second that are told apart.
const MOST_OF_A_NAME: u32 = 100;
/// The incidents of a folder, a folder each.
pub(super) const INCIDENTS: &str = "incidents";
/// What was captured so long before an alert may be what it is about, seconds.
const EARLIER_S: u64 = 600;
/// What says why an incident was captured.
const WHY: &str = "incident.json";

/// Why an incident was captured, as it stands beside it.
#[derive(Debug, Serialize)]
pub(super) struct Why {
    /// The rule that was set off.
    pub(super) rule: &'static str,
    /// What it is of: the same again is captured less often.
    pub(super) thing: String,
    /// When, in UTC.
    pub(super) time: String,
    /// The process; of several that were captured together the first.
    pub(super) process: u32,
    /// All of them.
    pub(super) processes: Vec<u32>,
    /// How many seconds before that the capture reaches back.
    pub(super) seconds_before: f64,
    /// What is wrong, in a sentence.
    pub(super) summary: String,
    /// The alerts that it was captured for, and until when they fired.
    pub(super) alerts: Vec<Alert>,
    /// Incidents of the ten minutes before: what an alert is about may be over, and in one of them.
    pub(super) earlier: Vec<String>,
}

/// What is written of one incident.
pub(super) struct Content<'a> {
    pub(super) asked: &'a str,
    pub(super) recordings: &'a mut [Recording],
    pub(super) readers: Vec<(ProcessId, SourceReader)>,
    /// How long we have run, for what it cost.
    pub(super) elapsed: std::time::Duration,
}

/// Writes the same files as `diagnose -o` into a folder; what the worst finding says.
///
/// # Errors
///
/// When a file cannot be written; the others are written all the same.
pub(super) fn write(folder: &Path, content: Content<'_>) -> Result<String> {
    let Content { asked, recordings, readers, elapsed } = content;
    let cost = session::own_cost(elapsed);
    for recording in recordings.iter_mut() {
        recording.cost = cost;
    }
    let mut report = report::build(recordings, asked);
    excerpts::add(&report, readers, recordings);
    report.excerpts = report::excerpts(recordings);
    let mut files = Outputs::new(GraphThreads::Fitting);
    files.claim_folder(folder)?;
    let captured = files.captures().into_iter().try_for_each(|(path, file)| capture(&path, &file, asked, recordings));
    let written = files.write(&report);
    let summary = report.verdicts.first().map(|verdict| verdict.summary.clone()).unwrap_or_default();
    captured.and(written).map(|()| summary)
}

/// What another verb has seen that is to be kept like an incident.
pub(in crate::drive) struct Evidence<'a> {
    pub(in crate::drive) rule: &'static str,
    pub(in crate::drive) thing: String,
    pub(in crate::drive) asked: &'a str,
    pub(in crate::drive) process: u32,
    pub(in crate::drive) recordings: Vec<Recording>,
    pub(in crate::drive) readers: Vec<(ProcessId, SourceReader)>,
    pub(in crate::drive) elapsed: std::time::Duration,
}

/// Keeps it among the incidents of a folder, and returns where.
///
/// # Errors
///
/// When the folder is not safe to write into, or a file cannot be written.
pub(in crate::drive) fn keep_evidence(folder: &Path, evidence: Evidence<'_>) -> Result<PathBuf> {
    let Evidence { rule, thing, asked, process, mut recordings, readers, elapsed } = evidence;
    SafeFolder::open(folder, true).map_err(|source| Error::Output { path: folder.to_owned(), source })?;
    let (incidents, at_s) = (folder.join(INCIDENTS), clock::wall().as_secs());
    let folder = name(&incidents, at_s, rule, process);
    let summary = write(&folder, Content { asked, recordings: &mut recordings, readers, elapsed })?;
    let why = Why {
        rule,
        thing,
        time: utc(at_s),
        process,
        processes: recordings.iter().map(|recording| recording.process.pid.0).collect(),
        seconds_before: 0.0,
        summary,
        alerts: Vec::new(),
        earlier: earlier(&incidents, at_s),
    };
    explain(&folder, &why)?;
    // Where they cannot be listed, too many stay.
    let _unlisted = keep_within_limit(&incidents);
    Ok(folder)
}

fn capture(path: &Path, file: &NewFile, asked: &str, recordings: &[Recording]) -> Result<()> {
    let failed = |source| Error::Output { path: path.to_owned(), source };
    let mut writer = journal::Writer::begin(file.descriptor().map_err(failed)?, path, asked)?;
    recordings.iter().try_for_each(|recording| writer.append(recording))?;
    writer.finish()?;
    file.publish().map_err(failed)
}

/// Says beside an incident why it was captured.
///
/// # Errors
///
/// When it cannot be written.
pub(super) fn explain(folder: &Path, why: &Why) -> Result<()> {
    let text = serde_json::to_string_pretty(why).map_err(|error| Error::Bug(error.to_string()))?;
    keep(&folder.join(WHY), sanitize::json(&text).as_bytes())
}

/// Puts bytes into the place of a file, all or none.
///
/// # Errors
///
/// When they cannot be written; what stood there stays.
pub(super) fn keep(path: &Path, bytes: &[u8]) -> Result<()> {
    let written = NewFile::claim(path).and_then(|file| file.write(bytes));
    written.map_err(|source| Error::Output { path: path.to_owned(), source })
}

/// A folder for an incident that is not there yet: time, rule, process.
pub(super) fn name(incidents: &Path, at_s: u64, rule: &str, process: u32) -> PathBuf {
    let name = format!("{}-{rule}-{process}", stamp(at_s));
    let numbered = (2..MOST_OF_A_NAME).map(|number| format!("{name}-{number}"));
    let names = std::iter::once(name.clone()).chain(numbered);
    let free = names.map(|name| incidents.join(name)).find(|path| !path.exists());
    free.unwrap_or_else(|| incidents.join(name))
}

/// Gives up the oldest incidents until the rest has room; the newest stays in any case. How many went.
///
/// Through descriptors: a folder that somebody exchanges for a link meanwhile is not followed.
pub(super) fn make_room(incidents: &Path, most_bytes: u64) -> io::Result<usize> {
    let home = SafeFolder::open(incidents, false)?.descriptor;
    let found = folders(&home, |name, folder| (name, size(folder)))?;
    let mut left: u64 = found.iter().map(|(_, size)| size).sum();
    let mut gone = 0;
    for (name, size) in found.iter().take(found.len().saturating_sub(1)) {
        if left <= most_bytes {
            break;
        }
        remove(&home, name);
        left -= size;
        gone += 1;
    }
    Ok(gone)
}

/// As [`make_room`], within the limit of a watch.
pub(super) fn keep_within_limit(incidents: &Path) -> io::Result<usize> {
    make_room(incidents, MOST_BYTES)
}

/// The files of an incident, and what they are.
pub(super) fn files() -> impl Iterator<Item = (&'static str, &'static str)> {
    outputs::IN_A_FOLDER.iter().map(|(name, format)| (*name, format.media())).chain([(WHY, Format::Json.media())])
}

/// What there is to say of each folder in one, the oldest first. What is no folder, or a link, is none of ours.
fn folders<T: Ord>(home: &OwnedFd, say: impl Fn(String, &OwnedFd) -> T) -> io::Result<Vec<T>> {
    let mut found = Vec::new();
    for entry in Dir::read_from(home)? {
        let entry = entry?;
        // Ours begin with the time.
        let Ok(name) = entry.file_name().to_str() else { continue };
        if !name.starts_with('.')
            && let Ok(folder) = open_folder(home, OsStr::new(name))
        {
            found.push(say(name.to_owned(), &folder));
        }
    }
    found.sort();
    Ok(found)
}

/// The incidents, the oldest first, and the files of each that are there.
///
/// # Errors
///
/// What the kernel said; a folder that is not there yet has none.
pub(super) fn list(incidents: &Path) -> io::Result<Vec<Listed>> {
    let home = match SafeFolder::open(incidents, false) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        home => home?.descriptor,
    };
    folders(&home, |name, folder| {
        let is_there = |file: &&str| statat(folder, *file, AtFlags::SYMLINK_NOFOLLOW).is_ok();
        Listed { name, files: files().map(|(file, _)| file).filter(is_there).collect() }
    })
}

/// A file of an incident, what it is, and its size. Both names are compared with those that there are: nothing of a request becomes a
/// part of a path.
pub(super) fn open(incidents: &Path, incident: &str, name: &str) -> Option<(File, &'static str, u64)> {
    let home = SafeFolder::open(incidents, false).ok()?.descriptor;
    let incident = folders(&home, |known, _| known).ok()?.into_iter().find(|known| known == incident)?;
    let folder = open_folder(&home, OsStr::new(&incident)).ok()?;
    let (name, media) = files().find(|(known, _)| *known == name)?;
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = File::from(openat(folder, name, flags, Mode::empty()).ok()?);
    let data = file.metadata().ok().filter(|data| data.is_file())?;
    Some((file, media, data.len()))
}

/// The incidents of the ten minutes before a time, seconds since 1970, the oldest first.
pub(super) fn earlier(incidents: &Path, at_s: u64) -> Vec<String> {
    // Names begin with the time.
    let (first, last) = (stamp(at_s.saturating_sub(EARLIER_S)), stamp(at_s));
    // Of a folder that cannot be read nothing is known.
    let home = SafeFolder::open(incidents, false);
    let names = home.and_then(|home| folders(&home.descriptor, |name, _| name)).unwrap_or_default().into_iter();
    names.filter(|name| (first.as_str()..last.as_str()).contains(&name.as_str())).collect()
}

/// A time as it stands in names. No colons, for the sake of who copies them elsewhere.
fn stamp(at_s: u64) -> String {
    utc(at_s).replace(':', "-")
}

/// What we write, and what is left of it when we are killed.
fn written() -> impl Iterator<Item = OsString> {
    files().flat_map(|(name, _)| [OsString::from(name), beside(OsStr::new(name))])
}

fn size(folder: &OwnedFd) -> u64 {
    let found = written().filter_map(|name| statat(folder, name, AtFlags::SYMLINK_NOFOLLOW).ok());
    found.map(|data| u64::try_from(data.st_size).unwrap_or_default()).sum()
}

/// Takes away what we wrote, and the folder if nothing else is in it.
fn remove(home: &OwnedFd, name: &str) {
    let Ok(folder) = open_folder(home, OsStr::new(name)) else { return };
    for file in written() {
        let _not_there = unlinkat(&folder, file, AtFlags::empty());
    }
    let _not_empty = unlinkat(home, name, AtFlags::REMOVEDIR);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_oldest_go_and_what_is_not_ours_stays() {
        let folder = std::env::temp_dir().join(format!("hangspy-incidents-{}", std::process::id()));
        let _from_before = fs::remove_dir_all(&folder);
        for (index, rule) in ["first", "second", "third"].into_iter().enumerate() {
            let incident = name(&folder, 1_000_000 + index as u64, rule, 7);
            fs::create_dir_all(&incident).expect("a folder");
            // Of the second one was killed while it wrote.
            let file = if rule == "second" { ".capture.hangspy.part" } else { "report.txt" };
            fs::write(incident.join(file), [0; 1000]).expect("a file");
        }
        let first = folder.join("1970-01-12T13-46-40Z-first-7");
        fs::write(first.join("notes.txt"), "somebody's").expect("a file");
        assert_eq!(make_room(&folder, 10_000).expect("it can be listed"), 0);
        assert_eq!(make_room(&folder, 1500).expect("it can be listed"), 2);
        assert!(first.join("notes.txt").exists() && !first.join("report.txt").exists());
        assert!(!folder.join("1970-01-12T13-46-41Z-second-7").exists());
        assert_eq!(make_room(&folder, 0).expect("it can be listed"), 1, "the newest stays");
        assert!(folder.join("1970-01-12T13-46-42Z-third-7/report.txt").exists());
        let again = name(&folder, 1_000_002, "third", 7);
        assert!(again.ends_with("1970-01-12T13-46-42Z-third-7-2"));
        fs::remove_dir_all(folder).expect("it can be taken away");
    }

    #[test]
    fn what_a_planted_link_leads_to_stays() {
        let folder = std::env::temp_dir().join(format!("hangspy-planted-incidents-{}", std::process::id()));
        let _from_before = fs::remove_dir_all(&folder);
        let (shared, elsewhere) = (folder.join("shared"), folder.join("elsewhere"));
        let incident = elsewhere.join("1970-01-12T13-46-40Z-first-7");
        for path in [&shared, &incident, &elsewhere.join("1970-01-12T13-46-41Z-second-7")] {
            fs::create_dir_all(path).expect("a folder");
        }
        fs::write(incident.join("report.txt"), [0; 1000]).expect("a file");
        fs::set_permissions(&shared, fs::Permissions::from_mode(0o777)).expect("it is ours");
        std::os::unix::fs::symlink(&elsewhere, shared.join("incidents")).expect("a link");
        assert!(make_room(&shared.join("incidents"), 0).is_err(), "the way leads over somebody else's link");
        let ours = folder.join("ours");
        for name in ["1970-01-12T13-46-42Z-third-7", "1970-01-12T13-46-43Z-fourth-7"] {
            fs::create_dir_all(ours.join(name)).expect("a folder");
        }
        std::os::unix::fs::symlink(&incident, ours.join("1970-01-12T13-46-40Z-first-7")).expect("a link");
        assert_eq!(make_room(&ours, 0).expect("it can be listed"), 0, "empty ones take no room");
        assert!(incident.join("report.txt").exists());
        fs::remove_dir_all(folder).expect("it can be taken away");
    }
}
