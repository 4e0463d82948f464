//! Foreign text made harmless, in one place.
//!
//! Names, paths, source lines and kernel strings come from the process under diagnosis. A function may be called
//! anything (`type(f)(f.__code__.replace(co_name="\x1b[2J"), ...)` is one line of Python), so no byte of them may move a
//! cursor, reverse the reading direction, break a line, or end a frame of a `;`-joined stack. What would is shown as the
//! escape a Python programmer would type for it. Escaping for SVG and JSON is left to the libraries that write these.

use std::borrow::Cow;
use std::fmt::Write;

/// How many columns a tab in a source line stands for.
const TAB_WIDTH: usize = 4;

/// Foreign text as one printable line: every control, invisible or direction-changing character becomes an escape.
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    escape(text, is_harmful)
}

/// A line of source: as [`line`], with tabs expanded.
#[must_use]
pub fn source(text: &str) -> Cow<'_, str> {
    if !text.contains('\t') {
        return line(text);
    }
    let mut expanded = String::with_capacity(text.len() + TAB_WIDTH);
    let mut column = 0;
    for character in text.chars() {
        if character == '\t' {
            let next = (column / TAB_WIDTH + 1) * TAB_WIDTH;
            expanded.extend(std::iter::repeat_n(' ', next - column));
            column = next;
        } else {
            expanded.push(character);
            column += 1;
        }
    }
    Cow::Owned(line(&expanded).into_owned())
}

/// A frame of a collapsed stack: as [`line`], without `;`, never empty, and without a number behind the last space,
/// which readers of the format take for a count. (The format has no escapes; look-alikes stand in.)
#[must_use]
pub fn frame(text: &str) -> String {
    let text = line(text.trim());
    if text.is_empty() {
        return "?".to_owned();
    }
    let mut frame: String = text.chars().map(|character| if character == ';' { ',' } else { character }).collect();
    if let Some(space) = frame.rfind(' ')
        && frame[space..].chars().skip(1).all(|character| character.is_ascii_digit() || character == '.')
    {
        frame.replace_range(space..=space, "\u{a0}");
    }
    frame
}

/// Text between XML tags.
#[must_use]
pub fn xml(text: &str) -> String {
    line(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn escape(text: &str, harmful: fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(harmful) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            _ if !harmful(character) => escaped.push(character),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            _ => {
                let code = u32::from(character);
                // Writing to a String cannot fail.
                let _ = match code {
                    0..=0xff => write!(escaped, "\\x{code:02x}"),
                    0x100..=0xffff => write!(escaped, "\\u{code:04x}"),
                    _ => write!(escaped, "\\U{code:08x}"),
                };
            }
        }
    }
    Cow::Owned(escaped)
}

/// JSON with the same characters as `\uXXXX`: still the same text for whoever parses it, and harmless to whoever reads it. They can
/// only stand inside of strings; the line ends between them stay, and controls in strings are escaped already.
#[must_use]
pub fn json(text: &str) -> Cow<'_, str> {
    let harmful = |character: char| !character.is_ascii_control() && is_harmful(character) || character == '\u{7f}';
    if !text.chars().any(harmful) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if harmful(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a String cannot fail.
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        } else {
            escaped.push(character);
        }
    }
    Cow::Owned(escaped)
}

/// Controls, line separators, characters without a width or a picture (Unicode's `Default_Ignorable_Code_Point`, and fillers), those
/// that change the reading direction (`Bidi_Control`), tags, variation selectors, and the two that XML forbids.
fn is_harmful(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{fffe}'..='\u{ffff}'
            | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmless_text_is_left_alone() {
        for text in ["fetch_orders", "日本語の関数", "<lambda>", "Größe", "a\\b", ""] {
            assert!(matches!(line(text), Cow::Borrowed(same) if same == text), "{text} must not change");
        }
    }

    #[test]
    fn harmful_characters_become_escapes() {
        assert_eq!(line("\x1b[31mred\x07"), "\\x1b[31mred\\x07");
        assert_eq!(line("one\ntwo\r\tthree"), "one\\ntwo\\r\\tthree");
        assert_eq!(line("\u{202e}gnirts\u{2066}"), "\\u202egnirts\\u2066");
        assert_eq!(line("\u{9b}31m"), "\\x9b31m", "the one-character form of ESC [ is a control too");
        assert_eq!(line("a\u{e0041}b"), "a\\U000e0041b");
    }

    #[test]
    fn what_has_no_picture_is_shown_as_an_escape() {
        for character in "\u{34f}\u{115f}\u{1160}\u{17b4}\u{180b}\u{180f}\u{2800}\u{3164}\u{fe0f}\u{ffa0}\u{fff0}\u{13430}\u{1343f}\u{1d173}\u{1d17a}\u{e0100}\u{7f}".chars() {
            assert!(line(&character.to_string()).starts_with('\\'), "U+{:04X}", u32::from(character));
        }
    }

    #[test]
    fn json_stays_json_and_says_the_same() {
        let text = "a\u{7f}\u{9b}31m\u{202e}b\u{1d173}\u{e0041}ü\u{3164}";
        let written = serde_json::to_string_pretty(&[text]).unwrap();
        let harmless = json(&written);
        assert!(harmless.chars().all(|character| character == '\n' || !is_harmful(character)), "{harmless}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&harmless).unwrap(), [text]);
        assert!(matches!(json("[\n\"plain\"\n]"), Cow::Borrowed(_)));
    }

    #[test]
    fn tabs_in_source_keep_their_columns() {
        assert_eq!(source("\tif x:\ty\x1b"), "    if x:   y\\x1b");
    }

    #[test]
    fn frames_cannot_end_a_stack_or_pose_as_a_count() {
        assert_eq!(frame("a;b\nc"), "a,b\\nc");
        assert_eq!(frame("worker 12"), "worker\u{a0}12");
        assert_eq!(frame("worker 1.5"), "worker\u{a0}1.5");
        assert_eq!(frame("  "), "?");
        assert_eq!(frame("run (app.py:3)"), "run (app.py:3)");
    }
}
