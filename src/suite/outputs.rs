//! The folder that `hangspy test -o` writes.

use std::io;
use std::path::{Path, PathBuf};

use crate::drive::{Console, NewFile, SafeFolder};
use crate::error::{Error, Result};
use crate::render;
use crate::report::TestReport;

/// What stands in the folder: the report as text and as JSON.
const TEXT: &str = "tests.txt";
const JSON: &str = "tests.json";

/// Files that are ours to write, claimed before the tests run.
#[derive(Debug)]
pub(super) struct Outputs {
    files: Vec<(PathBuf, NewFile)>,
}

impl Outputs {
    /// Claims them; none without a folder.
    ///
    /// # Errors
    ///
    /// When the folder cannot be written to, is not ours alone, or another run writes there.
    pub(super) fn claim(folder: Option<&Path>) -> Result<Self> {
        let mut files = Vec::new();
        if let Some(folder) = folder {
            let failed = |path: &Path, source| Error::Output { path: path.to_owned(), source };
            SafeFolder::open(folder, true).map_err(|source| failed(folder, source))?;
            for name in [TEXT, JSON] {
                let path = folder.join(name);
                let file = NewFile::claim(&path).map_err(|source| failed(&path, source))?;
                files.push((path, file));
            }
        }
        Ok(Self { files })
    }

    /// Writes all of them and says where.
    ///
    /// # Errors
    ///
    /// The first failure; the others are written all the same.
    pub(super) fn write(&self, report: &TestReport, console: Console) -> Result<()> {
        let mut outcome = Ok(());
        for (path, file) in &self.files {
            match contents(path, report).and_then(|bytes| file.write(&bytes)) {
                Ok(()) => console.say(&format!("wrote {}", path.display())),
                Err(source) => outcome = outcome.and(Err(Error::Output { path: path.clone(), source })),
            }
        }
        outcome
    }
}

fn contents(path: &Path, report: &TestReport) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if path.ends_with(JSON) {
        render::tests_json(report, render::Layout::Pretty, &mut bytes)?;
    } else {
        render::tests_text(report, &mut bytes)?;
    }
    Ok(bytes)
}
