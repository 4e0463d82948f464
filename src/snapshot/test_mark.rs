//! Which test a process ran, as our plugin of pytest wrote it down.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Code, ThreadId};

/// What of a test runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TestPhase {
    /// Its fixtures are made.
    Setup,
    /// The test itself.
    Call,
    /// The test asked to be let alone for a while: it builds an application, say.
    Paused,
    /// Its fixtures are taken down.
    Teardown,
}

/// A test, in one of its phases.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TestMark {
    /// How many tests had begun in the process, this one included.
    pub test: u64,
    /// What of it runs.
    pub phase: TestPhase,
    /// The thread that runs it.
    pub thread: ThreadId,
    /// pytest's name for it: `tests/test_orders.py::TestList::test_all[two words]`.
    pub node: String,
}

impl TestMark {
    /// Whether this is the function that pytest calls for the test: `test_all` in `tests/test_orders.py` for the node above.
    #[must_use]
    pub fn is_test_function(&self, code: &Code) -> bool {
        let (file, names) = self.node.split_once("::").unwrap_or((&self.node, ""));
        let path = names.split('[').next().unwrap_or_default();
        let name = path.rsplit("::").next().unwrap_or_default();
        code.name == name && code.file.ends_with(file.trim_start_matches("../"))
    }
}

/// What a process ran at the instant of a look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TestMoment {
    /// Neither the process nor one above it says which test runs.
    Unmarked,
    /// No test ran.
    Between,
    /// This one.
    Runs(Arc<TestMark>),
    /// It changed during the look.
    Changed,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{CodeFlags, Known, Why};

    #[test]
    fn the_function_of_a_test_is_told_from_others() {
        let mark =
            |node: &str| TestMark { test: 1, phase: TestPhase::Call, thread: ThreadId(1), node: node.to_owned() };
        let code = |name: &str, file: &str| Code {
            name: name.to_owned(),
            qualified_name: Known::Unknown(Why::NotInThisPython),
            file: file.to_owned(),
            first_line: 1,
            flags: CodeFlags::default(),
        };
        let own = code("test_all", "/srv/tests/test_orders.py");
        for node in ["tests/test_orders.py::test_all", "tests/test_orders.py::TestList::test_all[a::b [c] d]"] {
            assert!(mark(node).is_test_function(&own), "{node}");
            assert!(!mark(node).is_test_function(&code("prices", "/srv/tests/test_orders.py")), "{node}");
            assert!(!mark(node).is_test_function(&code("test_all", "/srv/shop.py")), "{node}");
        }
        assert!(mark("../tests/test_orders.py::test_all").is_test_function(&own));
        assert!(!mark("README.md").is_test_function(&own) && !mark("").is_test_function(&own));
    }
}
