//! What carries an edge: whatever is cheapest for its two ends.

use crate::spec::{ComponentSpec, Final, Input, OnFull, Via, Workload};

/// What carries the edge and why, or why it cannot be carried as its spec says.
pub(super) fn carry(
    from: &ComponentSpec,
    to: &ComponentSpec,
    input: &Input,
) -> Result<(Via, &'static str), &'static str> {
    let carried = needs_carrying(from, to, input);
    match (is_served(from), is_served(to), input.via) {
        (false, false, Via::Auto | Via::Linked) => {
            Ok((Via::Linked, "both ends are in this process"))
        }
        (false, false, Via::Direct | Via::Proxied) => Err("both ends are in this process"),
        (true, true, Via::Auto) => Ok(match carried {
            Some(why) => (Via::Proxied, why),
            None => (Via::Direct, "both ends are served"),
        }),
        (true, true, Via::Direct) => match carried {
            Some(why) => Err(why),
            None => Ok((Via::Direct, "the spec says so")),
        },
        (true, true, Via::Linked) => Err("neither end is in this process"),
        (true, true, Via::Proxied) => Ok((Via::Proxied, "the spec says so")),
        (_, _, Via::Auto | Via::Proxied) => {
            Ok((Via::Proxied, "one end is served, one is in this process"))
        }
        (_, _, Via::Linked | Via::Direct) => Err("one end is served, one is in this process"),
    }
}

fn is_served(component: &ComponentSpec) -> bool {
    matches!(
        component.workload(),
        Some(Workload::Process(_) | Workload::Image(_))
    )
}

/// Which feature of the two ends needs flowctl to see the records, if any does.
fn needs_carrying(from: &ComponentSpec, to: &ComponentSpec, input: &Input) -> Option<&'static str> {
    if from.replicas > 1 || to.replicas > 1 {
        Some("replicas share records out")
    } else if from.on_error.then != Final::Stop || to.on_error.then != Final::Stop {
        Some("a failure policy needs the records")
    } else if input.on_full != OnFull::Block {
        Some("a lag bound needs the records")
    } else {
        None
    }
}
