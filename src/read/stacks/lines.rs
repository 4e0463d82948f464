//! Line tables: which line an instruction belongs to.
//!
//! Three formats in eight versions, each decoded once per code object into sorted ranges, as many as there is room for.
//! Pure functions of bytes.

use crate::layout::LineTable;

/// The lines of one code object: where each range of instructions begins, in bytes, and the line it is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lines {
    first_line: u32,
    starts: Vec<(u32, Line)>,
    /// From this instruction on nothing is known: the table was not read to its end, or there was no room for more.
    known_until: u32,
}

/// The line of a range, [`NO_LINE`] for one that has none: half the size of an option.
type Line = u32;
/// No file has that many lines.
const NO_LINE: Line = u32::MAX;

/// The beginning of a line table, or all of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table<'a> {
    /// In which format.
    pub(crate) kind: LineTable,
    /// Its bytes, from the first on.
    pub(crate) bytes: &'a [u8],
    /// Whether these are all.
    pub(crate) whole: bool,
}

impl Lines {
    /// Bytes that one range takes.
    pub(crate) const RANGE: usize = size_of::<(u32, Line)>();

    /// Decodes a line table into at most `most` ranges. Bytes that make no sense give lines that make no sense, never a
    /// panic.
    pub(crate) fn decode(table: Table<'_>, first_line: u32, most: usize) -> Self {
        let mut lines = Self { first_line, starts: Vec::new(), known_until: u32::MAX };
        let mut decoder = Decoder { lines: &mut lines, most };
        let ended = match table.kind {
            LineTable::Lnotab => decoder.lnotab(table.bytes),
            LineTable::Pep626 => decoder.pep626(table.bytes),
            LineTable::Locations => decoder.locations(table.bytes),
        };
        match ended {
            Err(full_at) => lines.known_until = full_at,
            // Where the last range that we have ends is in the part that we do not have.
            Ok(()) if !table.whole => lines.known_until = lines.starts.pop().map_or(0, |(start, _)| start),
            Ok(()) => {}
        }
        lines.starts.shrink_to_fit();
        lines
    }

    /// Nothing but that a frame which has not begun is on no line either.
    pub(crate) fn none() -> Self {
        Self { first_line: 0, starts: Vec::new(), known_until: 0 }
    }

    /// Bytes that are kept.
    pub(crate) fn bytes(&self) -> usize {
        self.starts.capacity() * Self::RANGE
    }

    /// Whether the lines of all instructions are known.
    pub(crate) fn is_whole(&self) -> bool {
        self.known_until == u32::MAX
    }

    /// The line of the instruction that begins `instruction` bytes after the first one. A frame that has not begun
    /// (negative) is on the line of its `def`, as CPython has it. `None`: this instruction has no line.
    pub(crate) fn at(&self, instruction: i32) -> Option<u32> {
        let Ok(instruction) = u32::try_from(instruction) else { return Some(self.first_line) };
        if instruction >= self.known_until {
            return None;
        }
        let after = self.starts.partition_point(|(start, _)| *start <= instruction);
        let range = after.checked_sub(1).and_then(|last| self.starts.get(last));
        Some(range.map_or(self.first_line, |(_, line)| *line)).filter(|line| *line != NO_LINE)
    }
}

/// Writes the ranges of one table.
struct Decoder<'a> {
    lines: &'a mut Lines,
    most: usize,
}

/// All of it, or the instruction for whose range there was no room.
type Decoded = Result<(), u32>;

impl Decoder<'_> {
    fn push(&mut self, start: i64, line: Option<i64>) -> Decoded {
        let Ok(start) = u32::try_from(start) else { return Ok(()) };
        let line = line.and_then(|line| u32::try_from(line).ok()).unwrap_or(NO_LINE);
        let starts = &mut self.lines.starts;
        let is_full = starts.len() >= self.most;
        match starts.last_mut() {
            // An empty range before this one.
            Some(last) if last.0 == start => last.1 = line,
            Some(last) if last.1 == line => {}
            _ if is_full => return Err(start),
            _ => starts.push((start, line)),
        }
        Ok(())
    }

    /// Pairs of (bytes of instructions, unsigned; lines, signed), each saying what to add before the range that follows
    /// (CPython 3.9 `Objects/lnotab_notes.txt`).
    fn lnotab(&mut self, table: &[u8]) -> Decoded {
        let (mut address, mut line) = (0_i64, i64::from(self.lines.first_line));
        self.push(address, Some(line))?;
        for pair in table.chunks_exact(2) {
            if let [bytes, lines] = *pair {
                address += i64::from(bytes);
                line += i64::from(lines.cast_signed());
                self.push(address, Some(line))?;
            }
        }
        Ok(())
    }

    /// Pairs of (length of a range in bytes, unsigned; lines, signed, -128 for a range without a line), the lines added
    /// before the range (CPython 3.10 `Objects/lnotab_notes.txt`).
    fn pep626(&mut self, table: &[u8]) -> Decoded {
        const NONE: i8 = -128;
        let (mut address, mut line) = (0_i64, i64::from(self.lines.first_line));
        for pair in table.chunks_exact(2) {
            if let [bytes, lines] = *pair {
                let lines = lines.cast_signed();
                if lines != NONE {
                    line += i64::from(lines);
                }
                if bytes != 0 {
                    self.push(address, (lines != NONE).then_some(line))?;
                }
                address += i64::from(bytes);
            }
        }
        Ok(())
    }

    /// Entries that begin with a byte whose top bit is set: kind, length in instructions of two bytes, and columns,
    /// which we skip (CPython 3.11 `Objects/locations.md`).
    fn locations(&mut self, table: &[u8]) -> Decoded {
        const BEGINS_ENTRY: u8 = 0x80;
        let (mut address, mut line) = (0_i64, i64::from(self.lines.first_line));
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
            self.push(address, (kind != 15).then_some(line))?;
            address += (i64::from(head & 7) + 1) * 2;
            rest = next;
        }
        Ok(())
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

    fn whole(kind: LineTable, bytes: &[u8], first_line: u32) -> Lines {
        Lines::decode(Table { kind, bytes, whole: true }, first_line, usize::MAX)
    }

    #[test]
    fn beyond_what_was_read_or_kept_no_line_is_known() {
        // A line for every four bytes of instructions.
        let bytes = [4, 1].repeat(100);
        let all = whole(LineTable::Lnotab, &bytes, 10);
        assert!(all.is_whole());
        assert_eq!((all.at(0), all.at(200), all.at(400), all.at(4000)), (Some(10), Some(60), Some(110), Some(110)));
        let begun = Lines::decode(
            Table { kind: LineTable::Lnotab, bytes: bytes.get(..100).unwrap(), whole: false },
            10,
            usize::MAX,
        );
        assert_eq!((begun.at(0), begun.at(196), begun.at(200), begun.at(400)), (Some(10), Some(59), None, None));
        let kept = Lines::decode(Table { kind: LineTable::Lnotab, bytes: &bytes, whole: true }, 10, 20);
        assert_eq!((kept.at(76), kept.at(80), kept.is_whole()), (Some(29), None, false));
        assert_eq!(kept.bytes(), 20 * Lines::RANGE);
        let nothing = Lines::decode(Table { kind: LineTable::Lnotab, bytes: &[], whole: false }, 10, 20);
        assert_eq!((nothing.at(-1), nothing.at(0)), (Some(10), None));
    }

    #[test]
    fn every_instruction_is_on_the_line_that_its_interpreter_says() {
        for (kind, functions) in TABLES {
            for function in functions.lines() {
                let words: Vec<&str> = function.split(' ').collect();
                let [first_line, table, length, ranges @ ..] = words.as_slice() else { panic!("{function}") };
                let bytes = bytes(table);
                let lines = whole(kind, &bytes, first_line.parse().unwrap());
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
                let lines = whole(kind, &table, u32::MAX);
                for at in [i32::MIN, -1, 0, 1, 255, i32::MAX] {
                    let _ = lines.at(at);
                }
            }
        }
    }
}
