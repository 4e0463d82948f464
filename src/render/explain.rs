//! The pages of `hangspy explain`, and their list.

use std::io::{self, Write};

use super::page::{Ink, Page, Piece};
use super::terminal::Screen;
use crate::words::{Part, Topic, parts};

/// Code stands in from the left by this much.
const CODE_INDENT: &str = "    ";
/// The column at which the meanings of a list begin: behind the longest word.
const MEANING_COLUMN: usize = 22;

/// Writes the page of a kind or cause.
///
/// # Errors
/// What the writer says.
pub fn explained(topic: &Topic, screen: Screen, out: &mut impl Write) -> io::Result<()> {
    let mut page = Page::new(screen.width, screen.color);
    page.spread(&[Piece::new(Ink::Strong, topic.word)], &[Piece::new(Ink::Faint, topic.sort)]);
    text(&mut page, 0, "", topic.meaning);
    for part in parts(topic.page) {
        match part {
            Part::Heading(title) => {
                page.blank();
                page.line(&[Piece::new(Ink::Strong, title.to_uppercase())]);
            }
            Part::Text(words) => text(&mut page, 0, "", words),
            Part::Item(words) => text(&mut page, 2, "- ", words),
            Part::Code { role, lines, .. } => code(&mut page, role, &lines),
        }
    }
    page.write_to(out)
}

/// Writes the list of all kinds and causes.
///
/// # Errors
/// What the writer says.
pub fn explainable(topics: &[Topic], screen: Screen, out: &mut impl Write) -> io::Result<()> {
    let mut page = Page::new(screen.width, screen.color);
    for (sort, title) in [("kind", "KINDS: what is wrong"), ("cause", "CAUSES: why")] {
        page.blank();
        page.line(&[Piece::new(Ink::Strong, title)]);
        for topic in topics.iter().filter(|topic| topic.sort == sort) {
            page.labelled(2, topic.word, MEANING_COLUMN, &[Piece::plain(topic.meaning.replace('`', ""))]);
        }
    }
    page.blank();
    page.line(&[Piece::plain("One of them at length: hangspy explain WORD")]);
    page.write_to(out)
}

/// A paragraph, its words of code without their marks.
fn text(page: &mut Page, indent: usize, mark: &str, words: &str) {
    page.wrapped(indent, indent + mark.len(), &[Piece::plain(format!("{mark}{}", words.replace('`', "")))]);
}

fn code(page: &mut Page, role: &str, lines: &[&str]) {
    page.blank();
    if !role.is_empty() {
        page.line(&[Piece::new(Ink::Faint, format!("  {role}"))]);
    }
    for line in lines {
        page.line(&[Piece::plain(format!("{CODE_INDENT}{line}"))]);
    }
}
