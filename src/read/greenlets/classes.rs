//! The class of greenlets and those that derive from it.

use crate::libraries::greenlet::{CLASS, MODULE};
use crate::memory::ReadError;
use crate::read::objects::builtin::Objects;
use crate::read::objects::known::lenient;
use crate::snapshot::Address;

/// Classes that are followed.
const MOST_CLASSES: usize = 256;
/// Bytes from `tp_mro` to `tp_subclasses`, a dict of weak references; `tp_cache` is between them (CPython
/// `Include/cpython/object.h`), the same since 3.8.
const FROM_MRO_TO_SUBCLASSES: usize = 16;

/// A class and how many bytes its instances have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Class {
    pub(super) address: Address,
    pub(super) size: u64,
}

/// All classes of greenlets.
///
/// # Errors
///
/// When what should be one cannot be read.
pub(super) fn all(objects: Objects<'_>, interpreters: &[Address]) -> Result<Vec<Class>, ReadError> {
    let mut found: Vec<Class> = Vec::new();
    let mut next = Vec::new();
    for interpreter in interpreters {
        next.extend(objects.module_attribute(*interpreter, MODULE, CLASS)?.map(|entry| entry.value));
    }
    while let Some(address) = next.pop().filter(|_| found.len() < MOST_CLASSES) {
        if found.iter().any(|known| known.address == address) {
            continue;
        }
        let size = objects.memory.read_u64(address.plus(objects.offsets.object.type_basic_size))?;
        found.push(Class { address, size });
        next.extend(lenient(derived(objects, address))?);
    }
    Ok(found)
}

/// The classes that derive from a class directly.
fn derived(objects: Objects<'_>, class: Address) -> Result<Vec<Address>, ReadError> {
    let layout = &objects.offsets.object;
    let subclasses = objects.memory.read_pointer(class.plus(layout.type_mro + FROM_MRO_TO_SUBCLASSES))?;
    if subclasses.is_null() || objects.type_name_of(subclasses)? != "dict" {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in objects.dict_entries(subclasses)?.into_iter().take(MOST_CLASSES) {
        let class = objects.memory.read_pointer(entry.value.plus(layout.weakref_object))?;
        if !class.is_null() && objects.type_name_of(class)? == "type" {
            found.push(class);
        }
    }
    Ok(found)
}
