//! Instances of a class, where Python's allocator for small objects puts them.
//!
//! It takes memory from the system in arenas, divides these into pools of one size, and each pool into blocks of one size, which its
//! header says (CPython `Objects/obmalloc.c`, `struct pool_header`, the same since 3.8). So a header of 48 bytes tells whether a pool is
//! worth reading, and of a hundred megabytes some hundred kilobytes are read.

use super::classes::Class;
use crate::layout::Offsets;
use crate::memory::{Batch, Memory, ReadError, little_endian, u64_at};
use crate::read::allowance::Limit;
use crate::snapshot::Address;

/// `POOL_SIZE`: a page up to 3.9, and since then four.
const POOL: u64 = 16 * 1024;
const POOL_UP_TO_3_9: u64 = 4096;
/// `POOL_OVERHEAD`: the header, and where the first block begins.
const HEADER: usize = 48;
/// `pool_header.ref.count`: blocks in use.
const USED: usize = 0;
/// `pool_header.szidx`: blocks have so many times 16 bytes, and 16 more.
const SIZE_CLASS: usize = 36;
/// `pool_header.maxnextoffset`: where the last block may begin.
const LAST_BLOCK: usize = 44;
/// `ALIGNMENT`
const UNIT: u64 = 16;
/// `SMALL_REQUEST_THRESHOLD`: larger blocks come from the C library.
const LARGEST: u64 = 512;
/// `sizeof(PyGC_Head)`, in front of every object that the garbage collector knows; builds without a GIL have none, nor pools.
const BEFORE_OBJECT: usize = 16;
/// Pools whose headers are read at once, and whose blocks are.
const HEADERS_AT_ONCE: usize = 1024;
const POOLS_AT_ONCE: usize = 64;
/// So many times headers are read whatever CPU time that takes: 128 MiB of pools are what a small service has.
const FEW_TIMES: usize = 8;
/// Memory that is looked through: at 48 of each 16,384 bytes its headers are 12 MiB.
const MOST_BYTES: u64 = 4 << 30;
/// References that an object can have, at most: anything beyond is no count.
const MOST_REFERENCES: u64 = 1 << 32;

/// Objects that were found.
#[derive(Debug, Default)]
pub(super) struct Instances {
    pub(super) objects: Vec<Address>,
    /// Not everything was looked through.
    pub(super) cut: bool,
}

/// The instances of classes, in these places.
///
/// # Errors
///
/// When the process is gone or closed to us.
pub(super) fn instances(
    memory: &dyn Memory,
    offsets: &Offsets,
    places: &[(Address, u64)],
    classes: &[Class],
    limit: Limit,
) -> Result<Instances, ReadError> {
    let mut found = Instances::default();
    let small = classes.iter().filter_map(|class| size_class(class.size)).collect::<Vec<u64>>();
    if offsets.free_threaded || small.is_empty() {
        return Ok(found);
    }
    let pool = if offsets.version.minor < 10 { POOL_UP_TO_3_9 } else { POOL };
    let mut bytes = 0_u64;
    let mut pools = places.iter().flat_map(|(start, length)| {
        let end = start.0.saturating_add(*length);
        let first = start.0.next_multiple_of(pool);
        (first..end.saturating_sub(pool - 1)).step_by(usize::try_from(pool).unwrap_or(usize::MAX)).map(Address)
    });
    let look = Look { memory, classes, small: &small, pool, object_type: offsets.object.object_type };
    for times in 0.. {
        let some: Vec<Address> = pools.by_ref().take(HEADERS_AT_ONCE).collect();
        if some.is_empty() {
            break;
        }
        bytes = bytes.saturating_add(some.len() as u64 * pool);
        if bytes > MOST_BYTES || limit.is_spent_after(times, FEW_TIMES) {
            found.cut = true;
            break;
        }
        let worth = look.worth_reading(&some)?;
        for some in worth.chunks(POOLS_AT_ONCE) {
            look.instances(some, &mut found.objects)?;
        }
    }
    Ok(found)
}

struct Look<'a> {
    memory: &'a dyn Memory,
    classes: &'a [Class],
    /// The sizes of their blocks, as the headers have them.
    small: &'a [u64],
    pool: u64,
    object_type: usize,
}

impl Look<'_> {
    /// Those of these pools whose blocks have the size, and how many bytes each block has.
    fn worth_reading(&self, pools: &[Address]) -> Result<Vec<(Address, usize)>, ReadError> {
        let mut batch = Batch::default();
        let slots: Vec<_> = pools.iter().map(|pool| (*pool, batch.want(*pool, HEADER))).collect();
        self.memory.fetch(&mut batch)?;
        let worth = slots.into_iter().filter_map(|(pool, slot)| {
            let header = batch.bytes(slot)?;
            let number = |at: usize| header.get(at..at + 4).map(little_endian);
            let class = number(SIZE_CLASS).filter(|class| self.small.contains(class))?;
            let block = (class + 1) * UNIT;
            let plausible = number(LAST_BLOCK) == Some(self.pool - block) && number(USED)? > 0;
            plausible.then_some((pool, usize::try_from(block).ok()?))
        });
        Ok(worth.collect())
    }

    /// The instances in these pools.
    fn instances(&self, pools: &[(Address, usize)], found: &mut Vec<Address>) -> Result<(), ReadError> {
        let mut batch = Batch::default();
        let length = usize::try_from(self.pool).unwrap_or(0);
        let slots: Vec<_> = pools.iter().map(|(pool, block)| (*pool, *block, batch.want(*pool, length))).collect();
        self.memory.fetch(&mut batch)?;
        for (pool, block, slot) in slots {
            let bytes = batch.bytes(slot).unwrap_or_default();
            for at in (HEADER + BEFORE_OBJECT..bytes.len().saturating_sub(block - BEFORE_OBJECT - 1)).step_by(block) {
                let class = u64_at(bytes, at + self.object_type).map(Address);
                let referred = u64_at(bytes, at).is_some_and(|count| (1..MOST_REFERENCES).contains(&count));
                if referred && self.classes.iter().any(|known| Some(known.address) == class) {
                    found.push(pool.plus(at));
                }
            }
        }
        Ok(())
    }
}

/// What the header of a pool says of objects of this size; `None` where no pool has such.
fn size_class(size: u64) -> Option<u64> {
    let block = size.checked_add(BEFORE_OBJECT as u64).filter(|block| (UNIT * 2..=LARGEST).contains(block))?;
    Some(block.div_ceil(UNIT) - 1)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::layout::table;
    use crate::memory::Tape;
    use crate::read::allowance::Allowance;
    use crate::snapshot::{Known, PythonVersion, Why};

    const CLASS: Class = Class { address: Address(0x5000), size: 40 };
    const ARENA: u64 = 0x10_0000;

    /// A pool of blocks of 64 bytes, whose second block has an instance of the class, as the header says or not.
    fn pool(size_class: u32, last_block: u32) -> Vec<u8> {
        let mut bytes = vec![0_u8; POOL as usize];
        bytes[USED] = 1;
        bytes[SIZE_CLASS..SIZE_CLASS + 4].copy_from_slice(&size_class.to_le_bytes());
        bytes[LAST_BLOCK..LAST_BLOCK + 4].copy_from_slice(&last_block.to_le_bytes());
        let object = HEADER + 64 + BEFORE_OBJECT;
        bytes[object] = 2;
        bytes[object + 8..object + 16].copy_from_slice(&CLASS.address.0.to_le_bytes());
        bytes
    }

    fn found(size_class: u32, last_block: u32) -> Vec<Address> {
        let version = PythonVersion { major: 3, minor: 12, patch: Known::Unknown(Why::NotRead) };
        let mut tape = Tape::default();
        tape.keep(Address(ARENA + POOL), &pool(size_class, last_block));
        let time = Duration::from_secs(60);
        let limit = Allowance { cpu: time, wall: time }.begin();
        // It begins in the middle of a pool, as a mapping may.
        let places = [(Address(ARENA + 4096), POOL * 3)];
        instances(&tape, &table(version).unwrap(), &places, &[CLASS], limit).unwrap().objects
    }

    #[test]
    fn instances_are_found_in_pools_of_their_size_alone() {
        let last = POOL as u32 - 64;
        assert_eq!(found(3, last), [Address(ARENA + POOL).plus(HEADER + 64 + BEFORE_OBJECT)]);
        assert!(found(4, last).is_empty(), "blocks of another size");
        assert!(found(3, last - 16).is_empty(), "no pool at all");
    }

    #[test]
    fn a_block_holds_the_object_and_what_stands_before_it() {
        assert_eq!([40, 48, 49, 496].map(size_class), [Some(3), Some(3), Some(4), Some(31)]);
        assert_eq!([497, u64::MAX].map(size_class), [None, None], "larger ones come from elsewhere");
    }
}
