//! Code objects, read once and proven to be the same ever after.
//!
//! Programs drop code objects and CPython uses their memory again, so an address alone says nothing. Every sample reads
//! again, together with the frames, what would differ if another code object stood there: the words of its head; and
//! where CPython does not number its code objects (before 3.12), the first bytes of its texts and line table too.
//! An entry that does not pass is read anew.

use std::collections::HashMap;

use super::lines::{Lines, Table};
use crate::memory::{Batch, ReadError, Slot, little_endian, u64_at};
use crate::read::budget::{Budget, NOT_FOR_LINES};
use crate::read::objects::builtin::{CUT_MARK, Objects};
use crate::snapshot::{Address, Code, CodeFlags, CodeId, Known, Why};

/// Bytes of a line table that are read: that of a function of some hundred thousand lines. Further down no line is known.
const LONGEST_LINE_TABLE: u64 = 4 << 20;
/// A line table of more bytes is none.
const ABSURD_LINE_TABLE: u64 = 1 << 40;
/// Characters of a function's name that are kept.
const LONGEST_NAME: usize = 1024;
/// Bytes of a text or line table that take part in the proof. Names and paths are shorter; of a longer line table the
/// rest decides lines far down in one function only, and the head is compared as well.
const PROVEN_BYTES: usize = 256;
/// For how many samples what is known of addresses is kept when it leaves no room for lines.
const KEPT_FOR: u64 = 256;
/// What a function or a code object takes besides its texts and lines.
const OVERHEAD: usize = 300;
/// How often a function's texts are kept: here by number and by content, and in the recording.
const COPIES: usize = 3;

/// A code object by where it stands in the table's list of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::read) struct CodeIndex(u32);

/// The code objects seen so far.
#[derive(Debug, Default)]
pub(crate) struct CodeTable {
    codes: Vec<Code>,
    ids: HashMap<Code, CodeId>,
    entries: Vec<Entry>,
    by_address: HashMap<Address, CodeIndex>,
    /// `PyCode_Type`, once one code object has been believed.
    code_type: Option<Address>,
    budget: Budget,
    /// Functions for which there was no room.
    not_kept: u64,
    /// Code objects whose lines found no room, or not all of them.
    without_lines: u64,
    /// There was no room for a code object: what is known of addresses is to be forgotten.
    is_full: bool,
    /// Since which sample it is known.
    began: u64,
}

/// Bytes that must be the same, and where.
type ProvenPiece = (Address, Box<[u8]>);

/// A code object at an address.
#[derive(Debug)]
struct Entry {
    address: Address,
    id: CodeId,
    lines: Lines,
    /// Where the function begins, in bytes of instructions.
    begins: i32,
    head: Head,
    proof: Vec<ProvenPiece>,
    /// Sample in which the proof last held; `None` when it failed.
    proven: Option<u64>,
    /// Sample in which the proof was last asked for.
    wanted: u64,
    /// What it took from the budget.
    bytes: usize,
}

/// The words of a code object's head that tell it from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Head {
    kind: Address,
    first_line: u32,
    flags: u32,
    version: u32,
    file: Address,
    name: Address,
    qualified_name: Option<Address>,
    line_table: Address,
    local_names: Address,
    begins: i32,
}

/// Proofs that were asked for in a batch.
#[derive(Debug, Default)]
pub(in crate::read) struct Proofs {
    /// The code object, its head, and how many of the others are its.
    wanted: Vec<(CodeIndex, Slot, usize)>,
    others: Vec<Slot>,
}

impl Proofs {
    /// Forgets what was asked for.
    pub(in crate::read) fn clear(&mut self) {
        self.wanted.clear();
        self.others.clear();
    }
}

impl CodeTable {
    /// A table that takes what it keeps from this budget.
    pub(in crate::read) fn within(budget: Budget) -> Self {
        Self { budget, ..Self::default() }
    }

    /// Functions for which there was no room.
    pub(in crate::read) fn not_kept(&self) -> u64 {
        self.not_kept
    }

    /// Code objects whose lines found no room, or not all of them.
    pub(in crate::read) fn without_lines(&self) -> u64 {
        self.without_lines
    }

    /// Forgets what is known of addresses when there was no room for more of it: programs that make code anew all the time
    /// leave only what is gone. True when it did; all indices are those of nothing then.
    pub(in crate::read) fn forget_when_full(&mut self, sample: u64) -> bool {
        let is_old = self.without_lines > 0 && sample >= self.began.saturating_add(KEPT_FOR);
        if !std::mem::take(&mut self.is_full) && !is_old {
            return false;
        }
        self.began = sample;
        self.budget.give_back(self.entries.iter().map(|entry| entry.bytes).sum());
        (self.entries, self.by_address) = (Vec::new(), HashMap::new());
        true
    }

    /// All code objects, by id.
    pub(in crate::read) fn codes(&self) -> &[Code] {
        &self.codes
    }

    pub(in crate::read) fn find(&self, address: Address) -> Option<CodeIndex> {
        self.by_address.get(&address).copied()
    }

    pub(in crate::read) fn id(&self, index: CodeIndex) -> Option<CodeId> {
        self.entry(index).map(|entry| entry.id)
    }

    /// The line of an instruction.
    pub(in crate::read) fn line_at(&self, index: CodeIndex, instruction: i32) -> Option<u32> {
        self.entry(index).and_then(|entry| entry.lines.at(instruction))
    }

    /// Whether a frame at this instruction has begun to run its function (CPython `_PyFrame_IsIncomplete`).
    pub(in crate::read) fn has_begun(&self, index: CodeIndex, instruction: i32) -> bool {
        self.entry(index).is_none_or(|entry| instruction >= entry.begins)
    }

    /// Those of the proofs just judged that failed.
    pub(in crate::read) fn failed(&self, sample: u64, proofs: &Proofs) -> Vec<CodeIndex> {
        let asked = proofs.wanted.iter().map(|(index, ..)| *index);
        asked.filter(|index| !self.is_proven(*index, sample)).collect()
    }

    pub(in crate::read) fn address(&self, index: CodeIndex) -> Option<Address> {
        self.entry(index).map(|entry| entry.address)
    }

    /// Whether the proof of this code object held in this sample.
    pub(in crate::read) fn is_proven(&self, index: CodeIndex, sample: u64) -> bool {
        self.entry(index).is_some_and(|entry| entry.proven == Some(sample))
    }

    /// Asks for the proof of a code object, once in a sample.
    pub(in crate::read) fn want_proof(
        &mut self,
        objects: Objects<'_>,
        index: CodeIndex,
        sample: u64,
        batch: &mut Batch,
        proofs: &mut Proofs,
    ) {
        let Some(entry) = self.entries.get_mut(index.0 as usize) else { return };
        if entry.wanted != sample {
            entry.wanted = sample;
            let head = entry.want(objects, batch, &mut proofs.others);
            proofs.wanted.push((index, head, entry.proof.len()));
        }
    }

    /// Judges the proofs that were asked for.
    pub(in crate::read) fn judge(&mut self, objects: Objects<'_>, sample: u64, batch: &Batch, proofs: &Proofs) {
        let mut rest = proofs.others.as_slice();
        for (index, head, count) in &proofs.wanted {
            let (others, behind) = rest.split_at(rest.len().min(*count));
            rest = behind;
            if let Some(entry) = self.entries.get_mut(index.0 as usize) {
                entry.proven = entry.holds(objects, batch, *head, others).then_some(sample);
            }
        }
    }

    /// Reads the code object at an address, of which nothing is known or what is known is no longer true.
    ///
    /// # Errors
    ///
    /// When what stands there is not a code object, or it changed while it was read.
    pub(in crate::read) fn read(&mut self, objects: Objects<'_>, address: Address) -> Result<CodeIndex, ReadError> {
        let entry = self.decode(objects, address)?;
        self.keep(entry).ok_or(ReadError::Implausible(address))
    }

    /// Reads the code object at an address for somebody who relies on it for one picture only. What the stacks know of
    /// that address stays as it is.
    ///
    /// # Errors
    ///
    /// As [`CodeTable::read`].
    pub(in crate::read) fn read_apart(
        &mut self,
        objects: Objects<'_>,
        address: Address,
    ) -> Result<(CodeId, Lines), ReadError> {
        let Entry { id, lines, .. } = self.decode(objects, address)?;
        Ok((id, lines))
    }

    fn decode(&mut self, objects: Objects<'_>, address: Address) -> Result<Entry, ReadError> {
        let implausible = ReadError::Implausible(address);
        let layout = &objects.offsets.code;
        let head = Head::decode(&objects.memory.read(address, layout.size)?, objects).ok_or(implausible)?;
        self.check_type(objects, head.kind, address)?;
        let table_head = objects.memory.read(head.line_table, objects.offsets.object.bytes_data)?;
        let table_length = u64_at(&table_head, objects.offsets.object.variable_size)
            .filter(|length| *length <= ABSURD_LINE_TABLE)
            .ok_or(implausible)?;
        let table_start = head.line_table.plus(objects.offsets.object.bytes_data);
        // What proves it is read before and after the rest: equal, and the rest belongs to this code object.
        let before = head.read_proof(objects, table_length)?;
        let read_length = usize::try_from(table_length.min(LONGEST_LINE_TABLE)).map_err(|_| implausible)?;
        let table = if read_length == 0 { Vec::new() } else { objects.memory.read(table_start, read_length)? };
        let code = head.read_code(objects)?;
        let again = Head::decode(&objects.memory.read(address, layout.size)?, objects);
        if again != Some(head) || head.read_proof(objects, table_length)? != before {
            return Err(implausible);
        }
        let id = self.intern(code).ok_or(implausible)?;
        let table = Table { kind: layout.line_table_kind, bytes: &table, whole: table_length <= LONGEST_LINE_TABLE };
        // One function leaves room for others.
        let room = self.budget.left().saturating_sub(NOT_FOR_LINES) / 4;
        let lines = Lines::decode(table, head.first_line, room / Lines::RANGE);
        self.without_lines += u64::from(table.whole && !lines.is_whole());
        let bytes = lines.bytes() + before.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() + OVERHEAD;
        Ok(Entry {
            address,
            id,
            lines,
            bytes,
            begins: head.begins,
            head,
            proof: before,
            // To be proven once more, between two readings of the frame that runs it.
            proven: None,
            wanted: 0,
        })
    }

    /// Only `PyCode_Type` makes code objects, and there is one of it in a process.
    fn check_type(&mut self, objects: Objects<'_>, kind: Address, address: Address) -> Result<(), ReadError> {
        match self.code_type {
            Some(known) if known == kind => Ok(()),
            Some(_) => Err(ReadError::Implausible(address)),
            None if objects.type_name(kind)? == "code" => {
                self.code_type = Some(kind);
                Ok(())
            }
            None => Err(ReadError::Implausible(address)),
        }
    }

    /// The number of a function; `None` when it is new and there is no room for it.
    pub(in crate::read) fn intern(&mut self, code: Code) -> Option<CodeId> {
        if let Some(id) = self.ids.get(&code) {
            return Some(*id);
        }
        let id = CodeId(u32::try_from(self.codes.len()).ok()?);
        let texts = code.name.len() + code.file.len() + code.qualified_name.get().map_or(0, String::len);
        if !self.budget.take(texts * COPIES + OVERHEAD) {
            self.not_kept += 1;
            self.is_full = true;
            return None;
        }
        self.codes.push(code.clone());
        self.ids.insert(code, id);
        Some(id)
    }

    fn keep(&mut self, entry: Entry) -> Option<CodeIndex> {
        let address = entry.address;
        let known = self.find(address);
        if let Some(before) = known.and_then(|index| self.entry(index)) {
            self.budget.give_back(before.bytes);
        }
        let room = self.budget.take(entry.bytes);
        if let Some(index) = known {
            let before = self.entries.get_mut(index.0 as usize)?;
            // Nothing is proven of it any more, and it takes nothing.
            *before = if room { entry } else { Entry { bytes: 0, lines: Lines::none(), proof: Vec::new(), ..entry } };
        } else if room {
            let index = CodeIndex(u32::try_from(self.entries.len()).ok()?);
            self.by_address.insert(address, index);
            self.entries.push(entry);
        }
        self.is_full |= !room;
        self.find(address).filter(|_| room)
    }

    fn entry(&self, index: CodeIndex) -> Option<&Entry> {
        self.entries.get(index.0 as usize)
    }
}

impl Entry {
    fn want(&self, objects: Objects<'_>, batch: &mut Batch, others: &mut Vec<Slot>) -> Slot {
        others.extend(self.proof.iter().map(|(address, bytes)| batch.want(*address, bytes.len())));
        batch.want(self.address, objects.offsets.code.size)
    }

    fn holds(&self, objects: Objects<'_>, batch: &Batch, head: Slot, others: &[Slot]) -> bool {
        batch.bytes(head).and_then(|bytes| Head::decode(bytes, objects)) == Some(self.head)
            && self.proof.iter().zip(others).all(|((_, bytes), slot)| batch.bytes(*slot) == Some(&**bytes))
    }
}

impl Head {
    fn decode(bytes: &[u8], objects: Objects<'_>) -> Option<Self> {
        let layout = &objects.offsets.code;
        let pointer = |offset| u64_at(bytes, offset).map(Address);
        let number = |offset: usize| Some(little_endian(bytes.get(offset..offset.checked_add(4)?)?) as u32);
        // Counted in instructions of two bytes.
        let begins = match layout.first_traceable {
            Some(offset) => number(offset)?.cast_signed().saturating_mul(2),
            None => i32::MIN,
        };
        Some(Self {
            kind: pointer(objects.offsets.object.object_type)?,
            first_line: number(layout.first_line)?,
            flags: number(layout.flags)?,
            version: layout.version.map_or(Some(0), number)?,
            file: pointer(layout.file)?,
            name: pointer(layout.name)?,
            qualified_name: match layout.qualified_name {
                Some(offset) => Some(pointer(offset)?),
                None => None,
            },
            line_table: pointer(layout.line_table)?,
            local_names: pointer(layout.local_names)?,
            begins,
        })
    }

    /// What the code object is called. Texts that are longer than anybody needs are cut, and those of subclasses of `str`
    /// are followed to their characters: the frame is there whatever it is called.
    fn read_code(&self, objects: Objects<'_>) -> Result<Code, ReadError> {
        let names = [Some(self.name), Some(self.file), self.qualified_name];
        let addresses: Vec<Address> = names.into_iter().flatten().collect();
        let mut texts = objects.texts(&addresses, |_| true)?.into_iter().zip(&addresses);
        let mut text = || match texts.next() {
            Some((Some(text), _)) => Ok(text),
            Some((None, address)) => objects.text(*address),
            None => Err(ReadError::Implausible(self.name)),
        };
        Ok(Code {
            name: cut(text()?),
            file: text()?,
            qualified_name: match self.qualified_name {
                Some(_) => Known::Is(cut(text()?)),
                None => Known::Unknown(Why::NotInThisPython),
            },
            first_line: self.first_line,
            flags: CodeFlags(self.flags),
        })
    }

    /// What else must be the same, besides the head. Nothing where the code object has a number of its own.
    fn read_proof(&self, objects: Objects<'_>, table_length: u64) -> Result<Vec<ProvenPiece>, ReadError> {
        if self.version != 0 {
            return Ok(Vec::new());
        }
        let layout = &objects.offsets.object;
        let mut texts = vec![self.file, self.name];
        texts.extend(self.qualified_name.filter(|name| *name != self.name));
        let mut pieces = Vec::with_capacity(texts.len() + 1);
        for text in texts {
            // From the length on, up to the NUL behind ASCII characters; other texts are longer, so this stays inside.
            let length = objects.memory.read_u64(text.plus(layout.text_length))?;
            let length = usize::try_from(length).map_or(PROVEN_BYTES, |length| length.min(PROVEN_BYTES));
            pieces.push((
                text.plus(layout.text_length),
                layout.text_ascii.saturating_sub(layout.text_length) + length + 1,
            ));
        }
        let table = usize::try_from(table_length).map_or(PROVEN_BYTES, |length| length.min(PROVEN_BYTES));
        pieces.push((self.line_table.plus(layout.variable_size), 8));
        pieces.push((self.line_table.plus(layout.bytes_data), table + 1));
        let read = |(address, length)| Ok((address, objects.memory.read(address, length)?.into_boxed_slice()));
        pieces.into_iter().map(read).collect()
    }
}

/// A name of at most [`LONGEST_NAME`] characters, which says so when it was longer.
fn cut(mut name: String) -> String {
    if let Some((end, _)) = name.char_indices().nth(LONGEST_NAME) {
        name.truncate(end);
        name.push(CUT_MARK);
    }
    name
}
