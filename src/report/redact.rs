//! A report that may leave the house: what happened and in which function, without where that function lives and with whom
//! it talks.
//!
//! Source lines go. Addresses become `peer-1`, the same one the same number; of paths the file's name is left, of URLs the
//! scheme. Names of functions, files, threads and tasks stay: without them there is no report.

use core::net::{IpAddr, SocketAddr};
use std::collections::BTreeMap;

use serde_json::Value;

use super::Report;

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
    for entry in &mut redacted.profile {
        entry.doing = pen.text(&entry.doing);
        entry.thread_name = pen.text(&entry.thread_name);
        for place in &mut entry.stack {
            place.file = file_name(&place.file);
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
    path.rsplit('/').next().unwrap_or(path).to_owned()
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
        let mut told = String::with_capacity(text.len());
        for part in text.split_inclusive(char::is_whitespace) {
            let chunk = part.trim_end();
            told.push_str(&self.chunk(chunk));
            told.push_str(part.get(chunk.len()..).unwrap_or_default());
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
        let ends_word = |letter: char| "()<>,;=\"'`".contains(letter);
        let words = chunk.split_inclusive(ends_word).map(|part| {
            let word = part.trim_end_matches(ends_word);
            format!("{}{}", self.word(word), part.get(word.len()..).unwrap_or_default())
        });
        words.collect()
    }

    fn word(&mut self, word: &str) -> String {
        let bare = word.trim_end_matches(['.', ':']);
        let end = word.get(bare.len()..).unwrap_or_default();
        if let Ok(address) = bare.parse::<SocketAddr>() {
            return format!("{}:{}{end}", self.peer(address.ip()), address.port());
        }
        if let Ok(address) = bare.parse::<IpAddr>() {
            return format!("{}{end}", self.peer(address));
        }
        if word.contains(":/") {
            // What a network file system is mounted from.
            return GONE.to_string();
        }
        if !word.starts_with('/') {
            return word.to_owned();
        }
        // The last part of what is no file may be a customer's number.
        let name = file_name(word);
        if name.contains('.') { name } else { GONE.to_string() }
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
