//! The version as the name of a mapped file tells it, for when the file itself cannot be read any more: a package upgrade
//! deletes the library of a server that goes on running.

use super::maps::Mapping;
use crate::snapshot::{Known, PythonVersion, Why};

/// The version that the names of mapped files tell; `None` when none is called as a Python of a version is.
pub(super) fn version_of(mappings: &[Mapping]) -> Option<PythonVersion> {
    mappings.iter().filter(|mapping| mapping.has_file()).map(Mapping::name).find_map(version)
}

/// The version in `libpython3.11.so.1.0` or `python3.11`.
pub(super) fn version(name: &str) -> Option<PythonVersion> {
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
