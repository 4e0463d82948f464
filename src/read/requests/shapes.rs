//! Which functions have a request among their local variables, told once for each.

use std::collections::HashMap;

use super::Reading;
use crate::libraries::{Served, protocol_of_cycle, served};
use crate::memory::ReadError;
use crate::read::stacks::locals::FrameLocals;
use crate::read::threads::live::LiveFrame;
use crate::snapshot::{Code, CodeId};

/// Functions that are kept, before all are forgotten.
const MOST_FUNCTIONS: usize = 16_384;

/// How a function has a request.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Shape {
    /// It has none.
    #[default]
    Nothing,
    /// `scope`, and `receive` or `send`: an ASGI application; without either, and with `protocol`: one of RSGI.
    Scope {
        /// Whether it is ASGI's.
        receives: bool,
    },
    /// `environ` and `start_response`.
    Environment,
    /// A server's own task of a request: its object has the scope.
    Cycle,
    /// As a row says.
    Own(&'static Served),
}

/// The shapes of functions.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    known: HashMap<CodeId, Shape>,
}

impl Shapes {
    /// The shape of a frame's function.
    pub(super) fn of(
        &mut self,
        locals: &mut FrameLocals,
        reading: &Reading<'_, '_>,
        frame: &LiveFrame,
    ) -> Result<Shape, ReadError> {
        if let Some(known) = self.known.get(&frame.code) {
            return Ok(*known);
        }
        if self.known.len() >= MOST_FUNCTIONS {
            self.known.clear();
        }
        let code = reading.codes.codes().get(frame.code.0 as usize);
        let shape = match code.and_then(own) {
            Some(own) => own,
            None => {
                let names = locals.names(reading.objects, frame)?;
                by_names(|name| names.iter().any(|known| known.as_deref() == Some(name)))
            }
        };
        self.known.insert(frame.code, shape);
        Ok(shape)
    }
}

fn own(code: &Code) -> Option<Shape> {
    if protocol_of_cycle(&code.file, &code.name).is_some() {
        return Some(Shape::Cycle);
    }
    served(&code.file, &code.name).map(Shape::Own)
}

fn by_names(has: impl Fn(&str) -> bool) -> Shape {
    match has("scope") {
        true if has("receive") || has("send") => Shape::Scope { receives: true },
        true if has("protocol") => Shape::Scope { receives: false },
        _ if has("environ") && has("start_response") => Shape::Environment,
        _ => Shape::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{CodeFlags, Known, Why};

    fn code(name: &str, file: &str) -> Code {
        Code {
            name: name.to_owned(),
            qualified_name: Known::Unknown(Why::NotInThisPython),
            file: file.to_owned(),
            first_line: 1,
            flags: CodeFlags::default(),
        }
    }

    #[test]
    fn an_interface_is_told_by_the_names_of_its_arguments() {
        let of = |names: &[&str]| by_names(|name| names.contains(&name));
        assert!(matches!(of(&["self", "scope", "receive", "send"]), Shape::Scope { receives: true }));
        assert!(matches!(of(&["scope", "protocol"]), Shape::Scope { receives: false }));
        assert!(matches!(of(&["self", "environ", "start_response"]), Shape::Environment));
        assert!(matches!(of(&["self", "scope"]), Shape::Nothing), "what only looks at a scope serves nothing");
        assert!(matches!(of(&["environ"]), Shape::Nothing));
        let aiohttp = code("_handle_request", "/venv/lib/python3.12/site-packages/aiohttp/web_protocol.py");
        assert!(matches!(own(&aiohttp), Some(Shape::Own(row)) if row.name == "aiohttp"));
    }
}
