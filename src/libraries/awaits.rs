//! What a task waits for that is suspended in a function we know.

/// The names of attributes that lead from one object to another.
pub type Path = &'static [&'static str];

/// What a task waits for that is suspended in a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaits {
    /// A timer, whose handle is in this local variable.
    Timer(&'static str),
    /// Several futures, and for so long at most.
    Several {
        /// The local variable that has the set of them.
        members: &'static str,
        /// The local variable that has the time.
        timeout: &'static str,
    },
    /// Another future, and for so long at most. Where the function has no such variable, it waits by itself.
    Another {
        /// The local variable that has it.
        future: &'static str,
        /// The local variable that has the time.
        timeout: &'static str,
    },
    /// The tasks of a group, which are in this attribute of it.
    Group(&'static str),
    /// Its turn at a primitive that is its `self`: a lock, an event, a semaphore, a condition.
    Primitive,
    /// Something in the queue that is its `self`.
    Get,
    /// Room in the queue that is its `self`.
    Put,
    /// Bytes, or that bytes are taken.
    Stream(Stream),
    /// A socket that was given to the loop.
    Socket,
    /// An answer of a server, in native code.
    Query {
        /// The connection that the answer comes on.
        stream: Stream,
        /// The local variable that has the time for this query.
        timeout: &'static str,
        /// What has the connection's settings, of which the first is the time for every query: an attribute of the object
        /// that has the transport.
        settings: &'static str,
    },
    /// A call in a thread.
    Thread,
    /// That a socket can be used: whoever waits is a greenlet.
    Ready(Ready),
}

/// A function of a library of greenlets that gives the turn away until a socket can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    /// The local variable that has the socket, or the number of its descriptor.
    pub socket: &'static str,
    /// The attribute in which the library's socket has the system's.
    pub inner: &'static str,
    /// Where the time is after which the wait ends by itself.
    pub time: Time,
    /// Whether it waits for the other end to take bytes.
    pub sends: bool,
}

/// Where a function has the time after which it ends its wait; `None` stands for no such time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// A local variable.
    Local(&'static str),
    /// An attribute of the socket.
    Attribute(&'static str),
}

/// A method of something that has a transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    /// The way from `self` to the transport.
    pub way: Path,
    /// Whether it waits for the other end to take bytes, not for bytes from it.
    pub sends: bool,
}

impl Awaits {
    /// Waits for bytes from the transport that is at the end of this way from `self`.
    pub(super) const fn bytes_of(way: Path) -> Self {
        Self::Stream(Stream { way, sends: false })
    }

    /// Waits until the other end of that transport has taken bytes.
    pub(super) const fn taker_of(way: Path) -> Self {
        Self::Stream(Stream { way, sends: true })
    }

    /// The local variable that has the time after which the function ends its wait by itself.
    #[must_use]
    pub fn timeout(self) -> Option<&'static str> {
        match self {
            Self::Several { timeout, .. } | Self::Another { timeout, .. } | Self::Query { timeout, .. } => {
                Some(timeout)
            }
            _ => None,
        }
    }
}
