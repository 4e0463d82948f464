//! Credentials in names, paths and source lines: taken out where text enters, so that no capture and no report has them.
//!
//! Programs put connection strings into names of threads, pools and tasks, and tokens into paths of requests. What is taken
//! out is what tells itself: the user's part of a URL (`postgres://shop:s3cret@db/shop`), the value of whatever is called
//! a password, a token or the like (`password=s3cret`, `--password s3cret`), what stands behind `Bearer` and `Basic`, and keys that
//! their issuers made to be known (`AKIA...`). What a secret is called stands in one table (`names`), what it looks like in
//! another (`forms`).

mod forms;
mod names;
mod values;

use std::borrow::Cow;

/// Stands for what was taken out.
const GONE: &str = "…";

/// The same, also without users that no scheme of a URL tells (`redis:s3cret@cache`), which may be names.
#[must_use]
pub fn without_users(text: &str) -> String {
    let mut spans = Vec::new();
    users(text, true, &mut spans);
    without_secrets(cut(text, spans).as_ref()).into_owned()
}

/// A line of source without its secrets: only what stands there literally is one.
#[must_use]
pub fn source_without_secrets(text: &str) -> Cow<'_, str> {
    if !may_have_one(text) {
        return Cow::Borrowed(text);
    }
    let mut spans = Vec::new();
    users(text, false, &mut spans);
    values::values(text, |at, value| is_literal(text, at, value), &mut spans);
    values::nameless(text, &mut spans);
    forms::keys(text, &mut spans);
    cut(text, spans)
}

/// Whether what begins at a place is text and no expression: in quotes of its own, or in those of the text around the mark.
fn is_literal(text: &str, mark: usize, value: &str) -> bool {
    let is_quote = |letter: char| matches!(letter, '"' | '\'');
    if value.starts_with(is_quote) || value.strip_prefix(['b', 'f', 'r']).is_some_and(|rest| rest.starts_with(is_quote))
    {
        return true;
    }
    values::open_quote(text, mark).is_some() && !value.starts_with(['{', '%'])
}

/// Nearly every name has none of these, and none may cost more than a glance.
fn may_have_one(text: &str) -> bool {
    text.contains(['@', '=', ':', '%', ' ']) || forms::may_have_one(text)
}

/// The text without its secrets.
#[must_use]
pub fn without_secrets(text: &str) -> Cow<'_, str> {
    if !may_have_one(text) {
        return Cow::Borrowed(text);
    }
    let mut spans = Vec::new();
    users(text, false, &mut spans);
    values::values(text, |_, _| true, &mut spans);
    values::options(text, &mut spans);
    values::nameless(text, &mut spans);
    forms::keys(text, &mut spans);
    cut(text, spans)
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

fn cut(text: &str, mut spans: Vec<Span>) -> Cow<'_, str> {
    // What was taken out before stays as it is.
    spans.retain(|(from, to)| text.get(*from..*to).is_some_and(|secret| secret != GONE));
    if spans.is_empty() {
        return Cow::Borrowed(text);
    }
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
    Cow::Owned(left)
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
            ("/v1/map?key=AIzaSyD9tSrke72PouQMnMXa7eZSW0jkFMBWY&n=1", "/v1/map?key=…&n=1"),
            ("session=550e8400-e29b-41d4-a716-446655440000; n=1", "session=…; n=1"),
            ("upload of AKIAIOSFODNN7EXAMPLE", "upload of …"),
            ("uploadAKIAIOSFODNN7EXAMPLE", "upload…"),
            ("password=correct horse battery host=db", "password=… host=db"),
            ("passphrase = correct horse, n=1", "passphrase = …, n=1"),
            ("db(password=correct horse) of shop", "db(password=…) of shop"),
            ("password=s3cret (two of three)", "password=… (two of three)"),
            ("password=s3cret amqp://u:p@q", "password=… amqp://…@q"),
            ("PGPASSWORD=s3cret psql shop", "PGPASSWORD=… psql shop"),
            ("mysql --password=s3cret shop", "mysql --password=… shop"),
            ("Set-Cookie: sid=abc; Path=/", "Set-Cookie: …"),
            ("password=", "password="),
            ("https://h/x?sig=abc&n=1", "https://h/x?sig=…&n=1"),
            ("Bearer s3cret9 next", "Bearer … next"),
            ("GET with Basic dXNlcjpwYXNz", "GET with Basic …"),
            ("Authorization: Digest user=\"me\", response=\"s3\"", "Authorization: …"),
            ("x 'Cookie: a=b; sid=s3' y", "x 'Cookie: …' y"),
            ("--token 's3 cret' -v", "--token …' -v"),
            ("['mysql', '--password', 's3cret', 'shop']", "['mysql', '--password', …', 'shop']"),
            ("Cookie: theme=dark; sid=s3cret", "Cookie: …"),
            ("mysql -u root --password s3cret shop", "mysql -u root --password … shop"),
            ("mysql -p s3cret shop", "mysql -p … shop"),
            ("curl -u me:s3cret https://h", "curl -u … https://h"),
            ("pass=s3cret;pwd=s3cret", "pass=…;pwd=…"),
            ("/login?next=%2Fx%3Ftoken%3Ds3cret", "/login?next=%2Fx%3Ftoken%3D…"),
            ("{\\\"password\\\": \\\"s3cret\\\", n}", "{\\\"password\\\": …\\\", n}"),
            ("password = \"a\\\"s3cret\" x", "password = …\" x"),
            ("password => s3cret", "password => …"),
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
            ("connect('host=db password=s3cret')", "connect('host=db password=…')"),
            ("connect(f'host=db password={word}')", "connect(f'host=db password={word}')"),
            ("get(headers={'Authorization': 'Basic dXNlcjpw'})", "get(headers={'Authorization': …'})"),
            ("run('mysql --password=s3cret')", "run('mysql --password=…')"),
        ] {
            assert_eq!(source_without_secrets(text), told, "{text}");
        }
    }

    #[test]
    fn what_is_plainly_no_secret_stays() {
        for text in [
            "/passes/12",
            "GET /v1/tokens/12?page=3",
            "token_count=5",
            "tokenCount: 5",
            "max_tokens=4096, tokens: 45",
            "password_file=/run/p",
            "secret_name: db",
            "/srv/token_store.py:41",
            "uvicorn auth:app on :8000",
            "bypass=1 design=3",
            "compass: north",
            "Basic usage of the Bearer token-bucket",
            "docker run -p 8080:80 shop",
            "mkdir -p /srv/x -u 1000:1000",
            "ThreadPoolExecutor-0_0",
            "Task 12 of 40",
            "100% done",
            "cache_key=orders-2024-11-28 session=AsyncSession",
            "SELECT key, session FROM t WHERE key = 'orders-2024-11-28'",
            "KAZAKIASTANIZATIONOFTHE",
            "task_skip_live_data",
        ] {
            assert_eq!(without_secrets(text), text);
        }
    }

    #[test]
    fn no_way_to_write_a_secret_leaves_it() {
        const SECRET: &str = "S3cret9x";
        let names =
            ["password", "DB_PASSWORD", "accessToken", "x-api-key", "PGPASSWORD", "client_secret", "aws_signature"];
        let short = ["pass", "sig", "pwd", "auth", "jwt"];
        let ways = [
            "{n}={s}",
            "{n} = '{s}'",
            "{n}: {s}",
            "\"{n}\": \"{s}\"",
            "{'{n}': '{s}'}",
            "?{n}={s}&x=1",
            "--{n} {s}",
            "--{n}={s}",
            "{n}%3D{s}",
            "a%26{n}%3d{s}%26b",
            "\\\"{n}\\\": \\\"{s}\\\"",
            "{n}:={s}",
            "{n}={s};x",
        ];
        let around =
            [("", ""), ("worker of ", " (idle)"), ("größe ", " 12"), ("a=b, ", ", c=d"), ("[", "]"), ("x: ", "\n")];
        for name in names.iter().chain(&short) {
            for way in ways {
                for (before, behind) in around {
                    let text = format!("{before}{}{behind}", way.replace("{n}", name).replace("{s}", SECRET));
                    let told = without_secrets(&text);
                    assert!(!told.contains(SECRET), "{text}: {told}");
                    assert_eq!(without_secrets(&told), told, "{text}: taken out twice");
                    assert!(told.starts_with(before.trim_end()), "{text}: {told}");
                }
            }
        }
    }

    #[test]
    fn any_text_is_bounded_and_taken_out_once() {
        let pieces = [
            "password", "=", ":", " ", "\"", "'", "\\", "%3D", "%", "é", "Bearer ", "--token ", "-p ", "@", "://",
            "eyJ", "…", "a", ";", "Cookie: ", "\n", "🙂",
        ];
        let mut number = 88_172_645_463_325_252_u64;
        for _ in 0..5_000 {
            let mut text = String::new();
            for _ in 0..12 {
                number ^= number << 13;
                number ^= number >> 7;
                number ^= number << 17;
                text.push_str(pieces[(number % pieces.len() as u64) as usize]);
            }
            let told = without_secrets(&text).into_owned();
            assert!(told.len() <= text.len() + GONE.len() * text.len(), "{text}");
            let _no_panic = (source_without_secrets(&text), without_users(&text));
        }
    }
}
