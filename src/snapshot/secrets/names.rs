//! What is called like a secret.

/// How much of a name says that its value is a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    /// To have it in it: `DB_PASSWORD_OLD`.
    Inside,
    /// To end with it as a word: `sas_sig`, and neither `design` nor `bypass`.
    LastWord,
}

/// What a name has in it whose value is a secret, in small letters.
const NAMES: &[(&str, Fit)] = &[
    ("password", Fit::Inside),
    ("passwd", Fit::Inside),
    ("passwort", Fit::Inside),
    ("passphrase", Fit::Inside),
    ("pwd", Fit::Inside),
    ("secret", Fit::Inside),
    ("token", Fit::Inside),
    ("api_key", Fit::Inside),
    ("api-key", Fit::Inside),
    ("apikey", Fit::Inside),
    ("access_key", Fit::Inside),
    ("private_key", Fit::Inside),
    ("authorization", Fit::Inside),
    ("credential", Fit::Inside),
    ("signature", Fit::Inside),
    ("cookie", Fit::Inside),
    ("sessionid", Fit::Inside),
    ("session_id", Fit::Inside),
    ("pass", Fit::LastWord),
    ("sig", Fit::LastWord),
    ("auth", Fit::LastWord),
    ("jwt", Fit::LastWord),
];

/// Last words of a name whose value tells of a secret and is none.
const ABOUT_SECRETS: &[&str] = &[
    "age", "count", "dir", "enabled", "expires", "expiry", "file", "len", "length", "lifetime", "limit", "max", "min",
    "name", "path", "policy", "required", "seconds", "size", "timeout", "ttl", "type",
];
/// What is counted, where the value is a number: `max_tokens=4096`.
const COUNTED: &str = "tokens";

/// What separates a name from its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// `=`, escaped or not, and a space behind an option.
    Assigns,
    /// `:`, with something behind it that is not the next word at once.
    Tells,
    /// `:` with a word behind it: `token_store.py:41` and `auth:app` are places.
    Glued,
}

/// Whether the value of what is called so is a secret.
pub(super) fn is_secret(name: &str, mark: Mark, value: &str) -> bool {
    let small = name.to_ascii_lowercase();
    let last = last_word(name).to_ascii_lowercase();
    if ABOUT_SECRETS.contains(&last.as_str()) || (last == COUNTED && is_number(value)) {
        return false;
    }
    NAMES.iter().any(|(secret, fit)| match (fit, mark) {
        (Fit::Inside, Mark::Assigns) => small.contains(secret),
        (Fit::Inside, Mark::Tells | Mark::Glued) => small.ends_with(secret),
        (Fit::LastWord, Mark::Assigns | Mark::Tells) => last == *secret,
        (Fit::LastWord, Mark::Glued) => false,
    })
}

fn is_number(value: &str) -> bool {
    let end = value.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(value.len());
    let ends = value.get(end..).is_none_or(|rest| !rest.starts_with(|letter: char| letter.is_alphanumeric()));
    end > 0 && ends
}

/// The last word of a name: `count` of `token_count` and of `tokenCount`, `sig` of `%3Fsig`.
fn last_word(name: &str) -> &str {
    let mut start = 0;
    let mut before = ' ';
    for (at, letter) in name.char_indices() {
        if letter.is_uppercase() && before.is_lowercase() {
            start = at;
        } else if "_-.".contains(letter) {
            start = at + letter.len_utf8();
        } else if letter == '%' {
            // Two digits follow.
            start = name.get(at + 3..).map_or(name.len(), |_| at + 3);
        }
        before = letter;
    }
    name.get(start..).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_names() {
        for (name, word) in [
            ("token_count", "count"),
            ("tokenCount", "Count"),
            ("X-Amz-Signature", "Signature"),
            ("next%3Fsig", "sig"),
            ("sig", "sig"),
            ("100%", ""),
            ("größe%ü", ""),
            ("", ""),
        ] {
            assert_eq!(last_word(name), word, "{name}");
        }
    }

    #[test]
    fn what_tells_of_a_secret_is_none() {
        for (name, mark, value, secret) in [
            ("token_count", Mark::Assigns, "5", false),
            ("max_tokens", Mark::Assigns, "4096", false),
            ("max_tokens", Mark::Assigns, "4096abc", true),
            ("password_file", Mark::Assigns, "/run/p", false),
            ("password", Mark::Assigns, "123456", true),
            ("bypass", Mark::Assigns, "1", false),
            ("design", Mark::Assigns, "1", false),
            ("auth", Mark::Glued, "app", false),
            ("auth", Mark::Tells, "abc", true),
            ("DB_PASSWORD_OLD", Mark::Assigns, "x", true),
        ] {
            assert_eq!(is_secret(name, mark, value), secret, "{name} {mark:?} {value}");
        }
    }
}
