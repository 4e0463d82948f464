//! What is true of several alike is told once, with how many there are.

use super::Verdict;

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
            finding.evidence.push(format!("there are {count} like this, and this one stands for all").into());
        }
        finding
    };
    told.into_iter().map(counted).collect()
}

fn alike(one: &Verdict, other: &Verdict) -> bool {
    let place = |verdict: &Verdict| verdict.blame.as_ref().map(|blame| (blame.file.clone(), blame.function.clone()));
    (one.kind, one.cause, one.process, &one.summary) == (other.kind, other.cause, other.process, &other.summary)
        && place(one) == place(other)
}
