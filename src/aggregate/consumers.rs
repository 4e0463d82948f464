//! Who used the CPU: the functions that threads were in while they used it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::blame::{Blamed, Seen, blame};
use super::track::thread_name;
use super::{Analysis, CpuFact};
use crate::snapshot::{StackId, StackSample, ThreadId, ThreadSample};

/// A function, or native threads of one name, and the CPU time of the threads that were in it.
#[derive(Clone, Debug)]
pub struct Consumer {
    /// The function; `None` for threads without a Python stack.
    pub blamed: Option<Blamed>,
    /// What such threads are called, without the number that tells them apart.
    pub name: String,
    /// How many they are.
    pub threads: usize,
    /// CPU time that they used in the window.
    pub used: Duration,
    /// As a share of what all threads of the process used, 0 to 1.
    pub share: f64,
}

impl Consumer {
    /// As a fact.
    #[must_use]
    pub fn fact(&self, analysis: &Analysis<'_>) -> CpuFact {
        CpuFact::UsedBy {
            place: self.blamed.map(|blamed| blamed.place(analysis.recording)),
            name: self.name.clone(),
            threads: self.threads as u64,
            share: self.share,
        }
    }
}

/// What one thread did in the window.
struct Life<'a> {
    last: &'a ThreadSample,
    first_ns: u64,
    last_ns: u64,
    stacks: BTreeMap<(StackId, bool), usize>,
}

/// The consumers of a process, the largest first.
#[must_use]
pub fn consumers(analysis: &Analysis<'_>) -> Vec<Consumer> {
    let lives = lives(analysis);
    let spent = |life: &Life<'_>| life.last_ns.saturating_sub(life.first_ns);
    let total: u64 = lives.values().map(spent).fold(0, u64::saturating_add);
    let mut found: BTreeMap<(Option<crate::snapshot::CodeId>, String), Consumer> = BTreeMap::new();
    for life in lives.values().filter(|life| spent(life) > 0) {
        let seen = |(key, looks): (&(StackId, bool), &usize)| Seen { stack: key.0, cut: key.1, looks: *looks };
        let stacks: Vec<Seen> = life.stacks.iter().map(seen).collect();
        let blamed = blame(analysis.recording, &analysis.book, &stacks, false);
        let name = thread_name(life.last);
        let name = name.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '-').to_owned();
        let key = (blamed.map(|blamed| blamed.code), if blamed.is_some() { String::new() } else { name.clone() });
        let consumer =
            found.entry(key).or_insert(Consumer { blamed, name, threads: 0, used: Duration::ZERO, share: 0.0 });
        consumer.threads += 1;
        consumer.used += Duration::from_nanos(spent(life));
    }
    let mut consumers: Vec<Consumer> = found.into_values().collect();
    for consumer in &mut consumers {
        consumer.share = consumer.used.as_nanos() as f64 / total.max(1) as f64;
    }
    consumers.sort_by_key(|consumer| std::cmp::Reverse(consumer.used));
    consumers
}

fn lives<'a>(analysis: &Analysis<'a>) -> BTreeMap<ThreadId, Life<'a>> {
    let mut lives: BTreeMap<ThreadId, Life<'a>> = BTreeMap::new();
    for thread in analysis.recording.snapshots.iter().flat_map(|snapshot| &snapshot.threads) {
        let Some(cpu) = thread.os.cpu.get() else { continue };
        let life = lives.entry(thread.thread).or_insert_with(|| Life {
            last: thread,
            first_ns: cpu.on_cpu_ns,
            last_ns: cpu.on_cpu_ns,
            stacks: BTreeMap::new(),
        });
        life.last = thread;
        life.last_ns = cpu.on_cpu_ns;
        match thread.python.as_ref().map(|python| python.stack) {
            Some(StackSample::Stable(stack)) => *life.stacks.entry((stack, false)).or_default() += 1,
            Some(StackSample::Cut(stack)) => *life.stacks.entry((stack, true)).or_default() += 1,
            _ => {}
        }
    }
    lives
}
