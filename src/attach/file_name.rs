//! The version as the name of a mapped file tells it, for when the file itself cannot be read any more: a package upgrade
//! deletes the library of a server that goes on running.

use super::maps::{self, Mapping};
use super::py_spy_bridge::Located;
use crate::snapshot::{Known, ProcessId, PythonVersion, Why};

/// What the names of the mapped files tell; `None` when none is called as a Python is.
pub(super) fn locate(pid: ProcessId) -> Option<Located> {
    let mappings = maps::read(pid).ok()?;
    let version = mappings.iter().filter(|mapping| mapping.has_file()).map(Mapping::name).find_map(version)?;
    Some(Located { version: Some(version), runtimes: Vec::new(), is_python: true })
}

/// The version in `libpython3.11.so.1.0` or `python3.11`.
fn version(name: &str) -> Option<PythonVersion> {
    let rest = name.strip_prefix("lib").unwrap_or(name).strip_prefix("python")?;
    let (major, rest) = rest.split_once('.')?;
    let digits = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
    let minor = rest.get(..digits)?.parse().ok()?;
    Some(PythonVersion { major: major.parse().ok()?, minor, patch: Known::Unknown(Why::Vanished) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_programs_and_libraries_tell_the_version() {
        for (name, told) in [
            ("libpython3.11.so.1.0 (deleted)", Some((3, 11))),
            ("libpython3.7m.so.1.0", Some((3, 7))),
            ("python3.14", Some((3, 14))),
            ("python2.7", Some((2, 7))),
            ("python3", None),
            ("python3.", None),
            ("libpython3.so", None),
            ("libc.so.6", None),
            ("python3.999", None),
        ] {
            assert_eq!(version(name).map(|version| (version.major, version.minor)), told, "{name}");
        }
    }
}
