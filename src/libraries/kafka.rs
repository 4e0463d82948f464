//! Clients of Kafka: librdkafka's, aiokafka, kafka-python.

use super::{Library, Role};

pub(super) const LIBRARY: Library = Library {
    name: "kafka",
    packages: &["aiokafka", "confluent_kafka", "kafka"],
    role: Role::Driver,
    threads: &["rdk:"],
    ..Library::BARE
};
