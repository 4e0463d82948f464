//! Services: on which port they listen, and what talks to them without blocking a loop.

/// A service that applications talk to.
struct Service {
    /// The word for it.
    word: &'static str,
    /// Ports on which it usually listens.
    ports: &'static [u16],
    /// A part of the path of its Unix socket.
    socket: Option<&'static str>,
    /// What an event loop talks to it with.
    client: Option<&'static str>,
}

impl Service {
    const fn at(word: &'static str, ports: &'static [u16]) -> Self {
        Self { word, ports, socket: None, client: None }
    }

    const fn socket(self, part: &'static str) -> Self {
        Self { socket: Some(part), ..self }
    }

    const fn client(self, client: &'static str) -> Self {
        Self { client: Some(client), ..self }
    }
}

const POSTGRES_CLIENT: &str = "an async driver (asyncpg, psycopg's AsyncConnection)";
const HTTP_CLIENT: &str = "an async client (httpx.AsyncClient, aiohttp)";

/// Sorted by their words; a port belongs to one of them.
const SERVICES: &[Service] = &[
    Service::at("amqp", &[5671, 5672, 15672]),
    Service::at("cassandra", &[9042]),
    Service::at("clickhouse", &[8123, 9000]),
    Service::at("cockroachdb", &[26257]),
    Service::at("consul", &[8500]),
    Service::at("datadog", &[8126]),
    Service::at("dns", &[53]),
    Service::at("docker", &[]).socket("docker.sock"),
    Service::at("elasticsearch", &[9200]),
    Service::at("etcd", &[2379]),
    Service::at("ftp", &[21]),
    Service::at("grpc", &[50051]),
    Service::at("http", &[80]).client(HTTP_CLIENT),
    Service::at("https", &[443]).client(HTTP_CLIENT),
    Service::at("imap", &[143, 993]),
    Service::at("influxdb", &[8086]),
    Service::at("kafka", &[9092, 9093, 9094]).client("aiokafka"),
    Service::at("kerberos", &[88]),
    Service::at("kubernetes", &[6443]),
    Service::at("ldap", &[389, 636]),
    Service::at("loki", &[3100]),
    Service::at("memcached", &[11211]),
    Service::at("mongodb", &[27017, 27018]).client("pymongo's AsyncMongoClient"),
    Service::at("mqtt", &[1883, 8883]),
    Service::at("mysql", &[3306]).socket("mysql").client("an async driver (asyncmy, aiomysql)"),
    Service::at("nats", &[4222]),
    Service::at("neo4j", &[7687]),
    Service::at("nfs", &[111, 2049]),
    Service::at("opentelemetry", &[4317, 4318]),
    Service::at("oracle", &[1521]),
    Service::at("orientdb", &[2424]),
    Service::at("pgbouncer", &[6432]).client(POSTGRES_CLIENT),
    Service::at("postgresql", &[5432, 5433]).socket(".s.PGSQL").client(POSTGRES_CLIENT),
    Service::at("redis", &[6379, 6380, 26379]).socket("redis").client("redis.asyncio"),
    Service::at("smb", &[445]),
    Service::at("smtp", &[25, 465, 587]),
    Service::at("sqlserver", &[1433]),
    Service::at("ssh", &[22]),
    Service::at("statsd", &[8125]),
    Service::at("syslog", &[514]),
    Service::at("vault", &[8200]),
    Service::at("zookeeper", &[2181]),
];

/// What the service at [`METADATA_ADDRESS`] is called.
pub const METADATA: &str = "cloud metadata";
/// The address at which clouds hand out credentials.
const METADATA_ADDRESS: &str = "169.254.169.254";
/// The same for tasks of Amazon's container service.
const TASK_METADATA_ADDRESS: &str = "169.254.170.2";

/// The service at the far end of a connection, judging by address and port.
#[must_use]
pub fn service(peer: &str, port: u16) -> Option<&'static str> {
    if matches!(host(peer), METADATA_ADDRESS | TASK_METADATA_ADDRESS) {
        return Some(METADATA);
    }
    SERVICES.iter().find(|service| service.ports.contains(&port)).map(|service| service.word)
}

/// The service behind a well-known Unix socket.
#[must_use]
pub fn local_service(path: &str) -> Option<&'static str> {
    let has = |service: &&Service| service.socket.is_some_and(|part| path.contains(part));
    SERVICES.iter().find(has).map(|service| service.word)
}

/// What an event loop talks to a service with.
#[must_use]
pub fn async_client(service: &str) -> &'static str {
    let known = SERVICES.iter().find(|known| known.word == service);
    known.and_then(|known| known.client).unwrap_or("an async client")
}

/// The host of `host:port` or `[host]:port`.
#[must_use]
pub fn host(address: &str) -> &str {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.strip_prefix("::ffff:").unwrap_or(host)
}

/// The port of `host:port`.
#[must_use]
pub fn port(address: &str) -> Option<u16> {
    address.rsplit_once(':').and_then(|(_, port)| port.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_and_the_metadata_address_have_names() {
        assert!(SERVICES.is_sorted_by_key(|service| service.word), "sort SERVICES by their words");
        let mut ports: Vec<u16> = SERVICES.iter().flat_map(|service| service.ports).copied().collect();
        ports.sort_unstable();
        assert!(ports.windows(2).all(|pair| pair[0] != pair[1]), "a port belongs to one service");
        assert_eq!(service("10.0.3.7:5432", 5432), Some("postgresql"));
        assert_eq!(service("169.254.169.254:80", 80), Some("cloud metadata"));
        assert_eq!(service("10.0.0.1:4711", 4711), None);
    }

    #[test]
    fn addresses_of_both_kinds_are_taken_apart() {
        assert_eq!((host("10.0.3.7:5432"), port("10.0.3.7:5432")), ("10.0.3.7", Some(5432)));
        assert_eq!((host("[::1]:8000"), port("[::1]:8000")), ("::1", Some(8000)));
        assert_eq!(host("[::ffff:10.0.0.1]:80"), "10.0.0.1");
    }
}
