//! What can be asked for, and the answers.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Bytes};
use hyper::header::{HeaderValue, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use hyper::http::request::Parts;
use hyper::{Method, Request, StatusCode};
use tokio::time::timeout;

use super::access::Access;
use super::alerts::Notification;
use super::answer::{Answer, Content, content, json, refused, text_of_json};
use super::desk::{Desk, Operation, Refusal};
use crate::os::clock;

/// Bytes of a body.
const LARGEST_BODY: usize = 1 << 20;
/// How long a body may take to come.
const BODY_TIME: Duration = Duration::from_secs(10);

/// What can be asked for, for whoever asks for nothing.
const ROUTES: &[(&str, &str)] = &[
    ("POST /alerts", "a notification of Alertmanager or Grafana"),
    ("POST /capture", "capture an incident now"),
    ("GET /operations[/N]", "what became of alerts and requests"),
    ("POST /operations/N/stop", "end a capture and keep what it has seen"),
    ("DELETE /operations/N", "end a capture and keep nothing"),
    ("GET /incidents[/NAME[/FILE]]", "the incidents and their files"),
    ("GET /ledger", "the small stalls so far"),
    ("GET /metrics", "figures for Prometheus"),
];

/// What answers requests.
pub(super) struct Front {
    pub(super) desk: Arc<dyn Desk>,
    pub(super) access: Access,
    pub(super) by_socket: bool,
}

impl Front {
    pub(super) async fn answer<B>(&self, request: Request<B>) -> Answer
    where
        B: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>>,
    {
        let (head, body) = request.into_parts();
        let parts: Vec<&str> = head.uri.path().split('/').skip(1).filter(|part| !part.is_empty()).collect();
        let is_allowed = self.access.allows(&head.headers, self.by_socket);
        if matches!(head.method, Method::POST | Method::PUT) && parts == ["alerts"] {
            return self.alerts(&head, body, is_allowed).await;
        }
        if !is_allowed {
            return self.closed();
        }
        match (&head.method, parts.as_slice()) {
            (&Method::GET, []) => contents(),
            (&Method::POST, ["capture"]) => self.capture(),
            (&Method::GET, ["operations"]) => json(StatusCode::OK, &self.desk.operations()),
            (&Method::GET, ["operations", number]) => self.operation(number, |number| {
                self.desk.operations().into_iter().find(|operation| operation.number == number)
            }),
            (&Method::POST, ["operations", number, "stop"]) => {
                self.operation(number, |number| self.desk.end(number, true))
            }
            (&Method::DELETE, ["operations", number]) => self.operation(number, |number| self.desk.end(number, false)),
            (&Method::GET, ["incidents", rest @ ..]) => self.incidents(rest),
            (&Method::GET, ["ledger"]) => match self.desk.ledger() {
                Ok(text) => text_of_json(StatusCode::OK, &String::from_utf8_lossy(&text)),
                Err(error) => refused(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
            },
            (&Method::GET, ["metrics"]) => match self.desk.metrics() {
                Ok(text) => content(StatusCode::OK, OPEN_METRICS, Content::Text(Bytes::from(text))),
                Err(error) => refused(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
            },
            _ => unknown(&head),
        }
    }

    async fn alerts<B>(&self, head: &Parts, body: B, is_allowed: bool) -> Answer
    where
        B: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>>,
    {
        // Only who may sign instead is read without a token.
        let signs = self.access.wants_signature();
        if !is_allowed && !signs {
            return self.closed();
        }
        let read = timeout(BODY_TIME, Limited::new(body, LARGEST_BODY).collect()).await;
        let body = match read {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(error)) if error.is::<LengthLimitError>() => {
                let words = format!("more than {LARGEST_BODY} bytes");
                return self.refuse(StatusCode::PAYLOAD_TOO_LARGE, Refusal::TooLarge, &words);
            }
            Ok(Err(error)) => return self.refuse(StatusCode::BAD_REQUEST, Refusal::Unreadable, &error.to_string()),
            Err(_late) => return self.refuse(StatusCode::REQUEST_TIMEOUT, Refusal::TooSlow, "it did not end in time"),
        };
        let knows_token = is_allowed && self.access.token.is_some();
        if signs && !knows_token && !self.access.allows_signed(&head.headers, &body, clock::wall().as_secs()) {
            return self.closed();
        }
        match Notification::parse(&body) {
            Ok(notification) => json(StatusCode::ACCEPTED, &self.desk.alerts(&notification)),
            Err(words) => self.refuse(StatusCode::BAD_REQUEST, Refusal::Unreadable, &words),
        }
    }

    fn refuse(&self, status: StatusCode, refusal: Refusal, words: &str) -> Answer {
        self.desk.refused(refusal);
        refused(status, words)
    }

    fn closed(&self) -> Answer {
        if self.access.token.is_none() && !self.access.wants_signature() {
            let words = "sent by a page, or to a name that is not this machine's";
            return self.refuse(StatusCode::FORBIDDEN, Refusal::Access, words);
        }
        let mut answer =
            self.refuse(StatusCode::UNAUTHORIZED, Refusal::Access, "the token or the signature is not known");
        answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        answer
    }

    fn capture(&self) -> Answer {
        match self.desk.capture() {
            Ok(number) => {
                let mut answer = json(StatusCode::ACCEPTED, &serde_json::json!({ "operation": number }));
                if let Ok(place) = HeaderValue::try_from(format!("/operations/{number}")) {
                    answer.headers_mut().insert(LOCATION, place);
                }
                answer
            }
            Err(later) => {
                let mut answer = refused(StatusCode::TOO_MANY_REQUESTS, &later.reason);
                answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(later.retry_after_s));
                answer
            }
        }
    }

    fn operation(&self, number: &str, get: impl FnOnce(u64) -> Option<Operation>) -> Answer {
        match number.parse().ok().and_then(get) {
            Some(operation) => json(StatusCode::OK, &operation),
            None => refused(StatusCode::NOT_FOUND, "there is no such operation, or it was long ago"),
        }
    }

    fn incidents(&self, rest: &[&str]) -> Answer {
        let listed = || self.desk.incidents();
        match (rest, listed) {
            ([], listed) => match listed() {
                Ok(incidents) => json(StatusCode::OK, &incidents),
                Err(error) => refused(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
            },
            ([name], listed) => match listed().ok().and_then(|all| all.into_iter().find(|one| one.name == *name)) {
                Some(incident) => json(StatusCode::OK, &incident),
                None => refused(StatusCode::NOT_FOUND, "there is no such incident"),
            },
            ([name, file], _) => match self.desk.file(name, file) {
                Some((file, media, left)) => content(StatusCode::OK, media, Content::File { file, left }),
                None => refused(StatusCode::NOT_FOUND, "there is no such file"),
            },
            _ => refused(StatusCode::NOT_FOUND, "there is no such file"),
        }
    }
}

/// The media type of the figures.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

fn contents() -> Answer {
    let mut text = String::from("hangspy watch\n");
    for (route, meaning) in ROUTES {
        // Writing to a string never fails.
        let _written = writeln!(text, "  {route:30}{meaning}");
    }
    content(StatusCode::OK, "text/plain; charset=utf-8", Content::Text(Bytes::from(text)))
}

fn unknown(head: &Parts) -> Answer {
    let words = format!("there is no {} {}; GET / lists what there is", head.method, head.uri.path());
    refused(StatusCode::NOT_FOUND, &words)
}
