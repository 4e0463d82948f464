//! Requests in flight, from uvicorn's own tasks for them.
//!
//! Uvicorn serves each request, and each WebSocket, in a task whose coroutine is `run_asgi` of the object that stands for
//! it; that object has the ASGI scope. Query strings are not read, and of the headers only those that name a request.

use std::collections::HashMap;

use super::frames::TaskFrames;
use super::transports::Transports;
use crate::memory::{ReadError, little_endian};
use crate::read::objects::builtin::Objects;
use crate::read::objects::dicts::Entry;
use crate::read::objects::known::known;
use crate::read::scene::Scene;
use crate::read::stacks::locals::FrameLocals;
use crate::read::threads::live::LiveFrame;
use crate::snapshot::{Address, Awaited, Census, Code, Known, RequestSample, TaskCensus, ThreadId, Why};

/// Characters of a path that are kept.
const LONGEST_PATH: usize = 500;
/// Characters of a method, a client's address, a name of a request that are kept.
const LONGEST_WORD: usize = 200;
/// Headers of one request that are looked at.
const MOST_HEADERS: u64 = 200;
/// Requests whose headers and connections are looked at; of the others it is not known how their senders call them.
const MOST_NAMED: usize = 256;
/// Headers that name a request, the better one first.
const NAMING: &[&str] = &["x-request-id", "traceparent"];

/// Reads the requests of one process, again and again.
#[derive(Debug, Default)]
pub(in crate::read) struct Requests {
    locals: FrameLocals,
    keys: Keys,
}

/// The key objects of names: interned, so that one address stands for a name in nearly every dictionary.
#[derive(Debug, Default)]
struct Keys {
    known: HashMap<&'static str, Address>,
}

impl Keys {
    /// The value that a dictionary or an instance has under a name.
    fn value(
        &mut self,
        objects: Objects<'_>,
        entries: &[Entry],
        name: &'static str,
    ) -> Result<Option<Address>, ReadError> {
        let known = self.known.get(name).and_then(|key| entries.iter().find(|entry| entry.key == *key));
        let found = match known {
            Some(entry) => Some(*entry),
            None => objects.find(entries, name)?,
        };
        Ok(found.map(|entry| {
            self.known.insert(name, entry.key);
            entry.value
        }))
    }
}

impl Requests {
    /// The requests in flight, in the order of their tasks.
    ///
    /// # Errors
    ///
    /// When the process is gone or closed to us. What else cannot be read is left out.
    pub(in crate::read) fn read(
        &mut self,
        scene: &Scene<'_>,
        tasks: &TaskCensus,
        frames: &[TaskFrames],
        transports: &mut Transports,
    ) -> Result<Vec<RequestSample>, ReadError> {
        let codes = scene.codes.codes();
        let threads = self.threads(scene, tasks, frames)?;
        let serving = self.serving(scene, frames)?;
        let mut requests = Vec::new();
        for task in frames {
            let Some(outermost) = task.frames.last() else { continue };
            let Some(protocol) = codes.get(outermost.code.0 as usize).and_then(protocol) else { continue };
            if requests.len() >= Census::MOST_REQUESTS {
                break;
            }
            let request = self.locals.get(scene.objects, outermost, "self").and_then(|cycle| match cycle {
                Some(cycle) => {
                    let looked_into = (requests.len() < MOST_NAMED).then_some(&mut *transports);
                    request(scene.objects, &mut self.keys, cycle, looked_into)
                }
                None => Ok(None),
            });
            match request {
                Err(gone @ (ReadError::Gone | ReadError::Refused)) => return Err(gone),
                Ok(Some((mut request, scope))) => {
                    request.protocol = Known::Is(protocol);
                    request.task = Known::Is(serving.get(&scope).copied().unwrap_or(task.task));
                    request.thread = Known::Is(threads.get(&scope).copied());
                    requests.push(request);
                }
                Ok(None) | Err(_) => {}
            }
        }
        Ok(requests)
    }

    /// The tasks in which middleware runs endpoints, by scope: of several around each other the innermost.
    fn serving(&mut self, scene: &Scene<'_>, frames: &[TaskFrames]) -> Result<HashMap<Address, Address>, ReadError> {
        let codes = scene.codes.codes();
        let code = |frame: &LiveFrame| codes.get(frame.code.0 as usize);
        let mut serving = HashMap::new();
        for task in frames {
            // Newer releases of AnyIO run what a group starts inside of a function of their own.
            let mut outermost = task.frames.iter().rev().take(2).filter_map(code);
            let inner = |frame: &LiveFrame| code(frame).is_some_and(|code| is_middleware(code, "__call__"));
            if !outermost.any(|code| is_middleware(code, "coro")) || task.frames.iter().any(inner) {
                continue;
            }
            for frame in task.frames.iter().rev() {
                match self.locals.get(scene.objects, frame, "scope") {
                    Err(gone @ (ReadError::Gone | ReadError::Refused)) => return Err(gone),
                    Ok(Some(scope)) => {
                        // Where an inner function has it, this is a cell; a frame further in has the scope itself.
                        serving.insert(scope, task.task);
                    }
                    Ok(None) | Err(_) => {}
                }
            }
        }
        Ok(serving)
    }

    /// The threads in which endpoints run, by the scope that the task which waits for the thread has: middleware may run
    /// the endpoint in a task of its own, but hands the scope on.
    fn threads(
        &mut self,
        scene: &Scene<'_>,
        tasks: &TaskCensus,
        frames: &[TaskFrames],
    ) -> Result<HashMap<Address, ThreadId>, ReadError> {
        let mut threads = HashMap::new();
        for task in frames {
            let wait = tasks.task(task.task).and_then(|sample| sample.wait.get()?.as_ref());
            let Some(Awaited::Executor { thread: Known::Is(thread) }) = wait.map(|wait| &wait.on) else { continue };
            for frame in task.frames.iter().rev() {
                match self.locals.get(scene.objects, frame, "scope") {
                    Err(gone @ (ReadError::Gone | ReadError::Refused)) => return Err(gone),
                    Ok(Some(scope)) => {
                        threads.insert(scope, *thread);
                    }
                    Ok(None) | Err(_) => {}
                }
            }
        }
        Ok(threads)
    }
}

/// Whether this is a function of Starlette's `BaseHTTPMiddleware`, which runs what is inside of it in a task of its own.
fn is_middleware(code: &Code, name: &str) -> bool {
    code.name == name && code.file.ends_with("/starlette/middleware/base.py")
}

/// The protocol that this is the task of: `h11` of `uvicorn/protocols/http/h11_impl.py`.
fn protocol(code: &Code) -> Option<String> {
    if code.name != "run_asgi" || !code.file.contains("/uvicorn/protocols/") {
        return None;
    }
    let file = code.file.rsplit('/').next()?;
    Some(file.strip_suffix(".py")?.trim_end_matches("_impl").to_owned())
}

/// A request and its scope; `None` once it is answered.
fn request(
    objects: Objects<'_>,
    keys: &mut Keys,
    cycle: Address,
    looked_into: Option<&mut Transports>,
) -> Result<Option<(RequestSample, Address)>, ReadError> {
    let attributes = objects.attributes(cycle)?;
    let Some(scope) = keys.value(objects, &attributes, "scope")? else { return Ok(None) };
    let entries = objects.dict_entries(scope)?;
    let kind = match keys.value(objects, &entries, "type")? {
        Some(kind) => objects.text(kind)?,
        None => return Ok(None),
    };
    let mut flag = |name| match kind.as_str() {
        "http" => match keys.value(objects, &attributes, name)? {
            Some(flag) => Ok(Some(objects.integer(flag)? != 0)),
            None => Ok(None),
        },
        _ => Ok(None),
    };
    // Its background tasks may go on for long.
    if flag("response_complete")? == Some(true) {
        return Ok(None);
    }
    let answering = Known::from_option(flag("response_started")?, Why::NotInThisPython);
    let transport = keys.value(objects, &attributes, "transport")?;
    let named = looked_into.is_some();
    let descriptor = match (looked_into, transport) {
        (Some(transports), Some(transport)) => transports.of(objects, transport).descriptor,
        (Some(_), None) => Known::Unknown(Why::NotInThisPython),
        (None, _) => Known::Unknown(Why::Bounded),
    };
    let mut value = |name| keys.value(objects, &entries, name)?.ok_or(ReadError::Implausible(scope));
    let text = |object: Address, longest: usize| -> Result<String, ReadError> {
        Ok(objects.text(object)?.chars().take(longest).collect())
    };
    let method = match kind.as_str() {
        "websocket" => Ok("WEBSOCKET".to_owned()),
        _ => value("method").and_then(|method| text(method, LONGEST_WORD)),
    };
    let sample = RequestSample {
        address: cycle,
        method: known(method),
        path: known(value("path").and_then(|path| text(path, LONGEST_PATH))),
        client: known(value("client").and_then(|client| address(objects, client))),
        protocol: Known::Unknown(Why::NotRead),
        request_id: match named {
            true => known(value("headers").and_then(|headers| request_id(objects, headers))),
            false => Known::Unknown(Why::Bounded),
        },
        answering,
        task: Known::Unknown(Why::NotRead),
        thread: Known::Is(None),
        descriptor,
    };
    Ok(Some((sample, scope)))
}

/// `("10.0.0.9", 51234)`
fn address(objects: Objects<'_>, client: Address) -> Result<String, ReadError> {
    if objects.type_name_of(client)? != "tuple" {
        return Err(ReadError::Implausible(client));
    }
    match objects.tuple(client)?.as_slice() {
        [host, port] => {
            let host: String = objects.text(*host)?.chars().take(LONGEST_WORD).collect();
            let port = objects.integer(*port)?;
            Ok(if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") })
        }
        _ => Err(ReadError::Implausible(client)),
    }
}

/// The name that whoever sent the request gave it.
fn request_id(objects: Objects<'_>, headers: Address) -> Result<Option<String>, ReadError> {
    if objects.type_name_of(headers)? != "list" {
        return Err(ReadError::Implausible(headers));
    }
    let count = objects.length(headers)?.min(MOST_HEADERS);
    let items = objects.memory.read_pointer(headers.plus(objects.offsets.object.list_items))?;
    let words = objects.memory.read(items, usize::try_from(count * 8).unwrap_or(0))?;
    let mut found: Option<(usize, String)> = None;
    for header in words.chunks_exact(8).map(|word| Address(little_endian(word))) {
        let [name, value] = objects.tuple(header)?[..] else { continue };
        let name = bytes(objects, name, LONGEST_WORD)?.to_ascii_lowercase();
        let Some(rank) = NAMING.iter().position(|naming| naming.as_bytes() == name) else { continue };
        if found.as_ref().is_none_or(|(best, _)| rank < *best) {
            found = Some((rank, String::from_utf8_lossy(&bytes(objects, value, LONGEST_WORD)?).into_owned()));
        }
    }
    Ok(found.map(|(_, id)| id))
}

/// The first bytes of a `bytes`.
fn bytes(objects: Objects<'_>, object: Address, longest: usize) -> Result<Vec<u8>, ReadError> {
    let length = usize::try_from(objects.length(object)?).unwrap_or(longest).min(longest);
    if length == 0 {
        return Ok(Vec::new());
    }
    objects.memory.read(object.plus(objects.offsets.object.bytes_data), length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::CodeFlags;

    #[test]
    fn only_uvicorns_own_task_stands_for_a_request() {
        let of = |name: &str, file: &str| {
            protocol(&Code {
                name: name.to_owned(),
                qualified_name: Known::Unknown(Why::NotInThisPython),
                file: file.to_owned(),
                first_line: 1,
                flags: CodeFlags::default(),
            })
        };
        let library = "/venv/lib/python3.12/site-packages/uvicorn/protocols";
        assert_eq!(of("run_asgi", &format!("{library}/http/h11_impl.py")).as_deref(), Some("h11"));
        assert_eq!(of("run_asgi", &format!("{library}/http/httptools_impl.py")).as_deref(), Some("httptools"));
        assert_eq!(
            of("run_asgi", &format!("{library}/websockets/websockets_sansio_impl.py")).as_deref(),
            Some("websockets_sansio")
        );
        assert_eq!(of("run_asgi", "/srv/app/h11_impl.py"), None);
        assert_eq!(of("main", &format!("{library}/http/h11_impl.py")), None);
    }
}
