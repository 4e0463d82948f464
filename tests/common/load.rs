//! Requests that keep coming while hangspy looks.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::launch::request_text;
use super::truth::Load;

/// Requests are sent from this many threads, each waiting for its answer before the next.
const CLIENTS: u32 = 4;
/// An answer that takes longer is given up, so that ending the load never waits for a server that hangs.
const ANSWER_LIMIT: Duration = Duration::from_secs(1);

/// Clients at work until dropped.
pub(crate) struct Clients {
    over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Clients {
    /// Starts to send.
    pub(crate) fn start(load: &Load, port: u16) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let period = Duration::from_secs(1) * CLIENTS / load.per_second.max(1);
        let threads = (0..CLIENTS)
            .map(|number| {
                let (over, path) = (Arc::clone(&over), load.path.clone());
                let first = Instant::now() + period * number / CLIENTS;
                std::thread::spawn(move || send(&over, port, &path, first, period))
            })
            .collect();
        Self { over, threads }
    }
}

impl Drop for Clients {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ended = thread.join();
        }
    }
}

fn send(over: &AtomicBool, port: u16, path: &str, first: Instant, period: Duration) {
    let mut due = first;
    while !over.load(Ordering::Relaxed) {
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        // A server that hangs does not answer; that is what some of them are here for.
        let _answer = ask(port, path);
        due = (due + period).max(Instant::now());
    }
}

fn ask(port: u16, path: &str) -> std::io::Result<()> {
    // Where the accept queue is full, the kernel answers nothing and tries again for minutes.
    let mut stream = TcpStream::connect_timeout(&SocketAddr::from(([127, 0, 0, 1], port)), ANSWER_LIMIT)?;
    stream.set_read_timeout(Some(ANSWER_LIMIT))?;
    stream.write_all(request_text(path).as_bytes())?;
    stream.read_to_end(&mut Vec::new())?;
    Ok(())
}
