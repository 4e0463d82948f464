//! The screen: what a tired person needs, in the order in which they need it.

use std::io::{self, Write};

use super::page::{Ink, Page, Piece};
use super::{Extent, closing, finding, gil_owners, header, ranking};
use crate::report::{Kind, ProcessReport, Report, Verdict};

/// Findings per process in full; the others are named in a line.
const MOST_FINDINGS: usize = 3;

/// What the screen is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Screen {
    /// Columns.
    pub width: usize,
    /// Whether to use colours.
    pub color: bool,
}

impl Default for Screen {
    fn default() -> Self {
        Self { width: 80, color: false }
    }
}

/// Writes the screen.
///
/// # Errors
/// What the writer says.
pub fn terminal(report: &Report, screen: Screen, out: &mut impl Write) -> io::Result<()> {
    let mut page = Page::new(screen.width, screen.color);
    findings(&mut page, report, Extent::Screen);
    gil_owners::owners(&mut page, report, Extent::Screen);
    ranking::ranking(&mut page, report, Extent::Screen);
    page.blank();
    closing::also_seen(&mut page, report, Extent::Screen);
    closing::not_known(&mut page, report, Extent::Screen);
    closing::cost(&mut page, report);
    page.write_to(out)
}

/// The processes, the worst first, and their findings.
pub(super) fn findings(page: &mut Page, report: &Report, extent: Extent) {
    header::warning(page, report);
    let several = report.target.processes.len() > 1;
    if several {
        header::family(page, report);
    }
    for process in worst_first(report) {
        let verdicts: Vec<&Verdict> = report.verdicts.iter().filter(|verdict| verdict.process == process.pid).collect();
        if extent == Extent::Screen && several && is_fine(process, &verdicts) {
            in_one_line(page, process, &verdicts);
            continue;
        }
        page.blank();
        header::process(page, process, (!several).then_some(&report.window));
        let shown = if extent == Extent::Screen { MOST_FINDINGS } else { usize::MAX };
        for verdict in verdicts.iter().take(shown) {
            page.blank();
            finding::finding(page, report, verdict, extent);
        }
        for verdict in verdicts.iter().skip(shown) {
            page.wrapped(0, 2, &[finding::brief(verdict), Piece::plain(format!(": {}", verdict.summary))]);
        }
        if several {
            page.blank();
        }
    }
}

/// Processes in the order of their worst verdict; those without one last.
fn worst_first(report: &Report) -> Vec<&ProcessReport> {
    let mut processes: Vec<&ProcessReport> = report.target.processes.iter().collect();
    processes.sort_by_key(|process| {
        report.verdicts.iter().position(|verdict| verdict.process == process.pid).unwrap_or(usize::MAX)
    });
    processes
}

/// Whether there is nothing to say of a process but its name.
fn is_fine(process: &ProcessReport, verdicts: &[&Verdict]) -> bool {
    verdicts.iter().all(|verdict| verdict.kind == Kind::Healthy) && header::reservations(process).is_none()
}

/// `pid 32, uvicorn worker, CPython 3.12.4, uvloop    HEALTHY`
fn in_one_line(page: &mut Page, process: &ProcessReport, verdicts: &[&Verdict]) {
    let right = verdicts.first().map(|verdict| finding::brief(verdict));
    page.spread(&[Piece::new(Ink::Plain, header::process_words(process))], right.as_slice());
}
