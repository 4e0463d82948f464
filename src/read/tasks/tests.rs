//! The reader of tasks on memory that is nonsense.

use std::cell::Cell;
use std::time::Duration;

use super::nonsense_of_tests::{Nonsense, OBJECTS, OBJECTS_AT};
use crate::layout;
use crate::snapshot::{Address, Known, PythonVersion, Why};

/// A number for an address that looks like chance.
fn scatter(number: u64) -> u64 {
    let mut noise = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    noise ^= noise >> 29;
    noise = noise.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    noise ^ noise >> 32
}

#[test]
fn nonsense_ends_and_does_no_harm() {
    let mut found = 0;
    for minor in 8..=15 {
        let version = PythonVersion { major: 3, minor, patch: Known::Unknown(Why::NotRead) };
        let offsets = layout::table(version).expect("a table of this version");
        for seed in 0..16 {
            let memory = Nonsense {
                noise: &|address| scatter(address ^ seed),
                task_size: offsets.task.size as u64,
                offsets: offsets.clone(),
                circles: seed % 8 == 7,
                reads: Cell::new(0),
            };
            memory.with_reader(Duration::from_secs(60), |reader| {
                for object in 0..OBJECTS {
                    found += u64::from(reader.task(Address(OBJECTS_AT + object * 4096)).unwrap().is_some());
                }
            });
            assert!(memory.reads.get() < 100_000, "3.{minor}, seed {seed}: {} reads", memory.reads.get());
        }
    }
    assert!(found > 50, "nonsense that is never taken for a task tests nothing: {found}");
}
