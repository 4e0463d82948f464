//! Futures that end when another one does: the first callback of a future has the other one among its variables.

use crate::libraries::{asyncio, concurrent_futures};
use crate::memory::{ReadError, little_endian};
use crate::read::objects::builtin::Objects;
use crate::read::objects::builtin::is_pointer;
use crate::read::objects::kinds::{Kinds, ObjectKind};
use crate::snapshot::Address;

/// `task_state` of a task that is not done (CPython `Modules/_asynciomodule.c`, `STATE_PENDING`).
pub(in crate::read) const PENDING: u64 = 0;

/// Words of a function that are looked through for what it closes over: it is among the first twenty.
const FUNCTION_WORDS: usize = 20;
/// Variables that one function closes over.
const MOST_CELLS: usize = 16;

/// The future of `concurrent.futures` that one of asyncio is chained to (CPython `Lib/asyncio/futures.py`,
/// `_chain_future`). `callback` is where the future has its first callback.
pub(in crate::read) fn chained_from(
    objects: Objects<'_>,
    kinds: &mut Kinds,
    callback: Address,
) -> Result<Option<Address>, ReadError> {
    for value in variables(objects, kinds, callback, asyncio::CHAINED)? {
        // The other one is a future of asyncio.
        if kinds.of(objects, value)? == ObjectKind::Other && is_concurrent(objects, value) {
            return Ok(Some(value));
        }
    }
    Ok(None)
}

/// The task or future that `asyncio.shield` stands before (CPython `Lib/asyncio/tasks.py`).
pub(in crate::read) fn shielded(
    objects: Objects<'_>,
    kinds: &mut Kinds,
    callback: Address,
) -> Result<Option<Address>, ReadError> {
    let mut inner = None;
    // Sorted by name: since 3.14 `cur_task` comes before `inner`.
    for value in variables(objects, kinds, callback, asyncio::SHIELDED)? {
        if matches!(kinds.of(objects, value)?, ObjectKind::Task(_) | ObjectKind::Future { .. }) {
            inner = Some(value);
        }
    }
    Ok(inner)
}

/// The variables that a callback of this name closes over; none for another callback.
pub(in crate::read) fn variables(
    objects: Objects<'_>,
    kinds: &mut Kinds,
    callback: Address,
    name: &str,
) -> Result<Vec<Address>, ReadError> {
    let Some(function) = function_at(objects, kinds, callback)? else { return Ok(Vec::new()) };
    let code = objects.memory.read_pointer(function.plus(objects.offsets.object.function_code))?;
    if objects.text(objects.memory.read_pointer(code.plus(objects.offsets.code.name))?)? != name {
        return Ok(Vec::new());
    }
    closed_over(objects, kinds, function)
}

/// The function that this word refers to, if it refers to one.
pub(in crate::read) fn function_at(
    objects: Objects<'_>,
    kinds: &mut Kinds,
    word: Address,
) -> Result<Option<Address>, ReadError> {
    let function = objects.memory.read_pointer(word)?;
    Ok((is_pointer(function) && kinds.of(objects, function)? == ObjectKind::Function).then_some(function))
}

/// The variables that a function closes over.
pub(in crate::read) fn closed_over(
    objects: Objects<'_>,
    kinds: &mut Kinds,
    function: Address,
) -> Result<Vec<Address>, ReadError> {
    let words = objects.memory.read(function, FUNCTION_WORDS * 8)?;
    let mut values = Vec::new();
    for word in words.chunks_exact(8).map(|word| Address(little_endian(word))).filter(|word| is_pointer(*word)) {
        if objects.type_name_of(word).is_ok_and(|name| name == "tuple") {
            for cell in objects.tuple(word)?.into_iter().take(MOST_CELLS) {
                if kinds.of(objects, cell)? == ObjectKind::Cell {
                    values.push(objects.memory.read_pointer(cell.plus(objects.offsets.object.cell_value))?);
                }
            }
        }
    }
    values.retain(|value| is_pointer(*value));
    Ok(values)
}

/// Whether an object is a future of `concurrent.futures`, where it is none of asyncio.
pub(in crate::read) fn is_concurrent(objects: Objects<'_>, object: Address) -> bool {
    objects
        .type_of(object)
        .and_then(|kind| objects.base_named(kind, concurrent_futures::FUTURE))
        .is_ok_and(|base| base.is_some())
}
