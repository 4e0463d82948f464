//! Dictionaries of the target, and what is made of them: instance attributes, `__slots__`, modules.
//!
//! A lookup goes through the entries in order instead of hashing: the hash of a `str` depends on a secret of the
//! process, and the dictionaries that we look into are small. It takes two or three fetches whatever their size.

use super::builtin::Objects;
use crate::memory::{ReadError, little_endian, u64_at};
use crate::snapshot::Address;

/// Entries of a dictionary that are read. `sys.modules` of a large application has some thousands.
const MOST_ENTRIES: u64 = 65_536;
/// Base classes whose `__slots__` are looked at.
const MOST_CLASSES: usize = 64;
/// `Py_TPFLAGS_MANAGED_DICT` (CPython `Include/object.h`)
const MANAGED_DICT: u64 = 1 << 4;
/// `Py_TPFLAGS_INLINE_VALUES`
const INLINE_VALUES: u64 = 1 << 2;
/// `dk_kind` of a table whose keys are arbitrary objects (CPython `Include/internal/pycore_dict.h`).
const GENERAL_KEYS: u8 = 0;
/// `T_OBJECT` and `T_OBJECT_EX` (CPython `Include/structmember.h`): members that are references to objects.
const OBJECT_MEMBERS: [u64; 2] = [6, 16];

/// One entry of a dictionary or one attribute of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The key object.
    pub(crate) key: Address,
    /// The value object.
    pub(crate) value: Address,
    /// Where the reference to the value is kept, until the table grows.
    pub(crate) slot: Address,
}

/// Keys and, where they are kept apart, values.
#[derive(Clone, Copy, Debug)]
struct Table {
    keys: Address,
    values: Option<Address>,
}

/// Where instances keep their attributes (CPython `Objects/dictobject.c`, `_PyObject_GetDictPtr` of each version).
enum AttributeHome {
    /// A dict at `tp_dictoffset`.
    Dict,
    /// 3.11: a pointer to values and one to a dict in front of the object.
    ValuesOrDict { values: u64, dict: u64 },
    /// 3.12: one word in front of the object, a dict or, with bit 0 set, one less than the address of values.
    Tagged { word: u64 },
    /// Since 3.13: a dict in front of the object, or values behind it.
    Inline { dict: u64 },
}

impl Objects<'_> {
    /// The entries of a dict, in order of insertion, at most [`MOST_ENTRIES`].
    pub(crate) fn dict_entries(self, dict: Address) -> Result<Vec<Entry>, ReadError> {
        self.entries(self.dict_table(dict)?)
    }

    /// The entry of a dict whose key is this text.
    pub(crate) fn dict_get(self, dict: Address, key: &str) -> Result<Option<Entry>, ReadError> {
        self.find(&self.dict_entries(dict)?, key)
    }

    /// The attributes in an instance's `__dict__`, or in what stands for it.
    pub(crate) fn attributes(self, object: Address) -> Result<Vec<Entry>, ReadError> {
        match self.attribute_table(object)? {
            Some(table) => self.entries(table),
            None => Ok(Vec::new()),
        }
    }

    /// An attribute of an instance: of its `__dict__`, else of `__slots__`.
    pub(crate) fn attribute(self, object: Address, name: &str) -> Result<Option<Entry>, ReadError> {
        if let Some(entry) = self.find(&self.attributes(object)?, name)? {
            return Ok(Some(entry));
        }
        self.member(object, name)
    }

    /// The object that a module has under this name.
    pub(crate) fn module_attribute(
        self,
        interpreter: Address,
        module: &str,
        name: &str,
    ) -> Result<Option<Entry>, ReadError> {
        let modules = self.memory.read_pointer(interpreter.plus(self.offsets.interpreter.modules))?;
        let Some(module) = self.dict_get(modules, module)? else { return Ok(None) };
        let dict = self.memory.read_pointer(module.value.plus(self.offsets.object.module_dict))?;
        self.dict_get(dict, name)
    }

    /// The entry whose key is this text.
    pub(crate) fn find(self, entries: &[Entry], key: &str) -> Result<Option<Entry>, ReadError> {
        let keys: Vec<_> = entries.iter().map(|entry| entry.key).collect();
        let length = key.chars().count() as u64;
        let texts = self.texts(&keys, |candidate| candidate == length)?;
        let position = texts.iter().position(|text| text.as_deref() == Some(key));
        Ok(position.and_then(|position| entries.get(position)).copied())
    }

    fn dict_table(self, dict: Address) -> Result<Table, ReadError> {
        let layout = &self.offsets.object;
        let head = self.memory.read(dict, layout.dict_values + 8)?;
        let word = |offset| u64_at(&head, offset).map(Address).ok_or(ReadError::Unmapped(dict));
        let values = Some(word(layout.dict_values)?).filter(|values| !values.is_null());
        Ok(Table { keys: word(layout.dict_keys)?, values: values.map(|values| values.plus(layout.values_first)) })
    }

    fn entries(self, table: Table) -> Result<Vec<Entry>, ReadError> {
        let layout = &self.offsets.object;
        let head = self.memory.read(table.keys, layout.keys_indices)?;
        let absurd = ReadError::Implausible(table.keys);
        let byte = |offset: usize| head.get(offset).copied().ok_or(absurd);
        let count = u64_at(&head, layout.keys_entries).filter(|count| *count <= MOST_ENTRIES).ok_or(absurd)?;
        let index_bytes = match layout.keys_index_bytes_log2 {
            Some(offset) => 1_u64.checked_shl(u32::from(byte(offset)?)),
            None => u64_at(&head, layout.keys_size).and_then(|size| size.checked_mul(index_width(size))),
        };
        let general = layout.keys_kind.map_or(Ok(GENERAL_KEYS), byte)? == GENERAL_KEYS;
        // Entries with arbitrary keys begin with the hash.
        let (entry_size, key_offset, value_offset) = if general { (24, 8, 16) } else { (16, 0, 8) };
        if count == 0 {
            return Ok(Vec::new());
        }
        let index_bytes = index_bytes.and_then(|bytes| usize::try_from(bytes).ok()).ok_or(absurd)?;
        let start = table.keys.plus(layout.keys_indices).plus(index_bytes);
        let count = count as usize;
        let bytes = self.memory.read(start, count * entry_size)?;
        let values = table.values.map(|values| self.memory.read(values, count * 8)).transpose()?;
        let entry = |index: usize| {
            let key = Address(u64_at(&bytes, index * entry_size + key_offset)?);
            let (value, slot) = match (&values, table.values) {
                (Some(bytes), Some(start)) => (u64_at(bytes, index * 8)?, start.plus(index * 8)),
                _ => {
                    let offset = index * entry_size + value_offset;
                    (u64_at(&bytes, offset)?, start.plus(offset))
                }
            };
            (!key.is_null() && value != 0).then_some(Entry { key, value: Address(value), slot })
        };
        Ok((0..count).filter_map(entry).collect())
    }

    fn attribute_home(self) -> AttributeHome {
        // In front of an object stand the two words of the garbage collector, then these; builds without a GIL have no
        // such words (CPython `Include/internal/pycore_object.h`, `MANAGED_DICT_OFFSET`).
        let dict = if self.offsets.free_threaded { 8 } else { 24 };
        match self.offsets.version.minor {
            ..=10 => AttributeHome::Dict,
            11 => AttributeHome::ValuesOrDict { values: 32, dict },
            12 => AttributeHome::Tagged { word: dict },
            _ => AttributeHome::Inline { dict },
        }
    }

    fn attribute_table(self, object: Address) -> Result<Option<Table>, ReadError> {
        let layout = &self.offsets.object;
        let kind = self.type_of(object)?;
        let flags = self.memory.read_u64(kind.plus(layout.type_flags))?;
        let in_front = |offset: u64| self.memory.read_pointer(Address(object.0.wrapping_sub(offset)));
        let shared = |values: Address| -> Result<Option<Table>, ReadError> {
            let keys = self.memory.read_pointer(kind.plus(layout.type_cached_keys))?;
            Ok((!keys.is_null()).then(|| Table { keys, values: Some(values.plus(layout.values_first)) }))
        };
        let home = self.attribute_home();
        if flags & MANAGED_DICT == 0 || matches!(home, AttributeHome::Dict) {
            let offset = self.memory.read_u64(kind.plus(layout.type_dict_offset))?.cast_signed();
            // A negative offset counts from the end of an object of variable size; nobody whom we read is one.
            let Some(offset) = usize::try_from(offset).ok().filter(|offset| *offset > 0) else { return Ok(None) };
            return self.table_at(self.memory.read_pointer(object.plus(offset))?);
        }
        match home {
            AttributeHome::Dict => Ok(None),
            AttributeHome::ValuesOrDict { values, dict } => {
                let dict = in_front(dict)?;
                let values = in_front(values)?;
                if dict.is_null() && !values.is_null() { shared(values) } else { self.table_at(dict) }
            }
            AttributeHome::Tagged { word } => {
                let word = in_front(word)?;
                if word.0 & 1 == 1 { shared(word.plus(1)) } else { self.table_at(word) }
            }
            AttributeHome::Inline { dict } => {
                let dict = in_front(dict)?;
                if !dict.is_null() || flags & INLINE_VALUES == 0 {
                    return self.table_at(dict);
                }
                let size = self.memory.read_u64(kind.plus(layout.type_basic_size))?;
                shared(object.plus(usize::try_from(size).unwrap_or(0)))
            }
        }
    }

    fn table_at(self, dict: Address) -> Result<Option<Table>, ReadError> {
        if dict.is_null() { Ok(None) } else { self.dict_table(dict).map(Some) }
    }

    /// A `__slots__` member, looked up in the class and those that it derives from.
    fn member(self, object: Address, name: &str) -> Result<Option<Entry>, ReadError> {
        let layout = &self.offsets.object;
        let classes = self.memory.read_pointer(self.type_of(object)?.plus(layout.type_mro))?;
        if classes.is_null() {
            return Ok(None);
        }
        for class in self.tuple(classes)?.into_iter().take(MOST_CLASSES) {
            let dict = self.memory.read_pointer(class.plus(layout.type_dict))?;
            if dict.is_null() {
                continue;
            }
            let Some(found) = self.dict_get(dict, name)? else { continue };
            if self.type_name_of(found.value)? != "member_descriptor" {
                return Ok(None);
            }
            let definition = self.memory.read_pointer(found.value.plus(layout.member_definition))?;
            let kind = little_endian(&self.memory.read(definition.plus(layout.member_type), 4)?);
            let offset = self.memory.read_u64(definition.plus(layout.member_offset))?;
            let Some(offset) = usize::try_from(offset).ok().filter(|_| OBJECT_MEMBERS.contains(&kind)) else {
                return Ok(None);
            };
            let slot = object.plus(offset);
            let value = self.memory.read_pointer(slot)?;
            return Ok((!value.is_null()).then_some(Entry { key: found.key, value, slot }));
        }
        Ok(None)
    }
}

/// Bytes of one index of a table of `size` slots, up to 3.10 (CPython `Objects/dictobject.c`, `DK_IXSIZE`).
fn index_width(size: u64) -> u64 {
    match size {
        0..=0xff => 1,
        0x100..=0xffff => 2,
        0x1_0000..=0xffff_ffff => 4,
        _ => 8,
    }
}
