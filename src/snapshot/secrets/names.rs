//! What is called like a secret.

/// How much of a name says that its value is a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    /// To have it in it: `DB_PASSWORD_OLD`.
    Inside,
    /// To end with it as a word: `sas_sig`, and neither `design` nor `bypass`.
    LastWord,
    /// The same, and a value that nobody would make up: `key` and `session` are called so that are none.
    LastWordAtRandom,
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
    ("key", Fit::LastWordAtRandom),
    ("session", Fit::LastWordAtRandom),
    ("sess", Fit::LastWordAtRandom),
    ("sid", Fit::LastWordAtRandom),
    ("otp", Fit::LastWordAtRandom),
];

/// Secrets that may be several words without quotes around them.
const SEVERAL_WORDS: &[&str] = &["password", "passwd", "passwort", "passphrase", "pwd", "pass"];

/// No value that is shorter looks made at random.
const SHORTEST_AT_RANDOM: usize = 16;
/// So often does one go from digits to letters and back, or to a capital: a date, a version and a word do so less often.
const CHANGES_AT_RANDOM: usize = 4;

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
        (Fit::LastWordAtRandom, Mark::Assigns | Mark::Tells) => last == *secret && is_random(value),
        (Fit::LastWord | Fit::LastWordAtRandom, Mark::Glued) => false,
    })
}

/// Whether the value of what is called so may be several words. In a command line, and in front of one (`PGPASSWORD=s3cret psql`), it
/// ends with the first.
pub(super) fn may_be_several_words(name: &str) -> bool {
    let is_of_command = name.starts_with('-') || !name.contains(char::is_lowercase);
    !is_of_command && SEVERAL_WORDS.contains(&last_word(name).to_ascii_lowercase().as_str())
}

/// Whether a value looks as if a machine had made it: letters and digits in no order.
fn is_random(value: &str) -> bool {
    let value = value.trim_start_matches(['b', '\\', '"', '\'']);
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || "-_.~+/".contains(letter);
    let end = value.find(|letter| !is_part(letter)).unwrap_or(value.len());
    let letters = value.as_bytes().get(..end).unwrap_or_default();
    let changes = letters.windows(2).filter(|pair| match pair {
        [one, other] if one.is_ascii_digit() => other.is_ascii_alphabetic(),
        [one, other] if one.is_ascii_lowercase() => other.is_ascii_digit() || other.is_ascii_uppercase(),
        [one, other] => one.is_ascii_uppercase() && other.is_ascii_digit(),
        _ => false,
    });
    letters.len() >= SHORTEST_AT_RANDOM
        && letters.iter().any(u8::is_ascii_digit)
        && changes.count() >= CHANGES_AT_RANDOM
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
            ("key", Mark::Assigns, "AIzaSyD9tSrke72PouQMnMXa7eZSW0jkFMBWY", true),
            ("session", Mark::Tells, "550e8400-e29b-41d4-a716-446655440000 x", true),
            ("sid", Mark::Assigns, "9f86d081884c7d659a2feaa0c55ad015", true),
            ("cache_key", Mark::Assigns, "orders-2024-11-28-of-eu-west-1", false),
            ("sort_key", Mark::Assigns, "created_at,20241128T102233Z", false),
            ("key", Mark::Assigns, "user:1234567890123456", false),
            ("session", Mark::Assigns, "AsyncSessionOfTheWholeShop", false),
            ("monkey", Mark::Assigns, "9f86d081884c7d659a2feaa0c55ad015", false),
            ("key", Mark::Glued, "9f86d081884c7d659a2feaa0c55ad015", false),
        ] {
            assert_eq!(is_secret(name, mark, value), secret, "{name} {mark:?} {value}");
        }
    }
}
