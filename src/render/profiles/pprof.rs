//! pprof's gzipped protocol buffer, which `go tool pprof`, Grafana and Pyroscope read.
//! The fields are those of `proto/profile.proto` of github.com/google/pprof; those that we leave empty are left out.

use std::collections::HashMap;
use std::io::{self, Write};

use flate2::{Compression, GzBuilder};
use prost::Message;

use super::sample::{Sample, looks, nanoseconds, stalls};
use crate::render::{Graph, sanitize};
use crate::report::{Place, Report};

/// Sample types and their units, in the order of [`values`].
const TYPES: [(&str, &str); 6] = [
    ("looks", "count"),
    ("wall", "nanoseconds"),
    ("cpu", "nanoseconds"),
    ("gil", "nanoseconds"),
    ("stalls", "count"),
    ("stall_delay", "nanoseconds"),
];

/// What a reader shows first: a loop that sleeps uses no CPU.
const SHOWN_FIRST: &str = "wall";

#[derive(Clone, PartialEq, Message)]
struct Profile {
    #[prost(message, repeated, tag = "1")]
    sample_type: Vec<ValueType>,
    #[prost(message, repeated, tag = "2")]
    sample: Vec<Stack>,
    #[prost(message, repeated, tag = "3")]
    mapping: Vec<Mapping>,
    #[prost(message, repeated, tag = "4")]
    location: Vec<Location>,
    #[prost(message, repeated, tag = "5")]
    function: Vec<Function>,
    #[prost(string, repeated, tag = "6")]
    string_table: Vec<String>,
    #[prost(int64, tag = "10")]
    duration_nanos: i64,
    #[prost(int64, repeated, tag = "13")]
    comment: Vec<i64>,
    #[prost(int64, tag = "14")]
    default_sample_type: i64,
}

#[derive(Clone, PartialEq, Message)]
struct ValueType {
    #[prost(int64, tag = "1")]
    r#type: i64,
    #[prost(int64, tag = "2")]
    unit: i64,
}

/// `Sample` of the format: locations innermost first.
#[derive(Clone, PartialEq, Message)]
struct Stack {
    #[prost(uint64, repeated, tag = "1")]
    location_id: Vec<u64>,
    #[prost(int64, repeated, tag = "2")]
    value: Vec<i64>,
    #[prost(message, repeated, tag = "3")]
    label: Vec<Label>,
}

#[derive(Clone, PartialEq, Message)]
struct Label {
    #[prost(int64, tag = "1")]
    key: i64,
    #[prost(int64, tag = "2")]
    text: i64,
    #[prost(int64, tag = "3")]
    number: i64,
}

#[derive(Clone, PartialEq, Message)]
struct Mapping {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(int64, tag = "5")]
    filename: i64,
    #[prost(bool, tag = "7")]
    has_functions: bool,
    #[prost(bool, tag = "8")]
    has_filenames: bool,
    #[prost(bool, tag = "9")]
    has_line_numbers: bool,
}

#[derive(Clone, PartialEq, Message)]
struct Location {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(uint64, tag = "2")]
    mapping_id: u64,
    #[prost(message, repeated, tag = "4")]
    line: Vec<Line>,
}

#[derive(Clone, PartialEq, Message)]
struct Line {
    #[prost(uint64, tag = "1")]
    function_id: u64,
    #[prost(int64, tag = "2")]
    line: i64,
}

#[derive(Clone, PartialEq, Message)]
struct Function {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(int64, tag = "2")]
    name: i64,
    #[prost(int64, tag = "4")]
    filename: i64,
}

/// Writes the profile of the threads that `graph` means, and all stalls, each whole where it was seen most often. Equal reports give equal bytes.
///
/// # Errors
/// What the writer says.
pub fn pprof(report: &Report, graph: Graph, out: &mut impl Write) -> io::Result<()> {
    let mut tables = Tables::default();
    tables.text("");
    let sample_type =
        TYPES.iter().map(|(of, unit)| ValueType { r#type: tables.text(of), unit: tables.text(unit) }).collect();
    // Without a mapping that says that it has the names, `go tool pprof` looks for a binary to take them from.
    let python = tables.text("python");
    let mapping = Mapping { id: 1, filename: python, has_functions: true, has_filenames: true, has_line_numbers: true };
    let sample = looks(report, graph).into_iter().chain(stalls(report)).map(|sample| tables.stack(&sample)).collect();
    let made_by = format!("{} {}", report.tool.name, report.tool.version);
    let comment = vec![tables.text(&made_by)];
    let default_sample_type = tables.text(SHOWN_FIRST);
    let profile = Profile {
        sample_type,
        sample,
        mapping: vec![mapping],
        location: tables.locations,
        function: tables.functions,
        string_table: tables.strings,
        duration_nanos: signed(nanoseconds(report.window.seconds)),
        comment,
        default_sample_type,
    };
    let mut packed = GzBuilder::new().write(out, Compression::default());
    packed.write_all(&profile.encode_to_vec())?;
    packed.finish()?;
    Ok(())
}

/// Everything that samples name by number.
#[derive(Default)]
struct Tables {
    strings: Vec<String>,
    string_ids: HashMap<String, i64>,
    functions: Vec<Function>,
    function_ids: HashMap<(i64, i64), u64>,
    locations: Vec<Location>,
    location_ids: HashMap<(u64, u32), u64>,
}

impl Tables {
    fn text(&mut self, text: &str) -> i64 {
        if let Some(id) = self.string_ids.get(text) {
            return *id;
        }
        let id = signed(self.strings.len() as u64);
        self.strings.push(text.to_owned());
        self.string_ids.insert(text.to_owned(), id);
        id
    }

    fn function(&mut self, place: &Place) -> u64 {
        let (name, filename) = (self.text(&sanitize::line(&place.function)), self.text(&sanitize::line(&place.file)));
        let next = self.functions.len() as u64 + 1;
        let id = *self.function_ids.entry((name, filename)).or_insert(next);
        if id == next {
            self.functions.push(Function { id, name, filename });
        }
        id
    }

    fn location(&mut self, place: &Place) -> u64 {
        let function_id = self.function(place);
        let next = self.locations.len() as u64 + 1;
        let id = *self.location_ids.entry((function_id, place.line)).or_insert(next);
        if id == next {
            let line = Line { function_id, line: place.line.into() };
            self.locations.push(Location { id, mapping_id: 1, line: vec![line] });
        }
        id
    }

    fn stack(&mut self, sample: &Sample<'_>) -> Stack {
        let weights = sample.weights;
        let values = [weights.looks, weights.wall, weights.cpu, weights.gil, weights.stalls, weights.delay];
        let words = [("thread", &sample.thread_name), ("loop", &sample.runs), ("doing", &sample.doing)];
        let words = words.into_iter().filter(|(_, text)| !text.is_empty());
        let mut label: Vec<Label> =
            words.map(|(key, text)| Label { key: self.text(key), text: self.text(text), number: 0 }).collect();
        for (key, number) in [("pid", sample.process), ("tid", sample.thread)] {
            label.push(Label { key: self.text(key), text: 0, number: number.into() });
        }
        Stack {
            location_id: sample.stack.iter().rev().map(|place| self.location(place)).collect(),
            value: values.into_iter().map(signed).collect(),
            label,
        }
    }
}

/// The format has no unsigned numbers.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
