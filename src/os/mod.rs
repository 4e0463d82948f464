//! `/proc` and control groups: parsers over text plus thin readers.
