//! Files to write: claimed before the run, so that nobody records for a minute and then cannot save it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::console::Console;
use super::new_file::NewFile;
use super::safe_folder::SafeFolder;
use super::session::Privacy;
use crate::error::{Error, Result};
use crate::render;
use crate::report::Report;

/// What can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The capture: every snapshot, to make everything else again.
    Capture,
    /// The report as text.
    Text,
    /// The report as JSON.
    Json,
    /// A flame graph.
    FlameGraph,
    /// Collapsed stacks.
    Collapsed,
    /// pprof's gzipped protocol buffer.
    Pprof,
    /// What Python's `pstats` loads.
    Pstats,
    /// JSON for speedscope.
    Speedscope,
}

impl Format {
    /// The media type of a file of this format.
    pub(super) fn media(self) -> &'static str {
        match self {
            Self::Capture | Self::Pprof | Self::Pstats => "application/octet-stream",
            Self::Text | Self::Collapsed => "text/plain; charset=utf-8",
            Self::Json | Self::Speedscope => "application/json",
            Self::FlameGraph => "image/svg+xml",
        }
    }
}

/// Which threads a flame graph and collapsed stacks show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GraphThreads {
    /// Those that the worst verdict is about.
    Fitting,
    /// Threads that run an event loop, their polling left out.
    Loop,
    /// All threads.
    All,
    /// Whoever holds the GIL.
    Gil,
    /// What tasks wait for, and what the other threads do.
    Tasks,
}

impl GraphThreads {
    fn graph(self, report: &Report) -> render::Graph {
        match self {
            Self::Fitting => render::Graph::fitting(report),
            Self::Loop => render::Graph::Loop,
            Self::All => render::Graph::All,
            Self::Gil => render::Graph::Gil,
            Self::Tasks => render::Graph::Tasks,
        }
    }

    /// The threads in profiles for other tools, which have labels or pages to choose among all of them.
    fn profile(self, report: &Report) -> render::Graph {
        if self == Self::Fitting { render::Graph::All } else { self.graph(report) }
    }
}

/// Endings and the format they mean.
const ENDINGS: &[(&str, Format)] = &[
    ("hangspy", Format::Capture),
    ("txt", Format::Text),
    ("json", Format::Json),
    ("svg", Format::FlameGraph),
    ("collapsed", Format::Collapsed),
    ("folded", Format::Collapsed),
    ("pb.gz", Format::Pprof),
    ("pprof", Format::Pprof),
    ("pstats", Format::Pstats),
    ("prof", Format::Pstats),
    ("speedscope.json", Format::Speedscope),
    ("speedscope", Format::Speedscope),
];

/// What a folder gets.
pub(super) const IN_A_FOLDER: &[(&str, Format)] = &[
    ("capture.hangspy", Format::Capture),
    ("report.txt", Format::Text),
    ("report.json", Format::Json),
    ("flamegraph.svg", Format::FlameGraph),
    ("stacks.collapsed", Format::Collapsed),
];

/// One file that is ours to write.
#[derive(Debug)]
struct Claim {
    path: PathBuf,
    format: Format,
    /// Shared with whoever writes the capture while the run goes on.
    file: Arc<NewFile>,
}

/// All files of a run.
#[derive(Debug)]
pub(super) struct Outputs {
    claims: Vec<Claim>,
    created_folders: Vec<PathBuf>,
    threads: GraphThreads,
    /// What is wrong with a capture, where none may be written.
    no_capture: Option<&'static str>,
}

impl Outputs {
    /// No files yet; flame graphs will show `threads`.
    pub(super) fn new(threads: GraphThreads) -> Self {
        Self { claims: Vec::new(), created_folders: Vec::new(), threads, no_capture: None }
    }

    /// The same without captures; the words say what is wrong with one.
    pub(super) fn without_capture(mut self, reason: &'static str) -> Self {
        self.no_capture = Some(reason);
        self
    }

    /// The same without what may not be kept: a capture holds everything that was seen.
    pub(super) fn keeping(self, privacy: &Privacy) -> Self {
        if privacy.redact { self.without_capture("would hold what --redact leaves out") } else { self }
    }

    /// Claims `paths`; a folder (one that exists, or a path that ends in `/`) gets the usual ones.
    pub(super) fn claim(mut self, paths: &[PathBuf], format: Option<Format>) -> Result<Self> {
        for path in paths {
            let names_a_folder = path.is_dir() || path.as_os_str().as_encoded_bytes().ends_with(b"/");
            if names_a_folder {
                self.claim_folder(path)?;
            } else {
                let format = format.map_or_else(|| format_of(path), Ok)?;
                self.claim_file(path.clone(), format)?;
            }
        }
        Ok(self)
    }

    /// Claims a folder, made when it is not there.
    pub(super) fn claim_folder(&mut self, folder: &Path) -> Result<()> {
        let opened =
            SafeFolder::open(folder, true).map_err(|source| Error::Output { path: folder.to_owned(), source })?;
        if opened.created {
            self.created_folders.push(folder.to_owned());
        }
        let keeps_capture = self.no_capture.is_none();
        let wanted = IN_A_FOLDER.iter().filter(|(_, format)| keeps_capture || *format != Format::Capture);
        for (name, format) in wanted {
            self.claim_file(folder.join(name), *format)?;
        }
        Ok(())
    }

    fn claim_file(&mut self, path: PathBuf, format: Format) -> Result<()> {
        if let Some(reason) = self.no_capture.filter(|_| format == Format::Capture) {
            return Err(Error::Usage {
                message: format!("{} {reason}", path.display()),
                hint: Some("name the formats you want: -o report.txt -o flamegraph.svg".to_owned()),
            });
        }
        let file = NewFile::claim(&path).map_err(|source| Error::Output { path: path.clone(), source })?;
        self.claims.push(Claim { path, format, file: Arc::new(file) });
        Ok(())
    }

    /// The files that want the capture.
    pub(super) fn captures(&self) -> Vec<(PathBuf, Arc<NewFile>)> {
        let captures = self.claims.iter().filter(|claim| claim.format == Format::Capture);
        captures.map(|claim| (claim.path.clone(), Arc::clone(&claim.file))).collect()
    }

    /// Writes everything but the capture. Goes on after a failure, so that one full disk does not cost the other files;
    /// returns the first failure.
    pub(super) fn write(&self, report: &Report) -> Result<()> {
        let mut first_failure = Ok(());
        for claim in self.claims.iter().filter(|claim| claim.format != Format::Capture) {
            if let Err(source) = claim.write(report, self.threads) {
                let failure = Err(Error::Output { path: claim.path.clone(), source });
                first_failure = first_failure.and(failure);
            }
        }
        first_failure
    }

    /// Says what was written.
    pub(super) fn announce(&self, console: Console) {
        for claim in self.claims.iter().filter(|claim| claim.file.is_published()) {
            console.say(&format!("wrote {}", claim.path.display()));
        }
    }
}

impl Drop for Outputs {
    /// Takes away the folders of a run that came to nothing; its files go with their claims.
    fn drop(&mut self) {
        self.claims.clear();
        for folder in &self.created_folders {
            // Fails, as it should, when something was written into it.
            let _kept = fs::remove_dir(folder);
        }
    }
}

impl Claim {
    fn write(&self, report: &Report, threads: GraphThreads) -> io::Result<()> {
        let mut bytes = Vec::new();
        match self.format {
            Format::Capture => return Ok(()),
            Format::Text => render::text(report, &mut bytes)?,
            Format::Json => render::json(report, render::Layout::Pretty, &mut bytes)?,
            Format::FlameGraph => render::flamegraph(report, threads.graph(report), &mut bytes)?,
            Format::Collapsed => render::collapsed(report, threads.graph(report), &mut bytes)?,
            Format::Pprof => render::pprof(report, threads.profile(report), &mut bytes)?,
            Format::Pstats => render::pstats(report, threads.profile(report), &mut bytes)?,
            Format::Speedscope => render::speedscope(report, threads.profile(report), &mut bytes)?,
        }
        self.file.write(&bytes)
    }
}

/// The format that a file's ending means.
fn format_of(path: &Path) -> Result<Format> {
    let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let ends = |ending: &str| name.strip_suffix(ending).and_then(|stem| stem.strip_suffix('.')).is_some();
    let longest = ENDINGS.iter().filter(|(ending, _)| ends(ending)).max_by_key(|(ending, _)| ending.len());
    longest.map(|(_, format)| *format).ok_or_else(|| Error::Usage {
        message: format!("the ending of {} does not say which format to write", path.display()),
        hint: Some(
            "use .svg, .collapsed, .pb.gz, .pstats, .speedscope.json, .json, .txt or .hangspy, or name one: --format svg; a \
             folder ends in /"
                .to_owned(),
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("hangspy-outputs-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn what_is_not_written_leaves_no_empty_file_and_keeps_an_old_one() {
        let folder = scratch("drop");
        fs::write(folder.join("old.json"), "kept").unwrap();
        let paths = [folder.join("old.json"), folder.join("new.json")];
        drop(Outputs::new(GraphThreads::Loop).claim(&paths, None).unwrap());
        assert_eq!(fs::read_to_string(&paths[0]).unwrap(), "kept");
        assert!(!paths[1].exists());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn unusable_paths_are_refused_before_the_run() {
        let folder = scratch("refuse");
        for path in [folder.join("no/such/folder.svg"), folder.join("unknown.ending")] {
            assert!(Outputs::new(GraphThreads::Loop).claim(std::slice::from_ref(&path), None).is_err(), "{path:?}");
        }
        assert!(Outputs::new(GraphThreads::Loop).claim(&["/dev/null".into()], Some(Format::Json)).is_err());
        fs::remove_dir_all(folder).unwrap();
    }
}
