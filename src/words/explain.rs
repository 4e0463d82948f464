//! What can be explained, and the words nearest to one that cannot.

use super::{CAUSES, KINDS, cause, kind};

/// A kind or a cause that can be explained.
#[derive(Clone, Copy, Debug)]
pub struct Topic {
    /// The word of the contract.
    pub word: &'static str,
    /// `kind` or `cause`
    pub sort: &'static str,
    /// One sentence.
    pub meaning: &'static str,
    /// Its page.
    pub page: &'static str,
}

/// Everything that can be explained: kinds, the worst first, then causes.
#[must_use]
pub fn topics() -> Vec<Topic> {
    let kinds = KINDS.map(kind).map(|row| Topic { word: row.word, sort: "kind", meaning: row.meaning, page: row.page });
    let causes =
        CAUSES.map(cause).map(|row| Topic { word: row.word, sort: "cause", meaning: row.meaning, page: row.page });
    kinds.into_iter().chain(causes).collect()
}

/// What a user means, who may also type what stands on the screen: `LOOP BLOCKED`.
#[must_use]
pub fn topic(asked: &str) -> Option<Topic> {
    let asked = word_of(asked);
    topics().into_iter().find(|topic| topic.word == asked)
}

/// The words that are most like what was asked, the nearest first; none where nothing is like it.
#[must_use]
pub fn nearest(asked: &str) -> Vec<&'static str> {
    /// As many are offered.
    const MOST: usize = 3;
    let asked = word_of(asked);
    let distance = |topic: &Topic| {
        // One letter in three wrong is a slip; more is another word. Often a part of the word is remembered.
        let meant = |own: &str, part: &str| changes(own, part) * 3 <= part.len();
        let shares = topic.word.split('-').any(|part| asked.split('-').any(|own| meant(own, part)));
        (shares || meant(&asked, topic.word)).then(|| (changes(&asked, topic.word), topic.word))
    };
    let mut near: Vec<(usize, &'static str)> = topics().iter().filter_map(distance).collect();
    near.sort_unstable();
    near.into_iter().take(MOST).map(|(_, word)| word).collect()
}

fn word_of(asked: &str) -> String {
    asked.trim().to_lowercase().replace([' ', '_'], "-")
}

/// How many letters have to be put in, taken out or replaced to make one word of another (Levenshtein's distance).
fn changes(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (index, letter) in from.chars().enumerate() {
        let mut last = index + 1;
        let mut next = vec![last];
        for (pair, other) in row.windows(2).zip(to.chars()) {
            let &[before, above] = pair else { continue };
            last = (before + usize::from(letter != other)).min(above + 1).min(last + 1);
            next.push(last);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_on_the_screen_may_be_typed() {
        assert_eq!(topic("LOOP BLOCKED").map(|found| found.word), Some("loop-blocked"));
        assert_eq!(topic("socket_read").map(|found| found.word), Some("socket-read"));
        assert!(topic("nonsense").is_none());
    }

    #[test]
    fn the_nearest_words_are_offered() {
        assert_eq!(changes("kitten", "sitting"), 3);
        assert_eq!(nearest("sokcet-read").first(), Some(&"socket-read"));
        assert_eq!(nearest("loop-blockd").first(), Some(&"loop-blocked"));
        assert_eq!(nearest("sokcet"), ["socket-read", "socket-write"]);
        assert!(nearest("pool").contains(&"db-pool"));
        assert!(nearest("xyzzyqwertz").is_empty());
    }
}
