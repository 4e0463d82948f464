//! The gateway, as its clients meet it: who may ask, what is bounded, and that nothing which is sent does harm.
#![expect(clippy::expect_used, reason = "a test that cannot be set up ends with what went wrong")]

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hangspy::gateway::{
    Access, Desk, Gateway, Listed, Listen, Notification, Operation, Receipt, Refusal, Secret, State, TryLater,
};

const TOKEN: &str = "a token of more than sixteen bytes";
const ALERT: &str = r#"{"version":"4","alerts":[{"status":"firing","startsAt":"now","fingerprint":"f","labels":{}}]}"#;

/// Does nothing, and remembers what it was asked.
#[derive(Default)]
struct Fake {
    alerts: AtomicUsize,
    refused: Mutex<Vec<Refusal>>,
    file: Option<PathBuf>,
}

impl Desk for Fake {
    fn alerts(&self, notification: &Notification) -> Receipt {
        self.alerts.fetch_add(notification.alerts.len(), Ordering::Relaxed);
        Receipt { operation: Some(7), new: notification.alerts.len(), ..Receipt::default() }
    }

    fn refused(&self, refusal: Refusal) {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).push(refusal);
    }

    fn capture(&self) -> Result<u64, TryLater> {
        Err(TryLater { reason: "not now".to_owned(), retry_after_s: 42 })
    }

    fn operations(&self) -> Vec<Operation> {
        vec![Operation {
            number: 7,
            state: State::Done,
            reason: None,
            progress: None,
            thing: "alert: \u{202e}\u{7f}backwards".to_owned(),
            alerts: 1,
            asked_s: 0,
            incident: None,
            summary: None,
            earlier: Vec::new(),
        }]
    }

    fn end(&self, number: u64, _: bool) -> Option<Operation> {
        self.operations().into_iter().find(|operation| operation.number == number)
    }

    fn incidents(&self) -> io::Result<Vec<Listed>> {
        Ok(vec![Listed { name: "one".to_owned(), files: vec!["report.txt"] }])
    }

    fn file(&self, incident: &str, name: &str) -> Option<(File, &'static str, u64)> {
        let file = File::open(self.file.as_ref().filter(|_| (incident, name) == ("one", "report.txt"))?).ok()?;
        let size = file.metadata().ok()?.len();
        Some((file, "text/plain", size))
    }

    fn ledger(&self) -> io::Result<Vec<u8>> {
        Ok(b"{}".to_vec())
    }

    fn metrics(&self) -> io::Result<String> {
        Ok("# EOF\n".to_owned())
    }
}

struct Door {
    gateway: Gateway,
    desk: Arc<Fake>,
}

fn open(access: Access, desk: Fake) -> Door {
    let desk = Arc::new(desk);
    let listen = "127.0.0.1:0".parse().expect("an address");
    let gateway = Gateway::open(&listen, access, Arc::clone(&desk) as Arc<dyn Desk>).expect("it listens");
    Door { gateway, desk }
}

impl Door {
    fn address(&self) -> SocketAddr {
        match self.gateway.at() {
            Listen::Tcp(address) => *address,
            Listen::Unix(path) => panic!("{} is no port", path.display()),
        }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address()).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a time");
        stream
    }

    /// Sends what is a whole request, and reads all of the answer.
    fn ask(&self, head: &str, body: &[u8]) -> String {
        let mut stream = self.connect();
        let head = format!("{head} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n", body.len());
        // It may have said no before the end.
        let _refused = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
        answer(&mut stream)
    }

    fn get(&self, path: &str) -> String {
        self.ask(&format!("GET {path}"), b"")
    }

    fn refused(&self) -> Vec<Refusal> {
        self.desk.refused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn answer(stream: &mut impl Read) -> String {
    let mut bytes = Vec::new();
    // A connection that is reset was ended too.
    let _reset = stream.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or("none")
}

fn scratch(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("hangspy-gateway-{}-{name}", std::process::id()))
}

fn secret(name: &str) -> Secret {
    let path = scratch(name);
    fs::write(&path, TOKEN).expect("it can be written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("it is ours");
    let secret = Secret::read(&path).expect("it is a secret");
    fs::remove_file(&path).expect("it is there");
    secret
}

#[test]
fn what_can_be_asked_for() {
    let path = scratch("report");
    let large = "a line\n".repeat(100_000);
    fs::write(&path, &large).expect("it can be written");
    let door = open(Access::default(), Fake { file: Some(path.clone()), ..Fake::default() });
    let taken = door.ask("POST /alerts", ALERT.as_bytes());
    assert!(status(&taken) == "202" && taken.contains("\"operation\": 7"), "{taken}");
    assert_eq!(status(&door.ask("PUT /alerts", ALERT.as_bytes())), "202");
    assert_eq!(door.desk.alerts.load(Ordering::Relaxed), 2);
    let later = door.ask("POST /capture", b"");
    assert!(status(&later) == "429" && later.contains("retry-after: 42"), "{later}");
    let operation = door.get("/operations/7");
    assert!(status(&operation) == "200" && operation.contains("\\u202e\\u007fbackwards"), "{operation}");
    assert!(door.get("/operations").contains("\"number\": 7"));
    assert_eq!(status(&door.ask("POST /operations/7/stop", b"")), "200");
    assert_eq!(status(&door.ask("DELETE /operations/7", b"")), "200");
    assert!(door.get("/incidents").contains("report.txt"));
    let file = door.get("/incidents/one/report.txt");
    assert!(file.ends_with(&format!("\r\n\r\n{large}")), "all of the file");
    assert!(file.contains("x-content-type-options: nosniff"));
    assert!(door.get("/metrics").ends_with("# EOF\n"));
    assert!(door.get("/").contains("POST /alerts"));
    for path in [
        "/operations/8",
        "/operations/x",
        "/operations/-1",
        "/incidents/two",
        "/incidents/one/../../etc/passwd",
        "/incidents/..%2f..%2fetc/passwd",
        "/incidents/one/report.txt/x",
        "/alerts",
        "/capture",
        "/\u{1b}[2J",
        "/x",
    ] {
        let answer = door.get(path);
        assert!(matches!(status(&answer), "404" | "400"), "{path}: {answer}");
        assert!(!answer.contains('\u{1b}'), "{answer}");
    }
    assert_eq!(door.refused(), []);
    fs::remove_file(path).expect("it is there");
}

#[test]
fn what_cannot_be_read_is_refused_in_words_and_counted() {
    let door = open(Access::default(), Fake::default());
    let deep = format!("{{\"version\":\"4\",\"alerts\":{}", "[".repeat(10_000));
    for (body, words) in [
        ("not JSON", "it is no notification"),
        ("", "it is no notification"),
        (deep.as_str(), "it is no notification"),
        ("{\"version\":\"\u{1b}[2J\",\"alerts\":[]}", "it is no notification"),
        ("{\"version\":\"5\\u001b[2J\",\"alerts\":[]}", "version 5\\x1b[2J is not known here"),
    ] {
        let answer = door.ask("POST /alerts", body.as_bytes());
        assert!(status(&answer) == "400" && answer.contains(words), "{body:.40}: {answer}");
        assert!(!answer.contains('\u{1b}'), "{answer}");
    }
    assert_eq!(door.refused(), [Refusal::Unreadable; 5]);
    let large = door.ask("POST /alerts", &vec![b' '; 10 << 20]);
    // Who sends on and on may find the connection closed instead of the answer.
    assert!(matches!(status(&large), "413" | "none"), "{large}");
    assert_eq!(door.refused().last(), Some(&Refusal::TooLarge));
    let mut stream = door.connect();
    let endless = "X: y\r\n".repeat(100_000);
    let _refused = stream.write_all(format!("GET / HTTP/1.1\r\n{endless}\r\n").as_bytes());
    assert!(matches!(status(&answer(&mut stream)), "431" | "none"));
    let mut stream = door.connect();
    stream.write_all(b"\x16\x03\x01 this is no HTTP\r\n\r\n").expect("it reads");
    assert!(matches!(status(&answer(&mut stream)), "400" | "none"));
    assert_eq!(status(&door.ask("POST /alerts", ALERT.as_bytes())), "202", "it lives");
}

#[test]
fn who_says_nothing_is_not_waited_for_and_keeps_nobody_out() {
    let door = open(Access::default(), Fake::default());
    let began = Instant::now();
    // All places are taken by those who never end the head of their request.
    let mut idle: Vec<TcpStream> = (0..16).map(|_| door.connect()).collect();
    for stream in &mut idle {
        stream.write_all(b"POST /alerts HTTP/1.1\r\nHost: loc").expect("it reads");
    }
    assert_eq!(status(&door.ask("POST /alerts", ALERT.as_bytes())), "202");
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    idle.iter_mut().for_each(|stream| assert!(!answer(stream).starts_with("HTTP/1.1 2")));
    let mut slow = door.connect();
    slow.write_all(b"POST /alerts HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{").expect("it reads");
    assert_eq!(status(&answer(&mut slow)), "408");
    assert_eq!(door.refused(), [Refusal::TooSlow]);
}

#[test]
fn a_token_is_asked_for_and_an_open_address_has_one() {
    let access = || Access { token: Some(secret("token")), secret: None };
    let door = open(access(), Fake::default());
    let bearing = |token: &str| {
        door.ask(&format!("POST /alerts HTTP/1.1\r\nAuthorization: Bearer {token}\r\nX:"), ALERT.as_bytes())
    };
    assert_eq!(status(&bearing(TOKEN)), "202");
    for wrong in ["", "a", "a token of more than sixteen byteS", "a token of more than sixteen bytes and more"] {
        let answer = bearing(wrong);
        assert!(status(&answer) == "401" && answer.contains("www-authenticate: Bearer"), "{wrong}: {answer}");
    }
    for path in ["/", "/metrics", "/incidents", "/x"] {
        assert_eq!(status(&door.get(path)), "401", "{path}");
    }
    assert_eq!(door.desk.alerts.load(Ordering::Relaxed), 1);
    let everywhere: Listen = "0.0.0.0:0".parse().expect("an address");
    let desk = || Arc::new(Fake::default());
    let refused = Gateway::open(&everywhere, Access::default(), desk()).expect_err("it is open to everybody");
    assert!(refused.to_string().contains("no token is asked for"), "{refused}");
    assert!(Gateway::open(&everywhere, access(), desk()).is_ok());
}

#[test]
fn pages_of_a_browser_are_refused() {
    let door = open(Access::default(), Fake::default());
    let sent = door.ask("POST /capture HTTP/1.1\r\nOrigin: http://example.com\r\nX:", b"");
    assert_eq!(status(&sent), "403");
    let mut stream = door.connect();
    stream.write_all(b"GET /incidents HTTP/1.1\r\nHost: rebound.example.com\r\n\r\n").expect("it reads");
    assert_eq!(status(&answer(&mut stream)), "403");
    assert_eq!(door.refused(), [Refusal::Access; 2]);
}

#[test]
fn a_port_that_is_taken_is_an_error_and_a_socket_that_was_left_is_not() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let listen = Listen::Tcp(taken.local_addr().expect("it has one"));
    let refused = Gateway::open(&listen, Access::default(), Arc::new(Fake::default())).expect_err("it is taken");
    assert!(refused.to_string().starts_with("cannot listen at http://127.0.0.1:"), "{refused}");
    assert_eq!(refused.exit_code() as u8, 2);
    let path = scratch("socket");
    let listen = Listen::Unix(path.clone());
    // What a watch leaves that was killed.
    drop(std::os::unix::net::UnixListener::bind(&path).expect("a socket"));
    let open = || Gateway::open(&listen, Access::default(), Arc::new(Fake::default()));
    let gateway = open().expect("nobody listens there");
    assert_eq!(fs::metadata(&path).expect("it is there").permissions().mode() & 0o777, 0o600);
    assert!(open().is_err(), "somebody listens there");
    let mut stream = UnixStream::connect(&path).expect("it listens");
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: hangspy\r\n\r\n").expect("it reads");
    assert_eq!(status(&answer(&mut stream)), "200");
    drop(gateway);
    assert!(!path.exists(), "it is taken away");
    fs::write(&path, "somebody's").expect("it can be written");
    assert!(open().is_err(), "a file is not taken away");
    assert_eq!(fs::read_to_string(&path).expect("it is there"), "somebody's");
    fs::remove_file(Path::new(&path)).expect("it is there");
}

#[test]
fn a_burst_is_taken() {
    let door = open(Access::default(), Fake::default());
    let before = resident_kib();
    for _ in 0..2000 {
        assert_eq!(status(&door.ask("POST /alerts", ALERT.as_bytes())), "202");
    }
    assert_eq!(door.desk.alerts.load(Ordering::Relaxed), 2000);
    let grown = resident_kib().saturating_sub(before);
    assert!(grown < 16 << 10, "{grown} KiB more");
}

fn resident_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}
