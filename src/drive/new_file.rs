//! A file that is written beside the place where it will stand, and takes that place when it is worth it.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{
    AtFlags, FileType, FlockOperation, Mode, OFlags, Stat, flock, fstat, ftruncate, openat, renameat, statat, unlinkat,
};
use rustix::io::Errno;

use super::safe_folder::{SafeFolder, is_trusted};

/// A file of ours that nobody else can read, replace or write at the same time.
///
/// It is locked as long as it is open, so that two runs do not write into one place: not where it is written, and not where it
/// will stand.
#[derive(Debug)]
pub(crate) struct NewFile {
    folder: SafeFolder,
    name: OsString,
    beside: OsString,
    file: File,
    published: AtomicBool,
}

impl NewFile {
    /// Claims a place for a file. What stands there stays until the new file takes its place.
    ///
    /// # Errors
    /// What the kernel said; words for a folder that is not safe, for something that is no regular file, and for a place that
    /// another run has claimed.
    pub(crate) fn claim(path: &Path) -> io::Result<Self> {
        let (folder, name) = SafeFolder::around(path)?;
        let beside = beside(&name);
        let file = open_alone(&folder, &beside)?;
        let claimed = Self { folder, name, beside, file, published: AtomicBool::new(false) };
        claimed.check_what_stands_there()?;
        ftruncate(&claimed.file, 0)?;
        Ok(claimed)
    }

    /// The file itself, to be written to. Lock and place are shared.
    ///
    /// # Errors
    /// What the kernel said.
    pub(super) fn descriptor(&self) -> io::Result<File> {
        self.file.try_clone()
    }

    /// Writes all of it and lets it take its place.
    ///
    /// # Errors
    /// What the kernel said; what stood there before then still does.
    pub(crate) fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let mut file = &self.file;
        file.set_len(0)?;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(bytes)?;
        self.publish()
    }

    /// Lets it take its place, once.
    ///
    /// # Errors
    /// What the kernel said.
    pub(super) fn publish(&self) -> io::Result<()> {
        if self.is_published() {
            return Ok(());
        }
        renameat(&self.folder.descriptor, &self.beside, &self.folder.descriptor, &self.name)?;
        self.published.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Whether it stands in its place.
    pub(super) fn is_published(&self) -> bool {
        self.published.load(Ordering::Relaxed)
    }

    fn check_what_stands_there(&self) -> io::Result<()> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let found = match statat(&self.folder.descriptor, &self.name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => return Ok(()),
            found => found?,
        };
        match FileType::from_raw_mode(found.st_mode) {
            FileType::RegularFile => {}
            FileType::Symlink => return Err(unusable("it is a symbolic link")),
            _ => return Err(unusable("it is not a regular file")),
        }
        match openat(&self.folder.descriptor, &self.name, flags, Mode::empty()) {
            Ok(there) => lock(&there, FlockOperation::NonBlockingLockShared),
            // Whoever may not even read it may still replace it; then the kernel says so when it comes to that.
            Err(_) => Ok(()),
        }
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.is_published() {
            let _already_gone = unlinkat(&self.folder.descriptor, &self.beside, AtFlags::empty());
        }
    }
}

/// What a file is called until it takes its place. Whoever is killed leaves it behind.
pub(super) fn beside(name: &OsStr) -> OsString {
    let mut beside = OsString::from(".");
    beside.push(name);
    beside.push(".part");
    beside
}

/// Opens or makes a file that is ours alone, and locks it.
fn open_alone(folder: &SafeFolder, name: &OsString) -> io::Result<File> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    loop {
        let file = openat(&folder.descriptor, name, flags, Mode::RUSR | Mode::WUSR)?;
        let opened = fstat(&file)?;
        check_is_ours(&opened)?;
        lock(&file, FlockOperation::NonBlockingLockExclusive)?;
        // Who had the lock before may have moved the file to its place in the meantime, or taken it away.
        match statat(&folder.descriptor, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(found) if (found.st_dev, found.st_ino) == (opened.st_dev, opened.st_ino) => return Ok(File::from(file)),
            Ok(_) | Err(Errno::NOENT) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// Whether a file that was opened is a regular one of ours, under one name.
///
/// # Errors
/// What it is instead, in words.
pub(super) fn check_is_ours(file: &Stat) -> io::Result<()> {
    let others = Mode::WGRP | Mode::WOTH;
    if FileType::from_raw_mode(file.st_mode) != FileType::RegularFile {
        Err(unusable("it is not a regular file"))
    } else if !is_trusted(file.st_uid) || file.st_nlink != 1 || Mode::from_raw_mode(file.st_mode).intersects(others) {
        Err(io::Error::new(io::ErrorKind::PermissionDenied, "others may write to it"))
    } else {
        Ok(())
    }
}

fn lock(file: impl std::os::fd::AsFd, how: FlockOperation) -> io::Result<()> {
    match flock(file, how) {
        Err(Errno::WOULDBLOCK) => Err(io::Error::new(io::ErrorKind::ResourceBusy, "another run is writing it")),
        // Some file systems know no locks.
        Err(_) | Ok(()) => Ok(()),
    }
}

fn unusable(words: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, words)
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::PathBuf;

    fn scratch(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("hangspy-new-file-{}-{name}", std::process::id()));
        let _from_before = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn refusal(path: &Path) -> String {
        NewFile::claim(path).expect_err("refused").to_string()
    }

    #[test]
    fn it_takes_its_place_when_it_is_written_and_nobody_else_reads_it() {
        let folder = scratch("place");
        let path = folder.join("report.txt");
        fs::write(&path, "old").unwrap();
        let file = NewFile::claim(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        file.write(b"new").unwrap();
        drop(file);
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        drop(NewFile::claim(&path).unwrap());
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing is left beside it");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_place_is_claimed_by_one_run_before_and_after_it_is_taken() {
        let folder = scratch("two");
        let path = folder.join("capture.hangspy");
        let first = NewFile::claim(&path).unwrap();
        assert_eq!(refusal(&path), "another run is writing it");
        first.publish().unwrap();
        assert_eq!(refusal(&path), "another run is writing it");
        first.descriptor().unwrap().write_all(b"whole").unwrap();
        drop(first);
        assert_eq!(fs::read(&path).unwrap(), b"whole");
        drop(NewFile::claim(&path).unwrap());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn links_pipes_and_files_with_two_names_are_refused() {
        let folder = scratch("planted");
        fs::write(folder.join("profile"), "untouched").unwrap();
        symlink(folder.join("profile"), folder.join("stacks.collapsed")).unwrap();
        assert_eq!(refusal(&folder.join("stacks.collapsed")), "it is a symbolic link");
        symlink(folder.join("profile"), folder.join(".a.txt.part")).unwrap();
        assert!(NewFile::claim(&folder.join("a.txt")).is_err(), "a link at the place beside it");
        fs::hard_link(folder.join("profile"), folder.join(".b.txt.part")).unwrap();
        assert_eq!(refusal(&folder.join("b.txt")), "others may write to it");
        nix::unistd::mkfifo(&folder.join(".c.txt.part"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert_eq!(refusal(&folder.join("c.txt")), "it is not a regular file");
        assert_eq!(refusal(&folder), "it is not a regular file");
        assert_eq!(fs::read_to_string(folder.join("profile")).unwrap(), "untouched");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_folder_of_others_is_refused_and_one_of_ours_inside_of_it_is_not() {
        let folder = scratch("open");
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(refusal(&folder.join("a.txt")).starts_with("others may write to that folder"));
        let inside = SafeFolder::open(&folder.join("own/deep"), true).unwrap();
        assert!(inside.created);
        assert_eq!(fs::metadata(folder.join("own")).unwrap().permissions().mode() & 0o777, 0o700);
        drop(NewFile::claim(&folder.join("own/deep/a.txt")).unwrap());
        symlink(folder.join("own"), folder.join("planted")).unwrap();
        assert!(refusal(&folder.join("planted/a.txt")).starts_with("a link on the way"));
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o1777)).unwrap();
        drop(NewFile::claim(&folder.join("planted/a.txt")).unwrap());
        fs::remove_dir_all(folder).unwrap();
    }
    #[test]
    fn a_folder_that_an_access_list_opens_to_others_is_refused() {
        let folder = scratch("list");
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o770)).unwrap();
        drop(NewFile::claim(&folder.join("a.txt")).unwrap());
        // `setfacl -m u:65534:rwx`: version 2; tag, rights and id of owner, user, group, mask, others.
        let entries = [(1, 7, u32::MAX), (2, 7, 65_534), (4, 5, u32::MAX), (16, 7, u32::MAX), (32, 0, u32::MAX)];
        let mut list = 2_u32.to_le_bytes().to_vec();
        for (tag, rights, id) in entries {
            list.extend([tag, 0, rights, 0]);
            list.extend(id.to_le_bytes());
        }
        let flags = rustix::fs::XattrFlags::empty();
        // Not every file system has access lists.
        if rustix::fs::setxattr(&folder, "system.posix_acl_access", &list, flags).is_ok() {
            assert!(refusal(&folder.join("a.txt")).starts_with("others may write to that folder"));
        }
        fs::remove_dir_all(folder).unwrap();
    }
}
