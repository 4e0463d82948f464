//! The endpoint of the request that a step of a loop runs.
//!
//! While a framework turns what an endpoint returned into a response, no frame of the user's is on the stack. But the route
//! is, as a row of `libraries` says, and the route knows its endpoint.

use crate::libraries;
use crate::memory::ReadError;
use crate::read::objects::builtin::Objects;
use crate::read::objects::known::why;
use crate::read::stacks::codes::CodeTable;
use crate::read::stacks::locals::first_local;
use crate::read::threads::live::{LiveFrame, LiveThread};
use crate::snapshot::{Address, Code, CodeId, Known};

/// Routes inside of routes (mounted applications) that are asked, the innermost first.
const MOST_ROUTES: usize = 4;
/// Wrappers that are opened: a bound method of a partial of a function is three deep.
const MOST_WRAPPERS: usize = 4;

/// The function that answers the request which this thread runs; `Is(None)` when no route is on its stack, or one whose
/// endpoint is no Python function.
pub(in crate::read) fn endpoint(
    objects: Objects<'_>,
    thread: &LiveThread,
    codes: &mut CodeTable,
) -> Known<Option<CodeId>> {
    let attribute = |code: &Code| libraries::rows(&code.file, &code.name).find_map(|row| row.endpoint);
    let of_frame = |frame: &LiveFrame| codes.codes().get(frame.code.0 as usize).and_then(attribute);
    let routes = thread.frames.iter().filter_map(|frame| Some((frame, of_frame(frame)?)));
    let routes: Vec<_> = routes.take(MOST_ROUTES).collect();
    for (frame, attribute) in routes {
        let found = first_local(objects, frame).and_then(|local| endpoint_of(objects, codes, local, attribute));
        match found {
            Ok(None) => {}
            Ok(found) => return Known::Is(found),
            Err(error) => return Known::Unknown(why(error)),
        }
    }
    Known::Is(None)
}

/// The code of a route's endpoint. `local` is the route, or the cell in which a method keeps a `self` that inner
/// functions use.
fn endpoint_of(
    objects: Objects<'_>,
    codes: &mut CodeTable,
    local: Address,
    attribute: &str,
) -> Result<Option<CodeId>, ReadError> {
    let route = match objects.type_name_of(local)?.as_str() {
        "cell" => objects.memory.read_pointer(local.plus(objects.offsets.object.cell_value))?,
        _ => local,
    };
    let Some(entry) = objects.attribute(route, attribute)? else { return Ok(None) };
    let Some(code) = code_of(objects, entry.value)? else { return Ok(None) };
    let index = match codes.find(code) {
        Some(index) => index,
        None => codes.read(objects, code)?,
    };
    Ok(codes.id(index))
}

/// The code that calling an object runs; `None` for what is not written in Python.
fn code_of(objects: Objects<'_>, callable: Address) -> Result<Option<Address>, ReadError> {
    let layout = &objects.offsets.object;
    let mut callable = callable;
    for _ in 0..MOST_WRAPPERS {
        let inner = match objects.type_name_of(callable)?.as_str() {
            "function" => return objects.memory.read_pointer(callable.plus(layout.function_code)).map(Some),
            "method" => layout.method_function,
            "functools.partial" => layout.partial_function,
            _ => return Ok(None),
        };
        callable = objects.memory.read_pointer(callable.plus(inner))?;
    }
    Ok(None)
}
