use std::fmt::Write as _;

use super::{
    facts::Facts,
    variables::{Unset, Variables},
};

/// What `--help` shows: how to start the program, and every variable that it reads.
pub(crate) fn usage(facts: &Facts, variables: &Variables) -> String {
    let Facts {
        name,
        summary,
        details,
        arguments,
        ..
    } = facts;
    let mut text = format!("{name}: {summary}\n\nUsage: {name}");
    // Writing to a string does not fail.
    if let Some(arguments) = arguments {
        let _ = write!(text, " {arguments}");
    }
    let _ = write!(text, " [--health | --help | --version]\n\n");
    if !details.is_empty() {
        let _ = writeln!(text, "{details}\n");
    }
    text.push_str("Environment:\n");
    for known in variables.known() {
        let variable = &known.variable;
        let _ = write!(text, "  {}", variable.names().join(", "));
        match &known.unset {
            Unset::Nothing => {}
            Unset::Default(value) => {
                let _ = write!(text, " [{value}]");
            }
        }
        let _ = write!(text, "\n      {}", variable.meaning());
        if let Some(example) = variable.shown_example() {
            let _ = write!(text, ", for example {example}");
        }
        text.push('\n');
    }
    text.push_str(
        "\nA variable that is empty counts as unset. --health asks the program that runs with the same\n\
         environment how it is: exit code 0 if it can be worked with, 1 if not.\n",
    );
    text
}
