//! What a test needs and a plain machine may lack.

/// Says loudly that a test is skipped; panics where it must run.
pub(crate) fn skip(test: &str, need: &str, what_to_do: &str) {
    let required = std::env::var("FLOWCTL_REQUIRE").unwrap_or_default();
    assert!(
        !required.split(',').any(|required| required.trim() == need),
        "{test} must run, since FLOWCTL_REQUIRE names {need}: {what_to_do}"
    );
    eprintln!("SKIPPED {test}: {what_to_do}");
}
