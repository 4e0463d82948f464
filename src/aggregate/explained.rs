//! Which findings come of others. What comes of another one is told under it, and once.

use std::collections::{BTreeMap, BTreeSet};

use super::judges::{Explains, Judge};
use super::repeated::once;
use super::subject::Subject;
use super::task_graph::held_up;
use super::worst::worse;
use super::{Analysis, Because, Confidence, Consequence, Kind, Verdict, worst_first};

/// A finding, what its judge says that such findings explain, and everybody it holds up.
struct Told {
    finding: Verdict,
    explains: &'static [Explains],
    held_up: BTreeSet<Subject>,
}

/// What several judges found, the worst first, each consequence under what it comes of. It does not depend on the order in
/// which they were asked.
pub(super) fn explained(analysis: &Analysis<'_>, found: Vec<(&dyn Judge, Verdict)>) -> Vec<Verdict> {
    let mut told: Vec<Told> = found
        .into_iter()
        .map(|(judge, finding)| Told {
            held_up: held_up(analysis, &finding.about),
            explains: judge.explains(),
            finding,
        })
        .collect();
    told.sort_by(|one, other| worse(&one.finding, &other.finding));
    let links = Links::between(analysis, &told);
    let mut findings: Vec<Option<Verdict>> = told.into_iter().map(|told| Some(told.finding)).collect();
    for effect in 0..findings.len() {
        let Some((root, because)) = links.root_of(effect) else { continue };
        let consequence =
            findings.get_mut(effect).and_then(Option::take).map(|finding| Consequence { because, finding });
        if let Some(Some(root)) = findings.get_mut(root) {
            root.consequences.extend(consequence.filter(|told| !says_no_more(root, &told.finding)));
        }
    }
    let mut findings: Vec<Verdict> = findings.into_iter().flatten().collect();
    worst_first(&mut findings);
    once(findings)
}

/// Whether a finding is only that the requests wait which the other one is about.
fn says_no_more(root: &Verdict, finding: &Verdict) -> bool {
    let about = &finding.about.stands;
    finding.kind == Kind::RequestsWaiting && !about.is_empty() && about.is_subset(&root.about.stands)
}

/// Why the other finding comes of this one; `None` when it does not.
fn because(analysis: &Analysis<'_>, one: &Told, other: &Told) -> Option<Because> {
    let (own, others) = (&one.finding, &other.finding);
    // What may be no trouble at all is not put before one that surely is: nobody acts on what is only possible.
    if own.confidence == Confidence::Possible && others.confidence > Confidence::Possible && others.kind.is_trouble() {
        return None;
    }
    // Of two that are about the same actors the worse one is told: they are two sides of one trouble.
    let about = &others.about.stands;
    let worse_side = || about.is_disjoint(&own.about.stands) || worse(own, others).is_lt();
    if !about.is_empty() && about.is_subset(&one.held_up) && worse_side() {
        return Some(Because::WaitsForThem);
    }
    let named = one.explains.iter().find(|explains| (explains.when)(analysis, own, others));
    named.map(|explains| explains.because)
}

/// Which findings come of which, by their places in the order of what they cost.
struct Links {
    /// Why one comes of another: from the other to the one.
    direct: BTreeMap<(usize, usize), Because>,
    /// What comes of each, directly or not.
    effects: Vec<BTreeSet<usize>>,
}

impl Links {
    fn between(analysis: &Analysis<'_>, told: &[Told]) -> Self {
        let mut direct = BTreeMap::new();
        for (cause, one) in told.iter().enumerate() {
            for (effect, other) in told.iter().enumerate().filter(|(effect, _)| *effect != cause) {
                if let Some(because) = because(analysis, one, other) {
                    direct.insert((cause, effect), because);
                }
            }
        }
        let effects = (0..told.len()).map(|cause| effects(&direct, cause)).collect();
        Self { direct, effects }
    }

    fn comes_of(&self, effect: usize, cause: usize) -> bool {
        self.effects.get(cause).is_some_and(|effects| effects.contains(&effect))
    }

    /// Whether a finding stands for itself. Of those that come of each other in a circle, the worst does.
    fn is_root(&self, finding: usize) -> bool {
        let is_before = |cause: usize| !self.comes_of(cause, finding) || cause < finding;
        !(0..self.effects.len()).any(|cause| cause != finding && self.comes_of(finding, cause) && is_before(cause))
    }

    /// What a finding comes of in the end, and why it comes of that, or of what lies between; `None` when it stands for
    /// itself.
    fn root_of(&self, effect: usize) -> Option<(usize, Because)> {
        let mut roots = (0..self.effects.len()).filter(|root| self.comes_of(effect, *root) && self.is_root(*root));
        let root = roots.next().filter(|_| !self.is_root(effect))?;
        let nearest = self.direct.iter().find(|((_, other), _)| *other == effect).map(|(_, because)| *because);
        self.direct.get(&(root, effect)).copied().or(nearest).map(|because| (root, because))
    }
}

/// Everything that one comes to from here, link by link.
fn effects(direct: &BTreeMap<(usize, usize), Because>, cause: usize) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut open = vec![cause];
    while let Some(at) = open.pop() {
        let next = direct.keys().filter(|(cause, _)| *cause == at).map(|(_, effect)| *effect);
        open.extend(next.filter(|effect| found.insert(*effect)));
    }
    found
}
