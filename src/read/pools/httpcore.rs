//! The pool of httpcore, which httpx sends its requests through.

use super::connections::{Held, Maker, User, note, number, value};
use super::{Around, Found, Function, Pools, lenient, new_pool};
use crate::memory::{ReadError, little_endian};
use crate::read::objects::builtin::Objects;
use crate::read::objects::known::known;
use crate::snapshot::{Address, Known, PoolKind, PoolSample, Why};

/// Requests of one pool that are looked at.
const MOST_REQUESTS: u64 = 8192;
/// Streams inside of each other between a response and the pool's own.
const MOST_STREAMS: usize = 6;

impl Pools {
    /// Notes whoever waits for a connection of a pool, or for an answer on one.
    pub(super) fn asks_httpcore(
        &mut self,
        objects: Objects<'_>,
        around: &Around<'_>,
        user: &User<'_>,
        found: &mut Found,
    ) -> Result<(), ReadError> {
        let Some(met) = self.meet(objects, around, user.frames, Function::HttpcoreRequest)? else { return Ok(()) };
        if met.at == 0 {
            return Ok(());
        }
        let (Some(pool), Some(request)) = (met.this, self.local(objects, &met.frame, "pool_request")?) else {
            return Ok(());
        };
        let has_one = lenient(value(objects, request, "connection"))?.is_some();
        let pool = found.pool(pool, || sample(objects, pool));
        let list = if has_one { &mut pool.occupiers } else { &mut pool.waiters };
        note(list, around, user, Some(request));
        Ok(())
    }
}

/// What is known of a pool by itself.
pub(super) fn sample(objects: Objects<'_>, pool: Address) -> PoolSample {
    let mut sample = new_pool(pool, PoolKind::HttpPool, Why::NotInThisPython);
    sample.name = known(objects.type_name_of(pool));
    // `sys.maxsize` stands for no limit.
    let size = number(objects, pool, "_max_connections").map(|size| u64::try_from(size).unwrap_or(u64::MAX));
    sample.size = known(size);
    match requests(objects, pool) {
        Ok((with, without)) => (sample.in_use, sample.waiting) = (Known::Is(with), Known::Is(without)),
        Err(error) => sample.in_use = known(Err(error)),
    }
    sample
}

/// How many requests of a pool have a connection, and how many wait for one.
fn requests(objects: Objects<'_>, pool: Address) -> Result<(u64, u64), ReadError> {
    let list = value(objects, pool, "_requests")?.ok_or(ReadError::Implausible(pool))?;
    let count = objects.length(list)?.min(MOST_REQUESTS);
    if count == 0 {
        return Ok((0, 0));
    }
    let items = objects.memory.read_pointer(list.plus(objects.offsets.object.list_items))?;
    let bytes = objects.memory.read(items, usize::try_from(count * 8).unwrap_or(0))?;
    let (mut with, mut without) = (0, 0);
    for request in bytes.chunks_exact(8).map(|word| Address(little_endian(word))) {
        if value(objects, request, "connection")?.is_some() { with += 1 } else { without += 1 }
    }
    Ok((with, without))
}

/// The connection that a response is still read from.
pub(super) fn held(objects: Objects<'_>, response: Address) -> Result<Option<Held>, ReadError> {
    let Some(mut stream) = value(objects, response, "stream")? else { return Ok(None) };
    for _ in 0..MOST_STREAMS {
        if let Some(request) = value(objects, stream, "_pool_request")? {
            let pool = value(objects, stream, "_pool")?;
            let closed = value(objects, stream, "_closed")?;
            let closed = closed.map(|flag| objects.integer(flag)).transpose()?.is_some_and(|flag| flag != 0);
            return Ok(pool.filter(|_| !closed).map(|pool| Held { pool, job: request, make: Maker::Httpcore }));
        }
        // `BoundAsyncStream`, `AsyncResponseStream` of httpx.
        let inner = match value(objects, stream, "_stream")? {
            Some(inner) => Some(inner),
            None => value(objects, stream, "_httpcore_stream")?,
        };
        match inner {
            Some(inner) => stream = inner,
            None => return Ok(None),
        }
    }
    Ok(None)
}
