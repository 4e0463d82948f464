//! How far several readings of one thread's frames agree.
//!
//! A thread that runs while it is read gives a picture in which outer frames are of one call and inner frames of
//! another; such a stack never was. What several readings have in common from the outermost frame on was there all the
//! time. A mixture can only pass when the thread was caught at the same point in the same mixture every time.

use super::frames::RawFrame;

/// What readings have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::read) struct Agreement {
    /// How many frames, counted from the outermost.
    pub(in crate::read) frames: usize,
    /// Whether that is all there is in every reading.
    pub(in crate::read) whole: bool,
}

/// Compares two readings, innermost frame first, from the outermost frame on. Equal are the frame's address and its
/// code; a frame whose instruction differs is still the same call, but what it called in between is not.
pub(in crate::read) fn agreement(one: &[RawFrame], other: &[RawFrame]) -> Agreement {
    let mut frames = 0;
    for (one, other) in one.iter().rev().zip(other.iter().rev()) {
        if one.address != other.address || one.code != other.code {
            break;
        }
        frames += 1;
        if one.instruction != other.instruction {
            break;
        }
    }
    Agreement { frames, whole: frames == one.len() && frames == other.len() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Address;

    /// Frames innermost first, each as (where it lies, its code, its instruction).
    fn reading(frames: &[(u64, u64, i32)]) -> Vec<RawFrame> {
        let frame = |&(address, code, instruction): &(u64, u64, i32)| RawFrame {
            address: Address(address),
            code: Address(code),
            instruction,
            of_generator: false,
        };
        frames.iter().map(frame).collect()
    }

    #[test]
    fn equal_readings_agree_wholly() {
        let stack = reading(&[(3, 30, 8), (2, 20, 4), (1, 10, 2)]);
        assert_eq!(agreement(&stack, &stack), Agreement { frames: 3, whole: true });
        assert_eq!(agreement(&[], &[]), Agreement { frames: 0, whole: true }, "no frames at all is a stack too");
    }

    #[test]
    fn the_innermost_frame_may_go_on() {
        let one = reading(&[(3, 30, 8), (2, 20, 4), (1, 10, 2)]);
        let other = reading(&[(3, 30, 6), (2, 20, 4), (1, 10, 2)]);
        assert_eq!(agreement(&one, &other), Agreement { frames: 3, whole: true });
    }

    #[test]
    fn what_a_moving_frame_called_is_not_kept() {
        let one = reading(&[(3, 30, 8), (2, 20, 4), (1, 10, 2)]);
        let other = reading(&[(3, 30, 8), (2, 20, 6), (1, 10, 2)]);
        assert_eq!(agreement(&one, &other), Agreement { frames: 2, whole: false });
    }

    #[test]
    fn another_call_at_the_same_place_ends_it() {
        let one = reading(&[(3, 30, 8), (2, 20, 4), (1, 10, 2)]);
        let other = reading(&[(3, 31, 8), (2, 20, 4), (1, 10, 2)]);
        assert_eq!(agreement(&one, &other), Agreement { frames: 2, whole: false });
        let shorter = reading(&[(2, 20, 4), (1, 10, 2)]);
        assert_eq!(agreement(&one, &shorter), Agreement { frames: 2, whole: false });
        let elsewhere = reading(&[(1, 11, 2)]);
        assert_eq!(agreement(&one, &elsewhere), Agreement { frames: 0, whole: false });
    }
}
