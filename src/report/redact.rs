//! A report that may leave the house: what happened and in which function, without where that function lives and with whom
//! it talks.
//!
//! Source lines go. Addresses become `peer-1`, the same one the same number; of paths the file's name is left, of URLs the
//! scheme. Names of functions, files, threads and tasks stay: without them there is no report.

use core::net::{IpAddr, SocketAddr};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::Value;

use super::{Place, Report};
use crate::snapshot::without_users;

/// Stands for what was taken out.
const GONE: char = '…';

/// The same report without source lines, addresses, folders and URLs.
///
/// # Errors
///
/// When a report cannot be made of what is left, which is a defect.
pub fn redacted(report: &Report) -> serde_json::Result<Report> {
    let mut pen = Pen::default();
    let mut value = serde_json::to_value(report)?;
    pen.cross_out(&mut value);
    let mut redacted: Report = serde_json::from_value(value)?;
    redacted.profile.clone_from(&report.profile);
    // Stacks go on sharing their places.
    let mut bared: HashMap<Arc<Place>, Arc<Place>> = HashMap::new();
    for entry in &mut redacted.profile {
        entry.doing = pen.text(&entry.doing);
        entry.thread_name = pen.text(&entry.thread_name);
        for place in &mut entry.stack {
            let bare = || Place { file: file_name(&place.file), ..(**place).clone() };
            *place = Arc::clone(bared.entry(Arc::clone(place)).or_insert_with(|| bare().into()));
        }
    }
    Ok(redacted)
}

/// Fields that hold a path.
const PATHS: [&str; 3] = ["file", "path", "executable"];
/// What a request was asked for, and by whom it can be found again, where it is known.
const REQUEST: [&str; 2] = ["path", "request_id"];
/// What may stand before the first letter of a URL or path, and behind its last.
const OPENING: [char; 6] = ['(', '[', '<', '"', '\'', '`'];
const CLOSING: [char; 10] = [')', ']', '>', '"', '\'', '`', '.', ',', ';', ':'];

fn file_name(path: &str) -> String {
    path.rsplit(['/', '\\']).next().unwrap_or(path).to_owned()
}

/// Remembers which address got which number.
#[derive(Debug, Default)]
struct Pen {
    peers: BTreeMap<IpAddr, usize>,
}

impl Pen {
    fn cross_out(&mut self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.text(text),
            Value::Array(values) => values.iter_mut().for_each(|value| self.cross_out(value)),
            Value::Object(fields) => {
                for (name, field) in fields {
                    match field {
                        // A path may have spaces in it, which no sentence would show.
                        Value::String(path) if PATHS.contains(&name.as_str()) => *path = file_name(path),
                        // Of a request: the path may end in a customer's name.
                        Value::Object(known) if REQUEST.contains(&name.as_str()) => {
                            if let Some(text) = known.get_mut("is").filter(|text| text.is_string()) {
                                *text = Value::String(GONE.to_string());
                            }
                        }
                        field => self.cross_out(field),
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn text(&mut self, text: &str) -> String {
        let text = without_users(text);
        let mut told = String::with_capacity(text.len());
        let mut inside_of_a_url = false;
        for part in text.split_inclusive(char::is_whitespace) {
            let chunk = part.trim_end();
            // A URL with a space in it goes on behind it.
            let goes_on = inside_of_a_url && chunk.contains(['/', '?', '&', '=', '%', '@']);
            told.push_str(&if goes_on { GONE.to_string() } else { self.chunk(chunk) });
            told.push_str(part.get(chunk.len()..).unwrap_or_default());
            inside_of_a_url = (goes_on || chunk.contains("://")) && !chunk.ends_with(CLOSING);
        }
        told
    }

    /// What stands between spaces. Of a URL and of a path with a query anything may be a value.
    fn chunk(&mut self, chunk: &str) -> String {
        let core = chunk.trim_start_matches(OPENING);
        let open = chunk.get(..chunk.len() - core.len()).unwrap_or_default();
        let bare = core.trim_end_matches(CLOSING);
        let close = core.get(bare.len()..).unwrap_or_default();
        if let Some((scheme, _)) = bare.split_once("://") {
            return format!("{open}{scheme}://{GONE}{close}");
        }
        if bare.starts_with('/') && bare.contains('?') {
            return format!("{open}{GONE}{close}");
        }
        let ends_word = |letter: char| "()<>,;=\"'`{}|".contains(letter);
        let words = chunk.split_inclusive(ends_word).map(|part| {
            let word = part.trim_end_matches(ends_word);
            format!("{}{}", self.word(word), part.get(word.len()..).unwrap_or_default())
        });
        words.collect()
    }

    fn word(&mut self, word: &str) -> String {
        let bare = word.trim_end_matches(['.', ':']);
        if bare.contains(":/") {
            // What a network file system is mounted from.
            return GONE.to_string();
        }
        if is_path(bare) {
            // The last part of what is no file may be a customer's number.
            let name = file_name(word);
            return if name.contains('.') { name } else { GONE.to_string() };
        }
        self.addresses(word)
    }

    /// Addresses in a word, whatever is glued to them: a name before, a network's length or a zone behind.
    fn addresses(&mut self, word: &str) -> String {
        let of_address = |letter: char| letter.is_ascii_hexdigit() || matches!(letter, '.' | ':' | '[' | ']');
        let mut told = String::with_capacity(word.len());
        let mut rest = word;
        while let Some(start) = rest.find(of_address) {
            let (before, from) = rest.split_at(start);
            let (run, after) = from.split_at(from.find(|letter| !of_address(letter)).unwrap_or(from.len()));
            told.push_str(before);
            match self.address(run) {
                Some(peer) => {
                    told.push_str(&peer);
                    // The zone of a link-local address names our network card.
                    let zone = after.strip_prefix('%').map(|zone| zone.trim_start_matches(char::is_alphanumeric));
                    rest = zone.unwrap_or(after);
                }
                None => {
                    told.push_str(run);
                    rest = after;
                }
            }
        }
        told.push_str(rest);
        told
    }

    /// What a run of the letters of addresses stands for, if it is one, with a port or without.
    fn address(&mut self, run: &str) -> Option<String> {
        let bare = run.trim_end_matches(['.', ':']);
        let end = run.get(bare.len()..)?;
        if let Ok(address) = bare.parse::<SocketAddr>() {
            return Some(format!("{}:{}{end}", self.peer(address.ip()), address.port()));
        }
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Some(format!("{}{end}", self.peer(address)));
        }
        // An IPv6 address whose end is a colon of its own, one in brackets without a port, and one in brackets of a list.
        let inside = run.trim_matches(['[', ']']);
        let address = inside.parse::<IpAddr>().ok().or_else(|| inside.trim_end_matches(['.', ':']).parse().ok());
        if let Some(address) = address {
            let open = run.starts_with('[') && address.is_ipv4();
            let peer = self.peer(address);
            return Some(if open { format!("[{peer}]") } else { peer });
        }
        // Letters before it that might have been digits: `node10.0.3.7`.
        let digits = run.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
        let name = run.get(..run.len() - digits.len()).filter(|name| !name.is_empty())?;
        Some(format!("{name}{}", self.address(digits)?))
    }

    /// What is on the same machine is no secret.
    fn peer(&mut self, address: IpAddr) -> String {
        if address.is_loopback() || address.is_unspecified() {
            return if address.is_ipv6() { format!("[{address}]") } else { address.to_string() };
        }
        let next = self.peers.len() + 1;
        format!("peer-{}", self.peers.entry(address).or_insert(next))
    }
}

/// Whether a word is a path: from the root, from a home, from here, or of Windows.
fn is_path(word: &str) -> bool {
    let of_windows = || {
        let mut letters = word.chars();
        let drive = letters.next().is_some_and(|letter| letter.is_ascii_alphabetic());
        (drive && letters.next() == Some(':') && letters.next() == Some('\\')) || word.starts_with("\\\\")
    };
    let of_here = || {
        let parts: Vec<&str> = word.split(['/', '\\']).collect();
        let names_a_file =
            |name: &&&str| name.rsplit_once('.').is_some_and(|(_, end)| end.starts_with(char::is_alphabetic));
        parts.len() > 1 && parts.last().filter(names_a_file).is_some()
    };
    word.starts_with(['/', '~']) && word.contains('/')
        || word.starts_with("./")
        || word.starts_with("../")
        || of_windows()
        || of_here()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_folders_and_urls_go_and_the_rest_stays() {
        let mut pen = Pen::default();
        for (text, told) in [
            ("reading from 10.0.3.7:5432 (postgresql)", "reading from peer-1:5432 (postgresql)"),
            ("10.0.3.8, [fd00::1]:80; 10.0.3.7.", "peer-2, peer-3:80; peer-1."),
            ("127.0.0.1:9092 [::1]:9092 0.0.0.0:8000", "127.0.0.1:9092 [::1]:9092 0.0.0.0:8000"),
            ("fetch_orders (/srv/shop/app.py:7)", "fetch_orders (app.py:7)"),
            ("GET /api/customers/4711", "GET …"),
            ("waits for (https://pay.example/charge?id=3,4&x=y), 2 s", "waits for (https://…), 2 s"),
            ("in /search?q=a,b;c=/etc/x: 3 s", "in …: 3 s"),
            ("/srv/shop/app.py", "app.py"),
            ("writing /mnt/a.log on nfs4 10.0.3.7:/export", "writing a.log on nfs4 …"),
            ("CPython 3.12.4, 12:30, 80 % of a core", "CPython 3.12.4, 12:30, 80 % of a core"),
            ("w@10.0.3.7:5432, 10.0.3.8/24, [10.0.3.7], fd00::1%eth0", "w@peer-1:5432, peer-2/24, [peer-1], peer-3"),
            ("node10.0.3.7 redis:s3cret@cache", "nodepeer-1 …@cache"),
            ("password=s3cret", "password=…"),
            ("C:\\Users\\bob\\app.py and src/shop/app.py:7, ./run.sh ~/bob", "app.py and app.py:7, run.sh …"),
            ("GET/POST 3/4 1.5/s", "GET/POST 3/4 1.5/s"),
            ("https://pay.example/a b?token=x&y=z next", "https://… … next"),
            ("", ""),
        ] {
            assert_eq!(pen.text(text), told);
        }
        let mut value = serde_json::json!({"file": "/srv/my shop/app.py", "stack": [{"path": "/a b/c"}], "line": 7});
        pen.cross_out(&mut value);
        assert_eq!(value, serde_json::json!({"file": "app.py", "stack": [{"path": "c"}], "line": 7}));
        let mut request =
            serde_json::json!({"path": {"is": "/bills/smith.pdf"}, "request_id": {"unknown": "not-read"}});
        pen.cross_out(&mut request);
        assert_eq!(request, serde_json::json!({"path": {"is": "…"}, "request_id": {"unknown": "not-read"}}));
    }
}
