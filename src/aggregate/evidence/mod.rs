//! How we know, as facts: a file for what belongs together. The sentences are made in `words`.

use serde::{Deserialize, Serialize};

/// A fact that shows a trouble.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Evidence {
    /// In words of the judge's own.
    Said(String),
}

impl From<String> for Evidence {
    fn from(words: String) -> Self {
        Self::Said(words)
    }
}

impl From<&str> for Evidence {
    fn from(words: &str) -> Self {
        Self::Said(words.to_owned())
    }
}
