//! What `cProfile` writes and `pstats`, PyCharm, snakeviz and gprof2dot read: a marshalled
//! `{(file, line, function): (calls, calls, own seconds, seconds with callees, {caller: the same four})}`.
//!
//! Calls are looks: how often a function was called cannot be seen from outside. A function's line is the first of it that was seen.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::sample::looks;
use crate::render::{Graph, sanitize};
use crate::report::{Place, Report};

/// File and name.
type Function<'a> = (&'a str, &'a str);

/// Looks, and nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    looks: u64,
    own: u64,
    with_callees: u64,
}

#[derive(Debug, Default)]
struct Row<'a> {
    line: u32,
    seen: Seen,
    callers: BTreeMap<Function<'a>, Seen>,
}

/// Writes the statistics of the threads that `graph` means. Equal reports give equal bytes.
///
/// # Errors
/// What the writer says.
pub fn pstats(report: &Report, graph: Graph, out: &mut impl Write) -> io::Result<()> {
    let samples = looks(report, graph);
    let mut rows: BTreeMap<Function<'_>, Row<'_>> = BTreeMap::new();
    for sample in &samples {
        let (looks, wall) = (sample.weights.looks, sample.weights.wall);
        // A function that calls itself is on the stack once for its time, as in `cProfile`.
        let (mut counted, mut edges) = (BTreeSet::new(), BTreeSet::new());
        let mut caller = None;
        for (depth, place) in (1..).zip(&sample.stack) {
            let function = name(place);
            let own = if depth == sample.stack.len() { wall } else { 0 };
            let row = rows.entry(function).or_insert_with(|| Row { line: place.line, ..Row::default() });
            row.line = row.line.min(place.line);
            row.seen.add(counted.insert(function), looks, wall, own);
            if let Some(caller) = caller {
                row.callers.entry(caller).or_default().add(edges.insert((caller, function)), looks, wall, own);
            }
            caller = Some(function);
        }
    }
    out.write_all(&marshalled(&rows))
}

impl Seen {
    fn add(&mut self, first_in_stack: bool, looks: u64, wall: u64, own: u64) {
        if first_in_stack {
            self.looks = self.looks.saturating_add(looks);
            self.with_callees = self.with_callees.saturating_add(wall);
        }
        self.own = self.own.saturating_add(own);
    }
}

fn name(place: &Place) -> Function<'_> {
    (&place.file, &place.function)
}

fn marshalled(rows: &BTreeMap<Function<'_>, Row<'_>>) -> Vec<u8> {
    let mut out = Marshal(vec![DICT]);
    let line = |function| rows.get(&function).map_or(0, |row| row.line);
    for (function, row) in rows {
        out.function(*function, row.line);
        out.tuple(5);
        out.seen(row.seen);
        out.0.push(DICT);
        for (caller, seen) in &row.callers {
            out.function(*caller, line(*caller));
            out.tuple(4);
            out.seen(*seen);
        }
        out.0.push(NULL);
    }
    out.0.push(NULL);
    out.0
}

/// Type bytes of version 2 of CPython's `Python/marshal.c`, which every Python 3 reads.
const DICT: u8 = b'{';
const NULL: u8 = b'0';
const TUPLE: u8 = b'(';
const TEXT: u8 = b'u';
const INT: u8 = b'i';
const FLOAT: u8 = b'g';

struct Marshal(Vec<u8>);

impl Marshal {
    fn tuple(&mut self, items: i32) {
        self.0.push(TUPLE);
        self.0.extend(items.to_le_bytes());
    }

    fn int(&mut self, number: u64) {
        self.0.push(INT);
        self.0.extend(i32::try_from(number).unwrap_or(i32::MAX).to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        let text = sanitize::line(text);
        self.0.push(TEXT);
        self.0.extend(u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes());
        self.0.extend(text.as_bytes());
    }

    fn seconds(&mut self, nanoseconds: u64) {
        self.0.push(FLOAT);
        self.0.extend(std::time::Duration::from_nanos(nanoseconds).as_secs_f64().to_le_bytes());
    }

    fn function(&mut self, (file, name): Function<'_>, line: u32) {
        self.tuple(3);
        self.text(file);
        self.int(line.into());
        self.text(name);
    }

    fn seen(&mut self, seen: Seen) {
        self.int(seen.looks);
        self.int(seen.looks);
        self.seconds(seen.own);
        self.seconds(seen.with_callees);
    }
}
