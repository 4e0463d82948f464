//! Figures for Prometheus.

use std::fmt;
use std::io;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, text};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::{MetricType, TypedMetric};
use prometheus_client::registry::Registry;

use super::budget::Budget;
use super::rules::Rule;
use crate::gateway::{Receipt, Refusal};
use crate::ledger::{Entry, Ledger};
use crate::os::self_cost;
use crate::render::sanitize;
use crate::words;

/// Upper ends of the lengths of stalls, seconds; shorter ones than the first are not counted.
const LENGTHS_S: [f64; 9] = [0.03, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 30.0];
/// Places that have figures of their own, those with the most time; the rest is one more.
const MOST_PLACES: usize = 20;
/// Characters of a name in a figure.
const LONGEST_NAME: usize = 120;

/// Names of ours, which need no escaping.
type Labels = Vec<(&'static str, &'static str)>;
type Counters = Family<Labels, Counter>;

/// What is counted beside the ledger and the budget, and all of it as a text.
#[derive(Debug)]
pub(super) struct Figures {
    registry: Registry,
    stalls: Histogram,
    lasting: Gauge<f64, AtomicU64>,
    processes: Gauge,
    incidents: Counters,
    alerts: Counters,
    refused: Counters,
}

impl Figures {
    pub(super) fn new(ledger: Arc<Mutex<Ledger>>, budget: Arc<Mutex<Budget>>) -> Self {
        let mut registry = Registry::with_prefix("hangspy");
        let stalls = Histogram::new(LENGTHS_S);
        let (lasting, processes) = (Gauge::default(), Gauge::default());
        let (incidents, alerts, refused) = (Counters::default(), Counters::default(), Counters::default());
        registry.register("loop_stall_seconds", "Lengths of the stalls of event loops, from 20 ms on", stalls.clone());
        let help = "How long the step that runs now has lasted, of the loop where that is longest; 0 below 20 ms";
        registry.register("loop_step_seconds", help, lasting.clone());
        registry.register("processes", "Processes that are followed", processes.clone());
        registry.register("incidents", "Incidents that were captured", incidents.clone());
        registry.register("alerts", "Alerts that came", alerts.clone());
        registry.register("requests_refused", "Requests that were refused", refused.clone());
        registry.register_collector(Box::new(Kept { ledger, budget }));
        for refusal in Refusal::ALL {
            // Each is told from the beginning, so that a first one is a rise.
            refused.get_or_create(&vec![("reason", refusal.word())]).inc_by(0);
        }
        Self { registry, stalls, lasting, processes, incidents, alerts, refused }
    }

    pub(super) fn stall(&self, length: Duration) {
        self.stalls.observe(length.as_secs_f64());
    }

    /// How long the longest step of all loops has lasted, and how many processes there are.
    pub(super) fn now(&self, lasting: Duration, processes: usize) {
        self.lasting.set(lasting.as_secs_f64());
        self.processes.set(i64::try_from(processes).unwrap_or(i64::MAX));
    }

    pub(super) fn incident(&self, rule: Rule) {
        self.incidents.get_or_create(&vec![("rule", rule.word())]).inc();
    }

    pub(super) fn alerts(&self, sender: &'static str, receipt: &Receipt) {
        for (what, count) in [
            ("new", receipt.new),
            ("known", receipt.known),
            ("resolved", receipt.resolved),
            ("left-out", receipt.left_out),
        ] {
            self.alerts.get_or_create(&vec![("sender", sender), ("what", what)]).inc_by(count as u64);
        }
    }

    pub(super) fn refused(&self, refusal: Refusal) {
        self.refused.get_or_create(&vec![("reason", refusal.word())]).inc();
    }

    /// All of them.
    pub(super) fn text(&self) -> io::Result<String> {
        let mut written = String::new();
        text::encode(&mut written, &self.registry).map_err(io::Error::other)?;
        Ok(written)
    }
}

/// What is kept from one run to the next, and what we cost.
#[derive(Debug)]
struct Kept {
    ledger: Arc<Mutex<Ledger>>,
    budget: Arc<Mutex<Budget>>,
}

impl Collector for Kept {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        let ranked = ledger.ranked();
        let (named, rest) = ranked.split_at(ranked.len().min(MOST_PLACES));
        let rest_s: f64 = rest.iter().map(|entry| entry.sum.total_s).sum();
        let rest_s = rest_s + ledger.forgotten.total_s;
        let help = "Time in stalls by place: the places with the most, and the rest";
        let mut family = encoder.encode_descriptor("stall_seconds", help, None, MetricType::Counter)?;
        for entry in named {
            let labels = labels(entry);
            ConstCounter::new(entry.sum.total_s).encode(family.encode_family(&labels)?)?;
        }
        let labels = [("function", "(the rest)"), ("file", ""), ("cause", "")];
        ConstCounter::new(rest_s).encode(family.encode_family(&labels)?)?;
        let help = "Time in which nobody looked often enough to count stalls";
        one(&mut encoder, "unwatched_seconds", help, &ConstCounter::new(ledger.unwatched_s))?;
        drop(ledger);
        let budget = self.budget.lock().unwrap_or_else(PoisonError::into_inner);
        let help = "Captures that were not taken, by the limit that acted";
        let mut family = encoder.encode_descriptor("captures_held", help, None, MetricType::Counter)?;
        for (limit, times) in budget.refused() {
            ConstCounter::new(times).encode(family.encode_family(&[("limit", limit)])?)?;
        }
        drop(budget);
        let cost = self_cost();
        if let Some(cpu_s) = cost.cpu_s.get() {
            one(&mut encoder, "own_cpu_seconds", "CPU time that hangspy has taken", &ConstCounter::new(*cpu_s))?;
        }
        if let Some(bytes) = cost.peak_bytes.get() {
            let bytes = i64::try_from(*bytes).unwrap_or(i64::MAX);
            one(&mut encoder, "own_peak_bytes", "Memory that hangspy has taken at most", &ConstGauge::new(bytes))?;
        }
        Ok(())
    }
}

fn one<M: EncodeMetric + TypedMetric>(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    metric: &M,
) -> Result<(), fmt::Error> {
    metric.encode(encoder.encode_descriptor(name, help, None, M::TYPE)?)
}

/// A place without its line, which would be another figure with each longer stall.
fn labels(entry: &Entry) -> [(&'static str, String); 3] {
    let place = entry.place.as_ref();
    let function = place.map_or("(not seen)", |place| place.function.as_str());
    let file = place.map(|place| place.file.as_str()).unwrap_or_default();
    let cause = entry.cause.map(|cause| words::cause(cause).word.to_owned()).unwrap_or_default();
    [("function", escaped(function)), ("file", escaped(file)), ("cause", cause)]
}

/// A foreign name in the quotes of the format, harmless to a terminal as well; the end of a path says more than its beginning.
fn escaped(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let end: String = letters.iter().skip(letters.len().saturating_sub(LONGEST_NAME)).collect();
    sanitize::line(&end).replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::aggregate::{Cause, Glance, Place};
    use crate::ledger::NearMiss;

    #[test]
    fn names_of_a_target_stay_in_their_quotes_and_places_are_bounded() {
        let mut ledger = Ledger::since(0);
        for index in 0..30 {
            let function = format!("f\"}}\n\x1b[2J{index}");
            let place = Place { function, file: "a\\b.py".to_owned(), line: 1 };
            ledger.add(&NearMiss {
                seen: Some(Glance { place: Some(place), cause: Cause::Sleep, outside_of_service: false }),
                length: Duration::from_secs(1),
                error: Duration::ZERO,
                at_s: 1,
            });
        }
        let figures = Figures::new(Arc::new(Mutex::new(ledger)), Arc::default());
        figures.stall(Duration::from_millis(25));
        figures.now(Duration::from_secs(2), 3);
        figures.incident(Rule::Alert);
        let text = figures.text().unwrap();
        let places = || text.lines().filter(|line| line.starts_with("hangspy_stall_seconds_total{"));
        assert_eq!(places().count(), MOST_PLACES + 1, "{text}");
        assert!(places().any(|line| line.contains(r#"function="f\"}\\n\\x1b[2J"#)), "{text}");
        assert!(places().all(|line| !line.contains('\x1b')), "{text}");
        for line in [
            "hangspy_loop_stall_seconds_bucket{le=\"0.03\"} 1",
            "hangspy_loop_step_seconds 2.0",
            "hangspy_processes 3",
            "hangspy_incidents_total{rule=\"alert\"} 1",
            "hangspy_requests_refused_total{reason=\"too-large\"} 0",
            "hangspy_stall_seconds_total{function=\"(the rest)\",file=\"\",cause=\"\"} 10.0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
    }
}
