//! The Python environments that the sick and healthy applications run in: one per CPython found on this machine.
//!
//! `scripts/environments` makes them (and says how); this asks it and reads its answer. A complete environment is kept
//! under `target/`, so that asking again takes half a second.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

/// A virtual environment with FastAPI, uvicorn and uvloop.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Environment {
    /// `3.8` to `3.15`, or `debian` for the distribution's own stripped interpreter.
    pub(crate) label: String,
    /// The interpreter's whole version, `3.12.1`.
    pub(crate) version: String,
    /// Its `python`.
    pub(crate) python: PathBuf,
    /// What is installed: name in lower case and version.
    pub(crate) packages: BTreeMap<String, String>,
    /// What could not be installed: name and reason.
    pub(crate) missing: BTreeMap<String, String>,
}

/// What this machine has and what it lacks.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Environments {
    /// In the order of versions; `debian` comes last.
    pub(crate) environments: Vec<Environment>,
    /// Label and reason of those that could not be made.
    pub(crate) absent: BTreeMap<String, String>,
}

/// Makes what is missing and describes all.
///
/// # Panics
/// When the script does not run or ends with an error; its own words are on stderr by then.
pub(crate) fn all() -> Environments {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/environments");
    let output = Command::new(&script)
        .stderr(Stdio::inherit())
        .output()
        .unwrap_or_else(|error| panic!("{} does not run: {error}; it needs python3 on PATH", script.display()));
    assert!(output.status.success(), "{} failed ({}); run it by hand to see why", script.display(), output.status);
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{} printed no index of environments: {error}", script.display()))
}
