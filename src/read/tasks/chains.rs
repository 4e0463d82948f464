//! The chain of a task: its coroutine, what that awaits, and so on down to what does not go on.

use std::rc::Rc;

use super::coroutines::{Coroutine, State};
use super::functions::{Function, Functions};
use crate::memory::ReadError;
use crate::read::objects::builtin::Objects;
use crate::read::objects::kinds::{Kinds, ObjectKind};
use crate::read::stacks::codes::CodeTable;
use crate::snapshot::Address;

/// Coroutines of one chain.
const MOST_LINKS: usize = 512;
/// Objects of one chain that stand between two coroutines.
const MOST_OBJECTS: usize = 2048;

/// One coroutine of a chain.
#[derive(Debug)]
pub(in crate::read) struct Link {
    pub(in crate::read) coroutine: Coroutine,
    pub(in crate::read) function: Rc<Function>,
}

/// A chain.
#[derive(Debug, Default)]
pub(in crate::read) struct Chain {
    /// From the task's own coroutine inward.
    pub(in crate::read) links: Vec<Link>,
    /// The object that it ends in, where that is none that we follow.
    pub(in crate::read) end: Option<Address>,
    /// The task runs.
    pub(in crate::read) runs: bool,
}

impl Chain {
    /// Follows the chain that begins with an object.
    ///
    /// # Errors
    ///
    /// When a part of it cannot be read: it changed, or is not what we take it for.
    pub(in crate::read) fn follow(
        objects: Objects<'_>,
        codes: &mut CodeTable,
        (kinds, functions): (&mut Kinds, &mut Functions),
        first: Address,
    ) -> Result<Self, ReadError> {
        let layout = &objects.offsets.generator;
        let mut chain = Self::default();
        let mut object = first;
        for _ in 0..MOST_OBJECTS {
            let kind = kinds.of(objects, object)?;
            object = match kind {
                ObjectKind::Coroutine | ObjectKind::Generator => {
                    let coroutine = Coroutine::read(objects, object, kind)?;
                    if coroutine.state == State::Ended || chain.links.len() >= MOST_LINKS {
                        return Ok(chain);
                    }
                    let function = functions.of(objects, codes, coroutine.code)?;
                    chain.links.push(Link { coroutine, function });
                    match coroutine.state {
                        State::Suspended { awaits: Some(next) } => next,
                        State::Running => {
                            chain.runs = true;
                            return Ok(chain);
                        }
                        _ => return Ok(chain),
                    }
                }
                ObjectKind::AsyncGeneratorStep => objects.memory.read_pointer(object.plus(layout.async_generator))?,
                ObjectKind::Wrapper => objects.memory.read_pointer(object.plus(layout.wrapped_coroutine))?,
                _ => {
                    chain.end = Some(object);
                    return Ok(chain);
                }
            };
        }
        Err(ReadError::Implausible(first))
    }
}
