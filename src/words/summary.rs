//! What a finding says in one sentence.

use crate::aggregate::Summary;

/// A sentence, and what of it a headline says as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// What stands before a colon and is the kind of the finding: `deadlock`.
    pub lead: Option<&'static str>,
    /// The rest.
    pub words: String,
}

impl Sentence {
    /// The whole sentence.
    #[must_use]
    pub fn all(&self) -> String {
        match self.lead {
            Some(lead) => format!("{lead}: {}", self.words),
            None => self.words.clone(),
        }
    }
}

/// What a finding says.
#[must_use]
pub fn summary(summary: &Summary) -> Sentence {
    match summary {
        Summary::Said { words } => Sentence { lead: None, words: words.clone() },
    }
}
