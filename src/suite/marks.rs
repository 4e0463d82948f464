//! The file in which a process says which test it runs; `python/hangspy/marks.py` writes it, and says how it is laid out.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nix::libc;

use crate::snapshot::{ProcessId, TestMark, TestMoment, TestPhase, ThreadId, without_secrets};

/// What a file of marks begins with.
const MAGIC: &[u8; 8] = b"hangspy\x01";
/// Its length.
const SIZE: usize = 4096;
/// Where things are in it.
const SEQUENCE: usize = 8;
const TEST: usize = 16;
const THREAD: usize = 24;
const PHASE: usize = 28;
const LENGTH: usize = 32;
const NODE: usize = 36;
/// How often a file that is being written is read again: that takes microseconds.
const ATTEMPTS: usize = 5;

/// What a file of marks says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// It is being written, or is no file of marks.
    Unclear,
    /// No test runs; so many have begun.
    Nothing(u64),
    /// This one runs.
    Test(TestMark),
}

/// The marks of one process: its own, else those of the nearest process above it that has some.
#[derive(Debug)]
pub(super) struct Marks {
    places: Vec<PathBuf>,
    /// The place that is open, and its file.
    open: Option<(usize, File)>,
    /// What was read last.
    last: Option<Arc<TestMark>>,
    /// How many tests have begun by its own word.
    tests: u64,
}

impl Marks {
    /// Those of the first of these processes that has some, in this folder.
    pub(super) fn new(folder: &Path, processes: &[ProcessId]) -> Self {
        let places = processes.iter().map(|pid| folder.join(format!("{pid}.mark"))).collect();
        Self { places, open: None, last: None, tests: 0 }
    }

    /// How many tests the process itself has begun, as far as was seen.
    pub(super) fn tests(&self) -> u64 {
        self.tests
    }

    /// What the process runs now.
    pub(super) fn read(&mut self) -> TestMoment {
        self.look_for_nearer();
        let Some((place, file)) = &self.open else { return TestMoment::Unmarked };
        let said = (0..ATTEMPTS).map(|_| said(file)).find(|said| *said != Said::Unclear).unwrap_or(Said::Unclear);
        let begun = match &said {
            Said::Unclear => return TestMoment::Changed,
            Said::Nothing(begun) => *begun,
            Said::Test(mark) => mark.test,
        };
        if *place == 0 {
            self.tests = begun;
        }
        match said {
            Said::Test(mark) => {
                let known = self.last.take().filter(|known| **known == mark);
                TestMoment::Runs(Arc::clone(self.last.insert(known.unwrap_or_else(|| Arc::new(mark)))))
            }
            Said::Unclear | Said::Nothing(_) => TestMoment::Between,
        }
    }

    /// Opens the file of a nearer process than the one whose file is open.
    fn look_for_nearer(&mut self) {
        let known = self.open.as_ref().map_or(self.places.len(), |(place, _)| *place);
        let nearer = self.places.iter().take(known).enumerate();
        let found = nearer.into_iter().find_map(|(place, path)| Some((place, open(path)?)));
        self.open = found.or_else(|| self.open.take());
    }
}

/// The process may have put anything there: nothing is waited for, and no link is followed.
fn open(path: &Path) -> Option<File> {
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY;
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path).ok()?;
    file.metadata().is_ok_and(|about| about.is_file()).then_some(file)
}

/// Reads a file once.
fn said(file: &File) -> Said {
    let mut page = [0; SIZE];
    let mut sequence = [0; 8];
    let whole = file.read_exact_at(&mut page, 0).is_ok() && file.read_exact_at(&mut sequence, SEQUENCE as u64).is_ok();
    if whole && page.get(SEQUENCE..TEST) == Some(&sequence) { decode(&page) } else { Said::Unclear }
}

/// Decodes a page that did not change while it was read.
pub(super) fn decode(page: &[u8]) -> Said {
    let mark = || {
        let sequence = u64::from_le_bytes(number(page, SEQUENCE)?);
        let test = u64::from_le_bytes(number(page, TEST)?);
        let thread = u32::from_le_bytes(number(page, THREAD)?);
        let phase = match u32::from_le_bytes(number(page, PHASE)?) {
            0 => None,
            1 => Some(TestPhase::Setup),
            2 => Some(TestPhase::Call),
            3 => Some(TestPhase::Teardown),
            4 => Some(TestPhase::Paused),
            _ => return None,
        };
        let length = usize::try_from(u32::from_le_bytes(number(page, LENGTH)?)).ok()?;
        let node = String::from_utf8_lossy(page.get(NODE..NODE.checked_add(length)?)?);
        // Parameters are in it.
        let node = without_secrets(&node).into_owned();
        let said = page.starts_with(MAGIC) && sequence.is_multiple_of(2);
        said.then_some(match phase {
            None => Said::Nothing(test),
            Some(phase) => Said::Test(TestMark { test, phase, thread: ThreadId(thread), node }),
        })
    };
    mark().unwrap_or(Said::Unclear)
}

fn number<const BYTES: usize>(page: &[u8], at: usize) -> Option<[u8; BYTES]> {
    page.get(at..)?.first_chunk().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(sequence: u64, phase: u32, node: &[u8]) -> Vec<u8> {
        let mut page = MAGIC.to_vec();
        page.extend(sequence.to_le_bytes());
        page.extend(7_u64.to_le_bytes());
        page.extend(31_u32.to_le_bytes());
        page.extend(phase.to_le_bytes());
        page.extend(u32::try_from(node.len()).unwrap().to_le_bytes());
        page.extend(node);
        page.resize(SIZE, 0);
        page
    }

    #[test]
    fn what_is_whole_is_read_and_nothing_else() {
        let node = "tests/test_a.py::test_b[two words \u{1b}[2J]";
        let mark = TestMark { test: 7, phase: TestPhase::Call, thread: ThreadId(31), node: node.to_owned() };
        assert_eq!(decode(&page(4, 2, node.as_bytes())), Said::Test(mark));
        assert_eq!(decode(&page(4, 0, b"")), Said::Nothing(7));
        let Said::Test(mark) = decode(&page(4, 2, b"test_a.py::test_b[password=s3cret-1]")) else {
            panic!("a test runs")
        };
        assert_eq!(mark.node, "test_a.py::test_b[password=…]");
        assert_eq!(decode(&page(5, 2, b"a")), Said::Unclear, "it was being written");
        assert_eq!(decode(&page(4, 9, b"a")), Said::Unclear, "no phase has this number");
        assert_eq!(decode(&page(4, 2, &[b'a'; SIZE])), Said::Unclear, "longer than the page");
        let cut = page(4, 2, b"abc");
        for bytes in 0..NODE + 3 {
            assert_eq!(decode(&cut[..bytes]), Said::Unclear);
        }
    }

    #[test]
    fn a_process_without_marks_has_those_of_the_one_above() {
        let folder = std::env::temp_dir().join(format!("hangspy-marks-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut marks = Marks::new(&folder, &[ProcessId(2), ProcessId(1)]);
        assert_eq!(marks.read(), TestMoment::Unmarked);
        std::fs::write(folder.join("1.mark"), page(4, 2, b"above")).unwrap();
        let TestMoment::Runs(above) = marks.read() else { panic!("the one above says which test runs") };
        assert_eq!((above.node.as_str(), marks.tests()), ("above", 0));
        std::fs::write(folder.join("2.mark"), page(2, 0, b"")).unwrap();
        assert_eq!((marks.read(), marks.tests()), (TestMoment::Between, 7));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
