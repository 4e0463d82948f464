//! Calls that block the thread that makes them, as an application's source spells them, by what is called.
//!
//! A name is an import path and what is called of it. What a call returns goes by the name of the call: after
//! `db = psycopg2.connect(...)`, `db.cursor().execute(...)` is `psycopg2.connect.cursor.execute`. Calls that do not block by default,
//! or block for as long as a disk takes, are not among them.

/// Calls of one kind.
#[derive(Clone, Copy, Debug)]
pub struct BlockingCalls {
    /// What it is called, and the package of it.
    pub kind: &'static str,
    /// Functions, by their whole names.
    pub functions: &'static [&'static str],
    /// What makes an object whose methods block, and the methods; of whatever the object leads to.
    pub methods: &'static [(&'static str, &'static [&'static str])],
}

const VERBS: &[&str] = &["delete", "get", "head", "options", "patch", "post", "put", "request", "send", "stream"];
const DATABASE: &[&str] = &["commit", "execute", "executemany", "fetchall", "fetchmany", "fetchone", "rollback"];
const COMMANDS: &[&str] = &[
    "blpop",
    "brpop",
    "decr",
    "delete",
    "eval",
    "execute",
    "execute_command",
    "exists",
    "expire",
    "get",
    "hget",
    "hgetall",
    "hset",
    "incr",
    "keys",
    "lpop",
    "lpush",
    "lrange",
    "mget",
    "mset",
    "ping",
    "publish",
    "rpop",
    "rpush",
    "sadd",
    "scan",
    "set",
    "setex",
    "setnx",
    "smembers",
    "ttl",
    "xadd",
    "xread",
    "xreadgroup",
    "zadd",
    "zrange",
];
const DOCUMENTS: &[&str] = &[
    "aggregate",
    "bulk_write",
    "count_documents",
    "delete_many",
    "delete_one",
    "distinct",
    "find_one",
    "find_one_and_update",
    "insert_many",
    "insert_one",
    "replace_one",
    "update_many",
    "update_one",
];

/// All that are known.
pub const BLOCKING_CALLS: &[BlockingCalls] = &[
    BlockingCalls { kind: "time", functions: &["time.sleep"], methods: &[] },
    BlockingCalls {
        kind: "requests",
        functions: &[
            "requests.delete",
            "requests.get",
            "requests.head",
            "requests.options",
            "requests.patch",
            "requests.post",
            "requests.put",
            "requests.request",
        ],
        methods: &[("requests.Session", VERBS), ("requests.session", VERBS), ("requests.sessions.Session", VERBS)],
    },
    BlockingCalls {
        kind: "httpx",
        functions: &[
            "httpx.delete",
            "httpx.get",
            "httpx.head",
            "httpx.options",
            "httpx.patch",
            "httpx.post",
            "httpx.put",
            "httpx.request",
            "httpx.stream",
        ],
        methods: &[("httpx.Client", VERBS)],
    },
    BlockingCalls {
        kind: "urllib",
        functions: &["urllib.request.urlopen", "urllib.request.urlretrieve"],
        methods: &[("urllib.request.build_opener", &["open"])],
    },
    BlockingCalls {
        kind: "urllib3",
        functions: &["urllib3.request"],
        methods: &[("urllib3.PoolManager", &["request", "urlopen"])],
    },
    BlockingCalls {
        kind: "http",
        functions: &[],
        methods: &[
            ("http.client.HTTPConnection", &["connect", "getresponse", "request"]),
            ("http.client.HTTPSConnection", &["connect", "getresponse", "request"]),
        ],
    },
    BlockingCalls {
        kind: "subprocess",
        functions: &[
            "os.system",
            "os.wait",
            "os.waitpid",
            "subprocess.call",
            "subprocess.check_call",
            "subprocess.check_output",
            "subprocess.getoutput",
            "subprocess.getstatusoutput",
            "subprocess.run",
        ],
        methods: &[("subprocess.Popen", &["communicate", "wait"])],
    },
    BlockingCalls {
        kind: "socket",
        functions: &["socket.create_connection", "socket.getaddrinfo", "socket.gethostbyaddr", "socket.gethostbyname"],
        methods: &[("socket.create_connection", &["recv", "recv_into", "sendall"])],
    },
    BlockingCalls {
        kind: "redis",
        functions: &[],
        methods: &[
            ("redis.Redis", COMMANDS),
            ("redis.StrictRedis", COMMANDS),
            ("redis.from_url", COMMANDS),
            ("redis.client.Redis", COMMANDS),
        ],
    },
    BlockingCalls { kind: "psycopg2", functions: &["psycopg2.connect"], methods: &[("psycopg2.connect", DATABASE)] },
    BlockingCalls { kind: "psycopg", functions: &["psycopg.connect"], methods: &[("psycopg.connect", DATABASE)] },
    BlockingCalls { kind: "pymysql", functions: &["pymysql.connect"], methods: &[("pymysql.connect", DATABASE)] },
    BlockingCalls { kind: "MySQLdb", functions: &["MySQLdb.connect"], methods: &[("MySQLdb.connect", DATABASE)] },
    BlockingCalls { kind: "sqlite3", functions: &[], methods: &[("sqlite3.connect", DATABASE)] },
    BlockingCalls {
        kind: "sqlalchemy",
        functions: &[],
        methods: &[
            ("sqlalchemy.create_engine", &["begin", "commit", "connect", "execute", "scalar", "scalars"]),
            ("sqlalchemy.orm.Session", &["commit", "execute", "flush", "get", "scalar", "scalars"]),
            ("sqlalchemy.orm.sessionmaker", &["commit", "execute", "flush", "get", "scalar", "scalars"]),
        ],
    },
    BlockingCalls { kind: "pymongo", functions: &[], methods: &[("pymongo.MongoClient", DOCUMENTS)] },
    BlockingCalls {
        kind: "threading",
        functions: &[],
        methods: &[
            ("threading.Barrier", &["wait"]),
            ("threading.Condition", &["wait", "wait_for"]),
            ("threading.Event", &["wait"]),
            ("threading.Lock", &["acquire"]),
            ("threading.RLock", &["acquire"]),
            ("threading.Semaphore", &["acquire"]),
            ("threading.Thread", &["join"]),
        ],
    },
    BlockingCalls {
        kind: "queue",
        functions: &[],
        methods: &[("queue.Queue", &["get", "join"]), ("queue.SimpleQueue", &["get"])],
    },
    BlockingCalls {
        kind: "concurrent",
        functions: &["concurrent.futures.wait"],
        methods: &[
            ("asyncio.run_coroutine_threadsafe", &["result"]),
            ("concurrent.futures.ProcessPoolExecutor.submit", &["result"]),
            ("concurrent.futures.ThreadPoolExecutor.submit", &["result"]),
        ],
    },
    BlockingCalls {
        kind: "confluent_kafka",
        functions: &[],
        methods: &[("confluent_kafka.Consumer", &["consume", "poll"]), ("confluent_kafka.Producer", &["flush"])],
    },
    BlockingCalls {
        kind: "kafka",
        functions: &[],
        methods: &[("kafka.KafkaConsumer", &["poll"]), ("kafka.KafkaProducer", &["flush"])],
    },
    BlockingCalls {
        kind: "smtplib",
        functions: &["smtplib.SMTP", "smtplib.SMTP_SSL"],
        methods: &[("smtplib.SMTP", &["login", "send_message", "sendmail", "starttls"])],
    },
    BlockingCalls { kind: "bcrypt", functions: &["bcrypt.checkpw", "bcrypt.hashpw"], methods: &[] },
];

/// The kind of a call by its name.
#[must_use]
pub fn blocking_kind(name: &str) -> Option<&'static str> {
    let is_method = |(maker, methods): &(&str, &[&str])| {
        let rest = name.strip_prefix(maker).and_then(|rest| rest.strip_prefix('.'));
        rest.and_then(|rest| rest.rsplit('.').next()).is_some_and(|method| methods.contains(&method))
    };
    let found = BLOCKING_CALLS.iter().find(|row| row.functions.contains(&name) || row.methods.iter().any(is_method));
    found.map(|row| row.kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_go_by_what_made_the_object() {
        for (name, kind) in [
            ("requests.get", Some("requests")),
            ("requests.Session.get", Some("requests")),
            ("requests.Session.mount", None),
            ("requests.get.json", None),
            ("psycopg2.connect.cursor.execute", Some("psycopg2")),
            ("pymongo.MongoClient.shop.orders.find_one", Some("pymongo")),
            ("redis.asyncio.Redis.get", None),
            ("time.sleep", Some("time")),
            ("asyncio.sleep", None),
        ] {
            assert_eq!(blocking_kind(name), kind, "{name}");
        }
    }
}
