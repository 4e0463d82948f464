//! One verdict as a block: what, for how long, whom to blame, what it waits for, whom it hurts, how we know, what to do.

use unicode_width::UnicodeWidthStr;

use super::page::{Ink, Page, Piece, keep_start};
use super::{Extent, party, places, sanitize};
use crate::figures;
use crate::report::{Blame, Cause, Kind, Place, ProcessReport, Report, SecondParty, Verdict};
use crate::snapshot::Excerpt;
use crate::words::{self, Verb};

/// The column at which the text beside a label begins.
const HANG: usize = 14;
/// Evidence on the screen: the strongest. The report file has all of it.
const MOST_EVIDENCE: usize = 4;
/// A stall that takes this share of the time in all of them stands for all.
const MOST_OF_IT: f64 = 0.5;
/// Source lines before and behind the blamed one on the screen.
const LINES_BEFORE: u32 = 2;
const LINES_BEHIND: u32 = 1;
/// Between the blamed place and its caller on one line.
const BETWEEN: &str = "     ";
/// The least room for a path beside a name; below it the path gets a line of its own.
const LEAST_PATH: usize = 16;

/// Sets the block of a verdict.
pub(super) fn finding(page: &mut Page, report: &Report, verdict: &Verdict, extent: Extent) {
    // Being unable to tell is not more or less certain.
    let confidence = if verdict.kind == Kind::CannotTell { "" } else { words::confidence(verdict.confidence) };
    page.spread(&[headline(report, verdict)], &[Piece::new(Ink::Faint, confidence)]);
    if !says_it_all(verdict) || extent == Extent::Full {
        page.wrapped(2, 2, &[Piece::plain(told(verdict))]);
    }
    if let Some(blame) = &verdict.blame {
        whom(page, blame, extent);
        source(page, &report.excerpts, blame, extent);
    }
    if let Some((label, words)) = activity(verdict) {
        page.labelled(2, label, HANG, &[Piece::plain(words)]);
    }
    list(page, "hurts", &verdict.hurts);
    if extent == Extent::Screen {
        consequences(page, verdict);
    }
    let shown = if extent == Extent::Full { usize::MAX } else { MOST_EVIDENCE };
    match extent {
        Extent::Screen => list(page, "evidence", verdict.evidence.get(..shown).unwrap_or(&verdict.evidence)),
        Extent::Full => lines(page, "evidence", &verdict.evidence),
    }
    if !verdict.advice.is_empty() {
        page.labelled(2, "do", HANG, &[Piece::new(Ink::Strong, &verdict.advice)]);
    }
    if let Some(word) = explained(verdict) {
        page.labelled(2, "more", HANG, &[Piece::plain(format!("hangspy explain {word}"))]);
    }
    if extent == Extent::Full {
        stacks(page, verdict);
        for consequence in &verdict.consequences {
            page.wrapped(2, 4, &[Piece::plain(format!("comes of it: {}:", words::because(consequence.because)))]);
            finding(page, report, &consequence.finding, extent);
        }
    }
}

/// What comes of it, a line each.
fn consequences(page: &mut Page, verdict: &Verdict) {
    for (index, consequence) in verdict.consequences.iter().enumerate() {
        let label = if index == 0 { "therefore" } else { "" };
        let room = page.width().saturating_sub(HANG);
        page.labelled(2, label, HANG, &[Piece::plain(keep_start(&consequence.finding.summary, room))]);
    }
}

/// What `hangspy explain` is to be asked about a trouble: its cause, or what kind it is where that says more.
fn explained(verdict: &Verdict) -> Option<&'static str> {
    let cause = verdict.cause.filter(|cause| *cause != Cause::Unknown).map(|cause| words::cause(cause).word);
    (verdict.kind != Kind::Healthy).then(|| cause.unwrap_or(words::kind(verdict.kind).word))
}

/// Whether the headline, the blamed function and what it waits for say all that the summary does: one call does it.
fn says_it_all(verdict: &Verdict) -> bool {
    let one_call = match verdict.kind {
        Kind::LoopBlocked => true,
        Kind::StartupStuck | Kind::ShutdownStuck => verdict.doing.is_some(),
        _ => false,
    };
    one_call && verdict.blame.is_some()
}

/// The summary without what the headline says already.
fn told(verdict: &Verdict) -> String {
    let sentence = verdict.facts.summary.as_ref().map(words::summary);
    let rest = sentence.filter(|sentence| sentence.lead == Some(verdict.kind)).map(|sentence| sentence.words);
    rest.unwrap_or_else(|| verdict.summary.clone())
}

/// One line about a process that has nothing worth a block.
pub(super) fn brief(verdict: &Verdict) -> Piece {
    Piece::new(ink(verdict.kind), words::kind(verdict.kind).label)
}

fn ink(kind: Kind) -> Ink {
    match kind {
        Kind::Healthy => Ink::Good,
        trouble if trouble.is_trouble() => Ink::Bad,
        _ => Ink::Doubt,
    }
}

/// `LOOP BLOCKED for 12.4 s, still blocked`
fn headline(report: &Report, verdict: &Verdict) -> Piece {
    let what = words::kind(verdict.kind).label;
    let judged = verdict.kind.is_trouble();
    let text = match verdict.since_s {
        // One long stall is told by its length, many short ones by their share: what lasts now is only the last of them.
        Some(seconds) if judged && seconds >= verdict.share * report.window.seconds * MOST_OF_IT => {
            let ended = process(report, verdict).is_some_and(|process| process.ended);
            let row = words::kind(verdict.kind);
            let lasting = if ended { Some("until it ended") } else { row.lasting };
            let lasting = lasting.map(|lasting| format!(", {lasting}")).unwrap_or_default();
            format!("{what} {} {}{lasting}", row.since, figures::seconds(seconds))
        }
        // A circle stays closed: its share would be the share of looks that could read it.
        None if verdict.kind == Kind::Deadlock => {
            format!("{what}, seen for {}", figures::seconds(report.window.seconds))
        }
        _ if judged && verdict.share > 0.0 => {
            let stalls = stalls(report, verdict);
            format!("{what} {} of {}{stalls}", figures::share(verdict.share), figures::seconds(report.window.seconds))
        }
        _ => what.to_owned(),
    };
    Piece::new(ink(verdict.kind), text)
}

fn process<'a>(report: &'a Report, verdict: &Verdict) -> Option<&'a ProcessReport> {
    report.target.processes.iter().find(|process| process.pid == verdict.process)
}

/// `, in 5 stalls, the longest 1.2 s`
fn stalls(report: &Report, verdict: &Verdict) -> String {
    let of_this_loop = report
        .loops
        .iter()
        .filter(|of| verdict.kind == Kind::LoopBlocked && of.process == verdict.process)
        .filter(|of| verdict.thread.is_none_or(|thread| of.thread == thread));
    let episodes = of_this_loop.flat_map(|of| &of.episodes);
    let lengths: Vec<f64> =
        episodes.filter(|stall| is_of(verdict, stall.place.as_ref())).map(|stall| stall.length_s).collect();
    let longest = lengths.iter().copied().fold(0.0, f64::max);
    match lengths.len() {
        0 => String::new(),
        1 => format!(", in 1 stall of {}", figures::seconds(longest)),
        number => format!(", in {number} stalls, the longest {}", figures::seconds(longest)),
    }
}

/// Whether a stall in this place is one that the verdict is about.
fn is_of(verdict: &Verdict, place: Option<&Place>) -> bool {
    match (&verdict.blame, place) {
        (Some(blame), Some(place)) => blame.function == place.function && blame.file == place.file,
        (blame, place) => blame.is_none() && place.is_none(),
    }
}

/// `consume()  consumer.py:41     called in async def startup()  main.py:18`
fn whom(page: &mut Page, blame: &Blame, extent: Extent) {
    let place = Place { function: blame.function.clone(), file: blame.file.clone(), line: blame.line };
    let itself = blame.coroutine.as_ref().is_some_and(|coroutine| same_function(coroutine, &place));
    let name = if itself {
        format!("async def {}", places::function(&place.function))
    } else {
        places::function(&place.function)
    };
    let name = Piece::new(Ink::Strong, name);
    let caller = blame.coroutine.as_ref().filter(|_| !itself);
    let Some(caller) = caller else {
        named(page, 2, name, &place, extent);
        return;
    };
    let caller_name = Piece::plain(format!("called in async def {}", places::function(&caller.function)));
    if extent == Extent::Screen
        && let Some((near, far)) = side_by_side(page.width(), &name, &place, &caller_name, caller)
    {
        let near = Piece::plain(format!("  {near}{BETWEEN}"));
        page.line(&[Piece::plain("  "), name, near, caller_name, Piece::plain(format!("  {far}"))]);
        return;
    }
    named(page, 2, name, &place, extent);
    named(page, 4, caller_name, caller, extent);
}

/// The positions of two places that fit on one line with their names, as much of their paths as there is room for;
/// `None` when not even the files' own names fit.
fn side_by_side(
    width: usize,
    name: &Piece,
    place: &Place,
    caller_name: &Piece,
    caller: &Place,
) -> Option<(String, String)> {
    let taken = 2 + name.width() + 2 + BETWEEN.len() + caller_name.width() + 2;
    let room = width.checked_sub(taken)?;
    let brief = |place: &Place| sanitize::line(&places::brief_position(&place.file, place.line)).width();
    let spare = room.checked_sub(brief(place) + brief(caller))?;
    let near = places::position(&place.file, place.line, brief(place) + spare / 2);
    let far = places::position(&caller.file, caller.line, room.saturating_sub(near.width()));
    Some((near, far))
}

fn same_function(one: &Place, other: &Place) -> bool {
    one.function == other.function && one.file == other.file
}

fn named(page: &mut Page, indent: usize, name: Piece, place: &Place, extent: Extent) {
    let position = match extent {
        Extent::Full => places::full_position(place),
        Extent::Screen => {
            let room = page.width().saturating_sub(indent + name.width() + 2);
            let room = if room < LEAST_PATH { page.width().saturating_sub(indent + 4) } else { room };
            places::position(&place.file, place.line, room)
        }
    };
    page.wrapped(indent, indent + 2, &[name, Piece::plain("  "), Piece::plain(position)]);
}

/// The source around the blamed line, which is marked by `>`.
fn source(page: &mut Page, excerpts: &[Excerpt], blame: &Blame, extent: Extent) {
    let Some(lines) = excerpts
        .iter()
        .filter(|excerpt| excerpt.file == blame.file)
        .map(|excerpt| &excerpt.lines)
        .find(|lines| lines.iter().any(|(number, _)| *number == blame.line))
    else {
        return;
    };
    let (before, behind) = match extent {
        Extent::Screen => (LINES_BEFORE, LINES_BEHIND),
        Extent::Full => (u32::MAX, u32::MAX),
    };
    let range = blame.line.saturating_sub(before)..=blame.line.saturating_add(behind);
    let mut shown: Vec<(u32, String)> = lines
        .iter()
        .filter(|(number, _)| range.contains(number))
        .map(|(number, text)| (*number, sanitize::source(text.trim_end()).into_owned()))
        .collect();
    shown.sort_by_key(|(number, _)| *number);
    while shown.first().is_some_and(|(number, text)| text.is_empty() && *number != blame.line) {
        shown.remove(0);
    }
    while shown.last().is_some_and(|(number, text)| text.is_empty() && *number != blame.line) {
        shown.pop();
    }
    let indents = shown.iter().filter(|(_, text)| !text.is_empty());
    let common = indents.map(|(_, text)| text.len() - text.trim_start_matches(' ').len()).min().unwrap_or(0);
    for (number, text) in &shown {
        let (mark, ink) = if *number == blame.line { ('>', Ink::Strong) } else { (' ', Ink::Plain) };
        let margin = format!("  {mark} {number:>5} | ");
        let text = keep_start(text.get(common..).unwrap_or_default(), page.width().saturating_sub(margin.len()));
        page.line(&[Piece::new(Ink::Faint, margin), Piece::new(ink, text)]);
    }
}

/// What the blamed function does there, and with whom.
fn activity(verdict: &Verdict) -> Option<(&'static str, String)> {
    let party = party::second_party(&verdict.second_party);
    let Some(cause) = verdict.cause else {
        return party.map(|party| ("concerns", party));
    };
    let row = words::cause(cause);
    let label = match row.role {
        Verb::Waits | Verb::Locks => "waits for",
        Verb::Runs => "runs",
    };
    let of_pool = matches!(cause, Cause::ThreadPool | Cause::DefaultExecutor | Cause::DbPool | Cause::HttpPool);
    let of_items = matches!(cause, Cause::AsyncioQueue | Cause::AsyncioLock);
    if (of_pool || of_items) && verdict.kind == Kind::PoolExhausted {
        // The blamed function has a place; it is others who wait for one.
        let peer = matches!(verdict.second_party, SecondParty::Peer { .. });
        return party.filter(|_| peer).map(|party| ("waits for", party));
    }
    if of_pool {
        // Which pool it is, the summary says.
        return Some((label, row.phrase.to_owned()));
    }
    let seen = verdict.doing.as_ref().and_then(|doing| words::seen(cause, doing));
    // A library that is waited for is named by what was seen.
    let party = party.filter(|_| seen.is_none() || !matches!(verdict.second_party, SecondParty::Resource { .. }));
    let between = match (row.role, &verdict.second_party) {
        (Verb::Locks, SecondParty::Holder { .. }) => ", held by ",
        _ if seen.is_some() => "; ",
        _ => ": ",
    };
    let mut words = seen.unwrap_or_else(|| row.phrase.to_owned());
    if let Some(party) = party {
        words.push_str(between);
        words.push_str(&party);
    }
    Some((label, words))
}

/// Facts on one line, wrapped.
fn list(page: &mut Page, label: &str, facts: &[String]) {
    if !facts.is_empty() {
        page.labelled(2, label, HANG, &[Piece::plain(facts.join("; "))]);
    }
}

/// Facts a line each.
fn lines(page: &mut Page, label: &str, facts: &[String]) {
    for (index, fact) in facts.iter().enumerate() {
        page.labelled(2, if index == 0 { label } else { "" }, HANG, &[Piece::plain(fact)]);
    }
}

/// The blamed stack and the holder's, innermost first.
fn stacks(page: &mut Page, verdict: &Verdict) {
    if let Some(blame) = &verdict.blame {
        stack(page, "stack, innermost first", &blame.stack);
    }
    if let SecondParty::Holder { stack: held, .. } = &verdict.second_party {
        stack(page, "stack of the holder, innermost first", held);
    }
}

fn stack(page: &mut Page, title: &str, frames: &[Place]) {
    if frames.is_empty() {
        return;
    }
    page.wrapped(2, 2, &[Piece::new(Ink::Faint, title)]);
    for place in frames {
        named(page, 4, Piece::plain(places::function(&place.function)), place, Extent::Full);
    }
}
