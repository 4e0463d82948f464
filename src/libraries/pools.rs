//! How the pools of a library are recognised and read: as functions, classes and the names of attributes.
//!
//! A pool has no place of its own in the interpreter. It is found through those who have to do with it: a [`Row`](super::Row)
//! says of a function that whoever runs it [`Asks`] for a place, a [`Holder`] is an object that has one.

use super::Path;
use crate::snapshot::PoolKind;

/// A class, as a program has it: its name and the module it says it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class {
    /// `__name__`; a class that derives from it is meant as well.
    pub name: &'static str,
    /// `__module__`
    pub module: &'static str,
}

/// Pools of one make.
#[derive(Debug)]
pub struct Pool {
    /// The class of the pool.
    pub class: Class,
    /// What it gives out.
    pub kind: PoolKind,
    /// What to call it; the name of its class where there is nothing better.
    pub name: Option<&'static str>,
    /// How many places it has.
    pub size: Count,
    /// How many are taken.
    pub in_use: Count,
    /// How many wait for one.
    pub waiting: Count,
}

/// A number that a pool knows.
#[derive(Clone, Copy, Debug)]
pub enum Count {
    /// As many as were seen waiting.
    Seen,
    /// The sum of some terms, less the sum of others.
    Sum(&'static [Term], &'static [Term]),
    /// The first of these that can be read: versions keep it in different places.
    First(&'static [Count]),
    /// The least of these: several limits hold at once.
    Least(&'static [Count]),
}

/// A part of such a number.
#[derive(Clone, Copy, Debug)]
pub enum Term {
    /// A number.
    Number(Path),
    /// A number below which there is no limit at all.
    Limit(Path, i64),
    /// The same for each key of the dictionary that the other way leads to: so many for each.
    LimitOfEach(Path, i64, Path),
    /// How much a `deque` may have at most; where it may have any number, there is no limit.
    Room(Path),
    /// The length of what the first of these ways leads to.
    Length(&'static [Path]),
    /// The sum of the lengths of a dictionary's values.
    Lengths(Path),
    /// How many items of a list have this attribute set.
    With(Path, &'static str),
    /// How many have it not.
    Without(Path, &'static str),
}

/// Whoever runs a function asks a pool for a place.
#[derive(Debug)]
pub struct Asks {
    /// The pool.
    pub pool: &'static Pool,
    /// How the function's frame leads to it.
    pub from: Lead,
    /// Any of these says that whoever asks waits for a place.
    pub waits: &'static [When],
    /// When whoever does not wait has one already.
    pub takes_place: Taken,
    /// The local variable that stands for this one use of a place.
    pub job: Option<&'static str>,
}

/// How a frame leads to a pool.
#[derive(Clone, Copy, Debug)]
pub enum Lead {
    /// It is `self`.
    This,
    /// It is at the end of a way that begins with a local variable.
    Local(&'static str, Path),
    /// A local variable is a bound method, and from its object the first of these ways leads to it.
    Method(&'static str, &'static [Path]),
}

/// When a thread or task waits for a place of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// It is nowhere further in.
    Innermost,
    /// It is in a function, further in, in which one parks that waits for this pool.
    Parked,
    /// It awaits an item of a queue of asyncio, with or without a time limit of its own.
    InQueue,
    /// It awaits a lock or condition of asyncio.
    InPrimitive,
    /// What stands for its use of a place lacks this attribute.
    Unset(&'static str),
}

/// When somebody who asks for a place and does not wait has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// That is seen by what they have, not by what they run.
    Never,
    /// When they are further in: making the connection, say.
    Inside,
    /// When the variable that stands for the use is set.
    WithJob,
}

/// What a function is to a pool.
#[derive(Clone, Copy, Debug)]
pub enum AtPool {
    /// Whoever runs it asks for a place.
    Asks(&'static Asks),
    /// Whoever asks this pool for a place and came here waits for one.
    Parks(&'static Pool),
    /// It is a method of a limiter, which knows by itself who has its places.
    Limits,
    /// Its frames have arguments of others among their local variables, though it is of a framework.
    Carries,
}

/// One step from an object to another.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// To what an attribute has.
    To(&'static str),
    /// To the keys of a dictionary: the first one that leads on.
    Keys,
    /// Through any of these attributes, as often as it takes until there is this one.
    Until(&'static str, &'static [&'static str]),
}

/// A class whose objects have a place of a pool, or lead to what has one.
#[derive(Debug)]
pub struct Holder {
    /// The class.
    pub class: Class,
    /// What its objects have.
    pub has: Holds,
}

/// What an object has out of a pool.
#[derive(Debug)]
pub enum Holds {
    /// A place.
    Place {
        /// The pool.
        pool: &'static Pool,
        /// The way to what has all that follows; nothing for the object itself.
        over: &'static [Step],
        /// The way from there to the pool.
        to_pool: Path,
        /// The way from there to what stands for this one use of the place; nothing for what is there itself.
        job: Path,
        /// What says, there, that the place was given back.
        given_back: GivenBack,
    },
    /// What is at the end of this way may have one.
    Another(&'static [Step]),
    /// Any of the values of the dictionary in this attribute may have one.
    Values(&'static str),
}

/// What says of an object that it has nothing out of a pool any more.
#[derive(Clone, Copy, Debug)]
pub enum GivenBack {
    /// This attribute is `None`, or not there.
    Unset(&'static str),
    /// This attribute is true.
    Flag(&'static str),
}
