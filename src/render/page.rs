//! Lines of a given width: measuring, wrapping, aligning, colouring.
//!
//! Text enters a page only as [`Piece`]s, and a piece is sanitized when it is made; so nothing foreign can reach a
//! terminal another way. Colour never takes part in measuring.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::sanitize;

/// The narrowest page; what asks for less gets this.
pub(super) const LEAST_WIDTH: usize = 60;
/// The widest page: longer lines are hard to read.
pub(super) const MOST_WIDTH: usize = 140;
/// Ends a line in the middle of a word that is longer than a line, as in a shell.
const CONTINUED: char = '\\';
/// Stands for what was left out.
pub(super) const ELLIPSIS: char = '…';

/// What a piece of text is, which decides its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    /// Running text.
    Plain,
    /// What matters most.
    Strong,
    /// Labels and other scaffolding.
    Faint,
    /// A finding.
    Bad,
    /// A doubt.
    Doubt,
    /// Nothing wrong.
    Good,
}

impl Ink {
    fn style(self) -> Style {
        match self {
            Self::Plain => Style::new(),
            Self::Strong => Style::new().bold(),
            Self::Faint => Style::new().dimmed(),
            Self::Bad => AnsiColor::Red.on_default().bold(),
            Self::Doubt => AnsiColor::Yellow.on_default().bold(),
            Self::Good => AnsiColor::Green.on_default().bold(),
        }
    }
}

/// Sanitized text of one kind.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    ink: Ink,
    text: String,
}

impl Piece {
    /// Text of this kind; harmful characters in it become visible escapes.
    #[must_use]
    pub(super) fn new(ink: Ink, text: impl AsRef<str>) -> Self {
        Self { ink, text: sanitize::line(text.as_ref()).into_owned() }
    }

    /// Running text.
    #[must_use]
    pub(super) fn plain(text: impl AsRef<str>) -> Self {
        Self::new(Ink::Plain, text)
    }

    /// Columns that it takes.
    #[must_use]
    pub(super) fn width(&self) -> usize {
        self.text.width()
    }
}

/// Lines that have been set.
#[derive(Debug)]
pub(super) struct Page {
    width: usize,
    color: bool,
    text: String,
}

impl Page {
    /// An empty page of this many columns, within [`LEAST_WIDTH`] and [`MOST_WIDTH`].
    #[must_use]
    pub(super) fn new(width: usize, color: bool) -> Self {
        Self { width: width.clamp(LEAST_WIDTH, MOST_WIDTH), color, text: String::new() }
    }

    /// Its columns.
    #[must_use]
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// An empty line, except at the top and after another.
    pub(super) fn blank(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// One line as it is; the caller has made it fit.
    pub(super) fn line(&mut self, pieces: &[Piece]) {
        for piece in pieces {
            self.put(piece.ink, &piece.text);
        }
        self.end_line();
    }

    /// One line with something at its right end; the right part moves to a line of its own when both do not fit, and
    /// what is too long is wrapped.
    pub(super) fn spread(&mut self, left: &[Piece], right: &[Piece]) {
        let taken: usize = left.iter().map(Piece::width).sum();
        let right_width: usize = right.iter().map(Piece::width).sum();
        let mut from = taken;
        if taken + 2 + right_width > self.width {
            self.wrapped(0, 2, left);
            from = 0;
        } else {
            for piece in left {
                self.put(piece.ink, &piece.text);
            }
        }
        if right_width == 0 {
            if from > 0 {
                self.end_line();
            }
            return;
        }
        self.pad(self.width.saturating_sub(right_width + from));
        self.line(right);
    }

    /// A label and text beside it, wrapped under itself. `indent` columns stand before the label, the text begins at
    /// column `hang`.
    pub(super) fn labelled(&mut self, indent: usize, label: &str, hang: usize, text: &[Piece]) {
        let label = Piece::new(Ink::Faint, label);
        self.pad(indent);
        self.put(label.ink, &label.text);
        let taken = indent + label.width();
        self.pad(hang.saturating_sub(taken).max(1));
        self.flow((taken + 1).max(hang), hang, text);
    }

    /// Text wrapped at the page's width: the first line begins at column `first`, the others at column `rest`.
    pub(super) fn wrapped(&mut self, first: usize, rest: usize, text: &[Piece]) {
        self.pad(first);
        self.flow(first, rest, text);
    }

    /// Everything set so far.
    ///
    /// # Errors
    /// What the writer says.
    pub(super) fn write_to(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(self.text.as_bytes())
    }

    fn flow(&mut self, start: usize, rest: usize, text: &[Piece]) {
        let rest = rest.min(self.width / 2);
        let mut column = start;
        let mut gap = 0;
        for piece in text {
            for word in piece.text.split_inclusive(' ') {
                let trimmed = word.trim_end_matches(' ');
                let width = trimmed.width();
                if column > rest && column + gap + width > self.width {
                    self.end_line();
                    self.pad(rest);
                    column = rest;
                    gap = 0;
                }
                if !trimmed.is_empty() {
                    self.pad(gap);
                    column = self.word(column + gap, rest, piece.ink, trimmed);
                    gap = 0;
                }
                gap += word.len() - trimmed.len();
            }
        }
        self.end_line();
    }

    /// Puts a word and breaks it, with a sign, when it is longer than a line. Returns the column behind it.
    fn word(&mut self, mut column: usize, rest: usize, ink: Ink, mut word: &str) -> usize {
        while column + word.width() > self.width {
            let room = self.width.saturating_sub(column + 1).max(1);
            let at = break_at(word, room);
            let (head, tail) = word.split_at(at);
            self.put(ink, head);
            self.text.push(CONTINUED);
            self.end_line();
            self.pad(rest);
            column = rest;
            word = tail;
        }
        self.put(ink, word);
        column + word.width()
    }

    fn put(&mut self, ink: Ink, text: &str) {
        let style = ink.style();
        if !self.color || ink == Ink::Plain || text.is_empty() {
            self.text.push_str(text);
            return;
        }
        self.text.push_str(&style.render().to_string());
        self.text.push_str(text);
        self.text.push_str(&style.render_reset().to_string());
    }

    fn pad(&mut self, columns: usize) {
        self.text.extend(std::iter::repeat_n(' ', columns));
    }

    fn end_line(&mut self) {
        let kept = self.text.trim_end_matches(' ').len();
        self.text.truncate(kept);
        self.text.push('\n');
    }
}

/// Where to break a word so that at most `room` columns stand before: behind a separator in the second half if there is
/// one, else at the last character that fits. Never 0, always between characters.
fn break_at(word: &str, room: usize) -> usize {
    let (mut width, mut fits, mut nice) = (0, 0, 0);
    for (at, character) in word.char_indices() {
        width += character.width().unwrap_or(0);
        let end = at + character.len_utf8();
        if width > room {
            break;
        }
        fits = end;
        if width * 2 > room && matches!(character, '/' | '.' | ',' | ':' | '(' | '-' | '_') {
            nice = end;
        }
    }
    let first = word.chars().next().map_or(0, char::len_utf8);
    if nice > 0 { nice } else { fits.max(first) }
}

/// The end of a text within `room` columns, `…` before it when something was left out.
#[must_use]
pub(super) fn keep_end(text: &str, room: usize) -> String {
    if text.width() <= room {
        return text.to_owned();
    }
    let mut width = 1;
    let kept = text.char_indices().rev().take_while(|(_, character)| {
        width += character.width().unwrap_or(0);
        width <= room
    });
    let from = kept.last().map_or(text.len(), |(at, _)| at);
    format!("{ELLIPSIS}{}", &text[from..])
}

/// The start of a text within `room` columns, `…` behind it when something was left out.
#[must_use]
pub fn keep_start(text: &str, room: usize) -> String {
    if text.width() <= room {
        return text.to_owned();
    }
    let mut width = 1;
    let kept: String = text
        .chars()
        .take_while(|character| {
            width += character.width().unwrap_or(0);
            width <= room
        })
        .collect();
    format!("{}{ELLIPSIS}", kept.trim_end())
}

/// A text padded with spaces to `columns`, behind it or (`right`) before it.
#[must_use]
pub(super) fn aligned(text: &str, columns: usize, right: bool) -> String {
    let missing = " ".repeat(columns.saturating_sub(text.width()));
    if right { format!("{missing}{text}") } else { format!("{text}{missing}") }
}
