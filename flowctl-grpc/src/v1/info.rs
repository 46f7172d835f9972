//! What a component says of itself.

use std::collections::BTreeMap;

use flowctl_core::{Chain, ComponentError, EventType};
use tonic::Status;

use crate::{
    offer::Offer,
    proto::v1::{ComponentInfo, ComponentType, HealthCheckResponse, HealthStatus},
};

/// Under these names the metadata of a source says what the protocol has no field for. A source without
/// them is one that this project did not write.
pub(super) const FINGERPRINT: &str = "flowctl.fingerprint";
pub(super) const REWINDS: &str = "flowctl.rewinds";

/// What is offered in this role.
pub(super) fn info(offer: &Offer, role: ComponentType) -> ComponentInfo {
    let names = |types: &[EventType]| types.iter().map(ToString::to_string).collect();
    ComponentInfo {
        id: offer.about.component.clone(),
        name: offer.about.program.clone(),
        version: offer.about.version.clone(),
        r#type: role.into(),
        input_event_types: names(&offer.about.accepts),
        output_event_types: names(&offer.about.emits),
        ..ComponentInfo::default()
    }
}

pub(super) fn health(offer: &Offer) -> HealthCheckResponse {
    let status = match offer.draining.is_cancelled() {
        true => HealthStatus::Stopping,
        false => HealthStatus::Healthy,
    };
    HealthCheckResponse {
        status: status.into(),
        metrics: BTreeMap::new(),
        components: Vec::new(),
        message: String::new(),
    }
}

/// An error of a component, as the answer to a call: ABORTED asks to try again.
pub(super) fn status(error: &ComponentError) -> Status {
    let message = Chain(error).to_string();
    match error.is_transient() {
        true => Status::aborted(message),
        false => Status::internal(message),
    }
}
