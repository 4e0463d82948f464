//! Whether a timer that leads to a task ends what the task waits for.
//!
//! A timer can lead to a task in another way than by ending its wait: a server's timer for connections that say nothing belongs
//! to the connection, which has the task that serves it. One that cancels calls the task's own `cancel`, or belongs to an object
//! made to count time.

use super::references::{Met, References};
use crate::libraries::COUNT_TIME;
use crate::memory::ReadError;
use crate::read::objects::builtin::Objects;
use crate::read::objects::known::lenient;
use crate::snapshot::Address;

/// Steps from the timer to such an object.
const STEPS: usize = 3;
/// Objects that are looked at.
const MOST: usize = 64;

/// Whether a timer cancels a task that it leads to.
///
/// # Errors
///
/// When the process is gone or closed to us.
pub(in crate::read) fn cancels(
    objects: Objects<'_>,
    references: &mut References,
    timer: Address,
    task: Address,
) -> Result<bool, ReadError> {
    let mut next = vec![timer];
    let mut left = MOST;
    for _ in 0..=STEPS {
        for object in std::mem::take(&mut next) {
            let name = lenient(objects.type_name_of(object))?;
            if COUNT_TIME.iter().any(|word| name.contains(word)) {
                return Ok(true);
            }
            let Some(after) = left.checked_sub(1) else { return Ok(false) };
            left = after;
            if let Met::Object(others) = references.of(objects, object)? {
                // Its own method, or what it was given.
                if matches!(name.as_str(), "builtin_function_or_method" | "tuple") && others.contains(&task) {
                    return Ok(true);
                }
                next.extend(others);
            }
        }
    }
    Ok(false)
}
