//! What a pool says of itself, by the row of its library.

use super::found::new_pool;
use crate::libraries::{Count, Path, Pool, Term};
use crate::memory::{ReadError, little_endian};
use crate::read::objects::builtin::Objects;
use crate::read::objects::known::known;
use crate::read::objects::ways::{first_of, follow, value};
use crate::snapshot::{Address, Known, PoolSample, Why};

/// Items of one list that are looked at.
const MOST_ITEMS: u64 = 8192;
/// Values of one dictionary that are looked at.
const MOST_VALUES: usize = 4096;

/// What is known of a pool by itself.
pub(super) fn sample(objects: Objects<'_>, row: &Pool, pool: Address) -> PoolSample {
    let mut sample = new_pool(pool, row.kind, Why::NotInThisPython);
    sample.name = match row.name {
        Some(name) => Known::Is(name.to_owned()),
        None => known(objects.type_name_of(pool)),
    };
    sample.size = read(objects, row.size, pool);
    sample.in_use = read(objects, row.in_use, pool);
    sample.waiting = read(objects, row.waiting, pool);
    sample
}

fn read(objects: Objects<'_>, count: Count, pool: Address) -> Known<u64> {
    match count {
        Count::Seen => Known::Is(0),
        Count::Sum(plus, minus) => match known(difference(objects, (plus, minus), pool)) {
            Known::Is(count) => Known::from_option(count, Why::NotInThisPython),
            Known::Unknown(why) => Known::Unknown(why),
        },
        Count::First(counts) => {
            let mut read = counts.iter().map(|count| read(objects, *count, pool));
            let first = read.next().unwrap_or(Known::Unknown(Why::NotInThisPython));
            if first.get().is_some() { first } else { read.find(|count| count.get().is_some()).unwrap_or(first) }
        }
        Count::Least(counts) => {
            let least = counts.iter().filter_map(|count| read(objects, *count, pool).ok()).min();
            Known::from_option(least, Why::NotInThisPython)
        }
    }
}

/// The sum of some terms, less that of others; `None` where one says that there is no limit.
fn difference(
    objects: Objects<'_>,
    (plus, minus): (&[Term], &[Term]),
    pool: Address,
) -> Result<Option<u64>, ReadError> {
    let sum = |terms: &[Term]| -> Result<Option<i64>, ReadError> {
        let mut sum: i64 = 0;
        for term in terms {
            let Some(part) = number_of(objects, *term, pool)? else { return Ok(None) };
            sum = sum.checked_add(part).ok_or(ReadError::Implausible(pool))?;
        }
        Ok(Some(sum))
    };
    let (Some(plus), Some(minus)) = (sum(plus)?, sum(minus)?) else { return Ok(None) };
    let count = plus.checked_sub(minus).and_then(|count| u64::try_from(count).ok());
    count.map(Some).ok_or(ReadError::Implausible(pool))
}

/// A term; `None` where it says that there is no limit.
fn number_of(objects: Objects<'_>, term: Term, pool: Address) -> Result<Option<i64>, ReadError> {
    let end = |path: Path| follow(objects, pool, path)?.ok_or(ReadError::Implausible(pool));
    match term {
        Term::Number(path) => objects.integer(end(path)?).map(Some),
        Term::Limit(path, least) => Ok(Some(objects.integer(end(path)?)?).filter(|limit| *limit >= least)),
        Term::LimitOfEach(path, least, each) => {
            let limit = objects.integer(end(path)?)?;
            let keys = length(objects, end(each)?)?.max(1);
            Ok(Some(limit).filter(|limit| *limit >= least).map(|limit| limit.saturating_mul(keys)))
        }
        Term::Room(path) => {
            // `maxlen` stands behind `state`, and is -1 where there is no limit (CPython `Modules/_collectionsmodule.c`).
            let at = objects.offsets.object.deque_state + 8;
            let deque = end(path)?;
            if objects.base_named(objects.type_of(deque)?, "collections.deque")?.is_none() {
                return Err(ReadError::Implausible(deque));
            }
            Ok(Some(objects.memory.read_u64(deque.plus(at))?.cast_signed()).filter(|most| *most >= 0))
        }
        Term::Length(paths) => {
            let object = first_of(objects, pool, paths)?.ok_or(ReadError::Implausible(pool))?;
            length(objects, object).map(Some)
        }
        Term::Lengths(path) => {
            let mut sum: i64 = 0;
            for entry in objects.dict_entries(end(path)?)?.into_iter().take(MOST_VALUES) {
                sum = sum.saturating_add(length(objects, entry.value)?);
            }
            Ok(Some(sum))
        }
        Term::With(path, name) => items_with(objects, end(path)?, name).map(|(with, _)| Some(with)),
        Term::Without(path, name) => items_with(objects, end(path)?, name).map(|(_, without)| Some(without)),
    }
}

/// How many items a set, a dictionary, or anything that has its length in its head has.
fn length(objects: Objects<'_>, object: Address) -> Result<i64, ReadError> {
    let (kind, layout) = (objects.type_of(object)?, &objects.offsets.object);
    let count = if objects.base_named(kind, "dict")?.is_some() {
        objects.memory.read_u64(object.plus(layout.dict_used))?
    } else if objects.base_named(kind, "set")?.is_some() {
        objects.memory.read_u64(object.plus(layout.set_used))?
    } else {
        // Of a deque and of a list it is the same word.
        objects.length(object)?
    };
    i64::try_from(count).map_err(|_| ReadError::Implausible(object))
}

/// How many items of a list have an attribute set, and how many have not.
fn items_with(objects: Objects<'_>, list: Address, name: &str) -> Result<(i64, i64), ReadError> {
    let count = objects.length(list)?.min(MOST_ITEMS);
    if count == 0 {
        return Ok((0, 0));
    }
    let items = objects.memory.read_pointer(list.plus(objects.offsets.object.list_items))?;
    let bytes = objects.memory.read(items, usize::try_from(count * 8).unwrap_or(0))?;
    let (mut with, mut without) = (0, 0);
    for item in bytes.chunks_exact(8).map(|word| Address(little_endian(word))) {
        if value(objects, item, name)?.is_some() { with += 1 } else { without += 1 }
    }
    Ok((with, without))
}
