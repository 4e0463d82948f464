//! A finding as the contract has it: the facts, and the sentences that `words` makes of them.

use serde::{Deserialize, Serialize};

use super::SecondParty;
use crate::aggregate::{Advice, Because, Blame, Cause, Confidence, Evidence, Hurt, Kind, Summary};
use crate::classify::Doing;
use crate::{aggregate, words};

/// A verdict: what, why, whom to blame, how we know, what to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// What is wrong.
    pub kind: Kind,
    /// Why; `None` for `healthy`.
    pub cause: Option<Cause>,
    /// How sure we are.
    pub confidence: Confidence,
    /// One sentence.
    pub summary: String,
    /// The process.
    pub process: u32,
    /// The thread, where one is meant.
    pub thread: Option<u32>,
    /// The loop kind, where one is meant.
    #[serde(rename = "loop")]
    pub event_loop: Option<String>,
    /// For how long it has lasted, seconds; `None` when it does not last any more or is not known.
    pub since_s: Option<f64>,
    /// Share of the window, 0 to 1.
    pub share: f64,
    /// Whom to blame.
    pub blame: Option<Blame>,
    /// The other side.
    pub second_party: SecondParty,
    /// Whom it hurts, in words.
    pub hurts: Vec<String>,
    /// How we know. Never empty.
    pub evidence: Vec<String>,
    /// What to do.
    pub advice: String,
    /// What the blamed function does, as a fact, where one look shows it.
    #[serde(default)]
    pub doing: Option<Doing>,
    /// What the sentences were made of.
    #[serde(default)]
    pub facts: Facts,
    /// Other findings that come of it, the worst first. They have none of their own.
    #[serde(default)]
    pub consequences: Vec<Consequence>,
}

/// What the sentences of a verdict were made of, in the same order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// Of `summary`.
    pub summary: Option<Summary>,
    /// Of `hurts`.
    pub hurts: Vec<Hurt>,
    /// Of `evidence`.
    pub evidence: Vec<Evidence>,
    /// Of `advice`.
    pub advice: Advice,
    /// Of `second_party`.
    pub second_party: aggregate::SecondParty,
}

/// A finding that comes of another one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Consequence {
    /// Why it does.
    pub because: Because,
    /// The finding.
    pub finding: Verdict,
}

impl Verdict {
    /// The finding and what comes of it.
    pub fn all(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(self.consequences.iter().map(|consequence| &consequence.finding))
    }
}

impl From<aggregate::Verdict> for Verdict {
    fn from(found: aggregate::Verdict) -> Self {
        Self {
            summary: words::summary(&found.summary).all(),
            hurts: found.hurts.iter().map(words::hurt).collect(),
            evidence: found.evidence.iter().map(words::evidence).collect(),
            advice: words::advice(&found),
            kind: found.kind,
            cause: found.cause,
            confidence: found.confidence,
            process: found.process,
            thread: found.thread,
            event_loop: found.event_loop,
            since_s: found.since_s,
            share: found.share,
            blame: found.blame,
            second_party: (&found.second_party).into(),
            doing: found.doing,
            facts: Facts {
                summary: Some(found.summary),
                hurts: found.hurts,
                evidence: found.evidence,
                advice: found.remedy,
                second_party: found.second_party,
            },
            consequences: found.consequences.into_iter().map(Consequence::from).collect(),
        }
    }
}

impl From<aggregate::Consequence> for Consequence {
    fn from(found: aggregate::Consequence) -> Self {
        Self { because: found.because, finding: found.finding.into() }
    }
}
