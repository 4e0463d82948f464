//! Fields of a request: texts, addresses, names that senders give.

use std::collections::HashMap;

use crate::memory::ReadError;
use crate::read::objects::builtin::Objects;
use crate::read::objects::dicts::Entry;
use crate::read::objects::known::known;
use crate::snapshot::{Address, Known, RequestSample, Why, without_secrets};

/// Characters of a path that are kept.
const LONGEST_PATH: usize = 500;
/// Characters of a method, a client's address, a name of a request that are kept.
pub(super) const LONGEST_WORD: usize = 200;
/// Headers of one request that are looked at.
const MOST_HEADERS: usize = 200;
/// Headers that name a request, the better one first.
pub(super) const NAMING: &[&str] = &["x-request-id", "traceparent"];

/// The key objects of names: interned, so that one address stands for a name in nearly every dictionary.
#[derive(Debug, Default)]
pub(super) struct Keys {
    known: HashMap<&'static str, Address>,
}

impl Keys {
    /// The value that a dictionary or an instance has under a name.
    pub(super) fn value(
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

/// A request of which nothing is known yet.
pub(super) fn unknown(address: Address, why: Why) -> RequestSample {
    RequestSample {
        address,
        method: Known::Unknown(why),
        path: Known::Unknown(why),
        client: Known::Unknown(why),
        protocol: Known::Unknown(why),
        request_id: Known::Unknown(why),
        answering: Known::Unknown(why),
        began: Known::Unknown(why),
        task: Known::Unknown(why),
        thread: Known::Is(None),
        descriptor: Known::Unknown(why),
    }
}

/// A word of a request, from a `str` or a `bytes`.
pub(super) fn word(objects: Objects<'_>, text: Option<Address>) -> Known<String> {
    match text {
        Some(text) => known(read(objects, text, LONGEST_WORD)),
        None => Known::Unknown(Why::NotInThisPython),
    }
}

/// A path without its query, from a `str` or a `bytes`.
pub(super) fn path(objects: Objects<'_>, text: Option<Address>) -> Known<String> {
    match text {
        Some(text) => known(read(objects, text, LONGEST_PATH).map(|path| match path.split_once('?') {
            Some((path, _)) => path.to_owned(),
            None => path,
        })),
        None => Known::Unknown(Why::NotInThisPython),
    }
}

fn read(objects: Objects<'_>, object: Address, longest: usize) -> Result<String, ReadError> {
    match objects.type_name_of(object)?.as_str() {
        "str" => Ok(objects.text(object)?.chars().take(longest).collect()),
        "bytes" => Ok(without_secrets(&String::from_utf8_lossy(&bytes(objects, object, longest)?)).into_owned()),
        _ => Err(ReadError::Implausible(object)),
    }
}

/// `("10.0.0.9", 51234)`, or a host alone.
pub(super) fn client(objects: Objects<'_>, client: Option<Address>) -> Known<String> {
    match client {
        Some(client) => known(address(objects, client)),
        None => Known::Unknown(Why::NotInThisPython),
    }
}

fn address(objects: Objects<'_>, client: Address) -> Result<String, ReadError> {
    let parts = match objects.type_name_of(client)?.as_str() {
        "tuple" => objects.tuple(client)?,
        "list" => objects.list_items(client)?,
        _ => return read(objects, client, LONGEST_WORD),
    };
    // Of IPv6 there are a flow and a scope behind them.
    match parts.as_slice() {
        [host, port, ..] => {
            // granian has the port as text.
            let port = match objects.type_name_of(*port)?.as_str() {
                "str" => objects.text(*port)?.parse().map_err(|_| ReadError::Implausible(*port))?,
                _ => objects.integer(*port)?,
            };
            Ok(host_and_port(&read(objects, *host, LONGEST_WORD)?, port))
        }
        _ => Err(ReadError::Implausible(client)),
    }
}

/// `10.0.0.9:51234`, `[fe80::1]:51234`
pub(super) fn host_and_port(host: &str, port: i64) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// The name that whoever sent the request gave it, from the headers of an ASGI scope.
pub(super) fn request_id(objects: Objects<'_>, headers: Address) -> Result<Option<String>, ReadError> {
    let headers = match objects.type_name_of(headers)?.as_str() {
        "list" => objects.list_items(headers)?,
        "tuple" => objects.tuple(headers)?,
        _ => return Err(ReadError::Implausible(headers)),
    };
    let mut found: Option<(usize, String)> = None;
    for header in headers.into_iter().take(MOST_HEADERS) {
        let (name, value) = match objects.type_name_of(header)?.as_str() {
            "tuple" => match objects.tuple(header)?[..] {
                [name, value] => (name, value),
                _ => continue,
            },
            "list" => match objects.list_items(header)?[..] {
                [name, value] => (name, value),
                _ => continue,
            },
            _ => continue,
        };
        let name = bytes(objects, name, LONGEST_WORD)?.to_ascii_lowercase();
        let Some(rank) = NAMING.iter().position(|naming| naming.as_bytes() == name) else { continue };
        if found.as_ref().is_none_or(|(best, _)| rank < *best) {
            found = Some((
                rank,
                without_secrets(&String::from_utf8_lossy(&bytes(objects, value, LONGEST_WORD)?)).into_owned(),
            ));
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
