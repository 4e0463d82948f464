//! Transports: which socket stands behind one.
//!
//! | transport | where it has its descriptor |
//! |---|---|
//! | of the standard library | `_sock_fd` |
//! | of uvloop | in the `uv_tcp_t` that it points to, which points back (libuv `include/uv.h`, `include/uv/unix.h`) |
//! | TLS, of either | in the transport under it |

use std::collections::HashMap;

use crate::libraries::{asyncio, uvloop};
use crate::memory::{ReadError, little_endian, u64_at};
use crate::read::objects::builtin::Objects;
use crate::read::objects::builtin::is_pointer;
use crate::read::objects::known::known;
use crate::read::objects::ways::follow;
use crate::snapshot::{Address, Known, Why};

/// Transports that are looked into in one census.
const MOST_TRANSPORTS: usize = 4096;
/// Transports on top of each other: TLS inside of TLS is the most that proxies make.
const MOST_LAYERS: usize = 3;
/// Descriptors above this one are none.
const LARGEST_DESCRIPTOR: i64 = 1 << 24;
/// Bytes of a uvloop transport in which it has the pointer to its handle: among its first fields.
const HANDLE_WITHIN: usize = 64;
/// Bytes of a TLS transport of uvloop, and of its protocol, in which they have what is under them.
const UNDER_WITHIN: usize = 256;
/// `uv_handle_t.data`, `uv_handle_t.type`, `UV_TCP`, and `uv_tcp_t.io_watcher.fd`
const DATA: usize = 0;
const TYPE: usize = 16;
const TCP: u64 = 12;
const DESCRIPTOR: usize = 184;

/// The socket behind a transport.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::read) struct Ends {
    /// The other end, as the transport keeps it; uvloop's asks the kernel.
    pub(in crate::read) peer: Known<String>,
    pub(in crate::read) descriptor: Known<i32>,
}

/// The transports looked into in one census.
#[derive(Debug, Default)]
pub(in crate::read) struct Transports {
    met: HashMap<Address, Ends>,
}

impl Ends {
    pub(in crate::read) fn unknown(why: Why) -> Self {
        Self { peer: Known::Unknown(why), descriptor: Known::Unknown(why) }
    }
}

impl Transports {
    /// The socket behind a transport.
    pub(in crate::read) fn of(&mut self, objects: Objects<'_>, transport: Address) -> Ends {
        if let Some(ends) = self.met.get(&transport) {
            return ends.clone();
        }
        if self.met.len() >= MOST_TRANSPORTS {
            return Ends::unknown(Why::Bounded);
        }
        let ends = match lowest(objects, transport) {
            Ok(lowest) => Ends { peer: told(peer(objects, lowest)), descriptor: told(descriptor(objects, lowest)) },
            Err(error) => Ends::unknown(crate::read::objects::known::why(error)),
        };
        self.met.insert(transport, ends.clone());
        ends
    }
}

fn told<T>(read: Result<Option<T>, ReadError>) -> Known<T> {
    match known(read) {
        Known::Is(value) => Known::from_option(value, Why::NotInThisPython),
        Known::Unknown(why) => Known::Unknown(why),
    }
}

/// The transport that has the socket.
fn lowest(objects: Objects<'_>, transport: Address) -> Result<Address, ReadError> {
    let mut at = transport;
    for _ in 0..MOST_LAYERS {
        let under = match objects.type_name_of(at)?.as_str() {
            asyncio::TLS_TRANSPORT => follow(objects, at, asyncio::UNDER_TLS)?,
            uvloop::TLS_TRANSPORT => match field_of(objects, at, uvloop::TLS_PROTOCOL)? {
                Some(protocol) => field_of(objects, protocol, uvloop::TRANSPORT)?,
                None => None,
            },
            _ => None,
        };
        match under {
            Some(under) => at = under,
            None => return Ok(at),
        }
    }
    Ok(at)
}

/// The first object of this type that an object written in Cython refers to.
fn field_of(objects: Objects<'_>, object: Address, class: &str) -> Result<Option<Address>, ReadError> {
    let size = objects.memory.read_u64(objects.type_of(object)?.plus(objects.offsets.object.type_basic_size))?;
    let bytes = objects.memory.read(object, usize::try_from(size).unwrap_or(0).min(UNDER_WITHIN))?;
    let head = (objects.offsets.object.object_type + 8) / 8;
    let words = bytes.chunks_exact(8).skip(head).map(|word| Address(little_endian(word)));
    let is_meant = |word: &Address| is_pointer(*word) && objects.type_name_of(*word).is_ok_and(|name| name == class);
    Ok(words.into_iter().find(is_meant))
}

fn descriptor(objects: Objects<'_>, transport: Address) -> Result<Option<i32>, ReadError> {
    let number = match objects.attribute(transport, asyncio::DESCRIPTOR)? {
        Some(entry) => objects.integer(entry.value)?,
        None => match handle(objects, transport)? {
            Some(handle) => {
                let bytes = objects.memory.read(handle.plus(DESCRIPTOR), 4)?;
                i64::from((little_endian(&bytes) as u32).cast_signed())
            }
            None => return Ok(None),
        },
    };
    // A transport that is closed has -1.
    let plausible = (0..=LARGEST_DESCRIPTOR).contains(&number);
    if plausible { Ok(i32::try_from(number).ok()) } else { Err(ReadError::Implausible(transport)) }
}

/// The `uv_tcp_t` of a transport of uvloop: what it points to and what points back.
fn handle(objects: Objects<'_>, transport: Address) -> Result<Option<Address>, ReadError> {
    let bytes = objects.memory.read(transport, HANDLE_WITHIN)?;
    let head = objects.offsets.object.object_type + 8;
    for at in (head..HANDLE_WITHIN).step_by(8) {
        let Some(word) = u64_at(&bytes, at).map(Address).filter(|word| is_pointer(*word)) else { continue };
        let Ok(fields) = objects.memory.read(word, TYPE + 4) else { continue };
        let points_back = u64_at(&fields, DATA) == Some(transport.0);
        if points_back && fields.get(TYPE..).map(little_endian) == Some(TCP) {
            return Ok(Some(word));
        }
    }
    Ok(None)
}

/// `peername` among the extra information of a transport of the standard library: an address and a port.
fn peer(objects: Objects<'_>, transport: Address) -> Result<Option<String>, ReadError> {
    let Some(extra) = objects.attribute(transport, asyncio::EXTRA)? else { return Ok(None) };
    let Some(name) = objects.dict_get(extra.value, asyncio::PEER)? else { return Ok(None) };
    if objects.type_name_of(name.value)? != "tuple" {
        return Ok(None);
    }
    let parts = objects.tuple(name.value)?;
    let (Some(host), Some(port)) = (parts.first(), parts.get(1)) else { return Ok(None) };
    let (host, port) = (objects.text(*host)?, objects.integer(*port)?);
    Ok(Some(if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }))
}
