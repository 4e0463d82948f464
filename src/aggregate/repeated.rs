//! What is true of several alike is told once, with how many there are.

use super::{SearchFact, Verdict};

/// Lengths that differ by less, seconds, read the same.
const SAME_LENGTH_S: f64 = 0.1;

/// Findings that read the same, each once. The first of them, which is the worst, stands for all.
pub(super) fn once(found: Vec<Verdict>) -> Vec<Verdict> {
    let mut told: Vec<(Verdict, usize)> = Vec::new();
    for mut finding in found {
        match told.iter_mut().find(|(known, _)| alike(known, &finding)) {
            Some((known, count)) => {
                *count += 1;
                known.consequences.append(&mut finding.consequences);
                known.about.stands.append(&mut finding.about.stands);
                known.about.holds_up.append(&mut finding.about.holds_up);
                known.about.tells.append(&mut finding.about.tells);
            }
            None => told.push((finding, 1)),
        }
    }
    let counted = |(mut finding, count): (Verdict, usize)| {
        if count > 1 {
            finding.evidence.push(SearchFact::StandsFor { findings: count as u64 }.into());
        }
        finding
    };
    told.into_iter().map(counted).collect()
}

fn alike(one: &Verdict, other: &Verdict) -> bool {
    let place = |verdict: &Verdict| verdict.blame.as_ref().map(|blame| (blame.file.clone(), blame.function.clone()));
    let what = |verdict: &Verdict| (verdict.kind, verdict.cause, verdict.process, verdict.about.stands.len());
    // Of one wait that several are in, each is seen a moment later.
    let lengths = one.since_s.zip(other.since_s).map_or(0.0, |(one, other)| (one - other).abs());
    what(one) == what(other)
        && place(one) == place(other)
        && one.second_party == other.second_party
        && lengths < SAME_LENGTH_S
}
