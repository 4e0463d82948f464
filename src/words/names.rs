//! Places and texts.

use crate::aggregate::Place;
use crate::snapshot::Known;

/// `fetch_orders (app.py:7)`
#[must_use]
pub fn place(place: &Place) -> String {
    let file = place.file.rsplit('/').next().unwrap_or(&place.file);
    match place.line {
        0 => format!("{} ({file})", place.function),
        line => format!("{} ({file}:{line})", place.function),
    }
}

/// A text of the target's, `?` where it is not known.
#[must_use]
pub fn text(text: &Known<String>) -> &str {
    text.get().map_or("?", String::as_str)
}
