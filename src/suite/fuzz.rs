//! Files of marks as input of fuzzing.

/// A decoder by name.
type Target = (&'static str, fn(&[u8]));

/// The decoders of this room.
pub(crate) const TARGETS: &[Target] = &[("marks", marks)];

fn marks(bytes: &[u8]) {
    let _said = super::marks::decode(bytes);
}
