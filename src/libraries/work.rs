//! Who works piece by piece: the threads of servers, workers of queues, schedules, consumers.
//!
//! A crew is known by the functions in which its members spend their lives (posts) and those that do one piece of work.

use super::ways::Hop::{Attribute, Referent};
use super::{From, Way};
use crate::snapshot::WorkKind;

/// A function in which a member of a crew spends its life.
#[derive(Clone, Copy, Debug)]
pub struct Post {
    /// Its file, from its package's folder on.
    pub file: &'static str,
    /// Its name.
    pub function: &'static str,
    /// The class of its `self`, where others of the file have such a function too, without the underscore that some versions
    /// have; else empty.
    pub class: &'static str,
}

/// A function that does one piece of work.
#[derive(Clone, Copy, Debug)]
pub struct Piece {
    /// Its file, from its package's folder on.
    pub file: &'static str,
    /// Its names in the versions of the library.
    pub functions: &'static [&'static str],
    /// The local variable that stands for the piece.
    pub local: &'static str,
    /// Where the piece's name is.
    pub name: Option<(&'static str, Way)>,
    /// From the variable to how often it is done.
    pub every: Option<Every>,
}

/// How a library says how often a job is done.
#[derive(Clone, Copy, Debug)]
pub enum Every {
    /// A `timedelta`.
    Delta(Way),
    /// A number of units: `seconds`, `minutes`, `hours`, `days`, `weeks`.
    Units {
        /// The number.
        number: Way,
        /// The unit's name.
        unit: Way,
    },
}

/// How many pieces a crew can have in work.
#[derive(Clone, Copy, Debug)]
pub enum Size {
    /// One.
    One,
    /// As many as members are at their posts.
    Posts,
    /// As many as there are.
    Unbounded,
    /// A number that is kept there.
    Kept(From),
}

/// Those of a process that work for one library.
#[derive(Clone, Copy, Debug)]
pub struct Crew {
    /// The library.
    pub name: &'static str,
    /// What its pieces are.
    pub kind: WorkKind,
    /// The posts of its members. Where there are some a piece counts only on top of one; of those in turns, whose stacks are
    /// apart from the one that gives them their turn, a post is where nobody has a piece.
    pub posts: &'static [Post],
    /// Functions that do a piece.
    pub pieces: &'static [Piece],
    /// How many pieces it can have in work.
    pub size: Size,
    /// Where pieces wait: a `deque` or a queue of threads.
    pub queue: Option<From>,
    /// Whether one thread does all pieces in turns, so that one that does not give way keeps all others.
    pub in_turns: bool,
}

/// Threads of `concurrent.futures` work for anybody: the piece says for whom.
const EXECUTOR: &[Post] = &[Post { file: "concurrent/futures/thread.py", function: "_worker", class: "" }];
const EXECUTOR_SIZE: Size = Size::Kept(From {
    file: "concurrent/futures/thread.py",
    function: "_worker",
    local: "executor_reference",
    way: &[Referent, Attribute("_max_workers")],
});
const EXECUTOR_QUEUE: Option<From> =
    Some(From { file: "concurrent/futures/thread.py", function: "_worker", local: "work_queue", way: &[] });

const fn piece(file: &'static str, functions: &'static [&'static str], local: &'static str) -> Piece {
    Piece { file, functions, local, name: None, every: None }
}

const CELERY: &[Piece] = &[
    Piece { name: Some(("task", &[])), ..piece("celery/app/trace.py", &["fast_trace_task"], "uuid") },
    Piece { name: Some(("name", &[])), ..piece("celery/app/trace.py", &["trace_task_ret"], "uuid") },
];

const fn crew(name: &'static str, kind: WorkKind, size: Size, pieces: &'static [Piece]) -> Crew {
    Crew { name, kind, posts: &[], pieces, size, queue: None, in_turns: false }
}

/// The file in which the outermost function of a thread is that Python itself started (`Thread._bootstrap`).
pub const STARTS_THREADS: &str = "threading.py";

/// All crews; of several that fit, the first one counts.
pub const CREWS: &[Crew] = &[
    Crew {
        posts: &[
            Post { file: "gunicorn/workers/sync.py", function: "run_for_one", class: "" },
            Post { file: "gunicorn/workers/sync.py", function: "run_for_multiple", class: "" },
        ],
        ..crew("gunicorn", WorkKind::Requests, Size::One, &[piece("gunicorn/workers/sync.py", &["handle"], "client")])
    },
    Crew {
        posts: EXECUTOR,
        queue: EXECUTOR_QUEUE,
        ..crew(
            "gunicorn",
            WorkKind::Requests,
            EXECUTOR_SIZE,
            &[piece("gunicorn/workers/gthread.py", &["handle"], "conn")],
        )
    },
    Crew {
        in_turns: true,
        posts: &[Post { file: "gevent/hub.py", function: "run", class: "" }],
        ..crew(
            "gevent",
            WorkKind::Requests,
            Size::One,
            &[
                piece("gunicorn/workers/base_async.py", &["handle"], "client"),
                piece("gevent/pywsgi.py", &["handle_one_request"], "self"),
            ],
        )
    },
    Crew {
        in_turns: true,
        posts: &[Post { file: "eventlet/hubs/hub.py", function: "run", class: "" }],
        ..crew(
            "eventlet",
            WorkKind::Requests,
            Size::One,
            &[piece("eventlet/wsgi.py", &["handle_one_response"], "self")],
        )
    },
    crew(
        "granian",
        WorkKind::Requests,
        Size::Kept(From {
            file: "granian/server/mp.py",
            function: "_spawn_wsgi_worker",
            local: "blocking_threads",
            way: &[],
        }),
        &[piece("granian/wsgi.py", &["_runner"], "scope")],
    ),
    Crew {
        posts: &[Post { file: "waitress/task.py", function: "handler_thread", class: "" }],
        queue: Some(From {
            file: "waitress/task.py",
            function: "handler_thread",
            local: "self",
            way: &[Attribute("queue")],
        }),
        ..crew("waitress", WorkKind::Requests, Size::Posts, &[piece("waitress/channel.py", &["service"], "self")])
    },
    Crew {
        posts: &[Post { file: "cheroot/workers/threadpool.py", function: "run", class: "" }],
        queue: Some(From {
            file: "cheroot/workers/threadpool.py",
            function: "run",
            local: "self",
            way: &[Attribute("server"), Attribute("requests"), Attribute("_queue")],
        }),
        ..crew("cheroot", WorkKind::Requests, Size::Posts, &[piece("cheroot/server.py", &["communicate"], "self")])
    },
    Crew {
        posts: EXECUTOR,
        queue: EXECUTOR_QUEUE,
        ..crew(
            "grpc",
            WorkKind::Requests,
            EXECUTOR_SIZE,
            &[piece("grpc/_server.py", &["_unary_response_in_pool", "_stream_response_in_pool"], "rpc_event")],
        )
    },
    crew(
        "socketserver",
        WorkKind::Requests,
        Size::Unbounded,
        &[piece("socketserver.py", &["process_request_thread"], "request")],
    ),
    crew(
        "socketserver",
        WorkKind::Requests,
        Size::One,
        &[piece("socketserver.py", &["_handle_request_noblock"], "request")],
    ),
    Crew {
        posts: &[Post { file: "billiard/pool.py", function: "workloop", class: "" }],
        ..crew("celery", WorkKind::Jobs, Size::One, CELERY)
    },
    Crew { posts: EXECUTOR, queue: EXECUTOR_QUEUE, ..crew("celery", WorkKind::Jobs, EXECUTOR_SIZE, CELERY) },
    crew("celery", WorkKind::Jobs, Size::One, CELERY),
    crew(
        "rq",
        WorkKind::Jobs,
        Size::One,
        &[
            Piece {
                name: Some(("job", &[Attribute("_func_name")])),
                ..piece("rq/worker/base.py", &["perform_job"], "job")
            },
            Piece { name: Some(("job", &[Attribute("_func_name")])), ..piece("rq/worker.py", &["perform_job"], "job") },
        ],
    ),
    Crew {
        posts: &[Post { file: "dramatiq/worker.py", function: "run", class: "WorkerThread" }],
        queue: Some(From {
            file: "dramatiq/worker.py",
            function: "run",
            local: "self",
            way: &[Attribute("work_queue"), Attribute("queue")],
        }),
        ..crew("dramatiq", WorkKind::Jobs, Size::Posts, &[piece("dramatiq/worker.py", &["process_message"], "message")])
    },
    Crew {
        posts: &[Post { file: "huey/consumer.py", function: "loop", class: "Worker" }],
        ..crew(
            "huey",
            WorkKind::Jobs,
            Size::Posts,
            &[Piece { name: Some(("task", &[Attribute("name")])), ..piece("huey/api.py", &["_execute"], "task") }],
        )
    },
    crew(
        "apscheduler",
        WorkKind::Jobs,
        Size::Unbounded,
        &[
            Piece {
                name: Some(("job", &[Attribute("name")])),
                every: Some(Every::Delta(&[Attribute("trigger"), Attribute("interval")])),
                ..piece("apscheduler/executors/base.py", &["run_job", "run_coroutine_job"], "job")
            },
            Piece {
                name: Some(("job", &[Attribute("name")])),
                every: Some(Every::Delta(&[Attribute("trigger"), Attribute("interval")])),
                ..piece("apscheduler/executors/base_py3.py", &["run_coroutine_job"], "job")
            },
            Piece {
                name: Some(("job", &[Attribute("task_id")])),
                ..piece("apscheduler/_schedulers/async_.py", &["_run_job"], "job")
            },
        ],
    ),
    crew(
        "schedule",
        WorkKind::Jobs,
        Size::Unbounded,
        &[Piece {
            every: Some(Every::Units { number: &[Attribute("interval")], unit: &[Attribute("unit")] }),
            ..piece("schedule/__init__.py", &["run"], "self")
        }],
    ),
    crew(
        "arq",
        WorkKind::Jobs,
        Size::Unbounded,
        &[Piece { name: Some(("function_name", &[])), ..piece("arq/worker.py", &["run_job"], "job_id") }],
    ),
    crew(
        "taskiq",
        WorkKind::Jobs,
        Size::Unbounded,
        &[Piece {
            name: Some(("message", &[Attribute("task_name")])),
            ..piece("taskiq/receiver/receiver.py", &["run_task"], "message")
        }],
    ),
    crew(
        "saq",
        WorkKind::Jobs,
        Size::Unbounded,
        &[Piece { name: Some(("job", &[Attribute("function")])), ..piece("saq/worker.py", &["process"], "job") }],
    ),
    crew(
        "kafka",
        WorkKind::Messages,
        Size::Unbounded,
        &[
            piece("kafka/consumer/group.py", &["poll", "__next__", "next_v1", "next_v2"], "self"),
            piece("aiokafka/consumer/consumer.py", &["getone", "getmany", "__anext__"], "self"),
        ],
    ),
    crew(
        "amqp",
        WorkKind::Messages,
        Size::Unbounded,
        &[
            piece("pika/adapters/blocking_connection.py", &["start_consuming", "consume"], "self"),
            piece("kombu/mixins.py", &["consume"], "self"),
            piece("aio_pika/queue.py", &["__anext__"], "self"),
        ],
    ),
    crew(
        "redis",
        WorkKind::Messages,
        Size::Unbounded,
        &[piece("redis/client.py", &["listen"], "self"), piece("redis/asyncio/client.py", &["listen"], "self")],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_say_what_a_reader_needs() {
        for crew in CREWS {
            assert!(!crew.pieces.is_empty(), "{}: nobody works", crew.name);
            let counted = !matches!(crew.size, Size::Posts) || !crew.posts.is_empty();
            assert!(counted, "{}: a crew is counted by its posts and has none", crew.name);
            for piece in crew.pieces {
                assert!(piece.file.ends_with(".py") && !piece.functions.is_empty(), "{}: {piece:?}", crew.name);
                assert!(!piece.local.is_empty(), "{}: a piece is told from the next by an object", crew.name);
            }
        }
    }
}
