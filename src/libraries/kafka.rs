//! Clients of Kafka: librdkafka's, aiokafka, kafka-python.

use super::{Library, Marks, Native, Role};

pub(super) const LIBRARY: Library = Library {
    name: "kafka",
    packages: &["aiokafka", "confluent_kafka", "kafka"],
    role: Role::Driver,
    native: Some(Native {
        name: "librdkafka",
        threads: &["rdk:"],
        service: Some("kafka"),
        calls: &[
            "close",
            "commit",
            "commit_transaction",
            "committed",
            "consume",
            "flush",
            "get_watermark_offsets",
            "init_transactions",
            "list_topics",
            "offsets_for_times",
            "poll",
        ],
        marks: Marks::NONE,
    }),
    ..Library::BARE
};
