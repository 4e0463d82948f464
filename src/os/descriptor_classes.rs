//! What the open descriptors of a process are, by class: a leak shows as one class that has most of them.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::sockets::{InetSocket, LISTEN, Socket, socket_inode};
use crate::snapshot::DescriptorClass;

/// How many classes are kept, the largest.
const MOST_CLASSES: usize = 6;
/// How much of a path is kept.
const LONGEST_PATH: usize = 256;
/// The state of a TCP connection that the other side has closed and the process has not.
const CLOSED_BY_PEER: &str = "CLOSE-WAIT";

/// The largest classes of these descriptors, the largest first. Without `sockets` all sockets are one class.
#[must_use]
pub(super) fn classes(links: &[(i32, String)], sockets: Option<&HashMap<u64, Socket>>) -> Vec<DescriptorClass> {
    let of = |link: &str| socket_inode(link).and_then(|inode| sockets?.get(&inode));
    let listens = |link: &String| match of(link) {
        Some(Socket::Inet(socket)) if socket.state == LISTEN => Some(socket.local.port()),
        _ => None,
    };
    let own_ports: HashSet<u16> = links.iter().filter_map(|(_, link)| listens(link)).collect();
    let mut counts: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for (_, link) in links {
        let (what, closed) = match of(link) {
            Some(Socket::Inet(socket)) => (inet(socket, &own_ports), socket.state == CLOSED_BY_PEER),
            Some(Socket::Unix { .. }) => ("Unix sockets".to_owned(), false),
            None => (other(link), false),
        };
        let count = counts.entry(what).or_default();
        count.0 += 1;
        count.1 += u64::from(closed);
    }
    let mut classes: Vec<DescriptorClass> = counts
        .into_iter()
        .map(|(what, (count, closed_by_peer))| DescriptorClass { what, count, closed_by_peer })
        .collect();
    classes.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.what.cmp(&other.what)));
    classes.truncate(MOST_CLASSES);
    classes
}

fn inet(socket: &InetSocket, own_ports: &HashSet<u16>) -> String {
    match socket.peer {
        Some(_) if own_ports.contains(&socket.local.port()) => {
            format!("connections of clients to :{}", socket.local.port())
        }
        Some(peer) => format!("connections to {peer}"),
        None if socket.state == LISTEN => "listening sockets".to_owned(),
        None => format!("unconnected {} sockets", socket.protocol),
    }
}

/// A link that is no socket we know: files count by their folder, since a leak often has a name for each.
fn other(link: &str) -> String {
    if let Some(name) = link.strip_prefix("anon_inode:") {
        return name.trim_matches(['[', ']']).chars().take(LONGEST_PATH).collect();
    }
    if !link.starts_with('/') {
        let kind = link.split(':').next().unwrap_or_default();
        return match kind {
            "pipe" => "pipes".to_owned(),
            "socket" => "sockets".to_owned(),
            _ => "others".to_owned(),
        };
    }
    let path = link.strip_suffix(" (deleted)").unwrap_or(link);
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let folder: String = folder.chars().take(LONGEST_PATH).collect();
    format!("files in {}", if folder.is_empty() { "/" } else { &folder })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn socket(local: &str, peer: Option<&str>, state: &'static str, inode: u64) -> (u64, Socket) {
        let socket = InetSocket {
            protocol: "tcp",
            local: local.parse().unwrap(),
            peer: peer.map(|peer| peer.parse().unwrap()),
            state,
            receive_queue: 0,
            send_queue: 0,
            queue_limit: None,
            user: 0,
            inode,
        };
        (inode, Socket::Inet(socket))
    }

    #[test]
    fn a_leak_is_one_class() {
        let mut sockets = HashMap::from([
            socket("0.0.0.0:8000", None, LISTEN, 1),
            socket("10.0.0.5:8000", Some("10.0.9.9:50000"), "ESTAB", 2),
            (3, Socket::Unix { path: String::new() }),
        ]);
        sockets.extend((10..20).map(|inode| socket("10.0.0.5:41000", Some("10.0.3.7:5432"), CLOSED_BY_PEER, inode)));
        let mut links: Vec<(i32, String)> = sockets.keys().map(|inode| (0, format!("socket:[{inode}]"))).collect();
        links.extend((0..4).map(|number| (0, format!("/var/log/app/{number}.log (deleted)"))));
        links.push((0, "anon_inode:[eventpoll]".to_owned()));
        links.push((0, "pipe:[7]".to_owned()));
        links.push((0, "socket:[99]".to_owned()));
        let found = classes(&links, Some(&sockets));
        let told: Vec<(&str, u64)> = found.iter().map(|class| (class.what.as_str(), class.count)).collect();
        assert_eq!(told[..2], [("connections to 10.0.3.7:5432", 10), ("files in /var/log/app", 4)]);
        assert_eq!((found.len(), found[0].closed_by_peer), (MOST_CLASSES, 10));
        assert!(told.contains(&("connections of clients to :8000", 1)), "{told:?}");
        let blind = classes(&links, None);
        assert_eq!((blind[0].what.as_str(), blind[0].count), ("sockets", 14));
    }

    #[test]
    fn paths_that_are_none() {
        assert_eq!(other("/file"), "files in /");
        assert_eq!(other(""), "others");
        assert!(other(&format!("/{}/x", "a".repeat(9000))).len() < 300);
    }
}
