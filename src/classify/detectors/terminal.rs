//! Reading standard input: a forgotten `breakpoint()`, `input()`, a getpass.

use super::Detector;
use crate::classify::sight::descriptor_words;
use crate::classify::{Activity, Cause, Doing, Opened, SecondParty, Sight};
use crate::libraries::Marks;
use crate::snapshot::Call;

pub(super) struct ReadingTerminal;

impl Detector for ReadingTerminal {
    fn detect(&self, sight: &Sight<'_>) -> Option<Activity> {
        let (syscall, arguments) = sight.syscall()?;
        let only = match sight.waits_on() {
            [only] => Some(only),
            _ => None,
        };
        let is_input = match syscall.call {
            Call::Read => arguments[0] & 0xffff_ffff == 0,
            // readline waits in select for descriptor 0 before it reads.
            Call::Poll => only.is_some_and(|descriptor| descriptor.number == 0),
            _ => false,
        };
        if !is_input {
            return None;
        }
        let path = only.map_or_else(|| "standard input".to_owned(), descriptor_words);
        let does = Doing::ReadsStdin { call: syscall.name.to_owned(), password: sight.inner(Marks::TERMINAL) };
        Some(
            Activity::waiting(Cause::Stdin, does)
                .with(SecondParty::File { file: Opened::Path { path }, held_by: Vec::new() }),
        )
    }
}
