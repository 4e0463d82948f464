//! The service: this program once more, which becomes the command.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use nix::sys::signal::SigSet;
use rustix::process::{PTracer, Pid, set_ptracer};

use super::super::console::{Colors, Console};
use crate::error::Error;

/// The first word of a hangspy that is to become the service; then come who may read it, and the command.
const BECOME_SERVICE: &str = "--become-service";
/// What a shell says of a command that it does not find, or may not run.
const NOT_FOUND: u8 = 127;
const NOT_RUN: u8 = 126;

/// Starts the service, as a child of ours.
pub(super) fn start(command: &[OsString]) -> io::Result<Pid> {
    let mut program = Command::new("/proc/self/exe");
    program.arg(BECOME_SERVICE).arg(std::process::id().to_string()).args(command);
    program.spawn().map(|child| Pid::from_child(&child))
}

/// Becomes the service, if that is what this hangspy was started for; returns only when it cannot.
#[must_use]
pub fn become_service_if_asked() -> Option<ExitCode> {
    let mut words = std::env::args_os().skip(1);
    if words.next()? != OsStr::new(BECOME_SERVICE) {
        return None;
    }
    let reader = words.next()?.to_str()?.parse().ok().and_then(Pid::from_raw);
    let program = words.next()?;
    if let Some(reader) = reader {
        // Without Yama there is nobody to name, and no need to.
        let _no_yama = set_ptracer(PTracer::ProcessID(reader));
    }
    // The supervisor blocks what it hands on.
    let _none_blocked = SigSet::empty().thread_set_mask();
    let refused = Command::new(&program).args(words).exec();
    let code = if refused.kind() == io::ErrorKind::NotFound { NOT_FOUND } else { NOT_RUN };
    let message = format!("the service {} cannot be started: {refused}", program.to_string_lossy());
    let hint = Some("name it behind two dashes: hangspy watch -o DIR -- uvicorn app:app".to_owned());
    let console = Console { colors: Colors::Auto, quiet: false, attended: false };
    console.complain(&Error::Usage { message, hint });
    Some(ExitCode::from(code))
}
