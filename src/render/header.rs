//! Which process, and how it was looked at.

use super::page::{Ink, Page, Piece};
use crate::figures;
use crate::report::{ProcessReport, Report, Window};
use crate::snapshot::Reader;

/// `pid 31, uvicorn worker, CPython 3.12.4, uvloop`
#[must_use]
pub(super) fn process_words(process: &ProcessReport) -> String {
    format!("pid {}, {}", process.pid, program_words(process))
}

/// `uvicorn worker, CPython 3.12.4, uvloop`
pub(super) fn program_words(process: &ProcessReport) -> String {
    let what = match (process.server.as_str(), process.role.as_str()) {
        ("python" | "", "server" | "") => "Python process".to_owned(),
        ("python" | "", role) => format!("Python {role}"),
        (server, role) => format!("{server} {role}"),
    };
    let mut words = vec![what];
    if !process.python.is_empty() {
        words.push(format!("CPython {}", process.python));
    }
    words.extend(process.loops.iter().cloned());
    words.join(", ")
}

/// `3.0 s, 150 looks, 0 torn`, or which of them were not as they should be.
#[must_use]
pub(super) fn window_words(window: &Window) -> String {
    let mut words = vec![figures::seconds(window.seconds), figures::count(window.samples, "look")];
    let troubles = [(window.torn, "torn"), (window.cut, "cut"), (window.late, "late"), (window.failed, "failed")];
    words.extend(troubles.iter().filter(|(number, _)| *number > 0).map(|(number, what)| format!("{number} {what}")));
    if words.len() == 2 {
        words.push("0 torn".to_owned());
    }
    words.join(", ")
}

/// What is peculiar about the way a process was read, or that it is gone; `None` when nothing is.
pub(super) fn reservations(process: &ProcessReport) -> Option<String> {
    let mut words = Vec::new();
    match process.reader {
        Reader::PySpy => words.push("read by py-spy's walker: stacks only, no loop, task or GIL detail"),
        Reader::ProcOnly => words.push("its memory is closed to us: judged from /proc alone"),
        Reader::Own => {}
    }
    if process.ended {
        words.push("it ended while it was watched");
    }
    (!words.is_empty()).then(|| words.join("; "))
}

/// The line above a process's findings. The window stands at its right end when this is the only process.
pub(super) fn process(page: &mut Page, process: &ProcessReport, window: Option<&Window>) {
    let right = window.map(|window| Piece::new(Ink::Faint, window_words(window)));
    page.spread(&[Piece::new(Ink::Strong, process_words(process))], right.as_slice());
    if let Some(words) = reservations(process) {
        page.wrapped(2, 2, &[Piece::new(Ink::Doubt, words)]);
    }
}

/// The line above several processes.
pub(super) fn family(page: &mut Page, report: &Report) {
    let processes = report.target.processes.len() as u64;
    let asked = if report.target.asked.is_empty() { String::new() } else { format!("{}: ", report.target.asked) };
    page.spread(
        &[Piece::new(Ink::Strong, format!("{asked}{}", figures::count(processes, "process")))],
        &[Piece::new(Ink::Faint, window_words(&report.window))],
    );
}

/// Of the looks that fit into the window, fewer than this share are worth a word.
const FEW_LOOKS: f64 = 0.5;

/// What was left out, so that hangspy stays small.
pub(super) fn omissions(page: &mut Page, window: &Window) {
    let (one, many) =
        ("more process of this family was not looked at", "more processes of this family were not looked at");
    let processes = (window.unwatched > 0).then(|| figures::counted(window.unwatched, one, many));
    let taken = window.samples.saturating_add(window.left_out);
    let looks = (window.left_out > 0)
        .then(|| format!("{} of {taken} looks kept, spread over the whole time: our limit of memory", window.samples));
    for words in processes.into_iter().chain(looks) {
        page.wrapped(0, 2, &[Piece::new(Ink::Faint, words)]);
    }
}

/// A loud line when most of the reading went wrong, so that nobody trusts the rest more than it deserves, and one when the
/// looks were few because each of them costs much.
pub(super) fn warning(page: &mut Page, report: &Report) {
    let window = &report.window;
    let fitting = window.seconds * f64::from(window.rate) * report.target.processes.len() as f64;
    let taken = window.samples.saturating_add(window.left_out);
    if window.failed < taken && (taken as f64) < fitting * FEW_LOOKS {
        let words = format!(
            "{taken} of {fitting:.0} looks: the machine is crowded, or a look costs much and hangspy takes a tenth of a core \
             at most"
        );
        page.wrapped(0, 2, &[Piece::new(Ink::Faint, words)]);
    }
    omissions(page, window);
    let words = if window.failed > 0 && window.failed >= window.samples {
        format!("most looks failed: {} of {}", window.failed, window.failed.saturating_add(window.samples))
    } else if window.samples == 0 {
        "nothing could be read".to_owned()
    } else {
        return;
    };
    page.wrapped(0, 2, &[Piece::new(Ink::Doubt, format!("READ BADLY: {words}; what follows may be wrong"))]);
}
