//! What a secret looks like that needs no name: keys with a beginning by which their issuers find them where they leaked.

use super::Span;

/// How a kind of key is made.
struct Form {
    /// How each begins.
    prefix: &'static str,
    /// Letters that follow at least; fewer are a word.
    shortest: usize,
    /// What the letters are.
    letters: Letters,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Letters {
    /// Capitals and digits.
    Capitals,
    /// Letters, digits, `-` and `_`.
    Url,
    /// The same, in parts with dots between them, two at least.
    Parts,
}

const fn form(prefix: &'static str, shortest: usize, letters: Letters) -> Form {
    Form { prefix, shortest, letters }
}

const FORMS: &[Form] = &[
    // JSON web tokens: `{"` in base64.
    form("eyJ", 17, Letters::Parts),
    // Amazon: of users, and for a time.
    form("AKIA", 16, Letters::Capitals),
    form("ASIA", 16, Letters::Capitals),
    // Google.
    form("AIza", 30, Letters::Url),
    form("ya29.", 20, Letters::Url),
    // GitHub and GitLab.
    form("ghp_", 30, Letters::Url),
    form("gho_", 30, Letters::Url),
    form("ghs_", 30, Letters::Url),
    form("github_pat_", 30, Letters::Url),
    form("glpat-", 16, Letters::Url),
    // Slack.
    form("xoxb-", 16, Letters::Url),
    form("xoxp-", 16, Letters::Url),
    // Stripe.
    form("sk_live_", 16, Letters::Url),
    form("rk_live_", 16, Letters::Url),
    // Models that are paid for by use.
    form("sk-ant-", 20, Letters::Url),
    form("sk-proj-", 20, Letters::Url),
];

impl Form {
    /// How long the key is at whose beginning the text stands; 0 where it is none.
    fn length(&self, text: &str) -> usize {
        let rest = text.get(self.prefix.len()..).unwrap_or_default();
        let is_part = |letter: char| match self.letters {
            Letters::Capitals => letter.is_ascii_uppercase() || letter.is_ascii_digit(),
            Letters::Url => letter.is_ascii_alphanumeric() || "-_".contains(letter),
            Letters::Parts => letter.is_ascii_alphanumeric() || "-_.".contains(letter),
        };
        let length = rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
        let key = rest.get(..length).unwrap_or_default();
        let is_one = match self.letters {
            Letters::Parts => key.contains('.'),
            Letters::Capitals | Letters::Url => key.contains(|letter: char| letter.is_ascii_digit()),
        };
        if is_one && length >= self.shortest { self.prefix.len() + length } else { 0 }
    }
}

/// Whether a key may be in it.
pub(super) fn may_have_one(text: &str) -> bool {
    FORMS.iter().any(|form| text.contains(form.prefix))
}

/// The keys in a text.
pub(super) fn keys(text: &str, spans: &mut Vec<Span>) {
    for form in FORMS {
        for (at, _) in text.match_indices(form.prefix) {
            let length = form.length(text.get(at..).unwrap_or_default());
            if length > 0 {
                spans.push((at, at + length));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_found_and_words_that_begin_like_one_are_not() {
        for form in FORMS {
            let letters = if form.letters == Letters::Parts { "A1.B2" } else { "A1B2" };
            let key = format!("{}{}", form.prefix, letters.repeat(form.shortest / letters.len() + 1));
            let text = format!("before/{key} behind");
            let mut spans = Vec::new();
            keys(&text, &mut spans);
            assert_eq!(spans, [(7, 7 + key.len())], "{key}");
            let word = format!("before/{} behind", form.prefix);
            assert!(may_have_one(&word));
            spans.clear();
            keys(&word, &mut spans);
            assert_eq!(spans, [], "{word}");
        }
    }
}
