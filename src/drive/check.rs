//! `hangspy check`: for liveness probes, in a fraction of a second.
//!
//! A few looks tell of a step that has lasted for five seconds, because the loop itself wrote down when it began: see
//! [`Verdict::since_s`](crate::report::Verdict). What cannot be told is no reason to restart a service, unless somebody wants it to be.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{FileType, Mode, OFlags, fstat, open};

use super::console::Console;
use super::interrupt::Interrupt;
use super::lookout::{PASSING_CENSUS, Sighting};
use super::observe::{self, Listener, Plan};
use super::observed::Observed;
use super::watch::{Evidence, keep_evidence};
use super::{audit, leash};
use crate::error::{Error, ExitCode, Result};
use crate::figures;
use crate::render::sanitize;
use crate::report::{self, Confidence, Kind, Verdict};
use crate::snapshot::Recording;
use crate::target;

/// How long and how often it looks: two looks at one step would do, and some fall on a busy moment.
const WINDOW: Duration = Duration::from_millis(60);
const RATE: u32 = 100;
/// Bytes that the kubelet reads of a termination message.
const LONGEST_MESSAGE: usize = 4096;

/// What `hangspy check` was asked.
#[derive(Clone, Debug)]
pub struct Check {
    /// The target in the user's words.
    pub asked: String,
    /// A loop may be blocked for so long.
    pub max_stall: Duration,
    /// Where what was seen is kept, when it was longer.
    pub output: Option<PathBuf>,
    /// Whether it is a failure that nothing can be told.
    pub unknown_fails: bool,
    /// Where the kubelet reads why a container ended.
    pub termination_log: PathBuf,
    /// Add a line for each attach to this file.
    pub audit: Option<PathBuf>,
}

/// Says whether a loop of the target has been blocked for too long: [`ExitCode::Finding`] then.
///
/// # Errors
///
/// When the request makes no sense. What cannot be read is an answer.
pub fn check(request: &Check, console: Console) -> Result<u8> {
    let began = Instant::now();
    match look(request) {
        Ok(mut observed) => {
            let recordings = || observed.iter().map(|one| &one.recording).filter(|one| !one.snapshots.is_empty());
            let verdicts = report::judge(recordings());
            let longest = longest(&verdicts);
            if let Some(stalled) = longest.filter(|found| found.since_s >= Some(request.max_stall.as_secs_f64())) {
                let kept = request.output.as_ref().map(|folder| keep(folder, request, &mut observed, stalled, began));
                return conclude(request, stalled, kept.transpose(), console);
            }
            match observed.iter_mut().find_map(unseen) {
                Some(error) => unknown(request, &error, console),
                None => {
                    let allowed = figures::length(request.max_stall);
                    let words = longest.map_or_else(
                        || format!("ok: no loop is blocked, {allowed} are allowed"),
                        |found| format!("ok: {}, {allowed} are allowed", found.summary),
                    );
                    say(&words, console).map(|()| ExitCode::Done as u8)
                }
            }
        }
        Err(error @ (Error::Usage { .. } | Error::ManyTargets { .. } | Error::Output { .. } | Error::Bug(_))) => {
            Err(error)
        }
        Err(error) => unknown(request, &error, console),
    }
}

/// Nobody listens.
struct Silent;

impl Listener for Silent {
    fn sighted(&mut self, _index: usize, _sighting: &Sighting) {}
    fn heartbeat(&mut self, _elapsed: Duration, _so_far: &[Observed]) {}
}

fn look(request: &Check) -> Result<Vec<Observed>> {
    let interrupt = Interrupt::install()?;
    let _limit = leash::Limit::new(WINDOW);
    let found = target::choose(target::find(&request.asked)?, target::MOST_PROCESSES);
    if let Some(file) = &request.audit {
        audit::write(file, "check", &request.asked, &found.0)?;
    }
    let plan = Plan { length: WINDOW, rate: RATE, census: PASSING_CENSUS };
    observe::observe(found, plan, &interrupt, &mut Silent)
}

/// The loop that has been blocked for longest.
fn longest(verdicts: &[Verdict]) -> Option<&Verdict> {
    let blocked = |verdict: &&Verdict| {
        let stands = matches!(verdict.kind, Kind::LoopBlocked | Kind::Deadlock) && verdict.event_loop.is_some();
        stands && verdict.confidence > Confidence::Possible && verdict.since_s.is_some()
    };
    let found = verdicts.iter().flat_map(Verdict::all).filter(blocked);
    found.max_by(|one, other| one.since_s.unwrap_or_default().total_cmp(&other.since_s.unwrap_or_default()))
}

/// Why nothing can be told of a process.
fn unseen(one: &mut Observed) -> Option<Error> {
    let pid = one.recording.process.pid.0;
    let refused = one.refused_by.map(|gate| Error::NotPermitted { pid, gate });
    let nothing = one.recording.snapshots.is_empty().then_some(Error::Exited { pid });
    one.error.take().or(refused).or(nothing)
}

fn unknown(request: &Check, error: &Error, console: Console) -> Result<u8> {
    say(&format!("unknown: {error}"), console)?;
    Ok(if request.unknown_fails { ExitCode::CannotTell as u8 } else { ExitCode::Done as u8 })
}

/// Keeps what was seen, as an incident, before anybody restarts the service; where.
fn keep(
    folder: &Path,
    request: &Check,
    observed: &mut Vec<Observed>,
    stalled: &Verdict,
    began: Instant,
) -> Result<PathBuf> {
    let readers = observed.iter_mut().filter_map(|one| Some((one.recording.process.pid, one.reader.take()?))).collect();
    let seen = std::mem::take(observed).into_iter().map(|one| one.recording);
    let recordings: Vec<Recording> = seen.filter(|recording| !recording.snapshots.is_empty()).collect();
    let evidence = Evidence {
        rule: "check",
        thing: format!("{} allowed", figures::length(request.max_stall)),
        asked: &request.asked,
        process: stalled.process,
        recordings,
        readers,
        elapsed: began.elapsed(),
    };
    keep_evidence(folder, evidence)
}

fn conclude(request: &Check, stalled: &Verdict, kept: Result<Option<PathBuf>>, console: Console) -> Result<u8> {
    let mut words = format!("stalled: {}, {} are allowed", stalled.summary, figures::length(request.max_stall));
    match kept {
        Ok(Some(folder)) => words.push_str(&format!("; kept in {}", folder.display())),
        Ok(None) => {}
        Err(error) => console.complain(&error),
    }
    // The kubelet gives every container such a file. What cannot be told there is told on standard output.
    let _untold = tell_kubelet(&request.termination_log, &words);
    say(&words, console).map(|()| ExitCode::Finding as u8)
}

fn say(words: &str, console: Console) -> Result<()> {
    console.print(format!("{}\n", sanitize::line(&words.replace('\n', " "))).as_bytes())
}

/// Writes into the file of the termination message, where there is one.
fn tell_kubelet(path: &Path, words: &str) -> io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = open(path, flags, Mode::empty())?;
    if FileType::from_raw_mode(fstat(&file)?.st_mode) != FileType::RegularFile {
        return Ok(());
    }
    let words = sanitize::line(words);
    let end = (0..=LONGEST_MESSAGE.min(words.len())).rev().find(|end| words.is_char_boundary(*end)).unwrap_or(0);
    let mut file = File::from(file);
    file.set_len(0)?;
    file.write_all(words.get(..end).unwrap_or_default().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_termination_message_is_short_and_goes_into_a_regular_file_only() {
        let folder = std::env::temp_dir().join(format!("hangspy-check-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let (log, link, absent) = (folder.join("log"), folder.join("link"), folder.join("absent"));
        fs::write(&log, "before, and longer than what comes").unwrap();
        std::os::unix::fs::symlink(&log, &link).unwrap();
        assert!(tell_kubelet(&link, "elsewhere").is_err());
        assert!(tell_kubelet(&absent, "nowhere").is_err() && !absent.exists());
        tell_kubelet(&log, "stalled \u{1b}[2J").unwrap();
        assert_eq!(fs::read_to_string(&log).unwrap(), "stalled \\x1b[2J");
        tell_kubelet(&log, &"ä".repeat(LONGEST_MESSAGE)).unwrap();
        assert_eq!(fs::read_to_string(&log).unwrap(), "ä".repeat(LONGEST_MESSAGE / 2));
        fs::remove_dir_all(&folder).unwrap();
    }
}
