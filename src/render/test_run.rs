//! The report on a test run: a screen, a file of text, and JSON.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::json::{self, Layout};
use super::page::{Ink, Page, Piece, aligned, keep_end, keep_start};
use super::{Extent, Screen, places, sanitize, test_hang};
use crate::figures;
use crate::report::{Blame, Excuse, Place, TestAccount, TestFunction, TestHang, TestProcess, TestReport, TestStall};
use crate::snapshot::{Known, TestPhase};
use crate::words as vocabulary;

/// Rows of a table, and stalls, on the screen; the files of `-o` have all.
const MOST_ROWS: usize = 10;
/// Frames of a stack without a coroutine, innermost first.
const MOST_FRAMES: usize = 12;
/// The column at which the text beside a label begins.
const HANG: usize = 12;
/// Width of a column of figures.
const FIGURE: usize = 9;

/// Writes the screen.
///
/// # Errors
/// What the writer says.
pub fn tests(report: &TestReport, screen: Screen, out: &mut impl Write) -> io::Result<()> {
    set(&mut Page::new(screen.width, screen.color), report, Extent::Screen).write_to(out)?;
    report.hangs.iter().try_for_each(|hang| hung(hang, screen, out))
}

/// Writes the same with everything in it.
///
/// # Errors
/// What the writer says.
pub fn tests_text(report: &TestReport, out: &mut impl Write) -> io::Result<()> {
    set(&mut Page::new(Screen::default().width, false), report, Extent::Full).write_to(out)?;
    report.hangs.iter().try_for_each(|hang| hung(hang, Screen::default(), out))
}

/// One stall in a line: for how long, where and why.
#[must_use]
pub fn test_stall_line(stall: &TestStall) -> String {
    sanitize::line(&format!("blocked for {}: {}", figures::seconds(stall.longest_s), where_and_why(stall))).into_owned()
}

/// Writes what there is to say of one stall: where and why, what to do, and the stack that blocked, up to the coroutine.
///
/// # Errors
/// What the writer says.
pub fn test_stall(stall: &TestStall, out: &mut impl Write) -> io::Result<()> {
    let mut page = Page::new(Screen::default().width, false);
    page.wrapped(0, 2, &[Piece::plain(test_stall_line(stall))]);
    if let Some(excuse) = stall.excuse {
        page.labelled(2, "no fault", HANG, &[Piece::plain(excused(excuse))]);
    }
    page.labelled(2, "do", HANG, &[Piece::plain(&stall.verdict.advice)]);
    for (index, place) in stall.verdict.blame.as_ref().map(own_stack).unwrap_or_default().iter().enumerate() {
        let words = format!("{}  {}", places::function(&place.function), places::full_position(place));
        page.labelled(2, if index == 0 { "stack" } else { "" }, HANG, &[Piece::plain(words)]);
    }
    page.write_to(out)
}

/// A stack without what runs the coroutine: the loop and pytest.
fn own_stack(blame: &Blame) -> &[Place] {
    let is_coroutine = |place: &Place| {
        blame.coroutine.as_ref().is_some_and(|own| own.function == place.function && own.file == place.file)
    };
    let frames = blame.stack.iter().rposition(is_coroutine).map_or(MOST_FRAMES, |at| at + 1);
    blame.stack.get(..frames).unwrap_or(&blame.stack)
}

fn hung(hang: &TestHang, screen: Screen, out: &mut impl Write) -> io::Result<()> {
    writeln!(out)?;
    test_hang(hang, screen, out)
}

/// Writes one JSON object and a newline.
///
/// # Errors
/// What the writer says.
pub fn tests_json(report: &TestReport, layout: Layout, out: &mut impl Write) -> io::Result<()> {
    json::write(report, layout, out)
}

fn set<'p>(page: &'p mut Page, report: &TestReport, extent: Extent) -> &'p Page {
    header(page, report);
    let (broken, told): (Vec<&TestStall>, Vec<&TestStall>) = report.stalls.iter().partition(|stall| stall.broken);
    stalls(page, "BLOCKED FOR TOO LONG", &broken, extent);
    stalls(page, if report.window.limit_s.is_some() { "ALSO SEEN" } else { "BLOCKED" }, &told, extent);
    test_table(page, report, extent);
    function_table(page, report, extent);
    closing(page, report);
    page
}

fn header(page: &mut Page, report: &TestReport) {
    let window = &report.window;
    let tests = if window.tests > 0 { figures::count(window.tests, "test") } else { "no test told".to_owned() };
    let processes = figures::count(report.processes.len() as u64, "Python process");
    let left = format!("{tests}, {processes}, {}", figures::seconds(window.seconds));
    let limit =
        window.limit_s.map_or_else(|| "no limit".to_owned(), |limit| format!("limit {}", figures::seconds(limit)));
    let right = format!("looks every {}, {limit}", figures::seconds(window.interval_s));
    page.spread(&[Piece::new(Ink::Strong, format!("hangspy test: {left}"))], &[Piece::new(Ink::Faint, right)]);
    if window.limit_s.is_some() {
        page.line(&[outcome(report)]);
    }
}

/// How many broke the limit: tests, and processes that do not say which test they run.
fn outcome(report: &TestReport) -> Piece {
    let broken = |told: bool| {
        report.tests.iter().filter(|account| account.broken && account.test.is_some() == told).count() as u64
    };
    let counted = |many: u64, what: &str| (many > 0).then(|| figures::count(many, what));
    let who: Vec<String> = counted(broken(true), "test").into_iter().chain(counted(broken(false), "process")).collect();
    match who.as_slice() {
        [] if report.window.tests == 0 => Piece::new(Ink::Good, "no event loop was blocked for longer than the limit"),
        [] => Piece::new(Ink::Good, "no test blocked an event loop for longer than the limit"),
        who => Piece::new(Ink::Bad, format!("{} blocked an event loop for longer than the limit", who.join(" and "))),
    }
}

fn stalls(page: &mut Page, title: &str, stalls: &[&TestStall], extent: Extent) {
    if stalls.is_empty() {
        return;
    }
    page.blank();
    page.line(&[Piece::new(Ink::Strong, title)]);
    for stall in stalls.iter().take(rows(extent)) {
        one_stall(page, stall);
    }
    more(page, stalls.len(), "more", extent);
}

fn one_stall(page: &mut Page, stall: &TestStall) {
    page.wrapped(2, 4, &[Piece::new(if stall.broken { Ink::Bad } else { Ink::Plain }, whose(stall))]);
    let several =
        if stall.stalls > 1 { format!(", {} in all", figures::count(stall.stalls, "stall")) } else { String::new() };
    page.labelled(
        4,
        &figures::seconds(stall.longest_s),
        HANG,
        &[Piece::plain(format!("{}{several}", where_and_why(stall)))],
    );
    if let Some(excuse) = stall.excuse {
        page.labelled(4, "no fault", HANG, &[Piece::new(Ink::Faint, excused(excuse))]);
    } else if stall.broken {
        page.labelled(4, "do", HANG, &[Piece::plain(&stall.verdict.advice)]);
    }
}

/// The test, and what of it when that is not the test itself.
fn whose(stall: &TestStall) -> String {
    match &stall.test {
        Some(mark) if mark.phase == TestPhase::Setup => format!("{} (setup)", mark.node),
        Some(mark) if mark.phase == TestPhase::Paused => format!("{} (paused)", mark.node),
        Some(mark) if mark.phase == TestPhase::Teardown => format!("{} (teardown)", mark.node),
        Some(mark) => mark.node.clone(),
        None => format!("process {}", stall.process),
    }
}

/// The function, its coroutine and the cause: `fetch_orders() app.py:7 in async def orders() app.py:12, sleep`.
fn where_and_why(stall: &TestStall) -> String {
    let mut words = match &stall.verdict.blame {
        Some(blame) => {
            format!("{} {}", places::function(&blame.function), places::brief_position(&blame.file, blame.line))
        }
        None => "a function that is not known".to_owned(),
    };
    let coroutine = stall.verdict.blame.as_ref().and_then(|blame| blame.coroutine.as_ref());
    if let Some(place) =
        coroutine.filter(|place| Some(&place.function) != stall.verdict.blame.as_ref().map(|blame| &blame.function))
    {
        let position = places::brief_position(&place.file, place.line);
        words.push_str(&format!(" in async def {} {position}", places::function(&place.function)));
    }
    if let Some(cause) = stall.verdict.cause {
        words.push_str(&format!(", {}", vocabulary::cause(cause).word));
    }
    words
}

/// Why a stall does not count.
fn excused(excuse: Excuse) -> &'static str {
    match excuse {
        Excuse::Fixture => "a fixture did it, not the test",
        Excuse::Paused => "the test had asked to be let alone (hangspy_pause)",
        Excuse::OutsideOfTests => "no test ran",
        Excuse::Import => "a module was imported for the first time",
        Excuse::GarbageCollection => "the garbage collector ran",
        Excuse::PageFaults => "pages had to be read from a disk",
        Excuse::NotYours => "none of your functions did it",
        Excuse::TestDriver => "the test itself made an application or a client",
        Excuse::Unmeasured => "the kernel does not say for how long it waited for a CPU",
        Excuse::Machine => "without waits for a CPU or the GIL it was seen for less than the limit",
    }
}

/// The tests whose loops were blocked or that waited for the GIL.
fn test_table(page: &mut Page, report: &TestReport, extent: Extent) {
    let worth = |account: &&TestAccount| account.stalls > 0 || account.gil_wait_s >= report.window.resolution_s;
    let tests: Vec<&TestAccount> = report.tests.iter().filter(worth).collect();
    let cells = |account: &&TestAccount| {
        let name = account.test.clone().unwrap_or_else(|| format!("process {}", account.process));
        let figures = [account.blocked_s, account.longest_s, account.gil_wait_s, account.seconds];
        // What tells tests apart is at their end.
        (name, keep_end as fn(&str, usize) -> String, figures.iter().map(|figure| figures::seconds(*figure)).collect())
    };
    let rows: Vec<Row> = tests.iter().map(cells).collect();
    table(page, "TESTS", &["blocked", "longest", "GIL wait", "seen for"], &rows, extent);
}

fn function_table(page: &mut Page, report: &TestReport, extent: Extent) {
    let cells = |function: &TestFunction| {
        let position = places::brief_position(&function.file, function.line.unwrap_or_default());
        let name = if function.function.is_empty() {
            "not known".to_owned()
        } else {
            format!("{}  {position}", function.function)
        };
        let figures = vec![
            function.tests.to_string(),
            function.stalls.to_string(),
            figures::seconds(function.total_s),
            figures::seconds(function.longest_s),
        ];
        (name, keep_start as fn(&str, usize) -> String, figures)
    };
    let rows: Vec<Row> = report.functions.iter().map(cells).collect();
    table(page, "BLOCKING FUNCTIONS", &["tests", "stalls", "total", "longest"], &rows, extent);
}

/// A name, how it is shortened, and figures.
type Row = (String, fn(&str, usize) -> String, Vec<String>);

fn table(page: &mut Page, title: &str, columns: &[&str], rows_of: &[Row], extent: Extent) {
    if rows_of.is_empty() {
        return;
    }
    let room = page.width().saturating_sub(2 + columns.len() * FIGURE);
    let figures =
        |cells: &mut dyn Iterator<Item = &str>| cells.map(|cell| aligned(cell, FIGURE, true)).collect::<String>();
    page.blank();
    page.line(&[
        Piece::new(Ink::Strong, aligned(title, room + 2, false)),
        Piece::new(Ink::Faint, figures(&mut columns.iter().copied())),
    ]);
    for (name, shorten, cells) in rows_of.iter().take(rows(extent)) {
        let name = sanitize::line(name);
        let name = if name.width() > room { shorten(&name, room) } else { name.into_owned() };
        page.line(&[
            Piece::plain(format!("  {}", aligned(&name, room, false))),
            Piece::plain(figures(&mut cells.iter().map(String::as_str))),
        ]);
    }
    more(page, rows_of.len(), "more", extent);
}

fn rows(extent: Extent) -> usize {
    if extent == Extent::Screen { MOST_ROWS } else { usize::MAX }
}

fn more(page: &mut Page, all: usize, what: &str, extent: Extent) {
    let hidden = all.saturating_sub(rows(extent));
    if hidden > 0 {
        page.line(&[Piece::new(Ink::Faint, format!("  and {hidden} {what}: keep the whole report with -o DIR"))]);
    }
}

/// What could not be seen, and what hangspy cost.
fn closing(page: &mut Page, report: &TestReport) {
    page.blank();
    let window = &report.window;
    if report.processes.is_empty() {
        page.labelled(
            0,
            "not known",
            HANG,
            &[Piece::plain("no Python process of the command lived long enough to be looked at")],
        );
    }
    for process in report.processes.iter().filter(|process| process.lacks_plugin) {
        page.labelled(0, "not known", HANG, &[Piece::plain(without_plugin(process))]);
    }
    for process in &report.processes {
        if let Some(why) = &process.unseen {
            page.labelled(0, "not known", HANG, &[Piece::plain(why)]);
        }
    }
    let looks = &window.looks;
    let words = format!(
        "blocks shorter than {} are not told; {}, {} late, {} failed",
        figures::seconds(window.resolution_s),
        figures::count(looks.samples, "look"),
        looks.late,
        looks.failed
    );
    page.labelled(0, "resolution", HANG, &[Piece::new(Ink::Faint, words)]);
    let cost = match report.cost.cpu_s {
        Known::Is(cpu_s) if report.cost.wall_s > 0.0 => {
            format!("{} of a core, no process was stopped", figures::share(cpu_s / report.cost.wall_s))
        }
        _ => "its cost is not known".to_owned(),
    };
    page.labelled(0, "hangspy", HANG, &[Piece::new(Ink::Faint, cost)]);
}

/// What pytest without our plugin cannot say, and the line that mends it.
fn without_plugin(process: &TestProcess) -> String {
    let python = if process.program.is_empty() { "python" } else { &process.program };
    format!(
        "which test ran in process {}: pytest has no hangspy there. Install it: {python} -m pip install hangspy",
        process.pid
    )
}
