//! The pool of asyncpg.

use super::connections::{Held, Maker, Thing, User, note, number, value};
use super::{Around, Found, Function, Pools, lenient, new_pool};
use crate::memory::ReadError;
use crate::read::objects::builtin::Objects;
use crate::read::objects::known::known;
use crate::snapshot::{Address, Known, PoolKind, PoolSample, Why};

impl Pools {
    /// Notes a task that waits in `Pool._acquire`.
    pub(super) fn waits_for_asyncpg(
        &mut self,
        objects: Objects<'_>,
        around: &Around<'_>,
        user: &User<'_>,
        found: &mut Found,
    ) -> Result<(), ReadError> {
        let Some(met) = self.meet(objects, around, user.frames, Function::AsyncpgAcquire)? else { return Ok(()) };
        // With a connection in hand it may still wait for the server.
        if !self.waits_for_queue(objects, around, user)? {
            return Ok(());
        }
        let candidates = match met.this {
            Some(pool) => vec![pool],
            None => lenient(self.locals.cells(objects, &met.frame))?,
        };
        for pool in candidates {
            let Ok(kind) = objects.type_of(pool) else { continue };
            if self.holdings.thing(objects, kind)? == Some(Thing::AsyncpgPool) {
                let pool = found.pool(pool, || sample(objects, pool));
                note(&mut pool.waiters, around, user, None);
                pool.waiting = Known::Is(pool.waiters.len() as u64);
            }
        }
        Ok(())
    }
}

/// What is known of a pool by itself.
pub(super) fn sample(objects: Objects<'_>, pool: Address) -> PoolSample {
    let mut sample = new_pool(pool, PoolKind::DbPool, Why::NotInThisPython);
    sample.waiting = Known::Is(0);
    sample.name = Known::Is("asyncpg.Pool".to_owned());
    let size = number(objects, pool, "_maxsize").map(|size| u64::try_from(size).unwrap_or(0));
    sample.size = known(size);
    let free = || -> Result<u64, ReadError> {
        let queue = value(objects, pool, "_queue")?.ok_or(ReadError::Implausible(pool))?;
        let items = value(objects, queue, "_queue")?.ok_or(ReadError::Implausible(queue))?;
        objects.length(items)
    };
    sample.in_use = known(size.and_then(|size| Ok(size.saturating_sub(free()?))));
    sample
}

/// The connection that a proxy stands for.
pub(super) fn held(objects: Objects<'_>, proxy: Address) -> Result<Option<Held>, ReadError> {
    if value(objects, proxy, "_con")?.is_none() {
        return Ok(None);
    }
    let Some(holder) = value(objects, proxy, "_holder")? else { return Ok(None) };
    let pool = value(objects, holder, "_pool")?;
    Ok(pool.map(|pool| Held { pool, job: proxy, make: Maker::Asyncpg }))
}
