//! Credentials in names, paths and source lines: taken out where text enters, so that no capture and no report has them.
//!
//! Programs put connection strings into names of threads, pools and tasks, and tokens into paths of requests. What is taken
//! out is what tells itself: the user's part of a URL (`postgres://shop:s3cret@db/shop`), and the value of whatever is called
//! a password, a token or the like (`password=s3cret`).

use std::borrow::Cow;

/// Stands for what was taken out.
const GONE: &str = "…";

/// What a name has in it whose value is a secret, in small letters.
const SECRET_NAMES: [&str; 15] = [
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "api_key",
    "api-key",
    "apikey",
    "access_key",
    "private_key",
    "authorization",
    "credential",
    "signature",
    "cookie",
];
/// Words before the secret itself in what is called `authorization`.
const KINDS_OF_SECRETS: [&str; 3] = ["bearer", "basic", "token"];
/// What ends a value that is not in quotes.
const ENDS: &[char] = &['&', ';', ',', '"', '\'', '`', ')', ']', '}', '>'];
/// Of a JSON web token, in base64: how each begins.
const WEB_TOKEN: &str = "eyJ";
/// Shorter ones are a word.
const SHORTEST_WEB_TOKEN: usize = 20;

/// The text without its secrets.
#[must_use]
pub fn without_secrets(text: &str) -> Cow<'_, str> {
    clean(text, |_| true)
}

/// The same, also without users that no scheme of a URL tells (`redis:s3cret@cache`), which may be names.
#[must_use]
pub fn without_users(text: &str) -> String {
    let mut spans = Vec::new();
    users(text, true, &mut spans);
    without_secrets(&cut(text, spans)).into_owned()
}

/// A line of source without its secrets: only what stands there literally is one.
#[must_use]
pub fn source_without_secrets(text: &str) -> Cow<'_, str> {
    clean(text, |value| {
        value.starts_with(['"', '\''])
            || value.strip_prefix(['b', 'f', 'r']).is_some_and(|rest| rest.starts_with(['"', '\'']))
    })
}

fn clean(text: &str, is_literal: impl Fn(&str) -> bool) -> Cow<'_, str> {
    // Nearly every name has none of these, and none may cost more than a glance.
    if !text.contains(['@', '=', ':']) && !text.contains(WEB_TOKEN) {
        return Cow::Borrowed(text);
    }
    let mut spans = Vec::new();
    users(text, false, &mut spans);
    values(text, is_literal, &mut spans);
    web_tokens(text, &mut spans);
    if spans.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(cut(text, spans)) }
}

/// Where something is to be taken out: from one byte to another.
type Span = (usize, usize);

/// `user:secret@`, behind `://` and, where they are wanted, alone.
fn users(text: &str, alone: bool, spans: &mut Vec<Span>) {
    let ends_chunk = |letter: char| letter.is_whitespace() || "\"'`<>()".contains(letter);
    let mut start = 0;
    for chunk in text.split_inclusive(ends_chunk) {
        let begin = start;
        start += chunk.len();
        let (before, rest) = chunk.split_once("://").map_or(("", chunk), |(scheme, rest)| (scheme, rest));
        let has_scheme = rest.len() < chunk.len();
        // A secret may have slashes in it that nobody escaped: then what is before the first is no host with a port.
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let is_port =
            |text: &str| text.split_once(':').is_none_or(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
        let place = if host.contains('@') || (has_scheme && is_port(host)) { host } else { rest };
        let Some(end) = place.rfind('@') else { continue };
        let user = place.get(..end).unwrap_or_default();
        if has_scheme || (alone && user.contains(':')) {
            let from = begin + if has_scheme { before.len() + "://".len() } else { 0 };
            spans.push((from, from + end));
        }
    }
}

/// The values of what is called like a secret.
fn values(text: &str, is_literal: impl Fn(&str) -> bool, spans: &mut Vec<Span>) {
    for (at, mark) in text.match_indices(['=', ':']) {
        let before = text.get(..at).unwrap_or_default().trim_end().trim_end_matches(['"', '\'']);
        let is_of_name = |letter: char| letter.is_alphanumeric() || "_-.%".contains(letter);
        let name = before.rsplit(|letter| !is_of_name(letter)).next().unwrap_or_default().to_ascii_lowercase();
        // `token_store.py:41` is a place.
        let is_secret = |secret: &&str| if mark == ":" { name.ends_with(*secret) } else { name.contains(*secret) };
        if !SECRET_NAMES.iter().any(is_secret) {
            continue;
        }
        let rest = text.get(at + mark.len()..).unwrap_or_default();
        let value = rest.trim_start();
        if is_literal(value) {
            let from = text.len() - value.len();
            let length = length_of_value(value);
            if length > 0 {
                spans.push((from, from + length));
            }
        }
    }
}

/// How long a value is: to the closing quote, or to the end of the word; the kind of a secret is not yet the secret.
fn length_of_value(value: &str) -> usize {
    let unquoted = value.trim_start_matches(['b', 'f', 'r']);
    if let Some(quote) = unquoted.chars().next().filter(|letter| matches!(letter, '"' | '\'')) {
        let open = value.len() - unquoted.len() + quote.len_utf8();
        let inside = value.get(open..).unwrap_or_default();
        return open + inside.find(quote).unwrap_or(inside.len());
    }
    let word =
        |text: &str| text.find(|letter: char| letter.is_whitespace() || ENDS.contains(&letter)).unwrap_or(text.len());
    let first = word(value);
    let (kind, rest) = value.split_at(first);
    if KINDS_OF_SECRETS.contains(&kind.to_ascii_lowercase().as_str()) {
        let secret = rest.trim_start();
        return value.len() - secret.len() + word(secret);
    }
    first
}

fn web_tokens(text: &str, spans: &mut Vec<Span>) {
    for (at, _) in text.match_indices(WEB_TOKEN) {
        let rest = text.get(at..).unwrap_or_default();
        let is_of_token = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
        let length = rest.find(|letter| !is_of_token(letter)).unwrap_or(rest.len());
        if length >= SHORTEST_WEB_TOKEN && rest.get(..length).is_some_and(|token| token.contains('.')) {
            spans.push((at, at + length));
        }
    }
}

fn cut(text: &str, mut spans: Vec<Span>) -> String {
    spans.sort_unstable();
    let mut left = String::with_capacity(text.len());
    let mut done = 0;
    for (from, to) in spans {
        if from >= done {
            left.push_str(text.get(done..from).unwrap_or_default());
            left.push_str(GONE);
        }
        done = done.max(to);
    }
    left.push_str(text.get(done..).unwrap_or_default());
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_go_and_everything_else_stays() {
        for (text, told) in [
            ("postgres://shop:s3cret@10.0.3.7:5432/shop", "postgres://…@10.0.3.7:5432/shop"),
            ("pool of redis://:s3cret@cache:6379/0 (idle)", "pool of redis://…@cache:6379/0 (idle)"),
            ("amqp://shop:s3/c?r#et@queue/x", "amqp://…@queue/x"),
            ("<Engine(mysql+pymysql://u:p@h/db)>", "<Engine(mysql+pymysql://…@h/db)>"),
            ("redis:s3cret@cache", "redis:s3cret@cache"),
            ("https://db.example:8000/a@b", "https://db.example:8000/a@b"),
            ("worker@10.9.8.1:5432", "worker@10.9.8.1:5432"),
            ("password=s3cret host=db", "password=… host=db"),
            ("DB_PASSWORD = 's3 cret', x", "DB_PASSWORD = …', x"),
            ("/reset?access_token=abc&user=7", "/reset?access_token=…&user=7"),
            ("Authorization: Bearer abc.def next", "Authorization: … next"),
            ("{\"api_key\": \"abc\", \"n\": 1}", "{\"api_key\": …\", \"n\": 1}"),
            ("/srv/token_store.py:41", "/srv/token_store.py:41"),
            ("x eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc y", "x … y"),
            ("eyJ", "eyJ"),
            ("password=", "password="),
            ("a=b, c: d, 12:30", "a=b, c: d, 12:30"),
            ("größe=5 пароль@x", "größe=5 пароль@x"),
            ("", ""),
        ] {
            assert_eq!(without_secrets(text), told, "{text}");
        }
    }

    #[test]
    fn users_without_a_scheme_go_when_asked() {
        assert_eq!(without_users("redis:s3cret@cache, token=abc"), "…@cache, token=…");
        assert_eq!(without_users("worker@10.9.8.1:5432"), "worker@10.9.8.1:5432");
    }

    #[test]
    fn in_source_only_what_stands_there_is_a_secret() {
        for (text, told) in [
            ("connect(password=settings.password)", "connect(password=settings.password)"),
            ("def reset(token: str):", "def reset(token: str):"),
            ("connect(password=b\"s3cret\")", "connect(password=…\")"),
            ("connect('postgres://u:p@db')", "connect('postgres://…@db')"),
        ] {
            assert_eq!(source_without_secrets(text), told, "{text}");
        }
    }
}
