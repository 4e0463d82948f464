//! `hangspy explain`: what a verdict means, how it was recognised, and how to mend it.

use super::console::{self, Console};
use crate::error::{Error, Result};
use crate::{render, words};

/// Prints the page of a kind or cause, or the list of them when none is named.
///
/// # Errors
///
/// [`Error::Usage`] with the nearest words when there is no such kind or cause.
pub fn explain(asked: &str, console: Console) -> Result<()> {
    let screen = render::Screen { width: console.width(), color: console.colored() };
    let mut bytes = Vec::new();
    let rendered = if asked.is_empty() {
        render::explainable(&words::topics(), screen, &mut bytes)
    } else {
        render::explained(&words::topic(asked).ok_or_else(|| unknown(asked))?, screen, &mut bytes)
    };
    rendered.map_err(console::unprintable)?;
    console.print(&bytes)
}

fn unknown(asked: &str) -> Error {
    let near = words::nearest(asked);
    let hint = if near.is_empty() {
        "list them: hangspy explain".to_owned()
    } else {
        format!("did you mean {}? All of them: hangspy explain", near.join(", "))
    };
    Error::Usage { message: format!("there is no kind or cause `{asked}`"), hint: Some(hint) }
}
