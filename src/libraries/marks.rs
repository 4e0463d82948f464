//! What well-known functions of the standard library and of installed packages mean when they are on a stack.

/// A set of meanings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Marks(u64);

impl Marks {
    /// No meaning.
    pub const NONE: Self = Self(0);
    /// Runs an event loop; what is further in is a step of it.
    pub const LOOP: Self = Self(1);
    /// The import machinery.
    pub const IMPORT: Self = Self(1 << 1);
    /// Waits for the lock of a module that somebody else imports.
    pub const MODULE_LOCK: Self = Self(1 << 2);
    /// Resolves a host name.
    pub const RESOLVE: Self = Self(1 << 3);
    /// Starts or waits for a child process.
    pub const CHILD: Self = Self(1 << 4);
    /// Waits on a queue between threads or processes.
    pub const QUEUE: Self = Self(1 << 5);
    /// Waits for the result of another thread.
    pub const FUTURE: Self = Self(1 << 6);
    /// Takes a connection out of a pool.
    pub const POOL: Self = Self(1 << 7);
    /// A logging handler.
    pub const LOGGING: Self = Self(1 << 8);
    /// Talks to SQLite.
    pub const SQLITE: Self = Self(1 << 9);
    /// Reads from a terminal: `getpass`.
    pub const TERMINAL: Self = Self(1 << 10);
    /// The server runs the application's lifespan.
    pub const LIFESPAN: Self = Self(1 << 11);
    /// Enters an asynchronous context; under [`Self::LIFESPAN`], the startup half.
    pub const ENTER: Self = Self(1 << 12);
    /// Leaves one; under [`Self::LIFESPAN`], the shutdown half.
    pub const LEAVE: Self = Self(1 << 13);
    /// The server imports the application.
    pub const LOAD: Self = Self(1 << 14);
    /// A worker thread of a pool, parked or not.
    pub const WORKER: Self = Self(1 << 15);
    /// Sends to a socket.
    pub const SEND: Self = Self(1 << 16);
    /// Opens a connection.
    pub const CONNECT: Self = Self(1 << 17);
    /// Waits for a thread to end.
    pub const JOIN: Self = Self(1 << 18);
    /// uvloop runs the loop: its own frames are not Python.
    pub const UVLOOP: Self = Self(1 << 19);
    /// The turn of the stock loop.
    pub const TURN: Self = Self(1 << 20);
    /// Waits in `select`, `poll` or epoll through the standard library.
    pub const SELECT: Self = Self(1 << 21);
    /// A debugger that has the thread stand still.
    pub const DEBUGGER: Self = Self(1 << 22);
    /// Turns what an endpoint returned into the bytes of a response.
    pub const SERIALIZE: Self = Self(1 << 23);
    /// A route hands a request to its endpoint.
    pub const ROUTE: Self = Self(1 << 24);
    /// The stock loop's own work between two steps.
    pub const BETWEEN_STEPS: Self = Self(1 << 25);
    /// Waits until another thread gives a sign: a condition, and what is made of one.
    pub const SIGN: Self = Self(1 << 26);
    /// The server itself: it listens, and ends when it is told to.
    pub const SERVER: Self = Self(1 << 27);
    /// The server waits for its clients before it ends.
    pub const DRAIN: Self = Self(1 << 28);
    /// The server answers one request, all of it.
    pub const REQUEST: Self = Self(1 << 29);
    /// Sends a response.
    pub const RESPONSE: Self = Self(1 << 30);
    /// Waits until a client has taken what it was sent of its response.
    pub const TO_CLIENT: Self = Self(1 << 31);
    /// Accepts connections.
    pub const ACCEPT: Self = Self(1 << 32);
    /// Waits for what it called, which is listed itself.
    pub const CALLER: Self = Self(1 << 33);
    /// Resolves what an endpoint depends on.
    pub const DEPENDS: Self = Self(1 << 34);
    /// Waits for messages of others, for as long as there are none.
    pub const SUBSCRIBE: Self = Self(1 << 35);
    /// trio runs the loop.
    pub const TRIO: Self = Self(1 << 36);
    /// Waits for a task to end whose cancellation it asked for.
    pub const CANCELS: Self = Self(1 << 37);
    /// Middleware that runs what is inside of it in a task of its own.
    pub const MIDDLEWARE: Self = Self(1 << 38);
    /// What such a task begins with.
    pub const INSIDE_MIDDLEWARE: Self = Self(1 << 39);
    /// Calls something again and again until it does not fail.
    pub const RETRY: Self = Self(1 << 40);

    /// Both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether any meaning of `other` is among them.
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    #[test]
    fn no_two_meanings_are_one() {
        let text = include_str!("marks.rs");
        let bits = || text.lines().filter_map(|line| line.trim().strip_prefix("pub const ")?.split_once(": Self = "));
        let values: HashSet<&str> = bits().map(|(_, value)| value).collect();
        assert_eq!(values.len(), bits().count(), "two meanings share a bit");
        assert!(values.len() > 30, "the meanings stand in lines of their own");
    }
}
