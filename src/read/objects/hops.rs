//! Ways from one object to another, as rows of `libraries` give them.

use super::builtin::Objects;
use crate::libraries::{Hop, Way};
use crate::memory::{ReadError, little_endian};
use crate::snapshot::Address;

/// Wrappers that are opened: a bound method of a partial of a bound method is three deep.
const MOST_WRAPPERS: usize = 4;
/// Bytes of an object written in C whose fields are counted.
const MOST_BYTES: usize = 512;

/// The object at the end of a way; `None` where it ends before.
pub(in crate::read) fn follow(objects: Objects<'_>, from: Address, way: Way) -> Result<Option<Address>, ReadError> {
    let mut at = from;
    for hop in way {
        let next = match hop {
            Hop::Attribute(name) => objects.attribute(at, name)?.map(|entry| entry.value),
            Hop::Item(index) => item(objects, at, *index)?,
            Hop::Referent => {
                let referent = objects.memory.read_pointer(at.plus(objects.offsets.object.weakref_object))?;
                Some(referent).filter(|referent| !referent.is_null())
            }
        };
        match next {
            Some(next) => at = next,
            None => return Ok(None),
        }
    }
    Ok(Some(at))
}

/// An item of a tuple; of an object of a class written in C that stands for one, the `str` at this place among its texts.
fn item(objects: Objects<'_>, object: Address, index: usize) -> Result<Option<Address>, ReadError> {
    let kind = objects.type_of(object)?;
    if objects.base_named(kind, "tuple")?.is_some() {
        return Ok(objects.tuple(object)?.get(index).copied());
    }
    let size = objects.memory.read_u64(kind.plus(objects.offsets.object.type_basic_size))?;
    let bytes = objects.memory.read(object, usize::try_from(size).unwrap_or(0).min(MOST_BYTES))?;
    let head = (objects.offsets.object.object_type + 8) / 8;
    let words = bytes.chunks_exact(8).skip(head).map(|word| Address(little_endian(word)));
    let is_text = |word: &Address| !word.is_null() && objects.type_name_of(*word).is_ok_and(|name| name == "str");
    Ok(words.into_iter().filter(is_text).nth(index))
}

/// What a callable is bound to: the object of a bound method, the first argument of a partial that is neither a text nor
/// a number; `None` of a plain function.
pub(in crate::read) fn bound_to(objects: Objects<'_>, callable: Address) -> Result<Option<Address>, ReadError> {
    let layout = &objects.offsets.object;
    let mut at = callable;
    for _ in 0..MOST_WRAPPERS {
        at = match objects.type_name_of(at)?.as_str() {
            // `PyMethodObject`: `im_self` stands behind `im_func` (CPython `Include/cpython/classobject.h`).
            "method" => return objects.memory.read_pointer(at.plus(layout.method_function + 8)).map(Some),
            // `partialobject`: `args` stands behind `fn` (CPython `Modules/_functoolsmodule.c`).
            "functools.partial" => {
                let arguments = objects.memory.read_pointer(at.plus(layout.partial_function + 8))?;
                match objects.tuple(arguments)?.first() {
                    Some(first) => return Ok(Some(*first)),
                    None => objects.memory.read_pointer(at.plus(layout.partial_function))?,
                }
            }
            _ => return Ok(None),
        };
    }
    Ok(None)
}
