//! The primitives of asyncio: what each has to say of itself.

use crate::libraries::asyncio;
use crate::memory::ReadError;
use crate::read::objects::builtin::Objects;
use crate::snapshot::{Address, Known, PrimitiveKind, PrimitiveSample};

use crate::read::objects::known::known;

/// A primitive, without those who wait for it and hold it.
pub(in crate::read) fn read(objects: Objects<'_>, address: Address, kind: PrimitiveKind) -> PrimitiveSample {
    let limit = match kind {
        PrimitiveKind::Queue => {
            known(integer(objects, address, asyncio::MOST_ITEMS)).map(|size| (size > 0).then_some(size))
        }
        _ => Known::Is(None),
    };
    let value = match kind {
        PrimitiveKind::Lock => known(flag(objects, address, asyncio::LOCKED)),
        PrimitiveKind::Event => known(flag(objects, address, asyncio::VALUE)),
        PrimitiveKind::Semaphore => known(integer(objects, address, asyncio::VALUE)),
        PrimitiveKind::Queue => known(items(objects, address)),
        PrimitiveKind::Condition => known(condition(objects, address)),
    };
    PrimitiveSample { address, kind, value, limit, waiters: Vec::new(), waiting: 0, putting: 0, holders: Vec::new() }
}

fn attribute(objects: Objects<'_>, object: Address, name: &str) -> Result<Address, ReadError> {
    objects.attribute(object, name)?.map(|entry| entry.value).ok_or(ReadError::Implausible(object))
}

fn integer(objects: Objects<'_>, object: Address, name: &str) -> Result<u64, ReadError> {
    let value = attribute(objects, object, name)?;
    match objects.type_name_of(value)?.as_str() {
        "int" => Ok(u64::try_from(objects.integer(value)?).unwrap_or(0)),
        _ => Err(ReadError::Implausible(value)),
    }
}

fn flag(objects: Objects<'_>, object: Address, name: &str) -> Result<u64, ReadError> {
    let value = attribute(objects, object, name)?;
    match objects.type_name_of(value)?.as_str() {
        "bool" => Ok(u64::from(objects.integer(value)? != 0)),
        _ => Err(ReadError::Implausible(value)),
    }
}

/// Whether the lock of a condition is taken.
fn condition(objects: Objects<'_>, object: Address) -> Result<u64, ReadError> {
    flag(objects, attribute(objects, object, asyncio::CONDITION_LOCK)?, asyncio::LOCKED)
}

/// How many items a queue has: those of its deque or list.
fn items(objects: Objects<'_>, object: Address) -> Result<u64, ReadError> {
    let items = attribute(objects, object, asyncio::ITEMS)?;
    match objects.type_name_of(items)?.as_str() {
        "collections.deque" | "list" => objects.length(items),
        _ => Err(ReadError::Implausible(items)),
    }
}
