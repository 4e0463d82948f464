//! Line tables: which line an instruction belongs to.
//!
//! Three formats in eight versions, each decoded once per code object into sorted ranges. Pure functions of bytes.

use crate::layout::LineTable;

/// The lines of one code object: where each range of instructions begins, in bytes, and the line it is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lines {
    first_line: u32,
    starts: Vec<(u32, Option<u32>)>,
}

impl Lines {
    /// Decodes a line table. Bytes that make no sense give lines that make no sense, never a panic.
    pub(crate) fn decode(kind: LineTable, table: &[u8], first_line: u32) -> Self {
        let mut lines = Self { first_line, starts: Vec::new() };
        match kind {
            LineTable::Lnotab => lines.decode_lnotab(table),
            LineTable::Pep626 => lines.decode_pep626(table),
            LineTable::Locations => lines.decode_locations(table),
        }
        lines
    }

    /// The line of the instruction that begins `instruction` bytes after the first one. A frame that has not begun
    /// (negative) is on the line of its `def`, as CPython has it. `None`: this instruction has no line.
    pub(crate) fn at(&self, instruction: i32) -> Option<u32> {
        let Ok(instruction) = u32::try_from(instruction) else { return Some(self.first_line) };
        let after = self.starts.partition_point(|(start, _)| *start <= instruction);
        after.checked_sub(1).and_then(|last| self.starts.get(last)).map_or(Some(self.first_line), |(_, line)| *line)
    }

    fn push(&mut self, start: i64, line: Option<i64>) {
        let Ok(start) = u32::try_from(start) else { return };
        let line = line.and_then(|line| u32::try_from(line).ok());
        match self.starts.last_mut() {
            // An empty range before this one.
            Some(last) if last.0 == start => last.1 = line,
            Some(last) if last.1 == line => {}
            _ => self.starts.push((start, line)),
        }
    }

    /// Pairs of (bytes of instructions, unsigned; lines, signed), each saying what to add before the range that follows
    /// (CPython 3.9 `Objects/lnotab_notes.txt`).
    fn decode_lnotab(&mut self, table: &[u8]) {
        let (mut address, mut line) = (0_i64, i64::from(self.first_line));
        self.push(address, Some(line));
        for pair in table.chunks_exact(2) {
            if let [bytes, lines] = *pair {
                address += i64::from(bytes);
                line += i64::from(lines.cast_signed());
                self.push(address, Some(line));
            }
        }
    }

    /// Pairs of (length of a range in bytes, unsigned; lines, signed, -128 for a range without a line), the lines added
    /// before the range (CPython 3.10 `Objects/lnotab_notes.txt`).
    fn decode_pep626(&mut self, table: &[u8]) {
        const NO_LINE: i8 = -128;
        let (mut address, mut line) = (0_i64, i64::from(self.first_line));
        for pair in table.chunks_exact(2) {
            if let [bytes, lines] = *pair {
                let lines = lines.cast_signed();
                if lines != NO_LINE {
                    line += i64::from(lines);
                }
                if bytes != 0 {
                    self.push(address, (lines != NO_LINE).then_some(line));
                }
                address += i64::from(bytes);
            }
        }
    }

    /// Entries that begin with a byte whose top bit is set: kind, length in instructions of two bytes, and columns,
    /// which we skip (CPython 3.11 `Objects/locations.md`).
    fn decode_locations(&mut self, table: &[u8]) {
        const BEGINS_ENTRY: u8 = 0x80;
        let (mut address, mut line) = (0_i64, i64::from(self.first_line));
        let mut rest = table;
        while let [head, tail @ ..] = rest {
            let length = tail.iter().position(|byte| byte & BEGINS_ENTRY != 0).unwrap_or(tail.len());
            let (details, next) = tail.split_at(length);
            let kind = head >> 3 & 15;
            line += match kind {
                10..=12 => i64::from(kind - 10),
                13 | 14 => signed_varint(details),
                _ => 0,
            };
            self.push(address, (kind != 15).then_some(line));
            address += (i64::from(head & 7) + 1) * 2;
            rest = next;
        }
    }
}

/// Six bits a byte, lowest first; bit 6 says that more follow; the lowest bit of the number is its sign.
fn signed_varint(bytes: &[u8]) -> i64 {
    const MORE: u8 = 64;
    let (mut number, mut shift) = (0_u64, 0_u32);
    for byte in bytes {
        number |= u64::from(byte & 63).checked_shl(shift).unwrap_or(0);
        shift += 6;
        if byte & MORE == 0 {
            break;
        }
    }
    // No table has lines beyond 32 bits; what has is not a table.
    let size = i64::from((number >> 1) as u32);
    if number & 1 == 1 { -size } else { size }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Line tables made and read by real interpreters; written by `scripts/line_tables`.
    const TABLES: [(LineTable, &str); 8] = [
        (LineTable::Lnotab, include_str!("../../../fixtures/line_tables/3.8.txt")),
        (LineTable::Lnotab, include_str!("../../../fixtures/line_tables/3.9.txt")),
        (LineTable::Pep626, include_str!("../../../fixtures/line_tables/3.10.txt")),
        (LineTable::Locations, include_str!("../../../fixtures/line_tables/3.11.txt")),
        (LineTable::Locations, include_str!("../../../fixtures/line_tables/3.12.txt")),
        (LineTable::Locations, include_str!("../../../fixtures/line_tables/3.13.txt")),
        (LineTable::Locations, include_str!("../../../fixtures/line_tables/3.14.txt")),
        (LineTable::Locations, include_str!("../../../fixtures/line_tables/3.15.txt")),
    ];

    fn bytes(hexadecimal: &str) -> Vec<u8> {
        let digits = hexadecimal.trim_start_matches('-').as_bytes();
        digits.chunks(2).map(|two| u8::from_str_radix(str::from_utf8(two).unwrap(), 16).unwrap()).collect()
    }

    #[test]
    fn every_instruction_is_on_the_line_that_its_interpreter_says() {
        for (kind, functions) in TABLES {
            for function in functions.lines() {
                let words: Vec<&str> = function.split(' ').collect();
                let [first_line, table, length, ranges @ ..] = words.as_slice() else { panic!("{function}") };
                let lines = Lines::decode(kind, &bytes(table), first_line.parse().unwrap());
                let ranges: Vec<(i32, Option<u32>)> = ranges
                    .iter()
                    .map(|range| range.split_once(':').unwrap())
                    .map(|(start, line)| (start.parse().unwrap(), line.parse().ok()))
                    .collect();
                for at in (0..length.parse().unwrap()).step_by(2) {
                    let (_, line) = ranges.iter().rev().find(|(start, _)| *start <= at).unwrap();
                    assert_eq!(lines.at(at), *line, "{kind:?}, instruction at {at} of: {function}");
                }
                let before_the_first = lines.at(-2);
                assert_eq!(before_the_first, first_line.parse().ok(), "a frame that has not begun: {function}");
            }
        }
    }

    #[test]
    fn bytes_that_are_no_table_do_no_harm() {
        let mut noise = 0x2545_f491_4f6c_dd1d_u64;
        for length in 0..400 {
            let table: Vec<u8> = (0..length)
                .map(|_| {
                    noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    (noise >> 56) as u8
                })
                .collect();
            for kind in [LineTable::Lnotab, LineTable::Pep626, LineTable::Locations] {
                let lines = Lines::decode(kind, &table, u32::MAX);
                for at in [i32::MIN, -1, 0, 1, 255, i32::MAX] {
                    let _ = lines.at(at);
                }
            }
        }
    }
}
