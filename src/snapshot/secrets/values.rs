//! Where the value of what is called like a secret stands.

use super::Span;
use super::names::{Mark, is_secret, may_be_several_words};

/// What separates a name from its value; the last two as they stand in a URL inside of another.
const MARKS: &[(&str, bool)] =
    &[("=", true), (":", false), ("%3D", true), ("%3d", true), ("%3A", false), ("%3a", false)];
/// Words before the secret itself.
const KINDS_OF_SECRETS: [&str; 3] = ["bearer", "basic", "token"];
/// Those of them behind which a secret may stand without a name.
const NAMELESS_KINDS: [&str; 2] = ["bearer", "basic"];
/// Headers whose value is several words, the secret among them.
const WHOLE_LINES: [&str; 2] = ["cookie", "authorization"];
/// What ends a value that is not in quotes.
const ENDS: &[char] = &['&', ';', ',', '"', '\'', '`', ')', ']', '}', '>', '\\'];
/// What may stand around the words of a command line.
const AROUND: &[char] = &['[', '(', '{', '<', '"', '\'', '`', ',', ']', ')'];
/// No word that is shorter is taken for a secret without a name.
const SHORTEST: usize = 6;

/// The values of what is called like a secret.
pub(super) fn values(text: &str, is_literal: impl Fn(usize, &str) -> bool, spans: &mut Vec<Span>) {
    for (mark, assigns) in MARKS {
        for (at, _) in text.match_indices(mark) {
            let before = text.get(..at).unwrap_or_default().trim_end().trim_end_matches(['"', '\'', '\\']);
            let is_of_name = |letter: char| letter.is_alphanumeric() || "_-.%".contains(letter);
            let name = before.rsplit(|letter| !is_of_name(letter)).next().unwrap_or_default();
            let rest = text.get(at + mark.len()..).unwrap_or_default();
            // `:=` and `=>` are two letters.
            let value = rest.strip_prefix(['=', '>']).unwrap_or(rest).trim_start();
            let from = text.len() - value.len();
            let is_glued = rest.starts_with(|letter: char| letter.is_alphanumeric()) && before.len() == at;
            let kind = match (assigns, is_glued) {
                (true, _) => Mark::Assigns,
                (false, true) => Mark::Glued,
                (false, false) => Mark::Tells,
            };
            if is_secret(name, kind, value) && is_literal(at, value) {
                let is_header =
                    !assigns && WHOLE_LINES.iter().any(|header| name.to_ascii_lowercase().ends_with(header));
                let length = match length_of_value(value) {
                    _ if is_header => length_of_header(text, at, value),
                    first if *assigns && may_be_several_words(name) => first + length_of_more_words(value, first),
                    length => length,
                };
                add(spans, from, length);
            }
        }
    }
}

/// The values of options, as they stand in a command line: `--password s3cret`.
pub(super) fn options(text: &str, spans: &mut Vec<Span>) {
    let (mut option, mut start) = ("", 0);
    for word in text.split_inclusive(char::is_whitespace) {
        let from = start;
        start += word.len();
        let value = word.trim_end();
        let name = std::mem::replace(&mut option, value.trim_start_matches(AROUND).trim_end_matches(AROUND));
        if value.is_empty() || value.trim_start_matches(AROUND).starts_with('-') || !is_value_of(name, value) {
            continue;
        }
        let is_quoted = value.starts_with(['"', '\'', '\\']);
        let rest = text.get(from..).unwrap_or_default();
        add(spans, from, if is_quoted { length_of_value(rest) } else { value.trim_end_matches(ENDS).len() });
    }
}

/// Whether a secret follows the option. `-p` is a port, a folder or a password, `-u` a number, a user, or one with a password.
fn is_value_of(option: &str, value: &str) -> bool {
    let is_plain = |letter: char| letter.is_ascii_digit() || ":.".contains(letter);
    match option {
        "-p" => !value.chars().all(is_plain) && !value.starts_with(['/', '.']),
        "-u" | "--user" => value.contains(':') && !value.chars().all(is_plain),
        _ => option.strip_prefix("--").is_some_and(|name| !name.contains('=') && is_secret(name, Mark::Assigns, value)),
    }
}

/// `Bearer s3cret`, where no name says what it is: the next word, when it is none.
pub(super) fn nameless(text: &str, spans: &mut Vec<Span>) {
    let (mut kind, mut start) = ("", 0);
    for word in text.split_inclusive(|letter: char| letter.is_whitespace() || "\"'`(".contains(letter)) {
        let from = start;
        start += word.len();
        let before = std::mem::replace(&mut kind, word.trim_end());
        let length = word_length(word);
        let mut letters = word.chars().take(length).skip(1);
        let is_word = letters.all(|letter| letter.is_lowercase() || letter == '-');
        if NAMELESS_KINDS.contains(&before.to_ascii_lowercase().as_str()) && length >= SHORTEST && !is_word {
            add(spans, from, length);
        }
    }
}

fn add(spans: &mut Vec<Span>, from: usize, length: usize) {
    if length > 0 {
        spans.push((from, from + length));
    }
}

fn word_length(text: &str) -> usize {
    text.find(|letter: char| letter.is_whitespace() || ENDS.contains(&letter)).unwrap_or(text.len())
}

/// How long a value is: to the closing quote, or to the end of the word; the kind of a secret is not yet the secret.
fn length_of_value(value: &str) -> usize {
    let unquoted = value.trim_start_matches(['b', 'f', 'r', 'u']);
    let (escaped, quoted) = unquoted.strip_prefix('\\').map_or((false, unquoted), |rest| (true, rest));
    if let Some(quote) = quoted.chars().next().filter(|letter| matches!(letter, '"' | '\'')) {
        let open = value.len() - quoted.len() + quote.len_utf8();
        return open + closing_quote(value.get(open..).unwrap_or_default(), quote, escaped);
    }
    let first = word_length(value);
    let (kind, rest) = value.split_at(first);
    if KINDS_OF_SECRETS.contains(&kind.to_ascii_lowercase().as_str()) {
        let secret = rest.trim_start();
        return value.len() - secret.len() + word_length(secret);
    }
    first
}

/// How long the words are that belong to a value which is not in quotes: up to what tells that something else begins.
fn length_of_more_words(value: &str, first: usize) -> usize {
    let rest = value.get(first..).unwrap_or_default();
    let is_plain =
        |word: &str| !word.starts_with(['-', '(', '[', '{', '<']) && !word.contains(['=', ':', '@', '/', '%']);
    let mut length = 0;
    for word in rest.split_inclusive(' ') {
        let letters = word.trim_end_matches(' ');
        let whole = word_length(letters) == letters.len();
        if !is_plain(letters) || (length == 0 && !letters.is_empty()) {
            break;
        }
        length += if whole { word.len() } else { word_length(letters) };
        if !whole {
            break;
        }
    }
    rest.get(..length).unwrap_or_default().trim_end().len()
}

/// How long the value of a header is: of a known kind the next word, else the rest of the line, or of the quotes around it.
fn length_of_header(text: &str, mark: usize, value: &str) -> usize {
    let length = length_of_value(value);
    if length > word_length(value) {
        return length;
    }
    let around = open_quote(text, mark);
    value.find(|letter| matches!(letter, '\n' | '\r') || Some(letter) == around).unwrap_or(value.len())
}

/// The quote that is open at a place.
pub(super) fn open_quote(text: &str, at: usize) -> Option<char> {
    let quotes = text.get(..at).unwrap_or_default().chars().filter(|letter| matches!(letter, '"' | '\''));
    quotes.fold(None, |open, quote| match open {
        None => Some(quote),
        Some(other) => (other != quote).then_some(other),
    })
}

/// Where a quote closes: one with a backslash before it closes only one that has it too.
fn closing_quote(inside: &str, quote: char, escaped: bool) -> usize {
    let mut is_escaped = false;
    for (at, letter) in inside.char_indices() {
        if letter == quote && is_escaped == escaped {
            return at - usize::from(escaped);
        }
        is_escaped = letter == '\\' && !is_escaped;
    }
    inside.len()
}
