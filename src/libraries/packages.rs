//! Installed packages of which nothing is known but what they are to a diagnosis. A package that is neither here nor in a
//! file of its own may be the application itself.

use super::Role;

/// Servers, frameworks and what stands between the loop and the endpoint.
#[rustfmt::skip]
const FRAMEWORKS: &[&str] = &[
    "_pytest", "a2wsgi", "asgi_correlation_id", "asgiref", "brotli_asgi", "channels", "click", "daphne",
    "ddtrace", "debugpy", "dramatiq", "elasticapm", "fastapi_utils", "faststream", "flask", "granian",
    "graphql", "h11", "h2", "httptools", "huey", "jinja2", "litestar", "loguru", "multipart",
    "nest_asyncio", "newrelic", "ninja", "opentelemetry", "orjson", "pluggy", "prometheus_client",
    "prometheus_fastapi_instrumentator", "pydantic", "pydantic_core", "pytest", "pytest_asyncio", "python_multipart",
    "quart", "rest_framework", "robyn", "rq", "sanic", "sentry_sdk", "slowapi", "sniffio", "sse_starlette",
    "strawberry", "structlog", "tornado", "typer", "ujson", "watchfiles", "werkzeug", "wrapt", "wsproto",
];

/// Clients, drivers and number crunchers: what an application calls.
#[rustfmt::skip]
const DRIVERS: &[&str] = &[
    "MySQLdb", "OpenSSL", "PIL", "aio_pika", "aiobotocore", "aiocache", "aiofiles", "aiolimiter", "aiomqtt",
    "aiopg", "aiormq", "aiorwlock", "aiosmtplib", "aiostream", "amqp", "anthropic", "argon2", "async_lru",
    "async_timeout", "asyncssh", "azure", "bcrypt", "beanie", "boto3", "botocore", "bson", "cachetools", "cashews",
    "cassandra", "celery", "certifi", "cffi", "chromadb", "clickhouse_connect", "clickhouse_driver", "cloudpickle",
    "consul", "cryptography", "cv2", "cx_Oracle", "databases", "dateutil", "decorator", "dill", "diskcache", "dns",
    "docker", "duckdb", "elastic_transport", "elasticsearch", "fakeredis", "fasteners", "filelock", "fsspec", "google",
    "gql", "grpc", "grpclib", "hiredis", "hnswlib", "httplib2", "httpx", "huggingface_hub", "hvac", "idna",
    "influxdb_client", "janus", "jax", "joblib", "jose", "jwt", "kombu", "kubernetes", "langchain", "langchain_core",
    "ldap3", "litellm", "lxml", "minio", "mongoengine", "motor", "msal", "msgpack", "mysql", "neo4j", "numpy",
    "odmantic", "openai", "opensearchpy", "oracledb", "paho", "pandas", "paramiko", "passlib", "peewee", "pika",
    "polars", "portalocker", "psutil", "pulsar", "pyarrow", "pycurl", "pymemcache", "pymssql", "pymysql",
    "pynamodb", "pyodbc", "qdrant_client", "regex", "requests", "requests_oauthlib", "retry", "s3fs", "s3transfer",
    "scipy", "sentence_transformers", "simplejson", "sklearn", "slack_sdk", "snowflake", "socks", "sqlmodel",
    "sshtunnel", "stripe", "suds", "tensorflow", "tiktoken", "tokenizers", "torch", "tortoise", "tqdm", "transformers",
    "twilio", "valkey", "vllm", "weaviate", "websocket", "xgboost", "yaml", "zeep", "zmq",
];

/// What is known of a package that no file here is about.
pub(super) fn role(package: &str) -> Option<Role> {
    let is_in = |list: &[&str]| list.binary_search(&package).is_ok();
    let driver = || is_in(DRIVERS).then_some(Role::Driver);
    is_in(FRAMEWORKS).then_some(Role::Framework).or_else(driver)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted_so_that_every_name_is_found() {
        assert!(FRAMEWORKS.is_sorted(), "sort FRAMEWORKS by name");
        assert!(DRIVERS.is_sorted(), "sort DRIVERS by name");
        assert_eq!((role("click"), role("requests"), role("shop")), (Some(Role::Framework), Some(Role::Driver), None));
    }
}
