//! Pools of connections: who waits for one, and who has one, by the local variables of their frames.

use std::collections::HashMap;

use super::functions::Function;
use super::{Around, Found, Pools, add, lenient, place};
use crate::memory::{Batch, ReadError};
use crate::read::objects::builtin::Objects;
use crate::read::threads::live::LiveFrame;
use crate::snapshot::{Actor, Address, Frame, Occupier};

/// Frames whose local variables are looked at.
const MOST_FRAMES: usize = 16_384;
/// Arguments of one endpoint that are looked at.
const MOST_ARGUMENTS: usize = 64;
/// Types that are known, before all are forgotten.
const MOST_TYPES: usize = 8192;

/// What an object is to a pool of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Thing {
    /// `Connection` of SQLAlchemy.
    Connection,
    /// `Session` of SQLAlchemy, or a class that derives from it.
    Session,
    /// `AsyncConnection` of SQLAlchemy.
    AsyncConnection,
    /// `AsyncSession` of SQLAlchemy.
    AsyncSession,
    /// `PoolConnectionProxy` of asyncpg.
    AsyncpgProxy,
    /// `Pool` of asyncpg itself.
    AsyncpgPool,
    /// `PoolAcquireContext` of asyncpg: what `async with pool.acquire()` keeps.
    AsyncpgContext,
    /// `Response` of httpx.
    HttpResponse,
    /// `SolvedDependency` of FastAPI: the arguments that an endpoint is called with.
    Arguments,
}

/// Class and module of what we look for. Classes written in Python do not say their module in `tp_name`.
const THINGS: &[(&str, &str, Thing)] = &[
    ("Connection", "sqlalchemy.engine.base", Thing::Connection),
    ("Session", "sqlalchemy.orm.session", Thing::Session),
    ("AsyncConnection", "sqlalchemy.ext.asyncio.engine", Thing::AsyncConnection),
    ("AsyncSession", "sqlalchemy.ext.asyncio.session", Thing::AsyncSession),
    ("PoolConnectionProxy", "asyncpg.pool", Thing::AsyncpgProxy),
    ("Pool", "asyncpg.pool", Thing::AsyncpgPool),
    ("PoolAcquireContext", "asyncpg.pool", Thing::AsyncpgContext),
    ("Response", "httpx._models", Thing::HttpResponse),
    ("Response", "httpx", Thing::HttpResponse),
    ("SolvedDependency", "fastapi.dependencies.utils", Thing::Arguments),
];

/// Knows types.
#[derive(Debug, Default)]
pub(super) struct Holdings {
    types: HashMap<Address, Option<Thing>>,
}

/// Something out of a pool: the pool and what stands for this one use of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) pool: Address,
    pub(super) job: Address,
    pub(super) make: Maker,
}

/// Which library a pool is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Maker {
    Sqlalchemy,
    Asyncpg,
    Httpcore,
}

/// A thread or task and its frames, innermost first.
pub(super) struct User<'a> {
    pub(super) who: Actor,
    pub(super) frames: &'a [LiveFrame],
    /// The same as they are shown, of a task.
    shown: &'a [Frame],
}

impl User<'_> {
    /// A frame as it is shown.
    fn place(&self, around: &Around<'_>, index: usize) -> Option<Frame> {
        match self.who {
            Actor::Thread(_) => self.frames.get(index).map(|frame| place(around, frame)),
            Actor::Task(_) => self.shown.get(index).copied(),
        }
    }
}

impl Pools {
    /// Pools of connections that somebody waits for or has something out of.
    pub(super) fn connections(
        &mut self,
        objects: Objects<'_>,
        around: &Around<'_>,
        found: &mut Found,
    ) -> Result<(), ReadError> {
        let threads = around.threads.iter();
        let threads =
            threads.map(|thread| User { who: Actor::Thread(thread.thread), frames: &thread.frames, shown: &[] });
        let tasks = around.tasks.iter();
        let tasks = tasks.map(|task| User { who: Actor::Task(task.task), frames: &task.frames, shown: &task.shown });
        let users: Vec<User<'_>> = threads.chain(tasks).collect();
        for user in &users {
            self.waits_for_sqlalchemy(objects, around, user, found)?;
            self.waits_for_asyncpg(objects, around, user, found)?;
            self.asks_httpcore(objects, around, user, found)?;
        }
        let mut held = self.held(objects, around, &users)?;
        for (object, hold) in around.holds {
            let thing = match objects.type_of(*object) {
                Ok(kind) => self.holdings.thing(objects, kind)?,
                Err(_) => None,
            };
            let own = match thing {
                Some(thing) => lenient(held_by(objects, *object, thing))?,
                None => None,
            };
            held.extend(own.map(|own| (Actor::Task(hold.task), hold.frame, own)));
        }
        for (user, frame, held) in held {
            let pool = self.pool_of(objects, held, found);
            if let Some(pool) = pool {
                add(&mut pool.occupiers, user, Some(frame), Some(held.job));
            }
        }
        Ok(())
    }

    /// The sample of a pool of connections, made when it is new.
    fn pool_of<'f>(
        &mut self,
        objects: Objects<'_>,
        held: Held,
        found: &'f mut Found,
    ) -> Option<&'f mut crate::snapshot::PoolSample> {
        let make = || match held.make {
            Maker::Sqlalchemy => super::sqlalchemy::sample(objects, held.pool),
            Maker::Asyncpg => super::asyncpg::sample(objects, held.pool),
            Maker::Httpcore => super::httpcore::sample(objects, held.pool),
        };
        Some(found.pool(held.pool, make))
    }

    /// What users have out of pools: each use once for each user, with the outermost frame that knows of it.
    fn held(
        &mut self,
        objects: Objects<'_>,
        around: &Around<'_>,
        users: &[User<'_>],
    ) -> Result<Vec<(Actor, Frame, Held)>, ReadError> {
        let mut owners = Vec::new();
        let mut frames = Vec::new();
        for (user, own) in users.iter().enumerate() {
            for (at, frame) in own.frames.iter().enumerate() {
                if frames.len() < MOST_FRAMES && self.functions.of(around.codes, frame) != Function::Barren {
                    owners.push((user, at));
                    frames.push(*frame);
                }
            }
        }
        let mut things = Vec::new();
        for (index, value, thing) in self.things(objects, &frames)? {
            let values = match thing {
                Thing::Arguments => lenient(self.arguments(objects, value))?,
                thing => vec![(value, thing)],
            };
            for (value, thing) in values {
                things.extend(lenient(held_by(objects, value, thing))?.into_iter().map(|held| (index, held)));
            }
        }
        let mut outermost: Vec<(usize, usize, Held)> = Vec::new();
        for (index, held) in things {
            let Some((user, at)) = owners.get(index).copied() else { continue };
            match outermost.iter_mut().find(|(who, _, known)| (*who, known.job) == (user, held.job)) {
                Some(known) => known.1 = known.1.max(at),
                None => outermost.push((user, at, held)),
            }
        }
        let named = outermost.into_iter().filter_map(|(user, at, held)| {
            let user = users.get(user)?;
            Some((user.who, user.place(around, at)?, held))
        });
        Ok(named.collect())
    }

    /// The things we know among the arguments of an endpoint.
    fn arguments(&mut self, objects: Objects<'_>, solved: Address) -> Result<Vec<(Address, Thing)>, ReadError> {
        let Some(values) = value(objects, solved, "values")? else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for entry in objects.dict_entries(values)?.into_iter().take(MOST_ARGUMENTS) {
            if let Some(thing) = self.holdings.thing(objects, objects.type_of(entry.value)?)? {
                found.push((entry.value, thing));
            }
        }
        Ok(found)
    }

    /// Local variables that are things we know: the index of the frame, the object, what it is.
    fn things(
        &mut self,
        objects: Objects<'_>,
        frames: &[LiveFrame],
    ) -> Result<Vec<(usize, Address, Thing)>, ReadError> {
        let mut values = self.locals.all(objects, frames)?;
        values.retain(|(_, value)| value.0.is_multiple_of(8));
        let mut batch = Batch::default();
        let offset = objects.offsets.object.object_type;
        let asked: Vec<_> =
            values.into_iter().map(|(index, value)| (index, value, batch.want(value.plus(offset), 8))).collect();
        objects.memory.fetch(&mut batch)?;
        let mut things = Vec::new();
        for (index, value, slot) in asked {
            let Some(kind) = batch.pointer_at(slot, 0).filter(|kind| !kind.is_null()) else { continue };
            if let Some(thing) = self.holdings.thing(objects, kind)? {
                things.push((index, value, thing));
            }
        }
        Ok(things)
    }
}

impl Holdings {
    /// What objects of a type are; `None` for all others.
    pub(super) fn thing(&mut self, objects: Objects<'_>, kind: Address) -> Result<Option<Thing>, ReadError> {
        if let Some(known) = self.types.get(&kind) {
            return Ok(*known);
        }
        if self.types.len() >= MOST_TYPES {
            self.types.clear();
        }
        let thing = lenient(thing_of(objects, kind))?;
        self.types.insert(kind, thing);
        Ok(thing)
    }
}

/// What a type is: itself, or the class it derives from, by name and module.
fn thing_of(objects: Objects<'_>, kind: Address) -> Result<Option<Thing>, ReadError> {
    for (name, module, thing) in THINGS {
        let Some(base) = objects.base_named(kind, name)? else { continue };
        let dict = objects.memory.read_pointer(base.plus(objects.offsets.object.type_dict))?;
        if dict.is_null() {
            continue;
        }
        if let Some(own) = objects.dict_get(dict, "__module__")?
            && objects.text(own.value)? == *module
        {
            return Ok(Some(*thing));
        }
    }
    Ok(None)
}

/// What an object has out of a pool: nothing when it is closed.
fn held_by(objects: Objects<'_>, object: Address, thing: Thing) -> Result<Option<Held>, ReadError> {
    match thing {
        Thing::Connection | Thing::Session | Thing::AsyncConnection | Thing::AsyncSession => {
            super::sqlalchemy::held(objects, object, thing)
        }
        Thing::AsyncpgProxy => super::asyncpg::held(objects, object),
        Thing::AsyncpgContext => match value(objects, object, "connection")? {
            Some(connection) => super::asyncpg::held(objects, connection),
            None => Ok(None),
        },
        Thing::HttpResponse => super::httpcore::held(objects, object),
        Thing::AsyncpgPool | Thing::Arguments => Ok(None),
    }
}

/// An attribute that is there and not `None`.
pub(super) fn value(objects: Objects<'_>, object: Address, name: &str) -> Result<Option<Address>, ReadError> {
    match objects.attribute(object, name)? {
        Some(entry) if objects.type_name_of(entry.value)? != "NoneType" => Ok(Some(entry.value)),
        _ => Ok(None),
    }
}

/// An attribute that is an `int`.
pub(super) fn number(objects: Objects<'_>, object: Address, name: &str) -> Result<i64, ReadError> {
    let entry = objects.attribute(object, name)?.ok_or(ReadError::Implausible(object))?;
    objects.integer(entry.value)
}

/// Adds a waiter or occupier, with its innermost frame.
pub(super) fn note(list: &mut Vec<Occupier>, around: &Around<'_>, user: &User<'_>, job: Option<Address>) {
    add(list, user.who, user.place(around, 0), job);
}

impl Pools {
    /// Whether a task waits in `asyncio.Queue.get`, by itself or with a timeout around it.
    pub(super) fn waits_for_queue(
        &mut self,
        objects: Objects<'_>,
        around: &Around<'_>,
        user: &User<'_>,
    ) -> Result<bool, ReadError> {
        let Some(innermost) = user.frames.first() else { return Ok(false) };
        match self.functions.of(around.codes, innermost) {
            Function::AsyncioQueueGet => Ok(true),
            Function::WaitFor => {
                let inner = lenient(self.locals.get(objects, innermost, "fut"))?;
                let task = around.tasks.iter().find(|task| Some(task.task) == inner);
                Ok(self.is(around, task.and_then(|task| task.frames.first()), Function::AsyncioQueueGet))
            }
            _ => Ok(false),
        }
    }

    /// Whether the frame at this position is of a function.
    pub(super) fn is(&mut self, around: &Around<'_>, frame: Option<&LiveFrame>, function: Function) -> bool {
        frame.is_some_and(|frame| self.functions.of(around.codes, frame) == function)
    }
}
