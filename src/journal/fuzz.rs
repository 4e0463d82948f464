//! Captures as input of fuzzing.

/// A decoder by name.
type Target = (&'static str, fn(&[u8]));

/// The decoders of this room.
pub(crate) const TARGETS: &[Target] = &[("capture", capture)];

fn capture(mut bytes: &[u8]) {
    let _journal = super::decode(&mut bytes);
}
