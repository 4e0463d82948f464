//! Ways from one object to another.

/// A step from one object to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hop {
    /// An attribute.
    Attribute(&'static str),
    /// An item of a `tuple`; of an object written in C that stands for one, the `str` at this place among its texts.
    Item(usize),
    /// What a weak reference refers to.
    Referent,
}

/// A way to an object.
pub type Way = &'static [Hop];

/// A place among the local variables of a function on somebody's stack.
#[derive(Clone, Copy, Debug)]
pub struct From {
    /// The function's file, from its package's folder on.
    pub file: &'static str,
    /// The function.
    pub function: &'static str,
    /// The variable.
    pub local: &'static str,
    /// From there on.
    pub way: Way,
}
