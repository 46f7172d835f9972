/// What a code of the `F` (did not start) and `R` (failed while running) families means and what to
/// do about it; `None` for a code that is not one of them.
#[must_use]
pub fn explain_run_code(code: &str) -> Option<&'static str> {
    PAGES
        .iter()
        .find(|(known, _)| *known == code)
        .map(|(_, page)| *page)
}

/// All codes that a [`RunError`](super::RunError) can have, with their pages.
const PAGES: &[(&str, &str)] = &[
    ("F301", include_str!("explain/F301.md")),
    ("F302", include_str!("explain/F302.md")),
    ("F303", include_str!("explain/F303.md")),
    ("F304", include_str!("explain/F304.md")),
    ("F305", include_str!("explain/F305.md")),
    ("F306", include_str!("explain/F306.md")),
    ("F307", include_str!("explain/F307.md")),
    ("F308", include_str!("explain/F308.md")),
    ("F309", include_str!("explain/F309.md")),
    ("R401", include_str!("explain/R401.md")),
    ("R402", include_str!("explain/R402.md")),
    ("R403", include_str!("explain/R403.md")),
    ("R404", include_str!("explain/R404.md")),
    ("R405", include_str!("explain/R405.md")),
    ("R406", include_str!("explain/R406.md")),
    ("R407", include_str!("explain/R407.md")),
];
