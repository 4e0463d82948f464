//! The report as one JSON object: the contract for programs.

use std::io::{self, Write};

use serde::Serialize;

use super::sanitize;
use crate::report::Report;

/// How the object is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Indented, for people.
    Pretty,
    /// On one line, for logs.
    Compact,
}

/// Writes the object and a newline.
///
/// # Errors
/// What the writer says.
pub fn json(report: &Report, layout: Layout, out: &mut impl Write) -> io::Result<()> {
    write(report, layout, out)
}

/// Writes anything as one line of harmless JSON, or as indented lines.
pub(super) fn write(value: &impl Serialize, layout: Layout, out: &mut impl Write) -> io::Result<()> {
    let text = match layout {
        Layout::Pretty => serde_json::to_string_pretty(value)?,
        Layout::Compact => serde_json::to_string(value)?,
    };
    out.write_all(sanitize::json(&text).as_bytes())?;
    out.write_all(b"\n")
}
