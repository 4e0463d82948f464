//! The Python files below a folder, read one by one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::module::{ENDING, Module, module};

/// Files that are read; the rest is counted.
const MOST_FILES: usize = 100_000;
/// Bytes of a file that is read.
const MOST_BYTES: u64 = 4 << 20;
/// Folders of code that is not the application's own.
const NOT_OWN: &[&str] = &["__pycache__", "dist-packages", "node_modules", "site-packages"];
/// What a virtual environment has in it.
const ENVIRONMENT: &str = "pyvenv.cfg";

/// What a folder holds.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Its files.
    pub modules: Vec<Module>,
    /// Files that are no Python 3: another Python, a template, a test of a parser.
    pub not_python: u64,
    /// Files and folders that could not be read, or are too large.
    pub unread: u64,
    /// Files beyond the most that are read.
    pub beyond: u64,
}

/// Reads all files below a folder, or one file; `progress` is told how many were.
///
/// # Errors
///
/// When the folder itself cannot be read.
pub fn read(root: &Path, progress: &mut dyn FnMut(usize)) -> io::Result<Sources> {
    let mut sources = Sources::default();
    if fs::metadata(root)?.is_file() {
        let folder = root.parent().unwrap_or(Path::new(""));
        one(root, folder, &mut sources);
        return Ok(sources);
    }
    fs::read_dir(root)?;
    let mut folders = vec![root.to_owned()];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        let Ok(entries) = listed(&folder) else {
            sources.unread += 1;
            continue;
        };
        if folder != root && entries.iter().any(|entry| entry.ends_with(ENVIRONMENT)) {
            continue;
        }
        for path in entries {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            // Links are not followed: they can go in circles, and to what is not the application's.
            let Ok(about) = fs::symlink_metadata(&path) else { continue };
            if about.is_dir() && !name.starts_with('.') && !NOT_OWN.contains(&name.as_ref()) {
                folders.push(path);
            } else if about.is_file() && name.ends_with(ENDING) {
                files += 1;
                if files > MOST_FILES {
                    sources.beyond += 1;
                } else {
                    one(&path, root, &mut sources);
                    progress(files);
                }
            }
        }
    }
    Ok(sources)
}

fn listed(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn one(path: &Path, root: &Path, sources: &mut Sources) {
    let small = fs::metadata(path).is_ok_and(|about| about.len() <= MOST_BYTES);
    let Some(bytes) = small.then(|| fs::read(path).ok()).flatten() else {
        sources.unread += 1;
        return;
    };
    let below = path.strip_prefix(root).unwrap_or(path).to_string_lossy();
    match String::from_utf8(bytes).ok().and_then(|text| module(&below, &text)) {
        Some(module) => sources.modules.push(module),
        None => sources.not_python += 1,
    }
}
