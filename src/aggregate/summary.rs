//! What a finding says in one sentence, as facts. The sentence is made in `words`.

use serde::{Deserialize, Serialize};

/// What a finding says in one sentence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Summary {
    /// In words of the judge's own.
    Said {
        /// The words.
        words: String,
    },
}

impl From<String> for Summary {
    fn from(words: String) -> Self {
        Self::Said { words }
    }
}

impl From<&str> for Summary {
    fn from(words: &str) -> Self {
        Self::Said { words: words.to_owned() }
    }
}
