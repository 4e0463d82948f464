//! `hangspy test`: runs a command and says what its tests did to their event loops.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use super::command::{MarkFolder, Running};
use super::family::Family;
use super::outputs::Outputs;
use super::vigil::{News, Vigil};
use super::watched::Watched;
use super::watcher::{self, Orders, Told};
use crate::drive::{Console, Interrupt, Limit, own_cost, unprintable};
use crate::error::{Error, ExitCode, Result};
use crate::figures;
use crate::render;
use crate::report::{TestLimits, TestReport, TestRun, TestWindow};
use crate::snapshot::{Ledger, ProcessId};

/// How often we see whether the command has ended.
const ROUND: Duration = Duration::from_millis(20);
/// How often new processes are looked for. Who lives for less is not looked at.
const LOOK_FOR_NEWCOMERS: Duration = Duration::from_millis(60);
/// How long after the command's end a watcher may still be busy before we go on without it.
const PATIENCE: Duration = Duration::from_secs(2);

/// What `hangspy test` was asked.
#[derive(Clone, Debug)]
pub struct Test {
    /// The command and its arguments.
    pub command: Vec<OsString>,
    /// For how long a test may block a loop; `None` only tells.
    pub limit: Option<Duration>,
    /// For how long a phase of a test may last before the run is ended; `None` lets it hang.
    pub hang: Option<Duration>,
    /// Looks per second.
    pub rate: u32,
    /// Print JSON instead of the screen.
    pub json: bool,
    /// Keep the report in this folder.
    pub output: Option<PathBuf>,
}

/// Runs the command and prints what was seen. Returns the command's exit code, or [`ExitCode::Finding`] when it was content and a
/// test broke the limit or hung.
///
/// # Errors
///
/// When the command cannot be run, the limit is too short to be told, or an output cannot be written.
pub fn test(request: &Test, console: Console) -> Result<u8> {
    let limits = TestLimits { limit: request.limit, interval: Duration::from_secs(1) / request.rate.max(1) };
    check(&limits, request.rate)?;
    let outputs = Outputs::claim(request.output.as_deref())?;
    let marks = MarkFolder::new()?;
    let mut command = Running::start(&request.command, &marks, request.json)?;
    let began = Instant::now();
    let mut watch = Watch::new(marks, limits, request, ProcessId(command.pid()));
    let exit = loop {
        let ended = command.ended()?;
        watch.round(ended.is_some())?;
        if let Some(exit) = ended {
            break exit;
        }
    };
    let seconds = began.elapsed();
    let _limit = Limit::new(PATIENCE);
    let report = watch.conclude(request, exit, seconds);
    let broken = report.stalls.iter().any(|stall| stall.broken) || !report.hangs.is_empty();
    let written = outputs.write(&report, console);
    show(&report, request.json, console)?;
    written?;
    Ok(if exit == 0 && broken { ExitCode::Finding as u8 } else { u8::try_from(exit).unwrap_or(u8::MAX) })
}

/// A limit that these looks cannot tell is refused before anything runs.
pub(super) fn check(limits: &TestLimits, rate: u32) -> Result<()> {
    let shortest = limits.resolution();
    match limits.limit {
        Some(limit) if limit < shortest => Err(Error::Usage {
            message: format!(
                "{rate} looks per second tell no block shorter than {}, and the limit is {}",
                figures::length(shortest),
                figures::length(limit)
            ),
            hint: Some("look more often: --rate 200, or allow more: --max-stall 50ms".to_owned()),
        }),
        _ => Ok(()),
    }
}

/// The processes of the command while it runs.
struct Watch {
    marks: MarkFolder,
    limits: TestLimits,
    rate: u32,
    hang: Option<Duration>,
    family: Family,
    family_due: Instant,
    watched: Vec<(Watched, Vigil)>,
    run: TestRun,
    stop: Interrupt,
    send: Sender<Told>,
    receive: Receiver<Told>,
}

impl Watch {
    fn new(marks: MarkFolder, limits: TestLimits, request: &Test, head: ProcessId) -> Self {
        let (send, receive) = channel();
        Self {
            marks,
            limits,
            rate: request.rate,
            hang: request.hang,
            family: Family::of(head),
            family_due: Instant::now(),
            watched: Vec::new(),
            run: TestRun::default(),
            stop: Interrupt::detached(),
            send,
            receive,
        }
    }

    /// Sees who has come, and takes what was seen for a while.
    fn round(&mut self, last: bool) -> Result<()> {
        let due = !last && Instant::now() >= self.family_due;
        for way in if due { self.family.newcomers() } else { Vec::new() } {
            let watch = self.watched.len();
            self.watched.push((Watched::new(way.first().copied().unwrap_or_default()), Vigil::new(self.hang)));
            let (folder, stop) = (self.marks.path().to_owned(), self.stop.clone());
            watcher::start(Orders { watch, way, folder, rate: self.rate, stop }, self.send.clone())?;
        }
        if due {
            self.family_due = Instant::now() + LOOK_FOR_NEWCOMERS;
        }
        let until = Instant::now() + ROUND;
        self.listen(|| Instant::now() >= until, ROUND);
        for (watched, vigil) in &mut self.watched {
            match vigil.look_after(watched) {
                Some(News::Hangs(hang)) => self.run.hangs(*hang),
                Some(News::Killed) => self.run.killed(watched.process.pid),
                None => {}
            }
        }
        Ok(())
    }

    /// Takes sightings until it is enough.
    fn listen(&mut self, enough: impl Fn() -> bool, patience: Duration) {
        while !enough() {
            match self.receive.recv_timeout(patience) {
                Ok((watch, sighting)) => {
                    if let Some((one, _)) = self.watched.get_mut(watch) {
                        one.take(sighting, &mut self.run, &self.limits);
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
            }
        }
    }

    /// Waits for the watchers and concludes.
    fn conclude(mut self, request: &Test, exit: i32, seconds: Duration) -> TestReport {
        self.stop.ask();
        let until = Instant::now() + PATIENCE;
        while self.watched.iter().any(|(one, _)| !one.done) && Instant::now() < until {
            let slice = Instant::now() + ROUND;
            self.listen(|| Instant::now() >= slice, ROUND);
        }
        let mut looks = Ledger { rate: self.rate, ..Ledger::default() };
        for (one, _) in &mut self.watched {
            one.add_up(&mut self.run, &self.limits);
            looks.samples += one.ledger.samples;
            looks.late += one.ledger.late;
            looks.failed += one.ledger.failed;
            looks.torn += one.ledger.torn;
            looks.cut += one.ledger.cut;
        }
        let window = TestWindow {
            seconds: seconds.as_secs_f64(),
            interval_s: self.limits.interval.as_secs_f64(),
            resolution_s: self.limits.resolution().as_secs_f64(),
            limit_s: self.limits.limit.map(|limit| limit.as_secs_f64()),
            looks,
            ..TestWindow::default()
        };
        let command = request.command.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        let watched = self.watched.into_iter().map(|(one, _)| one);
        let processes = watched.filter(Watched::is_python).map(|one| one.process).collect();
        self.run.report(command, exit, window, processes, own_cost(seconds))
    }
}

/// Prints the report: the screen, or one JSON object.
fn show(report: &TestReport, json: bool, console: Console) -> Result<()> {
    let mut bytes = Vec::new();
    let rendered = if json {
        render::tests_json(report, render::Layout::Compact, &mut bytes)
    } else {
        render::tests(report, render::Screen { width: console.width(), color: console.colored() }, &mut bytes)
    };
    rendered.map_err(unprintable)?;
    console.print(&bytes)
}
