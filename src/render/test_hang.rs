//! A test that hung, in words: what the thread that runs it does, what is wrong with the process, and who waits for whom.

use std::io::{self, Write};

use super::page::{Ink, Page, Piece};
use super::{Screen, dump, places, terminal};
use crate::figures;
use crate::report::{Kind, TestHang, ThreadReport};
use crate::snapshot::TestPhase;

/// The column at which a stack begins.
const HANG: usize = 12;

/// Writes one, with the report on its process and what each thread and task of it does.
///
/// # Errors
/// What the writer says.
pub fn test_hang(hang: &TestHang, screen: Screen, out: &mut impl Write) -> io::Result<()> {
    let mut page = Page::new(screen.width, screen.color);
    page.wrapped(0, 2, &[Piece::new(Ink::Bad, headline(hang))]);
    if let Some(why) = &hang.unseen {
        page.labelled(2, "not known", HANG, &[Piece::plain(why)]);
    }
    let threads = hang.report.iter().flat_map(|report| &report.threads);
    if let Some(thread) = threads.into_iter().find(|thread| thread.thread == hang.test.thread.0) {
        own_thread(&mut page, thread);
    }
    page.write_to(out)?;
    hang.report.as_deref().map_or(Ok(()), |report| {
        // A loop that turns is well, and the test hangs all the same: an all-clear would be of no use here.
        if report.verdicts.iter().any(|verdict| verdict.kind != Kind::Healthy) {
            terminal(report, screen, out)?;
        }
        dump(report, screen, out)
    })
}

fn headline(hang: &TestHang) -> String {
    let what = match hang.test.phase {
        TestPhase::Setup => " in its setup",
        TestPhase::Teardown => " in its teardown",
        TestPhase::Call | TestPhase::Paused => "",
    };
    let end = if hang.killed { "; its process did not end when it was interrupted, and was killed" } else { "" };
    format!("{} hung{what} for {}{end}", hang.test.node, figures::seconds(hang.seconds))
}

fn own_thread(page: &mut Page, thread: &ThreadReport) {
    page.labelled(2, "thread", HANG, &[Piece::plain(&thread.doing)]);
    let frames = thread.stack.iter().map(|place| {
        format!("{}  {}", places::function(&place.function), places::brief_position(&place.file, place.line))
    });
    let own = thread.stack.iter().rposition(|place| !places::is_library(&place.file)).map_or(usize::MAX, |at| at + 1);
    for (index, words) in frames.take(own).enumerate() {
        page.labelled(2, if index == 0 { "stack" } else { "" }, HANG, &[Piece::plain(words)]);
    }
}
