//! Which C library a process runs on, by the names of the files that it has mapped.

use super::maps::{self, Mapping};
use crate::layout::CLibrary;
use crate::snapshot::{Known, ProcessId, Why};

/// The C library of a process; unknown when it maps none, because it was linked statically.
pub(super) fn of(pid: ProcessId) -> Known<CLibrary> {
    match maps::read(pid) {
        Ok(mappings) => {
            let mut files = mappings.iter().filter(|mapping| mapping.has_file()).map(Mapping::name);
            Known::from_option(files.find_map(named), Why::NotInThisPython)
        }
        Err(_) => Known::Unknown(Why::Vanished),
    }
}

/// The C library that a file of this name is. musl's library is its dynamic linker as well: one file, under one name or the
/// other.
fn named(name: &str) -> Option<CLibrary> {
    // The file of a package that was upgraded since is gone, and the kernel says so behind the name.
    let name = name.strip_suffix(" (deleted)").unwrap_or(name);
    if name.starts_with("ld-musl-") || name.starts_with("libc.musl-") || name == "libc.so" {
        Some(CLibrary::Musl)
    } else if name == "libc.so.6" || (name.starts_with("libc-2.") && name.ends_with(".so")) {
        Some(CLibrary::Glibc)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_tell_the_library() {
        for (name, told) in [
            ("ld-musl-x86_64.so.1", Some(CLibrary::Musl)),
            ("ld-musl-aarch64.so.1 (deleted)", Some(CLibrary::Musl)),
            ("libc.so", Some(CLibrary::Musl)),
            ("libc.so.6", Some(CLibrary::Glibc)),
            ("libc-2.31.so", Some(CLibrary::Glibc)),
            ("libc.so.6 (deleted)", Some(CLibrary::Glibc)),
            ("libcrypto.so.3", None),
            ("ld-linux-x86-64.so.2", None),
            ("libc-client.so.2007e", None),
            ("python3.12", None),
        ] {
            assert_eq!(named(name), told, "{name}");
        }
    }

    #[test]
    fn a_process_that_is_gone_has_none() {
        assert_eq!(of(ProcessId(u32::MAX)), Known::Unknown(Why::Vanished));
    }
}
