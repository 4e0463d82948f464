//! Built-in objects of the target, by address.
//!
//! Every length is bounded before anything is fetched, and nothing is believed because of where it was found: an
//! address may be that of an object that is gone. Callers that need to be sure of a type compare [`Objects::type_of`].

use std::borrow::Cow;

use crate::layout::Offsets;
use crate::memory::{Batch, Memory, ReadError, little_endian, u64_at};
use crate::snapshot::{Address, without_secrets};

/// Characters of a text that are kept; names and paths are shorter.
const LONGEST_TEXT: usize = 4096;
/// Characters of the name of a thread or a task that are kept: there are thousands of these.
const LONGEST_LABEL: usize = 200;
/// Stands behind a text that was longer.
pub(in crate::read) const CUT_MARK: char = '…';
/// Bytes of a type's name that are kept.
const LONGEST_TYPE_NAME: usize = 128;
/// Items of a list, and places of a set, that are looked through: those of `asyncio.wait` and of a task group.
const MOST_MEMBERS: u64 = 65_536;
/// Items of a tuple that are read: names of local variables and base classes.
const MOST_ITEMS: usize = 4096;
/// Digits of an int that are read: more do not fit into 64 bits.
const MOST_DIGITS: u64 = 3;
/// Bits of one digit (CPython `Include/cpython/longintrepr.h`, `PyLong_SHIFT`).
const DIGIT_BITS: u32 = 30;
/// Classes that a type can derive from, one after the other, before we stop looking.
const MOST_BASES: usize = 64;
/// A length that no object in memory has: what says so is not an object.
const ABSURD_LENGTH: u64 = 1 << 40;

/// Reads objects of one target.
#[derive(Clone, Copy)]
pub(crate) struct Objects<'a> {
    pub(in crate::read) memory: &'a dyn Memory,
    pub(in crate::read) offsets: &'a Offsets,
}

/// The ends of a `collections.deque`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DequeEnds {
    /// How many items it has.
    pub(crate) length: u64,
    /// Address of its leftmost block.
    pub(crate) left_block: Address,
    /// Index of its leftmost item in that block.
    pub(crate) left_index: i64,
}

impl<'a> Objects<'a> {
    /// Reads from `memory`, laid out as `offsets` say.
    pub(crate) fn new(memory: &'a dyn Memory, offsets: &'a Offsets) -> Self {
        Self { memory, offsets }
    }

    /// The type of an object.
    pub(crate) fn type_of(self, object: Address) -> Result<Address, ReadError> {
        self.memory.read_pointer(object.plus(self.offsets.object.object_type))
    }

    /// The name of a type: qualified by its module for types written in C (`uvloop.loop.Loop`), bare for classes
    /// written in Python.
    pub(crate) fn type_name(self, kind: Address) -> Result<String, ReadError> {
        let name = self.memory.read_pointer(kind.plus(self.offsets.object.type_name))?;
        self.c_text(name, LONGEST_TYPE_NAME)
    }

    /// The name of an object's type.
    pub(crate) fn type_name_of(self, object: Address) -> Result<String, ReadError> {
        self.type_name(self.type_of(object)?)
    }

    /// The type of this name among a type and those that it derives from (by `tp_base`).
    pub(crate) fn base_named(self, kind: Address, name: &str) -> Result<Option<Address>, ReadError> {
        let mut kind = kind;
        for _ in 0..MOST_BASES {
            if kind.is_null() {
                return Ok(None);
            }
            if self.type_name(kind)? == name {
                return Ok(Some(kind));
            }
            kind = self.memory.read_pointer(kind.plus(self.offsets.object.type_base))?;
        }
        Ok(None)
    }

    /// Bytes up to a NUL, at most `longest`, as text. A piece at a time, because the page after it may not be there.
    fn c_text(self, address: Address, longest: usize) -> Result<String, ReadError> {
        const PIECE: usize = 32;
        let mut text = Vec::new();
        while text.len() < longest {
            let at = address.plus(text.len());
            let up_to_boundary = PIECE - (at.0 as usize % PIECE);
            let piece = self.memory.read(at, up_to_boundary.min(longest - text.len()))?;
            match piece.iter().position(|byte| *byte == 0) {
                Some(end) => {
                    text.extend(piece.iter().take(end));
                    break;
                }
                None => text.extend(piece),
            }
        }
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// The text of a `str`, cut at [`LONGEST_TEXT`] characters, with a [`CUT_MARK`] behind one that was longer.
    pub(crate) fn text(self, object: Address) -> Result<String, ReadError> {
        let header = self.memory.read(object, self.offsets.object.text_ascii)?;
        let form = TextForm::decode(&header, self.offsets).ok_or(ReadError::Implausible(object))?;
        let length = usize::try_from(form.length).map_or(LONGEST_TEXT, |length| length.min(LONGEST_TEXT));
        let start = match (form.compact, form.ascii) {
            (true, true) => object.plus(self.offsets.object.text_ascii),
            (true, false) => object.plus(self.offsets.object.text_compact),
            // A subclass of `str`: the characters are elsewhere (`PyUnicodeObject.data`).
            (false, _) => self.memory.read_pointer(object.plus(self.offsets.object.text_compact))?,
        };
        if length == 0 {
            return Ok(String::new());
        }
        let mut text = form.decode_characters(&self.memory.read(start, length * form.width)?);
        if form.length > LONGEST_TEXT as u64 {
            text.push(CUT_MARK);
        }
        Ok(clean(text))
    }

    /// The text of a `str` that is what somebody called a thread, a task or the like, cut at [`LONGEST_LABEL`] characters.
    pub(in crate::read) fn label(self, object: Address) -> Result<String, ReadError> {
        let mut text = self.text(object)?;
        if let Some((end, _)) = text.char_indices().nth(LONGEST_LABEL) {
            text.truncate(end);
            text.push(CUT_MARK);
            text.shrink_to_fit();
        }
        Ok(text)
    }

    /// The value of an `int`, if it fits into 64 bits.
    pub(crate) fn integer(self, object: Address) -> Result<i64, ReadError> {
        let layout = &self.offsets.object;
        let size = self.memory.read_u64(object.plus(layout.int_size))?;
        // Since 3.12 the low three bits are flags, of which two are the sign: 0 positive, 1 zero, 2 negative (CPython
        // `Include/internal/pycore_long.h`). Before, the sign of the size is the sign of the number.
        let (count, negative) = if layout.int_tagged {
            (size >> 3, size & 3 == 2)
        } else {
            let size = size.cast_signed();
            (size.unsigned_abs(), size < 0)
        };
        if count > MOST_DIGITS {
            return Err(ReadError::Implausible(object));
        }
        let digits = self.memory.read(object.plus(layout.int_digits), count as usize * 4)?;
        let magnitude = digits
            .chunks_exact(4)
            .rev()
            .fold(0_i128, |number, digit| number << DIGIT_BITS | i128::from(little_endian(digit)));
        i64::try_from(if negative { -magnitude } else { magnitude }).map_err(|_| ReadError::Implausible(object))
    }

    /// The value of a `float`.
    pub(crate) fn float(self, object: Address) -> Result<f64, ReadError> {
        self.memory.read_u64(object.plus(self.offsets.object.float_value)).map(f64::from_bits)
    }

    /// `ob_size` of a tuple, list or deque.
    pub(crate) fn length(self, object: Address) -> Result<u64, ReadError> {
        let length = self.memory.read_u64(object.plus(self.offsets.object.variable_size))?;
        if length > ABSURD_LENGTH { Err(ReadError::Implausible(object)) } else { Ok(length) }
    }

    /// The items of a tuple. One of more than [`MOST_ITEMS`] is not believed.
    pub(crate) fn tuple(self, object: Address) -> Result<Vec<Address>, ReadError> {
        let count = self.length(object)?;
        let count = usize::try_from(count).ok().filter(|count| *count <= MOST_ITEMS);
        let bytes = self
            .memory
            .read(object.plus(self.offsets.object.tuple_items), count.ok_or(ReadError::Implausible(object))? * 8)?;
        Ok(bytes.chunks_exact(8).map(|word| Address(little_endian(word))).collect())
    }

    /// The first item of a list; `None` of an empty one.
    pub(crate) fn list_first(self, object: Address) -> Result<Option<Address>, ReadError> {
        if self.length(object)? == 0 {
            return Ok(None);
        }
        let items = self.memory.read_pointer(object.plus(self.offsets.object.list_items))?;
        self.memory.read_pointer(items).map(Some)
    }

    /// The items of a list, the first [`MOST_MEMBERS`].
    pub(in crate::read) fn list_items(self, list: Address) -> Result<Vec<Address>, ReadError> {
        let count = self.length(list)?.min(MOST_MEMBERS);
        let items = self.memory.read_pointer(list.plus(self.offsets.object.list_items))?;
        let bytes = self.memory.read(items, count as usize * 8)?;
        Ok(bytes.chunks_exact(8).map(|word| Address(little_endian(word))).collect())
    }

    /// The members of a set, in the order of its table, and what stands in its emptied places. One of more than
    /// [`MOST_MEMBERS`] places is not believed.
    pub(in crate::read) fn set_members(self, set: Address) -> Result<Vec<Address>, ReadError> {
        let layout = &self.offsets.object;
        let slots = self.memory.read_u64(set.plus(layout.set_mask))?.saturating_add(1);
        if slots > MOST_MEMBERS {
            return Err(ReadError::Implausible(set));
        }
        let table = self.memory.read_pointer(set.plus(layout.set_table))?;
        let bytes = self.memory.read(table, slots as usize * layout.set_entry_size)?;
        let keys = bytes.chunks_exact(layout.set_entry_size).filter_map(|entry| u64_at(entry, 0));
        Ok(keys.filter(|key| *key != 0).map(Address).collect())
    }

    /// The ends of a `collections.deque`.
    pub(crate) fn deque_ends(self, object: Address) -> Result<DequeEnds, ReadError> {
        let layout = &self.offsets.object;
        let head = self.memory.read(object, layout.deque_left_index + 8)?;
        let word = |offset| u64_at(&head, offset).ok_or(ReadError::Unmapped(object));
        let ends = DequeEnds {
            length: word(layout.variable_size)?,
            left_block: Address(word(layout.deque_left_block)?),
            left_index: word(layout.deque_left_index)?.cast_signed(),
        };
        if ends.length > ABSURD_LENGTH { Err(ReadError::Implausible(object)) } else { Ok(ends) }
    }

    /// The items of a `collections.deque`, the first `most`.
    pub(in crate::read) fn deque_items(self, deque: Address, most: usize) -> Result<Vec<Address>, ReadError> {
        self.items_between(self.deque_ends(deque)?, most)
    }

    /// The items of a `collections.deque` with these ends, the first `most`.
    pub(in crate::read) fn items_between(self, ends: DequeEnds, most: usize) -> Result<Vec<Address>, ReadError> {
        let layout = &self.offsets.object;
        let DequeEnds { length, left_block, left_index } = ends;
        let wanted = usize::try_from(length).unwrap_or(most).min(most);
        let first = usize::try_from(left_index).ok().filter(|first| *first < layout.block_length);
        let (mut block, mut index) = (left_block, first.ok_or(ReadError::Implausible(left_block))?);
        let mut items = Vec::with_capacity(wanted);
        while items.len() < wanted {
            let count = (layout.block_length - index).min(wanted - items.len());
            let bytes = self.memory.read(block.plus(layout.block_items + index * 8), count * 8)?;
            items.extend(bytes.chunks_exact(8).map(|word| Address(little_endian(word))));
            block = self.memory.read_pointer(block.plus(layout.block_right))?;
            index = 0;
        }
        Ok(items)
    }

    /// The texts of many `str`s, in two fetches; `None` for what cannot be read, is longer than [`LONGEST_TEXT`], or has
    /// a length that is not `wanted`.
    pub(in crate::read) fn texts(
        self,
        objects: &[Address],
        wanted: impl Fn(u64) -> bool,
    ) -> Result<Vec<Option<String>>, ReadError> {
        let layout = &self.offsets.object;
        let mut headers = Batch::default();
        let slots: Vec<_> = objects.iter().map(|object| headers.want(*object, layout.text_ascii)).collect();
        self.memory.fetch(&mut headers)?;
        let mut characters = Batch::default();
        let mut wishes = Vec::with_capacity(objects.len());
        for (object, slot) in objects.iter().zip(slots) {
            let form = headers
                .bytes(slot)
                .and_then(|header| TextForm::decode(header, self.offsets))
                .filter(|form| form.compact && form.length <= LONGEST_TEXT as u64 && wanted(form.length));
            wishes.push(form.map(|form| {
                let start = if form.ascii { layout.text_ascii } else { layout.text_compact };
                let slot = characters.want(object.plus(start), form.length as usize * form.width);
                (form, slot)
            }));
        }
        self.memory.fetch(&mut characters)?;
        let text = |(form, slot): (TextForm, _)| characters.bytes(slot).map(|bytes| form.decode_characters(bytes));
        Ok(wishes.into_iter().map(|wish| wish.and_then(text)).collect())
    }
}

/// What the header of a `str` says (CPython `Include/cpython/unicodeobject.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct TextForm {
    length: u64,
    /// Bytes per character: 1, 2 or 4.
    width: usize,
    compact: bool,
    ascii: bool,
}

impl TextForm {
    fn decode(header: &[u8], offsets: &Offsets) -> Option<Self> {
        let length = u64_at(header, offsets.object.text_length)?;
        let start = offsets.object.text_state;
        let state = little_endian(header.get(start..start.checked_add(4)?)?);
        // Two bits of `interned` come first; builds without a GIL made them a byte in 3.14, to change it atomically.
        let interned_bits = if offsets.free_threaded && offsets.version.minor >= 14 { 8 } else { 2 };
        let state = state >> interned_bits;
        let width = usize::try_from(state & 7).ok().filter(|width| matches!(width, 1 | 2 | 4))?;
        let (compact, ascii) = (state >> 3 & 1 == 1, state >> 4 & 1 == 1);
        let contradiction = ascii && width != 1;
        (length <= ABSURD_LENGTH && !contradiction).then_some(Self { length, width, compact, ascii })
    }

    fn decode_characters(self, bytes: &[u8]) -> String {
        bytes
            .chunks_exact(self.width)
            .map(|unit| u32::try_from(little_endian(unit)).ok().and_then(char::from_u32).unwrap_or('\u{fffd}'))
            .collect()
    }
}

/// Text without credentials; nearly always as it was.
fn clean(text: String) -> String {
    match without_secrets(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(clean) => clean,
    }
}

/// Whether a word can point to an object of a program on x86-64 or aarch64 Linux.
pub(in crate::read) fn is_pointer(word: Address) -> bool {
    const LOWEST: u64 = 0x1_0000;
    const HIGHEST: u64 = 1 << 47;
    (LOWEST..HIGHEST).contains(&word.0) && word.0.is_multiple_of(8)
}
