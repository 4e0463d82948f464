//! The name servers that a process asks, as its `/etc/resolv.conf` names them.
//!
//! glibc connects its sockets to them, and the kernel then tells which one is asked. musl does not, so that nothing but this
//! file tells whom a thread waits for.

use std::net::{IpAddr, SocketAddr};

use super::source::SourceReader;
use crate::snapshot::{Known, ProcessId};

const FILE: &str = "/etc/resolv.conf";
/// Lines of that file that are looked at.
const MOST_LINES: u32 = 100;
/// As many are asked, by glibc and by musl (`MAXNS`).
const MOST_SERVERS: usize = 3;
/// The port of the domain name system.
const PORT: u16 = 53;

/// Addresses with their port, in the order of the file.
pub(super) fn read(process: ProcessId) -> Known<Vec<String>> {
    match SourceReader::of(process).and_then(|reader| reader.lines(FILE, 1, MOST_LINES)) {
        Ok(lines) => Known::Is(lines.iter().filter_map(|(_, line)| parse(line)).take(MOST_SERVERS).collect()),
        Err(why) => Known::Unknown(why),
    }
}

/// The server of a line `nameserver ADDRESS`.
pub(super) fn parse(line: &str) -> Option<String> {
    let mut words = line.split_ascii_whitespace();
    let address: IpAddr = words.next().filter(|word| *word == "nameserver").and_then(|_| words.next())?.parse().ok()?;
    Some(SocketAddr::new(address, PORT).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_named_with_their_port() {
        for (line, server) in [
            ("nameserver 10.96.0.10", Some("10.96.0.10:53")),
            ("nameserver\t2001:db8::1  # the second", Some("[2001:db8::1]:53")),
            ("#nameserver 10.96.0.10", None),
            ("nameserver", None),
            ("nameserver dns.example.com", None),
            ("search shop.svc.cluster.local", None),
            ("", None),
        ] {
            assert_eq!(parse(line).as_deref(), server, "{line}");
        }
    }
}
