//! `hangspy diagnose`: what is wrong, and whom to blame.

use std::path::PathBuf;
use std::time::Duration;

use super::console::Console;
use super::lookout::PASSING_CENSUS;
use super::observe::Plan;
use super::outputs::{GraphThreads, Outputs};
use super::session::{self, Privacy, Watch};
use crate::error::Result;
use crate::render;
use crate::report::Report;

/// What `hangspy diagnose` was asked.
#[derive(Clone, Debug)]
pub struct Diagnose {
    /// The target in the user's words; empty for the only Python server here.
    pub asked: String,
    /// The window.
    pub length: Duration,
    /// Looks per second.
    pub rate: u32,
    /// Print JSON instead of the screen.
    pub json: bool,
    /// Keep the capture and render it into this folder.
    pub output: Option<PathBuf>,
    /// What is not told, and what is written down.
    pub privacy: Privacy,
}

/// Watches the target and prints what is wrong.
///
/// # Errors
///
/// See [`crate::error::Error`]; a refusal by the kernel comes after the answer that `/proc` alone allows.
pub fn diagnose(request: &Diagnose, console: Console) -> Result<()> {
    let mut outputs = Outputs::new(GraphThreads::Fitting).keeping(&request.privacy);
    if let Some(folder) = &request.output {
        outputs.claim_folder(folder)?;
    }
    let plan = Plan { length: request.length, rate: request.rate, census: PASSING_CENSUS };
    // The first verdict is said in words that nobody has gone through.
    let early_verdict = !request.privacy.redact;
    let watch = Watch { verb: "diagnose", asked: &request.asked, plan, early_verdict, privacy: &request.privacy };
    let outcome = session::watch(&watch, &outputs, console)?;
    let written = outputs.write(&outcome.report);
    show(&outcome.report, request.json, console)?;
    outputs.announce(console);
    written?;
    outcome.conclusion()
}

/// Prints a report: the screen, or one JSON object.
pub(super) fn show(report: &Report, json: bool, console: Console) -> Result<()> {
    let mut bytes = Vec::new();
    let rendered = if json {
        render::json(report, render::Layout::Compact, &mut bytes)
    } else {
        render::terminal(report, render::Screen { width: console.width(), color: console.colored() }, &mut bytes)
    };
    rendered.map_err(super::console::unprintable)?;
    console.print(&bytes)
}
