//! A page of `hangspy explain`, taken apart. The pages are Markdown of the simplest kind: headings, paragraphs, items, and
//! fenced code that says its language and whether it stands before or after the mending.

/// The headings that every page has, in this order.
pub const SECTIONS: [&str; 3] = ["How it is recognised", "What looks alike", "How to mend it"];

/// A part of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// A heading.
    Heading(&'static str),
    /// A paragraph.
    Text(&'static str),
    /// An item of a list.
    Item(&'static str),
    /// Lines of code.
    Code {
        /// `python`, `sh`, `yaml`
        language: &'static str,
        /// `before`, `after`, or nothing.
        role: &'static str,
        /// The lines.
        lines: Vec<&'static str>,
    },
}

/// The parts of a page, in order.
#[must_use]
pub fn parts(page: &'static str) -> Vec<Part> {
    const FENCE: &str = "```";
    let mut parts = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(title) = line.strip_prefix("## ") {
            parts.push(Part::Heading(title));
        } else if let Some(item) = line.strip_prefix("- ") {
            parts.push(Part::Item(item));
        } else if let Some(info) = line.strip_prefix(FENCE) {
            let (language, role) = info.split_once(' ').unwrap_or((info, ""));
            parts.push(Part::Code {
                language,
                role,
                lines: lines.by_ref().take_while(|line| *line != FENCE).collect(),
            });
        } else if !line.is_empty() {
            parts.push(Part::Text(line));
        }
    }
    parts
}
