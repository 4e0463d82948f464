//! What the functions say that stand between the user's own and the future: on whose behalf they wait, and for how long at most.
//!
//! A call that was told how long it may take has that among its variables; a blocking command of a server has it among what
//! it sends. Such a wait ends by itself, although no timer of the loop says so.

use std::time::Duration;

use super::super::objects::builtin::Objects;
use super::super::objects::known::lenient;
use super::super::scene::Scene;
use super::super::stacks::locals::FrameLocals;
use super::super::tasks::frames::TaskFrames;
use super::super::threads::live::LiveFrame;
use crate::libraries::{BLOCK, BLOCKING, COMMAND, Home, SETTINGS, TIMES};
use crate::memory::ReadError;
use crate::snapshot::{Address, Ending};

/// Functions of one task that are asked, from the innermost on.
const MOST_FRAMES: usize = 16;
/// Parts of a command that are looked at.
const MOST_PARTS: usize = 16;
/// What a call may take at most: longer is no time that anybody waits for.
const LONGEST_S: f64 = 86_400.0;

/// What is known of the call that a task waits in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::read) struct Call {
    /// The class of the object whose method awaits, innermost.
    pub(in crate::read) object: Option<String>,
    /// How long it may take at most.
    pub(in crate::read) ends: Option<Ending>,
}

/// The call that a suspended task waits in.
///
/// # Errors
///
/// When the process is gone or closed to us.
pub(in crate::read) fn of(scene: &Scene<'_>, locals: &mut FrameLocals, task: &TaskFrames) -> Result<Call, ReadError> {
    let mut call = Call::default();
    let objects = scene.objects;
    if let Some(innermost) = task.frames.first()
        && let Some(this) = lenient(locals.get(objects, innermost, "self"))?
    {
        call.object = lenient(objects.type_name_of(this).map(Some))?;
    }
    let is_library = |frame: &&LiveFrame| {
        let code = scene.codes.codes().get(frame.code.0 as usize);
        code.is_some_and(|code| Home::of(&code.file) != Home::Elsewhere)
    };
    for frame in task.frames.iter().take(MOST_FRAMES).take_while(is_library) {
        let time = |seconds: &f64| (*seconds > 0.0 && *seconds <= LONGEST_S).then(|| Duration::from_secs_f64(*seconds));
        let asked = lenient(asked(objects, locals, frame))?.as_ref().and_then(time);
        let limit = lenient(limit(objects, locals, frame))?.as_ref().and_then(time);
        call.ends = asked.map(|lasts| Ending::Asked { lasts }).or(call.ends);
        call.ends = call.ends.or(limit.map(|lasts| Ending::Limit { lasts }));
    }
    Ok(call)
}

/// For how many seconds a function says that it waits at most.
fn limit(objects: Objects<'_>, locals: &mut FrameLocals, frame: &LiveFrame) -> Result<Option<f64>, ReadError> {
    for (name, unit) in TIMES {
        if let Some(value) = locals.get(objects, frame, name)?
            && let Some(time) = number(objects, value)?
        {
            return Ok(Some(time * unit));
        }
    }
    Ok(None)
}

/// For how many seconds the other side was asked to wait for news at most.
fn asked(objects: Objects<'_>, locals: &mut FrameLocals, frame: &LiveFrame) -> Result<Option<f64>, ReadError> {
    for (name, setting) in SETTINGS {
        if let Some(settings) = locals.get(objects, frame, name)?
            && objects.type_name_of(settings)? == "dict"
            && let Some(entry) = objects.dict_get(settings, setting)?
        {
            return number(objects, entry.value);
        }
    }
    match locals.get(objects, frame, COMMAND)? {
        Some(command) if objects.type_name_of(command)? == "tuple" => blocking(objects, &objects.tuple(command)?),
        _ => Ok(None),
    }
}

/// The time in a blocking command.
fn blocking(objects: Objects<'_>, parts: &[Address]) -> Result<Option<f64>, ReadError> {
    let text = |part: &Address| match objects.type_name_of(*part) {
        Ok(name) if name == "str" => objects.text(*part).unwrap_or_default(),
        Ok(name) if name == "bytes" => {
            let bytes = objects.memory.read(part.plus(objects.offsets.object.bytes_data), BLOCK.len());
            bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
        }
        _ => String::new(),
    };
    let (Some(first), Some(last)) = (parts.first(), parts.last()) else { return Ok(None) };
    if BLOCKING.contains(&text(first).as_str()) {
        return number(objects, *last);
    }
    let at = parts.iter().take(MOST_PARTS).position(|part| text(part).eq_ignore_ascii_case(BLOCK));
    match at.and_then(|at| parts.get(at + 1)) {
        Some(time) => Ok(number(objects, *time)?.map(|time| time / 1000.0)),
        None => Ok(None),
    }
}

fn number(objects: Objects<'_>, value: Address) -> Result<Option<f64>, ReadError> {
    Ok(match objects.type_name_of(value)?.as_str() {
        "float" => Some(objects.float(value)?).filter(|time| time.is_finite()),
        "int" => Some(objects.integer(value)? as f64),
        _ => None,
    })
}
