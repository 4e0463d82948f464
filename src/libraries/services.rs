//! Which service usually listens on a port.

/// Sorted by port.
#[rustfmt::skip]
const SERVICES: &[(u16, &str)] = &[
    (21, "ftp"), (22, "ssh"), (25, "smtp"), (53, "dns"), (80, "http"), (88, "kerberos"), (111, "nfs"), (143, "imap"),
    (389, "ldap"), (443, "https"), (445, "smb"), (465, "smtp"), (514, "syslog"), (587, "smtp"), (636, "ldap"),
    (993, "imap"), (1433, "sqlserver"), (1521, "oracle"), (1883, "mqtt"), (2049, "nfs"), (2181, "zookeeper"),
    (2379, "etcd"), (2424, "orientdb"), (3100, "loki"), (3306, "mysql"), (4222, "nats"), (4317, "opentelemetry"),
    (4318, "opentelemetry"), (5432, "postgresql"), (5433, "postgresql"), (5671, "amqp"), (5672, "amqp"),
    (6379, "redis"), (6380, "redis"), (6432, "pgbouncer"), (6443, "kubernetes"), (7687, "neo4j"), (8086, "influxdb"),
    (8123, "clickhouse"), (8125, "statsd"), (8126, "datadog"), (8200, "vault"), (8500, "consul"), (8883, "mqtt"),
    (9000, "clickhouse"), (9042, "cassandra"), (9092, "kafka"), (9093, "kafka"), (9094, "kafka"),
    (9200, "elasticsearch"), (11211, "memcached"), (15672, "amqp"), (26257, "cockroachdb"), (26379, "redis"),
    (27017, "mongodb"), (27018, "mongodb"), (50051, "grpc"),
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
    SERVICES.binary_search_by_key(&port, |row| row.0).ok().and_then(|at| SERVICES.get(at)).map(|row| row.1)
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
        assert!(SERVICES.is_sorted_by_key(|row| row.0), "sort SERVICES by port");
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
