//! `/proc/locks`: who holds a file lock and who waits for it.

use super::proc_file::read_text;
use super::threads;
use crate::snapshot::{FileLock, ProcessId, ThreadId, Why};

/// How much of `/proc/locks` is read: a line has 60 bytes.
const MOST_BYTES: u64 = 1024 * 1024;

/// How many locks of one process are kept.
const MOST_LOCKS: usize = 256;

/// The locks that a process holds or waits for, with the names of the holders.
///
/// Locks of open file descriptions (`OFDLCK`) belong to no process and are not among them.
///
/// # Errors
/// The reason why the kernel did not list them.
pub fn read(process: ProcessId) -> Result<Vec<FileLock>, Why> {
    let mut locks = parse(&read_text("/proc/locks", MOST_BYTES)?);
    locks.retain(|lock| lock.holder == process || lock.waiters.contains(&process));
    locks.truncate(MOST_LOCKS);
    for lock in &mut locks {
        lock.holder_name = threads::kernel_name(lock.holder, ThreadId(lock.holder.0)).ok();
    }
    Ok(locks)
}

/// `/proc/locks`: `4: POSIX  ADVISORY  WRITE 4711 08:01:131 0 EOF`, and below it `4: -> POSIX ...` for each that waits.
/// The kernel numbers holders as our pid namespace does and writes 0 for those that are not in it, -1 for those that
/// have no number.
#[must_use]
pub fn parse(text: &str) -> Vec<FileLock> {
    let mut locks: Vec<(&str, FileLock)> = Vec::new();
    for line in text.lines() {
        let Some((number, rest)) = line.split_once(':') else { continue };
        let mut words = rest.split_ascii_whitespace().peekable();
        let waits = words.next_if_eq(&"->").is_some();
        let Some((kind, pid, inode)) = parse_words(words) else { continue };
        if waits {
            if let Some((_, lock)) = locks.last_mut().filter(|(held, _)| *held == number) {
                lock.waiters.push(pid);
            }
        } else {
            let lock = FileLock { kind: kind.to_owned(), inode, holder: pid, holder_name: None, waiters: Vec::new() };
            locks.push((number, lock));
        }
    }
    locks.into_iter().map(|(_, lock)| lock).filter(|lock| lock.holder.0 != 0).collect()
}

/// Kind, process and inode of a line behind its number.
fn parse_words<'text>(mut words: impl Iterator<Item = &'text str>) -> Option<(&'text str, ProcessId, u64)> {
    let kind = words.next()?;
    // Mode and access.
    let pid = words.nth(2)?.parse::<i64>().ok()?;
    let inode = words.next()?.rsplit_once(':')?.1.parse().ok()?;
    Some((kind, ProcessId(u32::try_from(pid).unwrap_or(0)), inode))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCKS: &str = "1: FLOCK  ADVISORY  WRITE 4711 fe:00:131093 0 EOF\n\
        1: -> FLOCK  ADVISORY  WRITE 4800 fe:00:131093 0 EOF\n\
        1:  -> FLOCK  ADVISORY  WRITE 4801 fe:00:131093 0 EOF\n\
        2: POSIX  ADVISORY  READ  900 fe:00:77 128 128\n\
        3: OFDLCK ADVISORY  WRITE -1 fe:00:78 0 EOF\n\
        3: -> OFDLCK ADVISORY  WRITE -1 fe:00:78 0 EOF\n\
        4: POSIX  ADVISORY  WRITE 0 fe:00:79 0 EOF\n\
        5: LEASE  ACTIVE    READ  901 fe:00:80 0 EOF\n";

    #[test]
    fn holders_and_waiters() {
        let locks = parse(LOCKS);
        assert_eq!(locks.len(), 3, "{locks:?}");
        assert_eq!((locks[0].kind.as_str(), locks[0].holder, locks[0].inode), ("FLOCK", ProcessId(4711), 131_093));
        assert_eq!(locks[0].waiters, [ProcessId(4800), ProcessId(4801)]);
        assert_eq!((locks[1].kind.as_str(), locks[1].holder), ("POSIX", ProcessId(900)));
        assert!(locks[1].waiters.is_empty());
    }

    #[test]
    fn a_cut_line_is_left_out() {
        for end in 0..LOCKS.len() {
            assert!(parse(&LOCKS[..end]).len() <= 3, "a cut at {end} made a lock");
        }
        assert!(parse("1: FLOCK ADVISORY WRITE 47").is_empty());
    }

    #[test]
    fn our_own_lock_is_ours() {
        let path = std::env::temp_dir().join(format!("hangspy-test-{}.lock", std::process::id()));
        let file = std::fs::File::create(&path).unwrap();
        file.lock().unwrap();
        let own = ProcessId(std::process::id());
        let held = read(own).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!(held.iter().any(|lock| lock.holder == own && lock.holder_name.is_some()), "{held:?}");
    }
}
