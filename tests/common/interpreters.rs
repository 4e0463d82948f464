//! The CPython interpreters of this machine, from 3.8 to 3.15, for tests that run against all of them.
//!
//! Looked for on PATH, among pyenv's and uv's, and in `$HANGSPY_PYTHONS` (default `~/.cache/hangspy/pythons`). A minor
//! version that is nowhere is named on standard error.

use std::collections::BTreeSet;
use std::env;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Minor versions of CPython 3 that hangspy reads itself.
const MINORS: std::ops::RangeInclusive<u8> = 8..=15;

/// An interpreter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Interpreter {
    /// Major, minor, patch.
    pub(crate) version: (u8, u8, u8),
    /// The program, with links resolved.
    pub(crate) path: PathBuf,
    /// Where it was found: `PATH`, `pyenv`, `uv` or `HANGSPY_PYTHONS`.
    pub(crate) origin: &'static str,
}

impl Interpreter {
    /// `3.12.1 (pyenv)`, to begin a failure message with.
    pub(crate) fn name(&self) -> String {
        let (major, minor, patch) = self.version;
        format!("{major}.{minor}.{patch} ({})", self.origin)
    }
}

/// Every interpreter found, oldest first; several releases of one minor version may be among them. What is missing is
/// said on standard error, once.
pub(crate) fn interpreters() -> Vec<Interpreter> {
    static FOUND: OnceLock<Vec<Interpreter>> = OnceLock::new();
    let found = FOUND.get_or_init(|| {
        let found = find();
        for line in missing(&found) {
            // Who closed standard error does not want to know what was skipped.
            let _unheard = writeln!(io::stderr(), "{line}");
        }
        found
    });
    found.clone()
}

/// One line for every minor version that no interpreter was found of.
fn missing(found: &[Interpreter]) -> Vec<String> {
    let absent = MINORS.filter(|minor| found.iter().all(|interpreter| interpreter.version.1 != *minor));
    absent.map(|minor| format!("skipped: CPython 3.{minor} is not on PATH, in pyenv, uv or $HANGSPY_PYTHONS")).collect()
}

fn find() -> Vec<Interpreter> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for (origin, folder) in folders() {
        for path in programs(&folder) {
            if seen.insert(path.clone())
                && let Some(version) = version(&path)
            {
                found.push(Interpreter { version, path, origin });
            }
        }
    }
    found.sort_by(|one, other| (one.version, &one.path).cmp(&(other.version, &other.path)));
    found
}

fn folders() -> Vec<(&'static str, PathBuf)> {
    let home = PathBuf::from(env::var_os("HOME").unwrap_or_default());
    let set = |name: &str, default: &str| env::var_os(name).map_or_else(|| home.join(default), PathBuf::from);
    let mut folders = Vec::new();
    folders.extend(children(&set("PYENV_ROOT", ".pyenv").join("versions")).map(|root| ("pyenv", root.join("bin"))));
    let uv = set("UV_PYTHON_INSTALL_DIR", ".local/share/uv/python");
    folders.extend(children(&uv).map(|root| ("uv", root.join("bin"))));
    let pythons = set("HANGSPY_PYTHONS", ".cache/hangspy/pythons");
    folders.extend(["usr/bin", "bin"].map(|part| ("HANGSPY_PYTHONS", pythons.join(part))));
    let path = env::var_os("PATH").unwrap_or_default();
    folders.extend(env::split_paths(&path).map(|folder| ("PATH", folder)));
    folders
}

fn children(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path())
}

/// Programs called `python3.N`, links resolved; pyenv's shims are scripts and left out.
fn programs(folder: &Path) -> Vec<PathBuf> {
    let mut programs = Vec::new();
    for path in children(folder) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let minor = name.strip_prefix("python3.").and_then(|minor| minor.parse().ok());
        if minor.is_some_and(|minor: u8| MINORS.contains(&minor))
            && let Ok(path) = path.canonicalize()
            && is_elf(&path)
        {
            programs.push(path);
        }
    }
    programs
}

fn is_elf(path: &Path) -> bool {
    let mut magic = [0; 4];
    File::open(path).and_then(|mut file| file.read_exact(&mut magic)).is_ok() && magic == *b"\x7fELF"
}

fn version(path: &Path) -> Option<(u8, u8, u8)> {
    let probe = "import sys; print(*sys.version_info[:3], sys.implementation.name)";
    let answer = Command::new(path).args(["-I", "-c", probe]).output().ok()?;
    let text = String::from_utf8(answer.stdout).ok()?;
    let [major, minor, patch, "cpython"] = text.split_whitespace().collect::<Vec<_>>()[..] else { return None };
    Some((major.parse().ok()?, minor.parse().ok()?, patch.parse().ok()?))
}
