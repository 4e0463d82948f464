//! Requests in flight, those that are at one place together.

use super::page::{Ink, Page, Piece};
use super::places;
use crate::figures;
use crate::report::{Report, RequestReport};
use crate::snapshot::Known;
use crate::words;

/// The column of the requests.
const INDENT: usize = 4;
/// Requests that are shown one by one, the oldest first.
const MOST_REQUESTS: usize = 30;

/// The requests of a process.
pub(super) fn requests(page: &mut Page, report: &Report, process: u32) {
    let own: Vec<&RequestReport> = report.requests.iter().filter(|request| request.process == process).collect();
    if own.is_empty() {
        return;
    }
    page.blank();
    let cut = report.tasks.iter().any(|of| of.process == process && of.cut);
    let least = if cut { "at least " } else { "" };
    let head = format!("{least}{} in flight", figures::count(own.len() as u64, "request"));
    page.wrapped(0, INDENT, &[Piece::plain(head)]);
    let mut groups: Vec<Vec<&RequestReport>> = Vec::new();
    for request in own {
        let same = |group: &&mut Vec<&RequestReport>| group.first().is_some_and(|first| together(first, request));
        match groups.iter_mut().find(same) {
            Some(group) => group.push(request),
            None => groups.push(vec![request]),
        }
    }
    for group in groups.iter().take(MOST_REQUESTS) {
        entry(page, group);
    }
    if let Some(left) = groups.len().checked_sub(MOST_REQUESTS).filter(|left| *left > 0) {
        let words = format!("and at {}: see --json", figures::count(left as u64, "more place"));
        page.wrapped(INDENT, INDENT, &[Piece::new(Ink::Faint, words)]);
    }
}

fn together(one: &RequestReport, other: &RequestReport) -> bool {
    (&one.method, &one.path, &one.place, one.response_started)
        == (&other.method, &other.path, &other.place, other.response_started)
}

/// `GET /api/orders from 10.0.0.9:51234, for 2.8 s at least, in fetch (app.py:7), thread 4712`
fn entry(page: &mut Page, group: &[&RequestReport]) {
    let Some(first) = group.first() else { return };
    let mut what = format!("{} {}", words::text(&first.method), words::text(&first.path));
    if group.len() > 1 {
        what = format!("{} times {what}", group.len());
    }
    let mut rest = String::new();
    if group.len() == 1 {
        rest.push_str(&format!(" from {}", words::text(&first.client)));
    }
    if first.age_s > 0.0 {
        rest.push_str(&format!(", for {} at least", figures::seconds(first.age_s)));
    }
    if first.response_started == Known::Is(true) {
        rest.push_str(", its response begun");
    }
    if let Some(place) = &first.place {
        let position = places::brief_position(&place.file, place.line);
        rest.push_str(&format!(", in {} {position}", places::function(&place.function)));
    }
    if let (Some(thread), 1) = (first.thread, group.len()) {
        rest.push_str(&format!(", on thread {thread}"));
    }
    if let (Known::Is(Some(id)), 1) = (&first.request_id, group.len()) {
        rest.push_str(&format!(", id {id}"));
    }
    page.wrapped(INDENT, INDENT + 4, &[Piece::new(Ink::Strong, what), Piece::plain(rest)]);
}
