//! Ways from one object to another, through attributes.

use super::builtin::Objects;
use crate::libraries::{Path, Step, weakref};
use crate::memory::ReadError;
use crate::snapshot::Address;

/// Keys of one dictionary that are followed.
const MOST_KEYS: usize = 16;
/// How often one step goes through attributes of the same names.
const DEEPEST: usize = 6;

/// An attribute that is there and not `None`; of a weak reference what it refers to, if that is still there.
pub(in crate::read) fn value(objects: Objects<'_>, object: Address, name: &str) -> Result<Option<Address>, ReadError> {
    let Some(entry) = objects.attribute(object, name)? else { return Ok(None) };
    let kind = objects.type_name_of(entry.value)?;
    if weakref::REFERENCES.contains(&kind.as_str()) {
        let referent = objects.memory.read_pointer(entry.value.plus(objects.offsets.object.weakref_object))?;
        return Ok((objects.type_name_of(referent)? != "NoneType").then_some(referent));
    }
    Ok((kind != "NoneType").then_some(entry.value))
}

/// The object at the end of a way; `None` where an attribute on it is `None` or not there.
pub(in crate::read) fn follow(
    objects: Objects<'_>,
    from: Address,
    path: &[&str],
) -> Result<Option<Address>, ReadError> {
    let mut at = from;
    for name in path {
        match value(objects, at, name)? {
            Some(next) => at = next,
            None => return Ok(None),
        }
    }
    Ok(Some(at))
}

/// The object at the end of the first of several ways that has one.
pub(in crate::read) fn first_of(
    objects: Objects<'_>,
    from: Address,
    paths: &[Path],
) -> Result<Option<Address>, ReadError> {
    for path in paths {
        if let Some(found) = follow(objects, from, path)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// The objects at the end of some steps: several where a step goes to the keys of a dictionary.
pub(in crate::read) fn ends(objects: Objects<'_>, from: Address, steps: &[Step]) -> Result<Vec<Address>, ReadError> {
    let mut at = vec![from];
    for step in steps {
        let mut next = Vec::new();
        for object in at {
            match *step {
                Step::To(name) => next.extend(value(objects, object, name)?),
                Step::Keys => {
                    let entries = objects.dict_entries(object)?;
                    next.extend(entries.into_iter().take(MOST_KEYS).map(|entry| entry.key));
                }
                Step::Until(wanted, through) => next.extend(until(objects, object, wanted, through)?),
            }
        }
        at = next;
    }
    Ok(at)
}

fn until(objects: Objects<'_>, from: Address, wanted: &str, through: &[&str]) -> Result<Option<Address>, ReadError> {
    let mut at = from;
    for _ in 0..DEEPEST {
        if value(objects, at, wanted)?.is_some() {
            return Ok(Some(at));
        }
        let mut next = None;
        for name in through {
            if next.is_none() {
                next = value(objects, at, name)?;
            }
        }
        match next {
            Some(object) => at = object,
            None => return Ok(None),
        }
    }
    Ok(None)
}
