//! Functions and files in words, shortened to the room there is.

use unicode_width::UnicodeWidthStr;

use super::page::{ELLIPSIS, keep_end};
use super::sanitize;
use crate::report::Place;

/// Folders whose inside is named by itself: `/usr/lib/python3/dist-packages/starlette/routing.py` is
/// `starlette/routing.py`.
const LIBRARY_FOLDERS: [&str; 2] = ["/site-packages/", "/dist-packages/"];

/// A function as one would call it: `consume()`; names that Python makes up stay as they are: `<module>`.
#[must_use]
pub(super) fn function(name: &str) -> String {
    let name = sanitize::line(name);
    if name.ends_with('>') { name.into_owned() } else { format!("{name}()") }
}

/// File and line in at most `room` columns: the path is shortened from the left, `…/app/consumer.py:41`. The file's own
/// name is cut only when it alone does not fit.
#[must_use]
pub(super) fn position(file: &str, line: u32, room: usize) -> String {
    let suffix = if line == 0 { String::new() } else { format!(":{line}") };
    let room = room.saturating_sub(suffix.width());
    format!("{}{suffix}", path(file, room))
}

/// The whole path and the line.
#[must_use]
pub(super) fn full_position(place: &Place) -> String {
    if place.line == 0 { place.file.clone() } else { format!("{}:{}", place.file, place.line) }
}

/// The file's own name and the line: `consumer.py:41`.
#[must_use]
pub(super) fn brief_position(file: &str, line: u32) -> String {
    let name = file.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or(file);
    if line == 0 { name.to_owned() } else { format!("{name}:{line}") }
}

/// A frame of a graph: `fetch_orders (app.py:7)`, with the path inside of its library.
#[must_use]
pub(super) fn graph_frame(place: &Place) -> String {
    let file = inside_library(&place.file).unwrap_or_else(|| place.file.rsplit('/').next().unwrap_or(&place.file));
    let line = if place.line == 0 { String::new() } else { format!(":{}", place.line) };
    sanitize::frame(&format!("{} ({file}{line})", place.function))
}

/// Whether a file belongs to the standard library or an installed package, as far as its path tells.
#[must_use]
pub(super) fn is_library(file: &str) -> bool {
    file.starts_with('<') || inside_library(file).is_some()
}

/// The path within `site-packages` or the standard library; `None` for other files.
fn inside_library(file: &str) -> Option<&str> {
    for folder in LIBRARY_FOLDERS {
        if let Some(at) = file.rfind(folder) {
            return file.get(at + folder.len()..);
        }
    }
    // `.../lib/python3.12/asyncio/base_events.py`
    let at = file.find("/lib/python3.").or_else(|| file.find("/lib64/python3."))?;
    let (_, inside) = file.get(at + 1..)?.split_once('/')?.1.split_once('/')?;
    Some(inside)
}

fn path(file: &str, room: usize) -> String {
    let file = sanitize::line(inside_library(file).unwrap_or(file)).into_owned();
    if file.width() <= room {
        return file;
    }
    for (at, _) in file.match_indices('/') {
        let tail = file.get(at..).unwrap_or_default();
        if at > 0 && tail.width() < room {
            return format!("{ELLIPSIS}{tail}");
        }
    }
    keep_end(file.rsplit('/').next().unwrap_or_default(), room)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_shortened_from_the_left_between_folders() {
        let file = "/srv/shop/backend/app/consumer.py";
        assert_eq!(position(file, 41, 80), "/srv/shop/backend/app/consumer.py:41");
        assert_eq!(position(file, 41, 24), "…/app/consumer.py:41");
        assert_eq!(position(file, 41, 16), "…/consumer.py:41");
        assert_eq!(position(file, 41, 15), "consumer.py:41");
        assert_eq!(position(file, 41, 10), "…mer.py:41");
        assert_eq!(position(file, 0, 80), file);
    }

    #[test]
    fn libraries_are_named_from_their_folder_on() {
        assert_eq!(
            position("/venv/lib/python3.12/site-packages/starlette/routing.py", 5, 80),
            "starlette/routing.py:5"
        );
        assert_eq!(position("/usr/lib/python3.12/asyncio/base_events.py", 5, 80), "asyncio/base_events.py:5");
        assert!(is_library("<frozen importlib._bootstrap>"));
        assert!(!is_library("/srv/app/lib/orders.py"));
    }

    #[test]
    fn wide_characters_count_twice() {
        assert_eq!(position("/仕事/注文.py", 7, 9), "注文.py:7");
        assert_eq!(position("/仕事/注文.py", 7, 8), "…文.py:7");
    }

    #[test]
    fn made_up_names_are_not_called() {
        assert_eq!(function("consume"), "consume()");
        assert_eq!(function("<module>"), "<module>");
        assert_eq!(function("run.<locals>.<lambda>"), "run.<locals>.<lambda>");
    }
}
