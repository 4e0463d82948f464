//! `hangspy similar`: the mistake of a capture elsewhere in the source.

use std::path::PathBuf;
use std::time::Duration;

use super::console::{self, Console};
use super::{leash, report as captures};
use crate::error::{Error, ExitCode, Result};
use crate::report::{self, SimilarReport, Tool};
use crate::snapshot::SCHEMA;
use crate::{render, source};

/// What reading a tree may take before [`leash::Limit`] adds its grace.
const LONGEST: Duration = Duration::from_secs(540);
/// After so many files it is said how far we are.
const PROGRESS: usize = 5_000;

/// How it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// The screen.
    Screen,
    /// One JSON object.
    Json,
    /// SARIF 2.1.0.
    Sarif,
}

/// What `hangspy similar` was asked.
#[derive(Clone, Debug)]
pub struct Similar {
    /// Captures that show what blocked; without one all kinds of calls are searched for.
    pub captures: Vec<PathBuf>,
    /// The source.
    pub source: PathBuf,
    /// How it is told.
    pub told: Told,
    /// Whether a finding is an exit code.
    pub check: bool,
}

/// Searches the source and prints what was found. Returns [`ExitCode::Finding`] when that was asked for and there is something.
///
/// # Errors
///
/// When a capture is not one of ours or shows no call that is known to block, and when the source cannot be read.
pub fn similar(request: &Similar, console: Console) -> Result<u8> {
    let _limit = leash::Limit::new(LONGEST);
    let shown = if request.captures.is_empty() {
        None
    } else {
        let (recordings, asked) = captures::read(&request.captures, console)?;
        Some(report::build(&recordings, &asked))
    };
    let kinds = shown.as_ref().map(source::kinds).unwrap_or_default();
    if shown.is_some() && kinds.is_empty() {
        return Err(Error::Usage {
            message: "the capture shows no loop that is blocked by a call that is known to block".to_owned(),
            hint: Some("search for all that are known: hangspy similar --source DIR".to_owned()),
        });
    }
    let mut progress = |files: usize| {
        if files.is_multiple_of(PROGRESS) {
            console.say(&format!("read {files} files"));
        }
    };
    let unreadable = |error| Error::Io { doing: format!("reading {}", request.source.display()), source: error };
    let sources = source::read(&request.source, &mut progress).map_err(unreadable)?;
    let mut found = source::search(&sources.modules, &kinds);
    for site in &mut found.sites {
        site.captured = shown.as_ref().is_some_and(|shown| source::is_captured(shown, site));
    }
    let report = SimilarReport {
        schema: SCHEMA,
        tool: Tool { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        kinds: kinds.into_iter().collect(),
        sites: found.sites,
        allowed: found.allowed,
        files: sources.modules.len() as u64,
        not_python: sources.not_python,
        unread: sources.unread,
        beyond: sources.beyond,
    };
    show(&report, request.told, console)?;
    let finding = request.check && !report.sites.is_empty();
    Ok(if finding { ExitCode::Finding } else { ExitCode::Done } as u8)
}

fn show(report: &SimilarReport, told: Told, console: Console) -> Result<()> {
    let mut bytes = Vec::new();
    let screen = render::Screen { width: console.width(), color: console.colored() };
    let rendered = match told {
        Told::Screen => render::similar(report, screen, &mut bytes),
        Told::Json => render::similar_json(report, &mut bytes),
        Told::Sarif => render::similar_sarif(report, &mut bytes),
    };
    rendered.map_err(console::unprintable)?;
    console.print(&bytes)
}
