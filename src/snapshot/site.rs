//! Where in its code a thread is, more exactly than a line.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The instruction that the innermost frame of a thread is at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Site {
    /// Bytes from the first instruction of its code.
    pub instruction: u32,
    /// What it does.
    pub kind: SiteKind,
}

/// What an instruction does, as far as it matters to a diagnosis.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SiteKind {
    /// Calls what was looked up by these names: `time.sleep`; of what is no plain name, the attributes behind it: `fetchall`
    /// of `run(query).fetchall()`. Empty where there is no name.
    Call(Arc<str>),
    /// Goes on elsewhere: Python's own loops are made of it.
    Jump,
    /// Anything else.
    Other,
}

impl Site {
    /// The last of the names by which it calls something, which is the name of the function or method.
    #[must_use]
    pub fn called(&self) -> Option<&str> {
        match &self.kind {
            SiteKind::Call(names) => names.rsplit('.').next().filter(|name| !name.is_empty()),
            SiteKind::Jump | SiteKind::Other => None,
        }
    }
}
