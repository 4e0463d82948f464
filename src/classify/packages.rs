//! Well-known installed packages, by what they are to a diagnosis. A package in neither list that is installed in
//! site-packages may be the application itself.

/// Servers, frameworks and what stands between the loop and the endpoint.
#[rustfmt::skip]
const FRAMEWORKS: &[&str] = &[
    "_pytest", "a2wsgi", "aiohttp", "anyio", "asgi_correlation_id", "asgiref", "brotli_asgi", "channels", "click",
    "daphne", "ddtrace", "debugpy", "django", "dramatiq", "elasticapm", "fastapi", "fastapi_cli", "fastapi_utils",
    "faststream", "flask", "gevent", "granian", "graphql", "greenlet", "gunicorn", "h11", "h2", "httptools", "huey",
    "hypercorn", "jinja2", "litestar", "loguru", "multipart", "nest_asyncio", "newrelic", "ninja", "opentelemetry",
    "orjson", "pluggy", "prometheus_client", "prometheus_fastapi_instrumentator", "pydantic", "pydantic_core", "pytest",
    "pytest_asyncio", "python_multipart", "quart", "rest_framework", "robyn", "rq", "sanic", "sentry_sdk", "slowapi",
    "sniffio", "sse_starlette", "starlette", "strawberry", "structlog", "tornado", "trio", "typer", "ujson", "uvicorn",
    "uvicorn_worker", "uvloop", "watchfiles", "websockets", "werkzeug", "wrapt", "wsproto",
];

/// Clients, drivers and number crunchers: what an application calls.
#[rustfmt::skip]
const DRIVERS: &[&str] = &[
    "MySQLdb", "OpenSSL", "PIL", "aio_pika", "aiobotocore", "aiofiles", "aiokafka", "aiomysql", "aiopg", "aiormq",
    "aiosqlite", "amqp", "anthropic", "argon2", "async_timeout", "asyncpg", "asyncssh", "azure", "backoff", "bcrypt",
    "beanie", "boto3", "botocore", "bson", "cachetools", "cassandra", "celery", "certifi", "cffi", "chromadb",
    "clickhouse_connect", "clickhouse_driver", "cloudpickle", "confluent_kafka", "consul", "cryptography", "cv2",
    "cx_Oracle", "dateutil", "decorator", "dill", "diskcache", "dns", "docker", "duckdb", "elastic_transport",
    "elasticsearch", "fakeredis", "fasteners", "filelock", "fsspec", "google", "greenlet", "grpc", "grpclib", "hiredis",
    "hnswlib", "httpcore", "httplib2", "httpx", "huggingface_hub", "hvac", "idna", "influxdb_client", "jax", "joblib",
    "jose", "jwt", "kafka", "kombu", "kubernetes", "langchain", "langchain_core", "ldap3", "litellm", "lxml", "minio",
    "mongoengine", "motor", "msal", "msgpack", "mysql", "nats", "neo4j", "numpy", "odmantic", "openai",
    "opensearchpy", "oracledb", "pandas", "paramiko", "passlib", "peewee", "pika", "polars", "portalocker", "psutil",
    "psycopg", "psycopg2", "psycopg_pool", "pulsar", "pyarrow", "pycurl", "pymemcache", "pymongo", "pymssql", "pymysql",
    "pynamodb", "pyodbc", "qdrant_client", "redis", "regex", "requests", "requests_oauthlib", "retry", "retrying",
    "s3fs", "s3transfer", "scipy", "sentence_transformers", "simplejson", "sklearn", "slack_sdk", "snowflake", "socks",
    "sqlalchemy", "sqlmodel", "sshtunnel", "stripe", "suds", "tenacity", "tensorflow", "tiktoken", "tokenizers", "torch",
    "tortoise", "tqdm", "transformers", "twilio", "urllib3", "valkey", "vllm", "weaviate", "websocket", "xgboost", "yaml",
    "zeep", "zmq",
];

/// Whether this is a known server or framework.
pub(super) fn is_framework(package: &str) -> bool {
    FRAMEWORKS.binary_search(&package).is_ok()
}

/// Whether this is a known client, driver or number cruncher.
pub(super) fn is_driver(package: &str) -> bool {
    DRIVERS.binary_search(&package).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted_so_that_every_name_is_found() {
        assert!(FRAMEWORKS.is_sorted(), "sort FRAMEWORKS by name");
        assert!(DRIVERS.is_sorted(), "sort DRIVERS by name");
        assert!(is_framework("starlette") && is_driver("requests"));
    }
}
