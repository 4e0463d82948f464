//! <https://www.speedscope.app>'s JSON, by its `file-format-spec`: a sampled profile for each thread, by wall clock. Equal stacks
//! are one sample, in no order of time.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

use serde_json::{Value, json};

use super::sample::{Sample, looks};
use crate::render::{Graph, Layout, json, sanitize};
use crate::report::{Place, Report};

/// Writes the profiles of the threads that `graph` means. Equal reports give equal bytes.
///
/// # Errors
/// What the writer says.
pub fn speedscope(report: &Report, graph: Graph, out: &mut impl Write) -> io::Result<()> {
    let samples = looks(report, graph);
    let mut threads: BTreeMap<(u32, u32), Vec<&Sample<'_>>> = BTreeMap::new();
    for sample in &samples {
        threads.entry((sample.process, sample.thread)).or_default().push(sample);
    }
    let mut frames = Frames::default();
    let profiles: Vec<Value> = threads.into_values().map(|of| thread(&of, &mut frames)).collect();
    let file = json!({
        "$schema": "https://www.speedscope.app/file-format-schema.json",
        "exporter": format!("{}@{}", report.tool.name, report.tool.version),
        "name": sanitize::line(&report.target.asked),
        "shared": {"frames": frames.rows},
        "profiles": profiles,
    });
    json::write(&file, Layout::Compact, out)
}

#[derive(Default)]
struct Frames<'a> {
    rows: Vec<Value>,
    ids: HashMap<&'a Place, usize>,
}

impl<'a> Frames<'a> {
    fn id(&mut self, place: &'a Place) -> usize {
        let rows = &mut self.rows;
        *self.ids.entry(place).or_insert_with(|| {
            let mut row = json!({"name": sanitize::line(&place.function), "file": sanitize::line(&place.file)});
            // The schema has no line that is not known.
            if place.line > 0 {
                row["line"] = place.line.into();
            }
            rows.push(row);
            rows.len() - 1
        })
    }
}

fn thread<'a>(samples: &[&'a Sample<'_>], frames: &mut Frames<'a>) -> Value {
    let name = samples.first().map(|of| format!("pid {} thread {} {}", of.process, of.thread, of.thread_name));
    let weights: Vec<u64> = samples.iter().map(|sample| sample.weights.wall).collect();
    let stacks: Vec<Vec<usize>> =
        samples.iter().map(|sample| sample.stack.iter().map(|place| frames.id(place)).collect()).collect();
    json!({
        "type": "sampled",
        "name": name.unwrap_or_default().trim_end(),
        "unit": "nanoseconds",
        "startValue": 0,
        "endValue": weights.iter().fold(0, |sum: u64, weight| sum.saturating_add(*weight)),
        "samples": stacks,
        "weights": weights,
    })
}
