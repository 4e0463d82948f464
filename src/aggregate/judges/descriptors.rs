//! No file descriptor is free: nothing can be opened, and no connection accepted.

use super::{Explains, Judge};
use crate::aggregate::hurt::hurts;
use crate::aggregate::{
    Advice, Analysis, Because, Cause, Confidence, DescriptorFact, Finding, Kind, ProcessSummary, SecondParty, Subject,
    Verdict,
};
use crate::classify::{Place, Resource};
use crate::libraries::{self, Marks};
use crate::snapshot::{DescriptorClass, StackSample, Surroundings};

pub(super) struct FullDescriptors;

/// So many readings must find the table full: one alone may be a burst.
const FEWEST_READINGS: usize = 2;
/// So many classes are named.
const MOST_NAMED: usize = 3;
/// A class smaller than this share of all is not why the table is full.
const NOTABLE_CLASS: f64 = 0.1;

impl Judge for FullDescriptors {
    fn judge(&self, analysis: &Analysis<'_>) -> Vec<Verdict> {
        full(analysis).map(|(open, limit, readings)| verdict(analysis, open, limit, readings)).into_iter().collect()
    }

    fn explains(&self) -> &'static [Explains] {
        // A loop that is blocked by the failing accepts is a consequence; one that the user's code blocks is not.
        &[Explains {
            when: |_, _, other| other.blame.as_ref().is_some_and(|blame| blame.stack.iter().any(accepts)),
            because: Because::AcceptFails,
        }]
    }
}

/// Open descriptors and their limit, and how many readings of how many found none free, where most did.
fn full(analysis: &Analysis<'_>) -> Option<(u64, u64, (usize, usize))> {
    let readings = &analysis.recording.surroundings;
    let full: Vec<&Surroundings> = readings.iter().filter(|around| around.descriptors_left.ok() == Some(0)).collect();
    // uvloop frees one for an instant, to take a connection from the queue and close it.
    let last = full.last().filter(|_| full.len() >= FEWEST_READINGS && full.len() * 2 > readings.len())?;
    Some((last.open_descriptors.ok()?, last.descriptor_limit.ok()?, (full.len(), readings.len())))
}

fn verdict(analysis: &Analysis<'_>, open: u64, limit: u64, (found, readings): (usize, usize)) -> Verdict {
    let classes = analysis.last_surroundings().and_then(|around| around.descriptor_classes.get());
    let named: Vec<&DescriptorClass> = classes
        .into_iter()
        .flatten()
        .filter(|class| class.count as f64 >= open as f64 * NOTABLE_CLASS)
        .take(MOST_NAMED)
        .collect();
    let most = named.first().filter(|class| class.count * 2 > open);
    let summary =
        ProcessSummary::NoDescriptor { open, limit, most: most.map(|class| (class.count, class.what.clone())) };
    let evidence = DescriptorFact::NoDescriptor { open, limit, readings: found as u64, of: readings as u64 };
    let failing = accepting(analysis);
    let hurt = analysis.tracks.first().map(|track| hurts(analysis, track)).unwrap_or_default();
    // A full table that nobody needs more of hurts nobody yet.
    let confidence = if failing > 0 || !hurt.is_empty() { Confidence::Certain } else { Confidence::Likely };
    let of = analysis.recording.snapshots.len() as u64;
    let tries = (failing > 0).then_some(DescriptorFact::AcceptFails { looks: failing as u64, of });
    let leak = most.filter(|class| class.closed_by_peer * 2 > class.count);
    let class = leak.or(most).map(|class| class.what.clone());
    let advice = Advice::CloseDescriptors { of: class, closed_by_peer: leak.is_some() };
    Finding::new(Kind::PoolExhausted, analysis.pid(), summary, evidence)
        .cause(Cause::FdLimit, confidence)
        .lasting(Some(analysis.window().as_secs_f64()), 1.0)
        .evidence(named.iter().map(|class| class_fact(class)).chain(tries))
        .hurts(hurt)
        .tells([Subject::Descriptors, Subject::AcceptQueue])
        .blame(None, SecondParty::Resource { resource: Resource::Descriptors { limit } })
        .advice(advice)
        .verdict()
}

/// `240 connections to 10.0.3.7:5432, 235 of them closed by the other side`
fn class_fact(class: &DescriptorClass) -> DescriptorFact {
    DescriptorFact::DescriptorsAre {
        count: class.count,
        what: class.what.clone(),
        closed_by_peer: class.closed_by_peer,
    }
}

fn accepts(place: &Place) -> bool {
    let name = place.function.rsplit('.').next().unwrap_or(&place.function);
    libraries::marks(&place.file, name).has(Marks::ACCEPT)
}

/// In how many looks a loop of the process was accepting.
fn accepting(analysis: &Analysis<'_>) -> usize {
    let is_accepting = |stack: StackSample| {
        let (StackSample::Stable(stack) | StackSample::Cut(stack)) = stack else { return false };
        analysis.book.stack(stack).all.has(Marks::ACCEPT)
    };
    let looks = analysis.tracks.iter().flat_map(|track| &track.looks);
    looks.filter(|seen| seen.stack().is_some_and(is_accepting)).count()
}
