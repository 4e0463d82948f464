//! Folders into which nobody else can plant a file, a link or another folder.
//!
//! What we write is said by a process that we do not trust, often while we are root. A folder that somebody else may write to
//! is not written into: a link planted there would choose the file. The way to the folder is walked part by part, and links
//! are followed only where nobody else can have put them; everything then goes through the folder's descriptor, so that
//! nothing can be exchanged afterwards.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, fgetxattr, fstat, mkdirat, openat, readlinkat, statat};
use rustix::io::Errno;

/// How many links are followed, as the kernel does.
const MOST_LINKS: usize = 40;

/// The attribute under which the kernel keeps the access list of a file.
const ACCESS_LIST: &str = "system.posix_acl_access";

/// What may be written by whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trust {
    /// Only us, root and, below `sudo`, who called it.
    Ours,
    /// Everybody, but what is ours stays ours, as in `/tmp`.
    Sticky,
    /// Somebody else.
    Theirs,
}

/// A folder that is safe to write into.
#[derive(Debug)]
pub(crate) struct SafeFolder {
    /// Open to look names up in it.
    pub(super) descriptor: OwnedFd,
    /// Whether it was made now.
    pub(super) created: bool,
}

impl SafeFolder {
    /// Opens the folder; makes what is missing of it, for us alone, when told to.
    ///
    /// # Errors
    /// What the kernel said, and `PermissionDenied` with words for a folder that is not safe.
    pub(crate) fn open(path: &Path, make: bool) -> io::Result<Self> {
        let mut parts: VecDeque<OsString> = VecDeque::new();
        let mut here = open_folder(CWD, OsStr::new("."))?;
        push(&mut parts, path);
        let (mut links, mut created) = (0, false);
        while let Some(part) = parts.pop_front() {
            if part == "/" {
                here = open_folder(CWD, &part)?;
                continue;
            }
            let trust = trust(&here)?;
            let found = match statat(&here, &*part, AtFlags::SYMLINK_NOFOLLOW) {
                Err(Errno::NOENT) if make => {
                    mkdirat(&here, &*part, Mode::RWXU)?;
                    created = true;
                    statat(&here, &*part, AtFlags::SYMLINK_NOFOLLOW)?
                }
                found => found?,
            };
            if FileType::from_raw_mode(found.st_mode) == FileType::Symlink {
                links += 1;
                let safe = trust == Trust::Ours || (trust == Trust::Sticky && is_trusted(found.st_uid));
                if !safe || links > MOST_LINKS {
                    return Err(refused("a link on the way to it stands in a folder that others may write to"));
                }
                let to = readlinkat(&here, &*part, Vec::new())?;
                push(&mut parts, Path::new(OsStr::from_bytes(to.as_bytes())));
            } else {
                here = open_folder(&here, &part)?;
            }
        }
        if trust(&here)? == Trust::Theirs {
            return Err(refused("others may write to that folder; name one of your own, also a new one inside of it"));
        }
        Ok(Self { descriptor: here, created })
    }

    /// The folder that a file is to stand in, and the file's name there.
    ///
    /// # Errors
    /// As [`Self::open`], and for a path without a name.
    pub(super) fn around(file: &Path) -> io::Result<(Self, OsString)> {
        let name = file.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "it names no file"))?;
        Ok((Self::open(file.parent().unwrap_or(Path::new("")), false)?, name.to_owned()))
    }
}

/// Whether what belongs to a user cannot be turned against us: it is ours, root's, or his who became root by `sudo`.
pub(super) fn is_trusted(owner: u32) -> bool {
    let own = rustix::process::geteuid();
    let caller = || std::env::var("SUDO_UID").ok().and_then(|user| user.parse().ok());
    owner == 0 || owner == own.as_raw() || (own.is_root() && caller() == Some(owner))
}

fn trust(folder: &OwnedFd) -> io::Result<Trust> {
    let data = fstat(folder)?;
    let mode = Mode::from_raw_mode(data.st_mode);
    // A group of one's own, in which nobody else is, is what many systems give to every user. Under an access list the same bits
    // say what those may do at most whom the list names.
    let own_group = data.st_gid == rustix::process::getegid().as_raw() && !has_access_list(folder);
    let writable = mode.contains(Mode::WOTH) || (mode.contains(Mode::WGRP) && !own_group);
    Ok(match (is_trusted(data.st_uid), writable, mode.contains(Mode::SVTX)) {
        (false, ..) | (true, true, false) => Trust::Theirs,
        (true, true, true) => Trust::Sticky,
        (true, false, _) => Trust::Ours,
    })
}

/// Whether users and groups besides the folder's own have rights of their own (`acl(5)`).
fn has_access_list(folder: &OwnedFd) -> bool {
    fgetxattr(folder, ACCESS_LIST, &mut [0_u8; 0][..]).is_ok()
}

/// Opens a folder that is none by a link.
pub(super) fn open_folder(at: impl std::os::fd::AsFd, name: &OsStr) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    Ok(openat(at, name, flags, Mode::empty())?)
}

/// Puts the parts of a path before those that are left.
fn push(parts: &mut VecDeque<OsString>, path: &Path) {
    let found: Vec<OsString> = path
        .components()
        .filter(|part| !matches!(part, Component::CurDir))
        .map(|part| part.as_os_str().to_owned())
        .collect();
    found.into_iter().rev().for_each(|part| parts.push_front(part));
}

fn refused(words: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, words)
}
