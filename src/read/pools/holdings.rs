//! What objects have out of pools, by the rows of their libraries.

use std::collections::HashMap;

use crate::libraries::{self, Class, GivenBack, Holder, Holds, Pool};
use crate::memory::ReadError;
use crate::read::objects::builtin::Objects;
use crate::read::objects::known::lenient;
use crate::read::objects::ways::{ends, follow, value};
use crate::snapshot::Address;

/// Types that are known, before all are forgotten.
const MOST_TYPES: usize = 8192;
/// Values of one dictionary that are looked at: arguments of an endpoint.
const MOST_VALUES: usize = 64;
/// Objects inside of each other between a variable and what has a place: a session's session, its connection.
const DEEPEST: usize = 4;

/// A place of a pool that somebody has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub(super) pool: Address,
    pub(super) row: &'static Pool,
    /// What stands for this one use of it.
    pub(super) job: Address,
}

/// Knows what objects have, by their types.
#[derive(Debug, Default)]
pub(super) struct Holdings {
    types: HashMap<Address, Option<&'static Holder>>,
}

impl Holdings {
    /// What objects of a type have; `None` for all others.
    pub(super) fn holder(&mut self, objects: Objects<'_>, kind: Address) -> Result<Option<&'static Holder>, ReadError> {
        if let Some(known) = self.types.get(&kind) {
            return Ok(*known);
        }
        if self.types.len() >= MOST_TYPES {
            self.types.clear();
        }
        let mut found = None;
        for holder in libraries::holders() {
            if found.is_none() && lenient(is_of(objects, kind, holder.class))? {
                found = Some(holder);
            }
        }
        self.types.insert(kind, found);
        Ok(found)
    }

    /// What an object has out of pools: nothing when it is closed, or no object of a class that we know.
    ///
    /// # Errors
    ///
    /// When the process is gone or closed to us.
    pub(super) fn of(&mut self, objects: Objects<'_>, object: Address) -> Result<Vec<Held>, ReadError> {
        let mut held = Vec::new();
        let mut at = vec![object];
        for _ in 0..DEEPEST {
            let mut further = Vec::new();
            for object in at {
                let Some(kind) = lenient(objects.type_of(object).map(Some))? else { continue };
                let Some(holder) = self.holder(objects, kind)? else { continue };
                match &holder.has {
                    Holds::Another(steps) => further.extend(lenient(ends(objects, object, steps))?),
                    Holds::Values(name) => further.extend(lenient(values(objects, object, name))?),
                    place => held.extend(lenient(place_of(objects, object, place))?),
                }
            }
            at = further;
        }
        Ok(held)
    }
}

/// Whether a type is a class, or derives from it. Classes written in Python do not say their module in `tp_name`.
pub(super) fn is_of(objects: Objects<'_>, kind: Address, class: Class) -> Result<bool, ReadError> {
    let Some(base) = objects.base_named(kind, class.name)? else { return Ok(false) };
    let dict = objects.memory.read_pointer(base.plus(objects.offsets.object.type_dict))?;
    if dict.is_null() {
        return Ok(false);
    }
    match objects.dict_get(dict, "__module__")? {
        Some(module) => Ok(objects.text(module.value)? == class.module),
        None => Ok(false),
    }
}

fn values(objects: Objects<'_>, object: Address, name: &str) -> Result<Vec<Address>, ReadError> {
    let Some(dict) = value(objects, object, name)? else { return Ok(Vec::new()) };
    Ok(objects.dict_entries(dict)?.into_iter().take(MOST_VALUES).map(|entry| entry.value).collect())
}

fn place_of(objects: Objects<'_>, object: Address, place: &Holds) -> Result<Option<Held>, ReadError> {
    let Holds::Place { pool: row, over, to_pool, job, given_back } = place else { return Ok(None) };
    for end in ends(objects, object, over)? {
        let gone = match given_back {
            GivenBack::Unset(name) => value(objects, end, name)?.is_none(),
            GivenBack::Flag(name) => match value(objects, end, name)? {
                Some(flag) => objects.integer(flag)? != 0,
                None => false,
            },
        };
        if !gone
            && let Some(pool) = follow(objects, end, to_pool)?
            && let Some(job) = follow(objects, end, job)?
        {
            return Ok(Some(Held { pool, row, job }));
        }
    }
    Ok(None)
}
