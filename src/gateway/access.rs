//! Who may ask.

use hyper::HeaderMap;
use hyper::header::{AUTHORIZATION, HOST, HeaderValue, ORIGIN};

use super::secret::Secret;

/// Grafana's signature of a notification, and the time that it is of, where it was told to send one.
const SIGNATURE: &str = "x-grafana-alerting-signature";
const TIMESTAMP: &str = "x-grafana-alerting-timestamp";
/// A signature with a time is good for so long, seconds: a copy of it is not good for ever.
const GOOD_FOR_S: u64 = 300;

/// What a client must know.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// The bearer token of every request.
    pub token: Option<Secret>,
    /// What Grafana signs notifications with; then a signed one needs no token.
    pub secret: Option<Secret>,
}

impl Access {
    /// Whether the request may ask for anything; no page of a browser comes by a socket in the file system.
    pub(super) fn allows(&self, headers: &HeaderMap, by_socket: bool) -> bool {
        match &self.token {
            Some(token) => bearer(headers).is_some_and(|given| token.is(given)),
            None => by_socket || is_no_page(headers),
        }
    }

    /// Whether a notification was signed with the secret, not long before a time in seconds since 1970.
    pub(super) fn allows_signed(&self, headers: &HeaderMap, body: &[u8], now_s: u64) -> bool {
        self.secret.as_ref().is_some_and(|secret| is_signed(secret, headers, body, now_s))
    }

    /// Whether who knows no token may sign a notification instead, or has to.
    pub(super) fn wants_signature(&self) -> bool {
        self.secret.is_some()
    }
}

fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let (scheme, given) = headers.get(AUTHORIZATION)?.as_bytes().split_at_checked("Bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"bearer ").then_some(given)
}

/// Whether it is none that a page in a browser sent, which may ask this machine for what its author cannot: pages send `Origin`, or
/// the name of a host that was made to mean this machine.
fn is_no_page(headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).map(HeaderValue::as_bytes).unwrap_or_default();
    let is_address =
        host.iter().all(|letter| letter.is_ascii_digit() || b".:".contains(letter)) || host.starts_with(b"[");
    let is_here = host == b"localhost" || host.starts_with(b"localhost:");
    !headers.contains_key(ORIGIN) && (is_address || is_here)
}

fn is_signed(secret: &Secret, headers: &HeaderMap, body: &[u8], now_s: u64) -> bool {
    let Some(signature) = headers.get(SIGNATURE).map(HeaderValue::as_bytes) else { return false };
    let Some(time) = headers.get(TIMESTAMP) else { return secret.has_signed(&[body], signature) };
    let at_s = time.to_str().ok().and_then(|text| text.parse::<u64>().ok());
    let is_fresh = at_s.is_some_and(|at_s| now_s.abs_diff(at_s) <= GOOD_FOR_S);
    is_fresh && secret.has_signed(&[time.as_bytes(), b":", body], signature)
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    fn secret(text: &str) -> Secret {
        let path = std::env::temp_dir().join(format!("hangspy-access-{}-{text}", std::process::id()));
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let secret = Secret::read(&path).unwrap();
        fs::remove_file(path).unwrap();
        secret
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_token_is_asked_for_where_there_is_one() {
        let access = Access { token: Some(secret("0123456789abcdef")), secret: None };
        let allows = |value| access.allows(&headers(&[("authorization", value), ("host", "example.com")]), true);
        assert!(allows("Bearer 0123456789abcdef") && allows("bearer 0123456789abcdef"));
        for wrong in ["", "Bearer", "Bearer ", "Bearer 0123456789abcdef0", "Basic 0123456789abcdef", "0123456789abcdef"]
        {
            assert!(!allows(wrong), "{wrong}");
        }
        assert!(!access.allows(&headers(&[("host", "localhost")]), true));
    }

    #[test]
    fn without_a_token_no_page_of_a_browser_may_ask() {
        let allows = |pairs: &[(&'static str, &str)]| Access::default().allows(&headers(pairs), false);
        for host in ["localhost", "localhost:9777", "127.0.0.1:9777", "[::1]:9777", ""] {
            assert!(allows(&[("host", host)]), "{host}");
            assert!(!allows(&[("host", host), ("origin", "http://example.com")]), "{host}");
        }
        assert!(!allows(&[("host", "rebound.example.com:9777")]));
        assert!(!allows(&[("host", "localhost.example.com")]));
        assert!(Access::default().allows(&headers(&[("host", "hangspy")]), true), "no page comes by a socket");
    }

    #[test]
    fn a_signed_notification_needs_no_token_and_is_not_good_for_ever() {
        let access = Access { token: None, secret: Some(secret("a key of sixteen")) };
        // printf '%s' 'body' | openssl dgst -sha256 -hmac 'a key of sixteen', and of '1000:body'.
        let plain = "17ddaa51922f99ae5513ee53f25fef4f92b1cef0de7016dee2e1f622e04746b5";
        let timed = "235f0c0d3b450af7612353613113b3d354b6bec5217b168ce46aeb56b10d6bbc";
        let allows =
            |pairs: &[(&'static str, &str)], body: &[u8], now_s| access.allows_signed(&headers(pairs), body, now_s);
        assert!(allows(&[(SIGNATURE, plain)], b"body", 0));
        assert!(!allows(&[(SIGNATURE, plain)], b"Body", 0));
        assert!(!allows(&[("host", "localhost")], b"body", 0), "it is not signed");
        assert!(allows(&[(SIGNATURE, timed), (TIMESTAMP, "1000")], b"body", 1200));
        assert!(!allows(&[(SIGNATURE, timed), (TIMESTAMP, "1000")], b"body", 1301), "an old one");
        assert!(!allows(&[(SIGNATURE, timed), (TIMESTAMP, "1001")], b"body", 1000), "another time");
        assert!(!allows(&[(SIGNATURE, timed), (TIMESTAMP, "x")], b"body", 1000));
    }
}
