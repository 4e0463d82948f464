//! `hangspy record`: a profile over a longer time.

use std::path::PathBuf;
use std::time::Duration;

use super::console::Console;
use super::lookout::PASSING_CENSUS;
use super::observe::Plan;
use super::outputs::{Format, GraphThreads, Outputs};
use super::session::{self, Privacy, Watch};
use crate::error::Result;

/// What `hangspy record` was asked.
#[derive(Clone, Debug)]
pub struct Record {
    /// The target in the user's words.
    pub asked: String,
    /// The window.
    pub length: Duration,
    /// Looks per second.
    pub rate: u32,
    /// Where to write.
    pub outputs: Vec<PathBuf>,
    /// The format of all files, whatever they end in.
    pub format: Option<Format>,
    /// Which threads a flame graph shows.
    pub threads: GraphThreads,
    /// What is not told, and what is written down.
    pub privacy: Privacy,
}

/// Records and writes what was asked for.
///
/// # Errors
///
/// See [`crate::error::Error`].
pub fn record(request: &Record, console: Console) -> Result<()> {
    let outputs = Outputs::new(request.threads).keeping(&request.privacy).claim(&request.outputs, request.format)?;
    let plan = Plan { length: request.length, rate: request.rate, census: PASSING_CENSUS };
    let watch = Watch { verb: "record", asked: &request.asked, plan, early_verdict: false, privacy: &request.privacy };
    let outcome = session::watch(&watch, &outputs, console)?;
    let written = outputs.write(&outcome.report);
    outputs.announce(console);
    written?;
    outcome.conclusion()
}
