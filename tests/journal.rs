//! Captures: what is written is read back, whatever happens to the writer or to the file.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use hangspy::error::Error;
use hangspy::journal::{self, FORMAT, Journal, MAGIC, Truncation, Writer};
use hangspy::report;
use hangspy::snapshot::{Moment, Recording};

#[path = "common/censuses.rs"]
mod censuses;
#[path = "common/recordings.rs"]
mod recordings;

/// Tells the test program that it is to play the writer that gets killed, and into which file it writes.
const PLAY_WRITER: &str = "HANGSPY_TEST_WRITER";

/// A folder that goes away with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("hangspy-journal-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a temporary folder");
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("capture.hangspy")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A recording with a census in it. The golden capture is older than that.
fn recording_with_census(snapshots: u64) -> Recording {
    let censuses = vec![censuses::census(Moment(recordings::START + 5))];
    Recording { censuses, ..recordings::recording(31, snapshots, 5) }
}

/// A capture in a file of this path, replaced when it is there.
fn begin(path: &Path, asked: &str) -> Result<Writer, Error> {
    let file = std::fs::File::create(path).expect("the file can be created");
    Writer::begin(file, path, asked)
}

fn write(path: &Path, recordings: &[Recording]) {
    let mut writer = begin(path, ":8000").expect("there is room");
    recordings.iter().try_for_each(|recording| writer.append(recording)).expect("there is room");
    writer.finish().expect("there is room");
}

fn bytes_of(recordings: &[Recording], name: &str) -> Vec<u8> {
    let folder = Folder::new(name);
    write(&folder.file(), recordings);
    std::fs::read(folder.file()).expect("the capture is there")
}

fn decode(bytes: &[u8]) -> Result<Journal, String> {
    let mut input = bytes;
    journal::decode(&mut input)
}

#[test]
fn what_is_written_is_read_back() {
    let written = [recording_with_census(250), recordings::recording(4711, 3, 1), recordings::recording(9, 0, 0)];
    let folder = Folder::new("roundtrip");
    write(&folder.file(), &written);
    let read = journal::read(&folder.file()).expect("a capture");
    assert_eq!(read.truncation, None);
    assert_eq!((read.tool.as_str(), read.asked.as_str()), (env!("CARGO_PKG_VERSION"), ":8000"));
    assert!(read.recordings == written, "the recordings changed on the way through the file");
}

#[test]
fn a_capture_gives_the_report_that_the_run_gave() {
    let live = [recording_with_census(250), recordings::recording(4711, 30, 2)];
    let read = decode(&bytes_of(&live, "report")).expect("a capture");
    assert!(
        report::build(&read.recordings, &read.asked) == report::build(&live, ":8000"),
        "the report made from the capture is not the one made from the run"
    );
}

#[test]
fn unchanged_threads_stay_shared() {
    let read = decode(&bytes_of(&[recordings::recording(31, 10, 5)], "shared")).expect("a capture");
    for pair in read.recordings[0].snapshots.windows(2) {
        for (before, after) in pair[0].threads.iter().zip(&pair[1].threads).skip(1) {
            assert!(Arc::ptr_eq(before, after), "a thread that did not change takes memory again");
        }
    }
}

#[test]
fn a_capture_cut_anywhere_is_read_as_far_as_it_goes() {
    let written = recordings::recording(31, 4, 3);
    let bytes = bytes_of(std::slice::from_ref(&written), "cut");
    for length in 0..bytes.len() {
        match decode(&bytes[..length]) {
            Ok(read) => {
                assert!(read.truncation.is_some(), "cut to {length} of {} bytes and said to be whole", bytes.len());
                let snapshots = &read.recordings[0].snapshots;
                assert_eq!(snapshots.as_slice(), &written.snapshots[..snapshots.len()], "cut to {length} bytes");
            }
            Err(reason) => assert!(!reason.is_empty()),
        }
    }
    assert_eq!(decode(&bytes).expect("a capture").truncation, None);
}

#[test]
fn a_writer_that_is_killed_loses_at_most_the_last_second() {
    let folder = Folder::new("killed");
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "play_the_writer", "--nocapture"])
        .env(PLAY_WRITER, folder.file())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("this program starts again");
    let output = BufReader::new(child.stdout.take().expect("piped"));
    let ready = output.lines().map_while(Result::ok).any(|line| line.contains("written"));
    child.kill().expect("a child can be killed");
    child.wait().expect("a child can be waited for");
    assert!(ready, "the writer ended before it had written anything");
    let read = journal::read(&folder.file()).expect("what was written before the kill");
    assert_eq!(read.truncation, Some(Truncation::NoEnd));
    let written = recordings::recording(31, SNAPSHOTS, 5);
    let kept = &read.recordings[0].snapshots;
    assert_eq!(kept.as_slice(), &written.snapshots[..kept.len()]);
    assert!(kept.len() as u64 > SNAPSHOTS - 101, "{} of {SNAPSHOTS} snapshots kept, at 100 a second", kept.len());
    assert_eq!(read.recordings[0].ledger.samples, kept.len() as u64, "what was kept is what is counted");
}

/// Three and a half seconds.
const SNAPSHOTS: u64 = 350;

/// Not a test of its own: the writer of the test above.
#[test]
fn play_the_writer() {
    let Some(path) = std::env::var_os(PLAY_WRITER) else { return };
    let recording = recordings::recording(31, SNAPSHOTS, 5);
    let mut writer = begin(Path::new(&path), "").expect("there is room");
    let member = writer.process(&recording.process).expect("there is room");
    writer.codes(member, &recording.codes).expect("there is room");
    writer.stacks(member, &recording.stacks).expect("there is room");
    for snapshot in &recording.snapshots {
        writer.snapshot(member, snapshot).expect("there is room");
    }
    let mut output = std::io::stdout();
    writeln!(output, "\nwritten").and_then(|()| output.flush()).expect("the other end listens");
    // Until we are killed, or the test that started us is gone.
    let _ = std::io::stdin().read(&mut [0]);
}

#[test]
fn dropping_a_writer_keeps_what_was_added() {
    let folder = Folder::new("dropped");
    let recording = recordings::recording(31, 7, 2);
    let mut writer = begin(&folder.file(), "").expect("there is room");
    writer.append(&recording).expect("there is room");
    drop(writer);
    let read = journal::read(&folder.file()).expect("a capture");
    assert_eq!(read.truncation, Some(Truncation::NoEnd));
    assert!(read.recordings == [recording]);
}

#[test]
fn a_file_that_is_no_capture_is_refused_with_a_reason() {
    let mut other_format = MAGIC.to_vec();
    other_format.extend((FORMAT + 1).to_le_bytes());
    let cases: [(&[u8], &str); 6] = [
        (b"", "it is empty"),
        (b"{\"json\": true}", "it is not a capture of hangspy"),
        (&MAGIC[..7], "it is not a capture of hangspy"),
        (&MAGIC, "it ends before anything was written"),
        (&other_format, "it has format 2, and this hangspy reads format 1"),
        (&bytes_of(&[], "empty"), "it holds no process: the run ended before a process was found"),
    ];
    let folder = Folder::new("foreign");
    for (bytes, reason) in cases {
        std::fs::write(folder.file(), bytes).expect("there is room");
        let error = journal::read(&folder.file()).expect_err(reason);
        assert_eq!(error.to_string(), format!("cannot read the capture {}: {reason}", folder.file().display()));
    }
    let error = journal::read(&folder.0.join("missing")).expect_err("there is no such file");
    assert!(error.to_string().contains("No such file"), "{error}");
}

#[test]
fn a_full_disk_is_said_before_the_run() {
    // A device that is always full stands for a disk that is.
    assert!(matches!(begin(Path::new("/dev/full"), ""), Err(Error::Output { .. })));
}

/// A capture that an earlier build wrote.
#[test]
fn captures_of_earlier_builds_are_still_read() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/journal/format-{FORMAT}.hangspy"));
    let mut recording = recordings::recording(31, 4, 3);
    recordings::without_sites(&mut recording);
    if std::env::var_os("HANGSPY_BLESS").is_some_and(|value| value == "1") && !path.exists() {
        std::fs::create_dir_all(path.parent().expect("a golden file lies in a folder")).expect("golden folder");
        write(&path, std::slice::from_ref(&recording));
    }
    let help = "a field that is new in `snapshot` needs #[serde(default)] and its value in tests/common/recordings.rs may \
                have to be that default; what cannot be read any more needs a new journal::FORMAT and a new golden file \
                (HANGSPY_BLESS=1 writes one that does not exist)";
    let read = journal::read(&path).unwrap_or_else(|error| panic!("{error}\n{help}"));
    assert_eq!(read.truncation, None, "{help}");
    assert!(read.recordings == [recording], "{help}");
}

#[test]
fn damage_anywhere_is_survived() {
    let bytes = bytes_of(&[recording_with_census(20)], "damage");
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below.max(1) as u64).unwrap_or(0)
    };
    for _ in 0..1500 {
        let mut damaged = bytes.clone();
        for _ in 0..=random(4) {
            match random(4) {
                0 => damaged.truncate(random(bytes.len())),
                1 => damaged.extend_from_slice(&bytes[random(bytes.len())..]),
                _ => {
                    let at = random(damaged.len());
                    if let Some(byte) = damaged.get_mut(at) {
                        *byte = u8::try_from(random(256)).unwrap_or(0);
                    }
                }
            }
        }
        // Neither a panic nor an endless loop; what comes out is either an error or a recording.
        let _ = decode(&damaged);
    }
}
