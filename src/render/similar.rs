//! Calls in a source tree that block a loop: text, JSON, and SARIF 2.1.0 for what shows findings beside the code.

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::json::{self, Layout};
use super::page::{Ink, Page, Piece};
use super::{Screen, places};
use crate::figures;
use crate::report::{BlockingSite, CallStep, SimilarReport};

/// Where the schema of SARIF is.
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
/// What finds a finding again after lines have moved.
const FINGERPRINT: &str = "hangspy/v1";

/// Writes the screen.
///
/// # Errors
/// What the writer says.
pub fn similar(report: &SimilarReport, screen: Screen, out: &mut impl Write) -> io::Result<()> {
    let mut page = Page::new(screen.width, screen.color);
    let found = figures::count(report.sites.len() as u64, "call");
    let of = if report.kinds.is_empty() { String::new() } else { format!(" of {}", report.kinds.join(", ")) };
    let ink = if report.sites.is_empty() { Ink::Good } else { Ink::Bad };
    let files = figures::count(report.files, "file");
    page.wrapped(0, 2, &[Piece::new(ink, format!("{found}{of} that block an event loop, in {files}"))]);
    let mut kind = "";
    for site in &report.sites {
        if site.kind != kind {
            kind = &site.kind;
            page.blank();
            page.line(&[Piece::new(Ink::Strong, kind)]);
        }
        one(&mut page, site);
    }
    closing(&mut page, report);
    page.write_to(out)
}

fn one(page: &mut Page, site: &BlockingSite) {
    let Some(last) = site.chain.last() else { return };
    let captured = if site.captured { ", the one in the capture" } else { "" };
    let how = if site.certain { "certain" } else { "likely" };
    page.spread(
        &[Piece::plain(format!("  {}:{}  {}()", last.file, last.line, site.call))],
        &[Piece::new(Ink::Faint, format!("{how}{captured}"))],
    );
    let steps: Vec<String> = site.chain.iter().enumerate().map(|(at, step)| way(at, step)).collect();
    page.wrapped(4, 6, &[Piece::plain(steps.join(" > "))]);
    if site.coroutines > 1 {
        page.wrapped(4, 6, &[Piece::new(Ink::Faint, format!("{} coroutines reach it", site.coroutines))]);
    }
}

fn way(at: usize, step: &CallStep) -> String {
    let kind = if at == 0 { "async def " } else { "" };
    format!("{kind}{} {}:{}", places::function(&step.function), step.file, step.line)
}

fn closing(page: &mut Page, report: &SimilarReport) {
    let counts = [
        (report.allowed, "allowed by a comment"),
        (report.not_python, "skipped: no Python 3"),
        (report.unread, "not read"),
        (report.beyond, "beyond the most that are read"),
    ];
    let told: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    if !told.is_empty() {
        page.blank();
        page.wrapped(0, 2, &[Piece::new(Ink::Faint, told.join("; "))]);
    }
}

/// Writes one JSON object and a newline.
///
/// # Errors
/// What the writer says.
pub fn similar_json(report: &SimilarReport, out: &mut impl Write) -> io::Result<()> {
    json::write(report, Layout::Compact, out)
}

/// Writes SARIF 2.1.0.
///
/// # Errors
/// What the writer says.
pub fn similar_sarif(report: &SimilarReport, out: &mut impl Write) -> io::Result<()> {
    let kinds: BTreeSet<&str> = report.sites.iter().map(|site| site.kind.as_str()).collect();
    let rule = |kind: &&str| {
        let words = format!("A call of {kind} blocks the event loop");
        json!({ "id": rule_id(kind), "shortDescription": { "text": words } })
    };
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": report.tool.name,
                "version": report.tool.version,
                "rules": kinds.iter().map(rule).collect::<Vec<_>>(),
            } },
            "results": report.sites.iter().map(result).collect::<Vec<_>>(),
        }],
    });
    json::write(&log, Layout::Pretty, out)
}

fn rule_id(kind: &str) -> String {
    format!("blocking-call/{kind}")
}

fn result(site: &BlockingSite) -> Value {
    let steps: Vec<String> = site.chain.iter().enumerate().map(|(at, step)| way(at, step)).collect();
    let text = format!("{}() blocks the event loop: {}", site.call, steps.join(" > "));
    let flow: Vec<Value> = site.chain.iter().map(|step| json!({ "location": location(step) })).collect();
    let place = site.chain.last().map(|step| format!("{}:{}:{}", step.file, step.function, site.call));
    json!({
        "ruleId": rule_id(&site.kind),
        "level": if site.certain { "warning" } else { "note" },
        "message": { "text": text },
        "locations": site.chain.last().map(location).into_iter().collect::<Vec<_>>(),
        "codeFlows": [{ "threadFlows": [{ "locations": flow }] }],
        "partialFingerprints": { FINGERPRINT: place.unwrap_or_default() },
    })
}

fn location(step: &CallStep) -> Value {
    json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(&step.file) },
            "region": { "startLine": step.line.max(1) },
        },
        "message": { "text": step.function },
    })
}

/// A path as a relative reference.
fn uri(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    path.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
