//! The thread that serves.

use std::convert::Infallible;
use std::fs;
use std::io;
use std::net::TcpListener;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hyper::rt::{Read, Write};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use nix::sys::stat::{Mode, umask};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Semaphore, oneshot};
use tokio::time::{sleep, timeout};

use super::access::Access;
use super::address::Listen;
use super::desk::Desk;
use super::routes::Front;
use crate::error::{Error, Result};
use crate::os::keep_what_serving_needs;

/// Connections at the same time; more wait in the kernel's queue.
const MOST_CONNECTIONS: usize = 16;
/// How long the head of a request may take to come,
const HEAD_TIME: Duration = Duration::from_secs(5);
/// and everything of a connection, which serves one request.
const CONNECTION_TIME: Duration = Duration::from_secs(60);
/// Bytes of a head,
const LARGEST_HEAD: usize = 16 << 10;
/// and headers in it.
const MOST_HEADERS: usize = 64;
/// What is waited after a connection could not be taken, when descriptors are used up.
const PAUSE: Duration = Duration::from_millis(100);

/// An open door; closed when it is dropped.
#[derive(Debug)]
pub struct Gateway {
    at: Listen,
    close: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

enum Listener {
    Tcp(tokio::net::TcpListener),
    Unix(tokio::net::UnixListener),
}

impl Gateway {
    /// Listens, and serves from a thread of its own.
    ///
    /// # Errors
    ///
    /// When the address is taken or not ours, and when it can be reached from elsewhere and no token is asked for.
    pub fn open(listen: &Listen, access: Access, desk: Arc<dyn Desk>) -> Result<Self> {
        if !listen.is_local() && access.token.is_none() {
            return Err(Error::Usage {
                message: format!("{listen} can be reached from elsewhere, and no token is asked for"),
                hint: Some(
                    "give the clients a token: --token-file FILE; or listen at 127.0.0.1:PORT or unix:PATH".to_owned(),
                ),
            });
        }
        let failed = |source: io::Error| Error::Usage {
            message: format!("cannot listen at {listen}: {source}"),
            hint: Some("name another address: --listen 127.0.0.1:PORT or --listen unix:PATH".to_owned()),
        };
        let runtime = Builder::new_current_thread().enable_io().enable_time().build().map_err(failed)?;
        let (at, listener) = bind(&runtime, listen).map_err(failed)?;
        let (close, closed) = oneshot::channel();
        let front = Arc::new(Front { desk, access, by_socket: matches!(at, Listen::Unix(_)) });
        let thread = thread::Builder::new().name("gateway".to_owned()).spawn(move || {
            keep_what_serving_needs();
            runtime.block_on(async {
                let serving = tokio::spawn(serve(listener, front));
                // Closed by a word, or because who opened it is gone.
                let _either = closed.await;
                serving.abort();
            });
        });
        Ok(Self { at, close: Some(close), thread: Some(thread.map_err(failed)?) })
    }

    /// Where it listens: the port is known.
    #[must_use]
    pub fn at(&self) -> &Listen {
        &self.at
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        drop(self.close.take());
        let _panicked = self.thread.take().map(JoinHandle::join);
        if let Listen::Unix(path) = &self.at {
            let _already_gone = fs::remove_file(path);
        }
    }
}

fn bind(runtime: &Runtime, listen: &Listen) -> io::Result<(Listen, Listener)> {
    let _inside = runtime.enter();
    Ok(match listen {
        Listen::Tcp(address) => {
            let listener = TcpListener::bind(address)?;
            listener.set_nonblocking(true)?;
            let at = Listen::Tcp(listener.local_addr()?);
            (at, Listener::Tcp(tokio::net::TcpListener::from_std(listener)?))
        }
        Listen::Unix(path) => {
            let listener = bind_socket(path)?;
            listener.set_nonblocking(true)?;
            // Where we shall find it when the folder that we are in is another.
            let at = Listen::Unix(std::path::absolute(path)?);
            (at, Listener::Unix(tokio::net::UnixListener::from_std(listener)?))
        }
    })
}

/// A socket for its owner alone. One that nobody listens at any more was left by a watch that was killed.
fn bind_socket(path: &Path) -> io::Result<UnixListener> {
    let is_socket = fs::symlink_metadata(path).is_ok_and(|data| data.file_type().is_socket());
    let refused = |error: io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
    if is_socket && UnixStream::connect(path).is_err_and(refused) {
        fs::remove_file(path)?;
    }
    let before = umask(Mode::S_IRWXG | Mode::S_IRWXO | Mode::S_IXUSR);
    let bound = UnixListener::bind(path);
    umask(before);
    bound
}

async fn serve(listener: Listener, front: Arc<Front>) {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    // Nobody closes it.
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        let front = Arc::clone(&front);
        let accepted = match &listener {
            Listener::Tcp(listener) => listener.accept().await.map(|(stream, _)| {
                tokio::spawn(async move {
                    converse(TokioIo::new(stream), &front).await;
                    drop(place);
                })
            }),
            Listener::Unix(listener) => listener.accept().await.map(|(stream, _)| {
                tokio::spawn(async move {
                    converse(TokioIo::new(stream), &front).await;
                    drop(place);
                })
            }),
        };
        if accepted.is_err() {
            sleep(PAUSE).await;
        }
    }
}

/// Serves one request. What goes wrong is the client's.
async fn converse(stream: impl Read + Write + Unpin, front: &Front) {
    let service = service_fn(|request| async { Ok::<_, Infallible>(front.answer(request).await) });
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(HEAD_TIME).max_headers(MOST_HEADERS).max_buf_size(LARGEST_HEAD);
    let _gone_or_late = timeout(CONNECTION_TIME, server.keep_alive(false).serve_connection(stream, service)).await;
}
