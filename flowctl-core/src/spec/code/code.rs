use std::fmt;

use serde::{Serialize, Serializer};

use super::{meaning_pages, text_pages, warning_pages};

/// The stable name of a kind of problem, for example `S104`.
///
/// `S0xx`: the text and its shape; `S1xx`: what the parts say about each other; `W2xx`: warnings.
/// A code never changes its meaning.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(&'static str);

impl Code {
    pub(super) const fn new(code: &'static str) -> Self {
        Self(code)
    }

    /// All codes with their pages, in order.
    pub fn pages() -> impl Iterator<Item = &'static CodePage> {
        [
            text_pages::PAGES,
            meaning_pages::PAGES,
            warning_pages::PAGES,
        ]
        .into_iter()
        .flatten()
    }

    /// The code as text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// Whether it is a warning: the spec can run.
    #[must_use]
    pub fn is_warning(self) -> bool {
        self.0.starts_with('W')
    }

    /// The page of a code, whatever the case of its letter: `explain("s104")`.
    #[must_use]
    pub fn explain(code: &str) -> Option<&'static CodePage> {
        Self::pages().find(|page| page.code.0.eq_ignore_ascii_case(code))
    }

    /// Its page.
    #[must_use]
    pub fn page(self) -> Option<&'static CodePage> {
        Self::explain(self.0)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

/// What there is to know about a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CodePage {
    /// The code.
    pub code: Code,
    /// The problem in a few words.
    pub title: &'static str,
    /// Why it is a problem.
    pub explanation: &'static str,
    /// A spec, or the part of one, that has it.
    pub example: &'static str,
    /// What to do.
    pub fix: &'static str,
}

/// Displays the page as text.
impl fmt::Display for CodePage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            code,
            title,
            explanation,
            example,
            fix,
        } = self;
        writeln!(f, "{code}: {title}\n\n{explanation}\n\nFor example:\n")?;
        for line in example.lines() {
            writeln!(f, "    {line}")?;
        }
        writeln!(f, "\nTo fix it: {fix}")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_sorted_within_their_series_and_unique() {
        let codes: Vec<_> = Code::pages().map(|page| page.code).collect();
        let unique: BTreeSet<_> = codes.iter().copied().collect();
        assert_eq!(codes, unique.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn every_page_says_what_why_and_how() {
        for page in Code::pages() {
            for text in [page.title, page.explanation, page.example, page.fix] {
                assert!(!text.trim().is_empty(), "{}", page.code);
            }
            assert!(!page.title.ends_with('.'), "{}", page.code);
        }
    }

    #[test]
    fn a_page_is_found_whatever_the_case() {
        assert_eq!(
            Code::explain("s104").map(|page| page.code.as_str()),
            Some("S104")
        );
        assert_eq!(Code::explain("S999"), None);
    }
}
