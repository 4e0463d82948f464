//! A test that hung.

use serde::{Deserialize, Serialize};

use super::model::Report;
use crate::snapshot::TestMark;

/// A test that did not get ahead for as long as it may, and what was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestHang {
    /// The process.
    pub process: u32,
    /// The test, and what of it ran.
    pub test: TestMark,
    /// For how long it had been seen to run when it was looked into, seconds.
    pub seconds: f64,
    /// What was found.
    pub report: Option<Box<Report>>,
    /// Why nothing was, in words.
    pub unseen: Option<String>,
    /// Whether its process had to be killed: it did not end when it was interrupted.
    pub killed: bool,
}
