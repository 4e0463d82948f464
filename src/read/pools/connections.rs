//! Pools of connections: who waits for one, and who has one, by the functions and local variables of their frames.

use super::counts;
use super::found::{Around, Found, User, add, through_cell};
use super::holdings::{Held, is_of};
use super::reader::Pools;
use crate::libraries::{Asks, Awaits, Count, Lead, Taken, When};
use crate::memory::{Batch, ReadError};
use crate::read::objects::builtin::Objects;
use crate::read::objects::known::lenient;
use crate::read::objects::ways::{first_of, follow, value};
use crate::read::threads::live::LiveFrame;
use crate::snapshot::{Actor, Address, Frame, Known};

/// Frames whose local variables are looked at.
const MOST_FRAMES: usize = 16_384;

/// A frame in which somebody asks for a place.
struct Asking {
    asks: &'static Asks,
    /// Its position, counted from the innermost frame.
    at: usize,
    frame: LiveFrame,
}

impl Pools {
    /// Pools of connections that somebody waits for or has something out of.
    pub(super) fn connections(
        &mut self,
        objects: Objects<'_>,
        around: &Around<'_>,
        found: &mut Found,
    ) -> Result<(), ReadError> {
        let users = User::all(around);
        for user in &users {
            for asking in self.asking(around, user) {
                self.note(objects, around, (user, &asking), found)?;
            }
        }
        let mut held = self.held(objects, around, &users)?;
        for (object, hold) in around.holds {
            let own = self.holdings.of(objects, *object)?;
            held.extend(own.into_iter().map(|own| (Actor::Task(hold.task), hold.frame, own)));
        }
        for (user, frame, held) in held {
            let pool = found.pool(held.pool, || counts::sample(objects, held.row, held.pool));
            add(&mut pool.occupiers, user, Some(frame), Some(held.job));
        }
        Ok(())
    }

    /// The outermost frame of each function in which one asks for a place.
    fn asking(&mut self, around: &Around<'_>, user: &User<'_>) -> Vec<Asking> {
        let mut found: Vec<Asking> = Vec::new();
        for (at, frame) in user.frames.iter().enumerate().rev() {
            if let Some(asks) = self.meanings.of(around.codes, frame).asks
                && !found.iter().any(|known| std::ptr::eq(known.asks, asks))
            {
                found.push(Asking { asks, at, frame: *frame });
            }
        }
        found
    }

    /// Notes somebody who asks for a place among those who wait, or those who have one.
    fn note(
        &mut self,
        objects: Objects<'_>,
        around: &Around<'_>,
        (user, asking): (&User<'_>, &Asking),
        found: &mut Found,
    ) -> Result<(), ReadError> {
        let row = asking.asks.pool;
        let job = match asking.asks.job {
            Some(name) => self.local(objects, &asking.frame, name)?,
            None => None,
        };
        let waits = self.waits(objects, around, (user, asking), job)?;
        let takes_place = match asking.asks.takes_place {
            Taken::Never => false,
            Taken::Inside => asking.at > 0,
            Taken::WithJob => job.is_some(),
        };
        if !waits && !takes_place {
            return Ok(());
        }
        for address in self.pools_of(objects, asking)? {
            let pool = found.pool(address, || counts::sample(objects, row, address));
            let list = if waits { &mut pool.waiters } else { &mut pool.occupiers };
            add(list, user.who, user.place(around, 0), job);
            if matches!(row.waiting, Count::Seen) {
                pool.waiting = Known::Is(pool.waiters.len() as u64);
            }
        }
        Ok(())
    }

    /// Whether whoever asks waits.
    fn waits(
        &mut self,
        objects: Objects<'_>,
        around: &Around<'_>,
        (user, asking): (&User<'_>, &Asking),
        job: Option<Address>,
    ) -> Result<bool, ReadError> {
        for when in asking.asks.waits {
            let fits = match when {
                When::Innermost => asking.at == 0,
                When::Parked => self.parks(around, user, asking),
                When::InQueue => self.innermost(objects, around, user)? == Some(Awaits::Get),
                When::InPrimitive => self.innermost(objects, around, user)? == Some(Awaits::Primitive),
                When::Unset(name) => match job.filter(|_| asking.at > 0) {
                    Some(job) => lenient(value(objects, job, name))?.is_none(),
                    None => false,
                },
            };
            if fits {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether there is a frame further in of a function in which one parks. Of a thread, what parks is further in still:
    /// before that it only looks whether there is a place.
    fn parks(&mut self, around: &Around<'_>, user: &User<'_>, asking: &Asking) -> bool {
        let innermost = usize::from(matches!(user.who, Actor::Thread(_)));
        let inside = user.frames.get(innermost..asking.at).unwrap_or_default();
        let mut pools = inside.iter().filter_map(|frame| self.meanings.of(around.codes, frame).parks);
        pools.any(|pool| std::ptr::eq(pool, asking.asks.pool))
    }

    /// What a user awaits, by itself or in a task that has a time limit around it.
    fn innermost(
        &mut self,
        objects: Objects<'_>,
        around: &Around<'_>,
        user: &User<'_>,
    ) -> Result<Option<Awaits>, ReadError> {
        let Some(frame) = user.frames.first() else { return Ok(None) };
        let awaits = self.meanings.of(around.codes, frame).awaits;
        let Some(Awaits::Another { future, .. }) = awaits else { return Ok(awaits) };
        let inner = self.local(objects, frame, future)?;
        let task = around.tasks.iter().find(|task| Some(task.task) == inner);
        let frame = task.and_then(|task| task.frames.first());
        Ok(frame.and_then(|frame| self.meanings.of(around.codes, frame).awaits))
    }

    /// The pools that somebody asks: one, or none where the frame does not lead to it.
    fn pools_of(&mut self, objects: Objects<'_>, asking: &Asking) -> Result<Vec<Address>, ReadError> {
        let found = match asking.asks.from {
            Lead::This => match self.this(objects, &asking.frame)? {
                Some(this) => Some(this),
                None => {
                    let mut cells = lenient(self.locals.cells(objects, &asking.frame))?;
                    let class = asking.asks.pool.class;
                    cells
                        .retain(|cell| objects.type_of(*cell).and_then(|kind| is_of(objects, kind, class)) == Ok(true));
                    return Ok(cells);
                }
            },
            Lead::Local(name, way) => match self.local(objects, &asking.frame, name)? {
                Some(local) => lenient(through_cell(objects, local).and_then(|local| follow(objects, local, way)))?,
                None => None,
            },
            Lead::Method(name, ways) => match self.local(objects, &asking.frame, name)? {
                Some(method) => lenient(behind(objects, method, ways))?,
                None => None,
            },
        };
        Ok(found.into_iter().collect())
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
                if frames.len() < MOST_FRAMES && !self.meanings.of(around.codes, frame).barren {
                    owners.push((user, at));
                    frames.push(*frame);
                }
            }
        }
        let mut outermost: Vec<(usize, usize, Held)> = Vec::new();
        for (index, object) in self.holders_in(objects, &frames)? {
            let Some((user, at)) = owners.get(index).copied() else { continue };
            for held in self.holdings.of(objects, object)? {
                match outermost.iter_mut().find(|(who, _, known)| (*who, known.job) == (user, held.job)) {
                    Some(known) => known.1 = known.1.max(at),
                    None => outermost.push((user, at, held)),
                }
            }
        }
        let named = outermost.into_iter().filter_map(|(user, at, held)| {
            let user = users.get(user)?;
            Some((user.who, user.place(around, at)?, held))
        });
        Ok(named.collect())
    }

    /// Local variables whose objects may have something out of a pool, with the index of their frame.
    fn holders_in(&mut self, objects: Objects<'_>, frames: &[LiveFrame]) -> Result<Vec<(usize, Address)>, ReadError> {
        let mut values = self.locals.all(objects, frames)?;
        values.retain(|(_, value)| value.0.is_multiple_of(8));
        let mut batch = Batch::default();
        let offset = objects.offsets.object.object_type;
        let asked: Vec<_> =
            values.into_iter().map(|(index, value)| (index, value, batch.want(value.plus(offset), 8))).collect();
        objects.memory.fetch(&mut batch)?;
        let mut found = Vec::new();
        for (index, value, slot) in asked {
            let Some(kind) = batch.pointer_at(slot, 0).filter(|kind| !kind.is_null()) else { continue };
            if self.holdings.holder(objects, kind)?.is_some() {
                found.push((index, value));
            }
        }
        Ok(found)
    }
}

/// What the first of these ways leads to from the object of a bound method.
fn behind(
    objects: Objects<'_>,
    method: Address,
    ways: &[crate::libraries::Path],
) -> Result<Option<Address>, ReadError> {
    if objects.type_name_of(method)? != "method" {
        return Ok(None);
    }
    let owner = objects.memory.read_pointer(method.plus(objects.offsets.object.method_self))?;
    first_of(objects, owner, ways)
}
