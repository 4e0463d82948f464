//! Blocks: records one behind the other, each with its length, compressed together.
//!
//! A block is the length of its packed bytes and of its plain bytes, each a little-endian `u32`, and a zlib stream, whose
//! checksum tells damage from data.

use std::io::{self, Read, Write};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

use super::record::Record;

/// The longest packed block, bytes. The writer makes blocks of about [`super::writer`]'s `BLOCK_BYTES`; one record can be
/// larger.
const MOST_PACKED: usize = 16 << 20;
/// The longest plain block, bytes: a snapshot of 30,000 threads.
const MOST_PLAIN: usize = 16 << 20;
/// Bytes of a length.
const LENGTH: usize = 4;

/// What came of trying to read a block.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// Its plain bytes.
    Plain(Vec<u8>),
    /// The input ends where a block may end.
    Nothing,
    /// The input ends inside of a block.
    Partial,
    /// This is no block.
    Damaged,
}

/// Adds a record to a block.
///
/// # Errors
/// A record that is larger than a block may be, or that cannot be encoded.
pub(super) fn push(plain: &mut Vec<u8>, record: &Record<'_>) -> io::Result<()> {
    let encoded = rmp_serde::to_vec_named(record).map_err(io::Error::other)?;
    let length = u32::try_from(encoded.len()).ok().filter(|_| encoded.len() + LENGTH <= MOST_PLAIN);
    let length = length.ok_or_else(|| io::Error::other(format!("a record of {} bytes", encoded.len())))?;
    plain.extend_from_slice(&length.to_le_bytes());
    plain.extend_from_slice(&encoded);
    Ok(())
}

/// Packs a block. Level 1: half the CPU time of the default for a quarter more bytes, and CPU time is what a watched
/// pod is short of.
///
/// # Errors
/// A block that is too large.
pub(super) fn pack(plain: &[u8]) -> io::Result<Vec<u8>> {
    let plain_length = u32::try_from(plain.len()).map_err(io::Error::other)?;
    let mut packed = vec![0; 2 * LENGTH];
    let mut encoder = ZlibEncoder::new(&mut packed, Compression::fast());
    encoder.write_all(plain)?;
    encoder.finish()?;
    let packed_length = u32::try_from(packed.len() - 2 * LENGTH).map_err(io::Error::other)?;
    let lengths = packed_length.to_le_bytes().into_iter().chain(plain_length.to_le_bytes());
    packed.iter_mut().zip(lengths).for_each(|(byte, length)| *byte = length);
    Ok(packed)
}

/// Reads the next block.
///
/// # Errors
/// What the input says; its end is not an error.
pub(super) fn unpack(input: &mut impl Read) -> io::Result<Block> {
    let mut lengths = Vec::with_capacity(2 * LENGTH);
    input.take(2 * LENGTH as u64).read_to_end(&mut lengths)?;
    if lengths.is_empty() {
        return Ok(Block::Nothing);
    }
    let (Some(packed_length), Some(plain_length)) = (length(&lengths, 0), length(&lengths, LENGTH)) else {
        return Ok(Block::Partial);
    };
    if packed_length > MOST_PACKED || plain_length > MOST_PLAIN {
        return Ok(Block::Damaged);
    }
    let mut packed = Vec::new();
    input.take(packed_length as u64).read_to_end(&mut packed)?;
    if packed.len() < packed_length {
        return Ok(Block::Partial);
    }
    let mut plain = Vec::new();
    let read = ZlibDecoder::new(packed.as_slice()).take(plain_length as u64 + 1).read_to_end(&mut plain);
    Ok(match read {
        Ok(length) if length == plain_length => Block::Plain(plain),
        _ => Block::Damaged,
    })
}

/// Takes the next record off a block; `None` when it is damaged.
pub(super) fn take(plain: &mut &[u8]) -> Option<(Record<'static>, usize)> {
    let length = length(plain, 0)?;
    let encoded = plain.get(LENGTH..LENGTH.checked_add(length)?)?;
    *plain = plain.get(LENGTH + length..)?;
    let record: Record<'static> = rmp_serde::from_slice(encoded).ok()?;
    record.is_plausible().then_some((record, length))
}

fn length(bytes: &[u8], at: usize) -> Option<usize> {
    let bytes = bytes.get(at..at.checked_add(LENGTH)?)?;
    usize::try_from(u32::from_le_bytes(bytes.try_into().ok()?)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(packed: u32, plain: u32) -> Vec<u8> {
        packed.to_le_bytes().into_iter().chain(plain.to_le_bytes()).collect()
    }

    fn unpacked(bytes: &[u8]) -> Block {
        let mut input = bytes;
        unpack(&mut input).expect("memory can be read")
    }

    #[test]
    fn a_block_comes_back() {
        let mut plain = Vec::new();
        push(&mut plain, &Record::End).expect("small enough");
        assert_eq!(unpacked(&pack(&plain).expect("small enough")), Block::Plain(plain.clone()));
        let mut rest = plain.as_slice();
        assert!(matches!(take(&mut rest), Some((Record::End, _))) && rest.is_empty());
    }

    #[test]
    fn lengths_are_not_believed() {
        assert_eq!(unpacked(&[]), Block::Nothing);
        assert_eq!(unpacked(&lengths(9, 9)[..5]), Block::Partial);
        assert_eq!(unpacked(&lengths(9, 9)), Block::Partial);
        assert_eq!(unpacked(&lengths(u32::MAX, 9)), Block::Damaged, "a packed length beyond the limit");
        assert_eq!(unpacked(&lengths(9, u32::MAX)), Block::Damaged, "a plain length beyond the limit");
        for wrong in [9, 11] {
            let mut block = pack(&[7; 10]).expect("small enough");
            block.splice(LENGTH..2 * LENGTH, u32::to_le_bytes(wrong));
            assert_eq!(unpacked(&block), Block::Damaged, "10 plain bytes that claim to be {wrong}");
        }
    }

    #[test]
    fn a_block_that_unpacks_to_more_than_the_limit_is_not_unpacked() {
        let bomb = pack(&vec![0; MOST_PLAIN + 1]).expect("it packs well");
        assert!(bomb.len() < MOST_PLAIN / 100, "{} bytes of a bomb", bomb.len());
        assert_eq!(unpacked(&bomb), Block::Damaged);
    }

    #[test]
    fn a_record_that_claims_more_than_the_block_has_is_damage() {
        for claimed in [1, 1000, u32::MAX] {
            let mut plain: &[u8] = &u32::to_le_bytes(claimed);
            assert!(take(&mut plain).is_none(), "{claimed} bytes claimed");
        }
    }
}
