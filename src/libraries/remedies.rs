//! Functions of libraries that wait where nobody expects it, and what to use instead.

/// A function that waits, and what to do about that.
#[derive(Clone, Copy, Debug)]
pub struct Remedy {
    /// Its file, from its package's folder on.
    pub file: &'static str,
    /// Its names.
    pub functions: &'static [&'static str],
    /// What to do.
    pub advice: &'static str,
}

const NO_MONGODB: &str = "see whether a MongoDB server answers: none could be chosen; use AsyncMongoClient (or motor), and set \
                          serverSelectionTimeoutMS below what clients wait";

const REMEDIES: &[Remedy] = &[
    Remedy {
        file: "opentelemetry/sdk/trace/export/__init__.py",
        functions: &["on_end"],
        advice: "use BatchSpanProcessor instead of SimpleSpanProcessor: it sends spans from a thread of its own",
    },
    Remedy {
        file: "opentelemetry/sdk/_logs/_internal/export/__init__.py",
        functions: &["on_emit", "emit"],
        advice: "use BatchLogRecordProcessor instead of SimpleLogRecordProcessor: it sends records from a thread of its own",
    },
    Remedy {
        file: "sentry_sdk/client.py",
        functions: &["flush", "close"],
        advice: "do not flush Sentry's events in a request: they are sent from a thread of its own",
    },
    Remedy {
        file: "prometheus_client/exposition.py",
        functions: &["push_to_gateway", "pushadd_to_gateway"],
        advice: "push metrics from a thread or job of their own, with a timeout",
    },
    Remedy {
        file: "logging/handlers.py",
        functions: &["emit", "send", "createSocket"],
        advice: "let a thread of its own write the log: logging.handlers.QueueHandler before it, and a QueueListener",
    },
    Remedy {
        file: "pymongo/synchronous/topology.py",
        functions: &["select_servers", "_select_servers_loop"],
        advice: NO_MONGODB,
    },
    Remedy { file: "pymongo/topology.py", functions: &["select_servers", "_select_servers_loop"], advice: NO_MONGODB },
    Remedy {
        file: "paho/mqtt/client.py",
        functions: &["wait_for_publish"],
        advice: "see why the MQTT broker acknowledges nothing; wait in a thread and with a timeout, or use aiomqtt",
    },
    Remedy {
        file: "pika/adapters/blocking_connection.py",
        functions: &["_flush_output", "process_data_events"],
        advice: "see why the AMQP broker does not answer; use aio-pika, or a thread, with a timeout",
    },
];

/// The row about a function: the file's path as the code object has it, and the function's name.
#[must_use]
pub fn remedy(file: &str, function: &str) -> Option<&'static Remedy> {
    let is_file = |end: &str| file.strip_suffix(end).is_some_and(|before| before.is_empty() || before.ends_with('/'));
    REMEDIES.iter().find(|row| row.functions.contains(&function) && is_file(row.file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_librarys_own_function_has_a_remedy() {
        let library = "/venv/lib/python3.12/site-packages/opentelemetry/sdk/trace/export/__init__.py";
        assert!(remedy(library, "on_end").is_some_and(|row| row.advice.contains("BatchSpanProcessor")));
        assert!(remedy(library, "shutdown").is_none());
        assert!(remedy("/srv/app/export/__init__.py", "on_end").is_none());
    }
}
