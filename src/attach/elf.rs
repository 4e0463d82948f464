//! The little of an ELF file that leads to an interpreter: where its sections and symbols are in the memory of the process
//! that runs it.
//!
//! The file is the target's and may say anything, or change while it is read. So it is read, never mapped (a file that is cut
//! off under a mapping kills its reader); every size in it is compared with a bound and with the length of the file before a
//! byte is allocated; and what comes of it are addresses to be validated.

use std::fs::File;
use std::os::unix::fs::FileExt;

use super::maps::Mapping;
use crate::snapshot::{Address, ProcessId};

/// Pages of x86-64; where an ELF file asks for larger ones, its addresses are multiples of these as well.
const PAGE: u64 = 4096;

/// Sizes of the structures of ELF64 (`Elf64_Ehdr`, `Elf64_Phdr`, `Elf64_Shdr`, `Elf64_Sym`).
const HEADER: usize = 64;
const PROGRAM_HEADER: usize = 56;
const SECTION_HEADER: usize = 64;
const SYMBOL: usize = 24;

/// `PT_LOAD`, `PF_X`, `SHT_SYMTAB`, `SHT_DYNSYM`.
const LOADED: u32 = 1;
const EXECUTABLE: u32 = 1;
const ALL_SYMBOLS: u32 = 2;
const DYNAMIC_SYMBOLS: u32 = 11;

/// More program headers are not read; Python has about a dozen.
const MOST_PROGRAM_HEADERS: usize = 256;
/// More sections are not read; a program with a section for each function would have thousands, and is stripped of them.
const MOST_SECTIONS: usize = 4096;
/// The longest table of names of sections, bytes: a name for each of them.
const LONGEST_SECTION_NAMES: u64 = 64 << 10;
/// The longest table of names of symbols, bytes. That of a debug build of CPython with everything linked into it has 3 MiB.
const LONGEST_NAMES: u64 = 16 << 20;
/// The longest table of symbols, bytes.
const LONGEST_SYMBOLS: u64 = 32 << 20;
/// So much of a table is read at once, and no more kept: `hangspy ps` has many files open.
const PART: usize = 64 << 10;
/// Symbols of a name that are looked at: another one may end like it, and share its bytes.
const MOST_OF_A_NAME: usize = 16;

/// A file that a process has mapped, as far as it could be made sense of.
#[derive(Debug)]
pub(super) struct Elf {
    file: File,
    length: u64,
    /// What is added to an address that the file was linked for.
    distance: u64,
    sections: Vec<Section>,
    names: Vec<u8>,
}

/// What is used of a section header.
#[derive(Clone, Copy, Debug)]
struct Section {
    name: u32,
    kind: u32,
    address: u64,
    offset: u64,
    size: u64,
    link: u32,
}

impl Elf {
    /// The file of which `mappings` are the parts that are mapped; `None` when it cannot be opened or is no 64-bit ELF file.
    pub(super) fn open(pid: ProcessId, mappings: &[Mapping]) -> Option<Self> {
        Self::parse(mappings.first()?.open(pid).ok()?, mappings)
    }

    pub(super) fn parse(file: File, mappings: &[Mapping]) -> Option<Self> {
        let length = file.metadata().ok()?.len();
        let header = read(&file, 0, HEADER)?;
        // Magic, 64 bits, little endian.
        if !header.starts_with(b"\x7fELF\x02\x01") {
            return None;
        }
        let distance = distance(&file, &header, mappings)?;
        let count = usize::from(half(&header, 60)).min(MOST_SECTIONS);
        let table = table(&file, word(&header, 40), usize::from(half(&header, 58)), count, SECTION_HEADER);
        let sections: Vec<Section> = table.chunks_exact(SECTION_HEADER).map(section).collect();
        let mut elf = Self { file, length, distance, sections, names: Vec::new() };
        let names = elf.sections.get(usize::from(half(&header, 62))).copied();
        elf.names = names.and_then(|names| elf.names_of_sections(names)).unwrap_or_default();
        Some(elf)
    }

    /// Where the section called `name` begins in memory.
    pub(super) fn section(&self, name: &[u8]) -> Option<Address> {
        let called = |section: &&Section| {
            let rest = self.names.get(usize::try_from(section.name).ok()?..)?;
            let end = rest.get(name.len())?;
            Some(rest.starts_with(name) && *end == 0)
        };
        let found = self.sections.iter().find(|section| called(section) == Some(true))?;
        (found.address != 0).then(|| self.in_memory(found.address))
    }

    /// Where the symbols called so are in memory, in the order of `names`: those that the linker exports, and where there are
    /// none, all.
    pub(super) fn symbols<const COUNT: usize>(&self, names: [&[u8]; COUNT]) -> [Option<Address>; COUNT] {
        let mut found = [None; COUNT];
        for kind in [DYNAMIC_SYMBOLS, ALL_SYMBOLS] {
            // A file has one of each kind; more would be made up to keep us busy.
            let Some(table) = self.sections.iter().find(|section| section.kind == kind) else { continue };
            let texts = usize::try_from(table.link).ok().and_then(|link| self.sections.get(link));
            let Some(places) = texts.and_then(|texts| self.places_of(texts, names)) else { continue };
            self.each_symbol(table, |name, value| {
                for (address, places) in found.iter_mut().zip(&places) {
                    if address.is_none() && places.contains(&name) {
                        *address = Some(self.in_memory(value));
                    }
                }
            });
            if found.first().is_some_and(Option::is_some) {
                break;
            }
        }
        found
    }

    /// Calls `take` with place of the name and value of every symbol that is defined in this file.
    fn each_symbol(&self, table: &Section, mut take: impl FnMut(u32, u64)) {
        let size = table.size.min(LONGEST_SYMBOLS).min(self.length.saturating_sub(table.offset));
        let _cut_off = self.each_part(table.offset, size, PART - PART % SYMBOL, |bytes| {
            for symbol in bytes.chunks_exact(SYMBOL) {
                let (section, value) = (half(symbol, 6), word(symbol, 8));
                if section != 0 && value != 0 {
                    take(narrow(symbol, 0), value);
                }
            }
        });
    }

    /// Where each of `names` stands in a table of names; `None` when the table is too long, or longer than the file.
    fn places_of<const COUNT: usize>(&self, texts: &Section, names: [&[u8]; COUNT]) -> Option<[Vec<u32>; COUNT]> {
        let fits = texts.size <= LONGEST_NAMES && texts.offset.checked_add(texts.size)? <= self.length;
        let mut places = NamesSought::of(names);
        self.each_part(texts.offset, fits.then_some(texts.size)?, PART, |bytes| places.take(bytes))?;
        Some(places.found)
    }

    /// Hands over one part of the file after the other; `None` when the file ends before.
    fn each_part(&self, offset: u64, size: u64, part: usize, mut take: impl FnMut(&[u8])) -> Option<()> {
        let end = offset.checked_add(size)?;
        let mut at = offset;
        while at < end {
            take(&read(&self.file, at, usize::try_from(end - at).unwrap_or(part).min(part))?);
            at = at.saturating_add(part as u64);
        }
        Some(())
    }

    fn names_of_sections(&self, section: Section) -> Option<Vec<u8>> {
        let fits = section.size <= LONGEST_SECTION_NAMES && section.offset.checked_add(section.size)? <= self.length;
        read(&self.file, section.offset, usize::try_from(section.size).ok().filter(|_| fits)?)
    }

    fn in_memory(&self, address: u64) -> Address {
        Address(address.wrapping_add(self.distance))
    }
}

/// How far from where it was linked for a file is: the part with the code is mapped once.
fn distance(file: &File, header: &[u8], mappings: &[Mapping]) -> Option<u64> {
    let count = usize::from(half(header, 56)).min(MOST_PROGRAM_HEADERS);
    let table = table(file, word(header, 32), usize::from(half(header, 54)), count, PROGRAM_HEADER);
    let mut parts = table.chunks_exact(PROGRAM_HEADER);
    let code = parts.find(|part| narrow(part, 0) == LOADED && narrow(part, 4) & EXECUTABLE != 0)?;
    let page = |address: u64| address - address % PAGE;
    let mapping = mappings.iter().find(|mapping| mapping.offset == page(word(code, 8)))?;
    Some(mapping.start.wrapping_sub(page(word(code, 16))))
}

/// A table of headers; empty when it is not there, or its entries are not of the size that they have in every ELF64 file.
fn table(file: &File, offset: u64, size: usize, count: usize, expected: usize) -> Vec<u8> {
    if size == expected { read(file, offset, count * expected).unwrap_or_default() } else { Vec::new() }
}

fn section(header: &[u8]) -> Section {
    Section {
        name: narrow(header, 0),
        kind: narrow(header, 4),
        address: word(header, 16),
        offset: word(header, 24),
        size: word(header, 32),
        link: narrow(header, 40),
    }
}

/// Where names stand in a table of names, which comes in parts.
struct NamesSought<'a, const COUNT: usize> {
    names: [&'a [u8]; COUNT],
    found: [Vec<u32>; COUNT],
    /// The end of what came, in which a name may begin, and where it is.
    last: Vec<u8>,
    at: usize,
}

impl<'a, const COUNT: usize> NamesSought<'a, COUNT> {
    fn of(names: [&'a [u8]; COUNT]) -> Self {
        Self { names, found: [const { Vec::new() }; COUNT], last: Vec::new(), at: 0 }
    }

    /// Looks for them in the next part: whole names, and ends of longer ones, since linkers let names share their ends.
    fn take(&mut self, part: &[u8]) {
        let looked_at = self.last.len();
        self.last.extend(part);
        for (end, _) in self.last.iter().enumerate().skip(looked_at).filter(|(_, byte)| **byte == 0) {
            let before = self.last.get(..end).unwrap_or_default();
            for (name, found) in self.names.iter().zip(&mut self.found) {
                if found.len() < MOST_OF_A_NAME && before.ends_with(name) {
                    found.extend(u32::try_from(self.at + end - name.len()).ok());
                }
            }
        }
        let longest = self.names.iter().map(|name| name.len()).max().unwrap_or_default();
        let done = self.last.len().saturating_sub(longest);
        self.last.drain(..done);
        self.at += done;
    }
}

/// Bytes of a file; `None` when it has fewer.
fn read(file: &File, offset: u64, length: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, offset).ok()?;
    Some(bytes)
}

/// Little-endian integers; 0 where the bytes end.
fn word(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |chunk| u64::from_le_bytes(*chunk))
}

fn narrow(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |chunk| u32::from_le_bytes(*chunk))
}

fn half(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |chunk| u16::from_le_bytes(*chunk))
}

#[cfg(test)]
mod tests {
    use super::super::maps;
    use super::*;

    fn own_parts() -> Vec<Mapping> {
        let own = std::env::current_exe().unwrap();
        let mappings = maps::read(ProcessId(std::process::id())).unwrap();
        mappings.into_iter().filter(|mapping| *mapping.path == *own.to_string_lossy()).collect()
    }

    fn own_bytes() -> Vec<u8> {
        let mut bytes = vec![0; 1 << 20];
        File::open(std::env::current_exe().unwrap()).unwrap().read_exact_at(&mut bytes, 0).unwrap();
        bytes
    }

    /// A file with these bytes and, as a hole, this length.
    fn file_of(bytes: &[u8], length: u64, name: &str) -> File {
        let path = std::env::temp_dir().join(format!("hangspy-elf-{}-{name}", std::process::id()));
        std::fs::write(&path, bytes).unwrap();
        let file = File::options().read(true).write(true).open(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        file.set_len(length).unwrap();
        file
    }

    #[test]
    fn our_own_sections_and_symbols_are_where_they_are() {
        let elf = Elf::open(ProcessId(std::process::id()), &own_parts()).unwrap();
        let here = own_parts();
        let within = |address: Address| here.iter().any(|part| (part.start..part.end).contains(&address.0));
        assert!(elf.section(b".text").is_some_and(within));
        assert_eq!(elf.section(b".tex"), None);
        assert_eq!(elf.section(b".no_such_section"), None);
        let [main, nothing] = elf.symbols([b"main", b"no_such_symbol"]);
        assert!(main.is_some_and(within) && nothing.is_none(), "{main:?}");
    }

    #[test]
    fn sizes_that_the_file_makes_up_cost_nothing() {
        let mut bytes = own_bytes();
        let sections = bytes.len() as u64;
        // A section header table at the end: names and symbols of 2^40 bytes, in a file that is as long.
        bytes[40..48].copy_from_slice(&sections.to_le_bytes());
        bytes[60..62].copy_from_slice(&2_u16.to_le_bytes());
        bytes[62..64].copy_from_slice(&1_u16.to_le_bytes());
        for kind in [DYNAMIC_SYMBOLS, 3] {
            let mut header = [0; SECTION_HEADER];
            header[4..8].copy_from_slice(&kind.to_le_bytes());
            header[32..40].copy_from_slice(&(1_u64 << 40).to_le_bytes());
            header[40..44].copy_from_slice(&1_u32.to_le_bytes());
            bytes.extend(header);
        }
        let elf = Elf::parse(file_of(&bytes, 1 << 41, "long"), &own_parts()).unwrap();
        assert_eq!(elf.symbols([b"_PyRuntime"]), [None]);
        assert!(elf.names.is_empty());
    }

    #[test]
    fn a_file_that_is_cut_off_anywhere_is_nothing_or_less() {
        let bytes = own_bytes();
        for length in [0, 1, 16, 63, 64, 65, 100, 500, 1 << 12, 1 << 20] {
            let elf = Elf::parse(file_of(&bytes, length, "short"), &own_parts());
            assert_eq!(elf.map(|elf| elf.symbols([b"main"])), (length > 800).then_some([None]), "{length} bytes");
        }
    }

    #[test]
    fn a_name_is_found_at_the_end_of_another() {
        let text = b"\0x_PyRuntime\0_PyRuntime2\0_PyRuntime\0";
        for part in 1..=text.len() {
            let mut places = NamesSought::of([b"_PyRuntime", b"e2"]);
            text.chunks(part).for_each(|bytes| places.take(bytes));
            assert_eq!(places.found, [vec![2, 25], vec![22]], "in parts of {part}");
        }
        let places_of = |text: &[u8], name| {
            let mut places = NamesSought::of([name]);
            places.take(text);
            places.found[0].len()
        };
        assert_eq!(places_of(&b"_Py\0".repeat(5000), b"_Py"), MOST_OF_A_NAME);
        assert_eq!(places_of(b"_PyRuntime", b"_PyRuntime"), 0);
    }
}
