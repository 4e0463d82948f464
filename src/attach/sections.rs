//! Where a section of a mapped ELF file is in memory.
//!
//! Needed for `.AsyncioDebug`, which py-spy does not look for: it is in `_asyncio*.so`, or in the interpreter itself when
//! the module was linked into it.

use object::elf::{FileHeader64, PF_X, PT_LOAD};
use object::read::elf::{FileHeader, ProgramHeader, SectionHeader};
use object::{Endianness, ReadCache};

use super::maps::Mapping;
use crate::snapshot::{Address, ProcessId};

/// Pages of x86-64; where an ELF file asks for larger ones, its addresses are multiples of these as well.
const PAGE: u64 = 4096;

/// A section in the memory of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) address: Address,
    pub(super) size: u64,
}

/// The section called `name` of the file of which `mappings` are the parts that are mapped.
pub(super) fn find(pid: ProcessId, mappings: &[Mapping], name: &[u8]) -> Option<Section> {
    let file = ReadCache::new(mappings.first()?.open(pid).ok()?);
    let header = FileHeader64::<Endianness>::parse(&file).ok()?;
    let endian = header.endian().ok()?;
    let (_, section) = header.sections(endian, &file).ok()?.section_by_name(endian, name)?;
    let mut parts = header.program_headers(endian, &file).ok()?.iter();
    let code = parts.find(|part| part.p_type(endian) == PT_LOAD && part.p_flags(endian) & PF_X == PF_X)?;
    // The part of the file with the code is mapped once, at a distance from the address it was linked for.
    let page = |address: u64| address - address % PAGE;
    let mapping = mappings.iter().find(|mapping| mapping.offset == page(code.p_offset(endian)))?;
    let distance = mapping.start.wrapping_sub(page(code.p_vaddr(endian)));
    let address = Address(section.sh_addr(endian).wrapping_add(distance));
    Some(Section { address, size: section.sh_size(endian) })
}
