use super::{Bound, Health};

/// What an observation changed in a roster. Heartbeats that change nothing but numbers are none.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Happening {
    pub(super) service_id: String,
    pub(super) kind: HappeningKind,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum HappeningKind {
    /// It registered.
    Registered { again: bool },
    /// Its heartbeat was taken for a registration that went lost.
    Adopted,
    /// It was found out which instance it is.
    Bound(Bound),
    /// It is another way than before.
    Health { health: Health, reason: String },
    /// It is gone from the roster.
    Removed { why: &'static str },
}

impl Happening {
    pub(super) fn new(service_id: &str, kind: HappeningKind) -> Self {
        Self {
            service_id: service_id.to_owned(),
            kind,
        }
    }

    /// Puts it into the log.
    pub(super) fn log(&self) {
        let service = self.service_id.as_str();
        match &self.kind {
            HappeningKind::Registered { again } => {
                tracing::info!(service, again, "a service registered");
            }
            HappeningKind::Adopted => {
                tracing::warn!(
                    service,
                    "a service unknown until now sends heartbeats; adopted"
                );
            }
            HappeningKind::Bound(bound) => {
                let (instance, how) = (&bound.instance, bound.how);
                tracing::info!(service, component = %instance, by = %how, "a service is a component");
            }
            HappeningKind::Health {
                health: Health::Unhealthy,
                reason,
            } => {
                tracing::warn!(service, health = %Health::Unhealthy, reason, "a service changed");
            }
            HappeningKind::Health { health, reason } => {
                tracing::info!(service, health = %health, reason, "a service changed");
            }
            HappeningKind::Removed { why } => {
                tracing::info!(service, why, "a service is no longer known");
            }
        }
    }
}
