//! The progress bar on the terminal.

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

/// What a terminal echoes when Ctrl-C is typed, `^C`, stands where the cursor is, behind the bar. The bar leaves so many
/// columns for it: at the edge of the screen the echo would begin a line, and the bar could not be found again to clear it.
const ROOM_FOR_ECHO: u16 = 3;

/// Columns of a terminal that does not say.
const USUAL_WIDTH: u16 = 80;

/// How often the bar is drawn, times a second.
const DRAWN_PER_SECOND: u8 = 20;

/// A bar for a watch of this length.
pub(super) fn bar(window: Duration) -> ProgressBar {
    let style =
        ProgressStyle::with_template("looking {bar:30} {msg}, {eta} left").map(|style| style.progress_chars("##-"));
    let length = u64::try_from(window.as_millis()).unwrap_or(u64::MAX);
    let target = ProgressDrawTarget::term_like_with_hz(Box::new(Stderr::default()), DRAWN_PER_SECOND);
    let bar = ProgressBar::with_draw_target(Some(length), target);
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// The terminal at stderr, all but its last columns. What is drawn goes out in one piece, so that no echo gets between.
#[derive(Debug, Default)]
struct Stderr {
    drawn: Mutex<String>,
}

impl Stderr {
    fn draw(&self, text: &str) -> io::Result<()> {
        self.drawn.lock().unwrap_or_else(PoisonError::into_inner).push_str(text);
        Ok(())
    }

    /// Moves the cursor, where there is a way to go.
    fn go(&self, by: usize, direction: char) -> io::Result<()> {
        if by == 0 { Ok(()) } else { self.draw(&format!("\x1b[{by}{direction}")) }
    }
}

impl TermLike for Stderr {
    fn width(&self) -> u16 {
        let width = terminal_size::terminal_size_of(io::stderr()).map_or(USUAL_WIDTH, |(width, _)| width.0);
        width.saturating_sub(ROOM_FOR_ECHO).max(1)
    }

    fn move_cursor_up(&self, lines: usize) -> io::Result<()> {
        self.go(lines, 'A')
    }

    fn move_cursor_down(&self, lines: usize) -> io::Result<()> {
        self.go(lines, 'B')
    }

    fn move_cursor_right(&self, columns: usize) -> io::Result<()> {
        self.go(columns, 'C')
    }

    fn move_cursor_left(&self, columns: usize) -> io::Result<()> {
        self.go(columns, 'D')
    }

    fn write_line(&self, line: &str) -> io::Result<()> {
        self.draw(line)?;
        self.draw("\n")
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.draw(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.draw("\r\x1b[2K")
    }

    fn flush(&self) -> io::Result<()> {
        let drawn = std::mem::take(&mut *self.drawn.lock().unwrap_or_else(PoisonError::into_inner));
        io::stderr().write_all(drawn.as_bytes())
    }
}
