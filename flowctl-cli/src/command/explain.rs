use clap::Args;
use flowctl_core::{run::explain_run_code, spec::Code};
use serde::Serialize;

use crate::{error::CliError, exit_code, session::Session};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The code in the brackets of an error, for example S104
    code: String,
}

#[derive(Serialize)]
struct Page {
    code: String,
    text: String,
}

/// The codes of the command itself; specs and runs have theirs in flowctl-core.
const PAGES: &[(&str, &str)] = &[
    ("C501", include_str!("../../docs/errors/C501.md")),
    ("C502", include_str!("../../docs/errors/C502.md")),
    ("C503", include_str!("../../docs/errors/C503.md")),
    ("C504", include_str!("../../docs/errors/C504.md")),
    ("C505", include_str!("../../docs/errors/C505.md")),
    ("C506", include_str!("../../docs/errors/C506.md")),
    ("C507", include_str!("../../docs/errors/C507.md")),
    ("C508", include_str!("../../docs/errors/C508.md")),
    ("C509", include_str!("../../docs/errors/C509.md")),
    ("C510", include_str!("../../docs/errors/C510.md")),
    ("C511", include_str!("../../docs/errors/C511.md")),
    ("C512", include_str!("../../docs/errors/C512.md")),
    ("C513", include_str!("../../docs/errors/C513.md")),
];

pub(super) fn explain(session: &Session, arguments: &Arguments) -> Result<u8, CliError> {
    let code = arguments.code.to_ascii_uppercase();
    let text = page(&code).ok_or_else(|| CliError::UnknownCode {
        code: arguments.code.clone(),
    })?;
    let page = Page { code, text };
    session.answer("explain", &page, &page.text)?;
    Ok(exit_code::DONE)
}

fn page(code: &str) -> Option<String> {
    let own = PAGES
        .iter()
        .find(|(known, _)| *known == code)
        .map(|(_, page)| *page);
    own.or_else(|| explain_run_code(code))
        .map(str::to_owned)
        .or_else(|| Code::explain(code).map(ToString::to_string))
}
