//! `hangspy dump`: what every thread and loop does at this instant.

use std::time::Duration;

use super::console::{self, Console};
use super::lookout::WHOLE_CENSUS;
use super::observe::Plan;
use super::outputs::{GraphThreads, Outputs};
use super::session::{self, Privacy, Watch};
use crate::error::Result;
use crate::render;

/// The instant: long enough for a handful of looks, which is what it takes to tell running from waking up for a moment.
const INSTANT: Plan = Plan { length: Duration::from_millis(100), rate: 50, census: WHOLE_CENSUS };

/// What `hangspy dump` was asked.
#[derive(Clone, Debug)]
pub struct Dump {
    /// The target in the user's words.
    pub asked: String,
    /// Print JSON.
    pub json: bool,
    /// What is not told, and what is written down.
    pub privacy: Privacy,
}

/// Prints what the target does now.
///
/// # Errors
///
/// See [`crate::error::Error`].
pub fn dump(request: &Dump, console: Console) -> Result<()> {
    let watch =
        Watch { verb: "dump", asked: &request.asked, plan: INSTANT, early_verdict: false, privacy: &request.privacy };
    let outcome = session::watch(&watch, &Outputs::new(GraphThreads::Fitting), console)?;
    let mut bytes = Vec::new();
    let rendered = if request.json {
        render::json(&outcome.report, render::Layout::Compact, &mut bytes)
    } else {
        let screen = render::Screen { width: console.width(), color: console.colored() };
        render::dump(&outcome.report, screen, &mut bytes)
    };
    rendered.map_err(console::unprintable)?;
    console.print(&bytes)?;
    outcome.conclusion()
}
