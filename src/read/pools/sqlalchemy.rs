//! `QueuePool` of SQLAlchemy and its counterpart for asyncio.

use super::connections::{Held, Maker, Thing, User, note, number, value};
use super::{Around, Found, Function, Pools, lenient, new_pool};
use crate::memory::ReadError;
use crate::read::objects::builtin::Objects;
use crate::read::objects::known::known;
use crate::snapshot::{Address, Known, PoolKind, PoolSample, Why};

/// Connections of one session that are looked at: one for each database.
const MOST_CONNECTIONS: usize = 16;

impl Pools {
    /// Notes a thread that waits in `QueuePool._do_get`, or a task that waits under a greenlet.
    pub(super) fn waits_for_sqlalchemy(
        &mut self,
        objects: Objects<'_>,
        around: &Around<'_>,
        user: &User<'_>,
        found: &mut Found,
    ) -> Result<(), ReadError> {
        let pool = if let Some(met) = self.meet(objects, around, user.frames, Function::SqlalchemyCheckout)? {
            let inside = met.at.checked_sub(1).and_then(|at| user.frames.get(at));
            if !self.is(around, inside, Function::SqlalchemyQueueGet) {
                // A place is taken before the connection for it is made.
                if let (Some(pool), true) = (met.this, met.at > 0) {
                    let pool = found.pool(pool, || sample(objects, pool));
                    note(&mut pool.occupiers, around, user, None);
                }
                return Ok(());
            }
            // Innermost is the wait for the queue's condition, one frame further in.
            met.this.filter(|_| met.at >= 2)
        } else if let Some(met) = self.meet(objects, around, user.frames, Function::SqlalchemyGreenlet)? {
            if !self.waits_for_queue(objects, around, user)? {
                return Ok(());
            }
            match self.local(objects, &met.frame, "fn")? {
                Some(function) => lenient(pool_behind(objects, function))?,
                None => None,
            }
        } else {
            None
        };
        if let Some(pool) = pool {
            let pool = found.pool(pool, || sample(objects, pool));
            note(&mut pool.waiters, around, user, None);
            pool.waiting = Known::Is(pool.waiters.len() as u64);
        }
        Ok(())
    }
}

/// What is known of a pool by itself.
pub(super) fn sample(objects: Objects<'_>, pool: Address) -> PoolSample {
    let mut sample = new_pool(pool, PoolKind::DbPool, Why::NotInThisPython);
    sample.waiting = Known::Is(0);
    sample.name = known(objects.type_name_of(pool));
    let figures = || -> Result<(u64, Option<u64>), ReadError> {
        let queue = value(objects, pool, "_pool")?.ok_or(ReadError::Implausible(pool))?;
        let most = number(objects, queue, "maxsize")?;
        let free = match value(objects, queue, "queue")? {
            Some(deque) => deque,
            None => {
                let inner = value(objects, queue, "_queue")?.ok_or(ReadError::Implausible(queue))?;
                value(objects, inner, "_queue")?.ok_or(ReadError::Implausible(inner))?
            }
        };
        // Of a deque and of a list it is the same word.
        let free = i64::try_from(objects.length(free)?).map_err(|_| ReadError::Implausible(pool))?;
        let (overflow, allowed) = (number(objects, pool, "_overflow")?, number(objects, pool, "_max_overflow")?);
        let in_use = most.checked_sub(free).and_then(|taken| taken.checked_add(overflow));
        let in_use = in_use.and_then(|count| u64::try_from(count).ok()).ok_or(ReadError::Implausible(pool))?;
        let size = (most > 0 && allowed >= 0).then(|| u64::try_from(most.saturating_add(allowed)).unwrap_or(0));
        Ok((in_use, size))
    };
    match figures() {
        Ok((in_use, size)) => {
            sample.in_use = Known::Is(in_use);
            sample.size = Known::from_option(size, Why::NotInThisPython);
        }
        Err(error) => sample.in_use = known(Err(error)),
    }
    sample
}

/// The pool's connection that an object has.
pub(super) fn held(objects: Objects<'_>, object: Address, thing: Thing) -> Result<Option<Held>, ReadError> {
    match thing {
        Thing::Connection => {
            let Some(job) = value(objects, object, "_dbapi_connection")? else { return Ok(None) };
            let Some(engine) = value(objects, object, "engine")? else { return Ok(None) };
            let pool = value(objects, engine, "pool")?;
            Ok(pool.map(|pool| Held { pool, job, make: Maker::Sqlalchemy }))
        }
        Thing::Session => {
            let Some(transaction) = value(objects, object, "_transaction")? else { return Ok(None) };
            let Some(connections) = value(objects, transaction, "_connections")? else { return Ok(None) };
            for entry in objects.dict_entries(connections)?.into_iter().take(MOST_CONNECTIONS) {
                // By connection and by engine: one of them is a `Connection`.
                if let Some(found) = held(objects, entry.key, Thing::Connection)? {
                    return Ok(Some(found));
                }
            }
            Ok(None)
        }
        Thing::AsyncConnection => match value(objects, object, "sync_connection")? {
            Some(connection) => held(objects, connection, Thing::Connection),
            None => Ok(None),
        },
        Thing::AsyncSession => match value(objects, object, "sync_session")? {
            Some(session) => held(objects, session, Thing::Session),
            None => Ok(None),
        },
        _ => Ok(None),
    }
}

/// The pool that a bound method of an engine, a session or a connection goes to.
fn pool_behind(objects: Objects<'_>, method: Address) -> Result<Option<Address>, ReadError> {
    if objects.type_name_of(method)? != "method" {
        return Ok(None);
    }
    let owner = objects.memory.read_pointer(method.plus(objects.offsets.object.method_self))?;
    for path in [&["pool"][..], &["engine", "pool"], &["bind", "pool"], &["bind", "engine", "pool"]] {
        let mut at = Some(owner);
        for name in path {
            at = match at {
                Some(object) => value(objects, object, name)?,
                None => None,
            };
        }
        if at.is_some() {
            return Ok(at);
        }
    }
    Ok(None)
}
