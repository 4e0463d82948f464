//! Files and lists that lead to an interpreter, as input of fuzzing.

use std::fs::File;
use std::io::Write;

use rustix::fs::{MemfdFlags, memfd_create};

use super::elf::Elf;
use super::{facts, located, maps, preflight};

/// A decoder by name.
type Target = (&'static str, fn(&[u8]));

/// The decoders of this room.
pub(crate) const TARGETS: &[Target] = &[("elf", elf), ("maps", maps), ("process", process)];

/// A file in memory, mapped from its beginning on.
fn elf(bytes: &[u8]) {
    let Ok(mut file) = memfd_create("fuzz", MemfdFlags::CLOEXEC).map(File::from) else { return };
    if file.write_all(bytes).is_err() {
        return;
    }
    let line = "1000-9000 r-xp 00000000 08:01 7 /lib/libpython3.so";
    let mappings: Vec<_> = maps::parse_line(line).into_iter().collect();
    if let Some(elf) = Elf::parse(file, &mappings) {
        let _sections = (elf.section(b".PyRuntime"), elf.section(b".AsyncioDebug"));
        let _symbols = elf.symbols([b"_PyRuntime", b"Py_Version"]);
    }
}

fn maps(bytes: &[u8]) {
    for line in String::from_utf8_lossy(bytes).lines() {
        let Some(mapping) = maps::parse_line(line) else { continue };
        let _called = (mapping.is_called_python(), mapping.is_python_library(), mapping.has_file());
    }
}

fn process(bytes: &[u8]) {
    let text = &String::from_utf8_lossy(bytes);
    let _stat = preflight::parse_stat(text);
    let _rights = facts::Rights::parse(text);
    let _version = located::from_text(bytes);
}
