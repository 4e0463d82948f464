//! What is sent back.

use std::fs::File;
use std::io::{self, Read};
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, SizeHint};
use hyper::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use hyper::{Response, StatusCode};
use serde::Serialize;

use crate::render::sanitize;

/// Bytes of a file that are sent at once.
const PIECE: u64 = 64 << 10;

/// A text, or a file that is read as it is sent.
#[derive(Debug)]
pub(super) enum Content {
    Text(Bytes),
    File { file: File, left: u64 },
}

pub(super) type Answer = Response<Content>;

impl Body for Content {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let piece = match &mut *self {
            Self::Text(text) => Ok(std::mem::take(text)),
            Self::File { file, left } => read_piece(file, left),
        };
        Poll::Ready(match piece {
            Ok(piece) if piece.is_empty() => None,
            piece => Some(piece.map(Frame::data)),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.size() == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.size())
    }
}

impl Content {
    fn size(&self) -> u64 {
        match self {
            Self::Text(text) => text.len() as u64,
            Self::File { left, .. } => *left,
        }
    }
}

/// A file that has become shorter ends the connection: its length was promised.
fn read_piece(file: &mut File, left: &mut u64) -> io::Result<Bytes> {
    let mut piece = Vec::new();
    file.take(PIECE.min(*left)).read_to_end(&mut piece)?;
    if piece.is_empty() && *left > 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    *left -= piece.len() as u64;
    Ok(Bytes::from(piece))
}

pub(super) fn content(status: StatusCode, media: &'static str, content: Content) -> Answer {
    let mut answer = Response::new(content);
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    // What a target has named stands in these files: no browser may take them for a page.
    for (name, value) in [
        (CONTENT_TYPE, media),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; sandbox"),
        (CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    answer
}

/// JSON that is as harmless on a terminal as elsewhere.
pub(super) fn json(status: StatusCode, value: &impl Serialize) -> Answer {
    match serde_json::to_string_pretty(value) {
        Ok(text) => text_of_json(status, &text),
        Err(error) => refused(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

/// The same, of what is JSON already.
pub(super) fn text_of_json(status: StatusCode, text: &str) -> Answer {
    let text = format!("{}\n", sanitize::json(text));
    content(status, "application/json", Content::Text(Bytes::from(text)))
}

/// Says in a line why not.
pub(super) fn refused(status: StatusCode, words: &str) -> Answer {
    let text = format!("{}\n", sanitize::line(words));
    content(status, "text/plain; charset=utf-8", Content::Text(Bytes::from(text)))
}
