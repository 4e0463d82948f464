//! What a report says was called where a loop was blocked.

use super::module::ENDING;
use super::search::Kinds;
use crate::libraries::BLOCKING_CALLS;
use crate::report::{BlockingSite, Cause, Place, Report, Verdict};

/// Folders whose folders and files are packages.
const PACKAGES: [&str; 3] = ["/site-packages/", "/dist-packages/", "/lib/python3"];

/// Kinds of calls that leave no frame of Python's inside of the function that makes them, by what that function waits for.
const WITHOUT_FRAMES: &[(Cause, &str)] = &[
    (Cause::Sleep, "time"),
    (Cause::Dns, "socket"),
    (Cause::Connect, "socket"),
    (Cause::Subprocess, "subprocess"),
    (Cause::Lock, "threading"),
    (Cause::QueueWait, "queue"),
    (Cause::SqliteBusy, "sqlite3"),
];

/// The kinds of calls that blocked a loop.
#[must_use]
pub fn kinds(report: &Report) -> Kinds {
    report.verdicts.iter().flat_map(Verdict::all).filter_map(kind).map(str::to_owned).collect()
}

/// The kind of call that the blamed function makes: the package of the function that it calls, else what it waits for.
fn kind(verdict: &Verdict) -> Option<&'static str> {
    let blame = verdict.blame.as_ref()?;
    let own = |place: &Place| place.function == blame.function && place.file == blame.file;
    let inner = blame.stack.iter().position(own).unwrap_or(0);
    let called = blame.stack.get(..inner)?.iter().rev().filter_map(|place| package(&place.file));
    let known = |package: &str| BLOCKING_CALLS.iter().find(|row| row.kind == package).map(|row| row.kind);
    let by_cause = || WITHOUT_FRAMES.iter().find(|(cause, _)| Some(*cause) == verdict.cause).map(|(_, kind)| *kind);
    called.into_iter().find_map(known).or_else(by_cause)
}

/// The package that a file is of: `requests` of `/srv/lib/python3.12/site-packages/requests/api.py`.
fn package(file: &str) -> Option<&str> {
    let inside = PACKAGES.iter().find_map(|folder| file.get(file.rfind(folder)? + folder.len()..))?;
    // The standard library stands in a folder with a version.
    let below = if file.contains("-packages/") { inside } else { inside.split_once('/')?.1 };
    Some(below.split('/').next()?.trim_end_matches(ENDING))
}

/// Whether a call is the one that a report blames.
#[must_use]
pub fn is_captured(report: &Report, site: &BlockingSite) -> bool {
    let blamed = report.verdicts.iter().flat_map(Verdict::all).filter_map(|verdict| verdict.blame.as_ref());
    let Some(last) = site.chain.last() else { return false };
    let name = last.function.rsplit('.').next();
    let is_file =
        |file: &str| file.strip_suffix(last.file.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'));
    blamed.into_iter().any(|blame| is_file(&blame.file) && blame.function.rsplit('.').next() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_known_by_their_folders() {
        for (file, expected) in [
            ("/srv/lib/python3.12/site-packages/requests/api.py", Some("requests")),
            ("/usr/lib/python3/dist-packages/six.py", Some("six")),
            ("/usr/lib/python3.12/subprocess.py", Some("subprocess")),
            ("/usr/lib/python3.12/urllib/request.py", Some("urllib")),
            ("/srv/app.py", None),
        ] {
            assert_eq!(package(file), expected, "{file}");
        }
    }
}
