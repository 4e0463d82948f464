//! gevent: greenlets that wait for sockets, a hub that gives them the turn. What is compiled (locks, events, queues) has no frames.

use super::{Awaits, Library, Ready, Role, Row, Time};

const READS: Ready = Ready { socket: "self", inner: "_sock", time: Time::Attribute("timeout"), sends: false };
const SENDS: Ready = Ready { sends: true, ..READS };

pub(super) const LIBRARY: Library = Library {
    name: "gevent",
    packages: &["gevent"],
    role: Role::Framework,
    functions: &[
        Row::of("gevent/hub.py", &["sleep"]).awaits(Awaits::Timer("seconds")),
        Row::of("gevent/_socketcommon.py", &["recv", "recvfrom", "recvfrom_into", "recv_into", "_internal_connect"])
            .awaits(Awaits::Ready(READS)),
        Row::of("gevent/_socketcommon.py", &["send", "sendto"]).awaits(Awaits::Ready(SENDS)),
        Row::of("gevent/_socket3.py", &["accept", "recvmsg", "recvmsg_into"]).awaits(Awaits::Ready(READS)),
        Row::of("gevent/_socket3.py", &["sendmsg"]).awaits(Awaits::Ready(SENDS)),
        Row::of("gevent/ssl.py", &["read", "do_handshake", "unwrap"]).awaits(Awaits::Ready(READS)),
        Row::of("gevent/ssl.py", &["write", "send"]).awaits(Awaits::Ready(SENDS)),
    ],
    timeouts: &[("Timeout", "seconds")],
    ..Library::BARE
};
