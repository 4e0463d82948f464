//! From a read that may have failed to a fact that may be unknown.

use crate::memory::ReadError;
use crate::snapshot::{Known, Why};

/// The fact, or the reason why the read failed.
pub(crate) fn known<T>(read: Result<T, ReadError>) -> Known<T> {
    match read {
        Ok(value) => Known::Is(value),
        Err(error) => Known::Unknown(why(error)),
    }
}

/// Why a read failed, in the snapshot's words.
pub(crate) fn why(error: ReadError) -> Why {
    match error {
        ReadError::Gone | ReadError::Unmapped(_) => Why::Vanished,
        ReadError::Refused => Why::NotPermitted,
        ReadError::Implausible(_) => Why::Implausible,
    }
}

/// What was read, or nothing when that could not be; an error only where nothing more can be read at all.
pub(in crate::read) fn lenient<T: Default>(read: Result<T, ReadError>) -> Result<T, ReadError> {
    match read {
        Err(gone @ (ReadError::Gone | ReadError::Refused)) => Err(gone),
        other => Ok(other.unwrap_or_default()),
    }
}
