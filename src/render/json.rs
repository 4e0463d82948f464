//! The report as one JSON object: the contract for programs.

use std::io::{self, Write};

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
    match layout {
        Layout::Pretty => serde_json::to_writer_pretty(&mut *out, report)?,
        Layout::Compact => serde_json::to_writer(&mut *out, report)?,
    }
    out.write_all(b"\n")
}
