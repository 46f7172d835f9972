//! The control plane's view of a run: which components have said that they are there, and how they
//! are.
//!
//! A served component registers, then sends heartbeats. The [`Roster`] is what is known from that. It
//! is pure inside: `(what is known, what was observed, now) → (what is known, what changed)`; it reads
//! no clock and no network itself. A transport feeds it ([`ControlPlane`] is what the runner sees of
//! one), the runner tells it which instances it started ([`Expected`]), and everybody may look.
//!
//! # Who is who
//!
//! A component may register without any id. It is bound to an instance of the run by the first of
//! these that fits exactly one (or one component, whose instances are then told apart by address, by
//! health port, else in order):
//!
//! 1. the identity that its call proved;
//! 2. its component id;
//! 3. its service id, where that is a component's id;
//! 4. `component_id` in its metadata;
//! 5. the address it calls from, where one instance has that address and it is not loopback;
//! 6. the port of its health endpoint, where one instance was given that health port;
//! 7. its role, where one instance of that role has nobody yet.
//!
//! How it was bound is kept in [`Bound::how`] and logged.
//!
//! # Health
//!
//! A registration is healthy until it says otherwise or falls silent. Silent is: no heartbeat for 30
//! seconds, or for three times its interval where that is longer. The interval is what it was told to
//! keep, else what it was seen to keep; before either is known it is taken to be 30 seconds, the
//! longest default among components in use. The next heartbeat heals it, whatever that says.

mod admission;
mod binding;
mod control_plane;
mod entry;
mod error;
mod expected;
mod happening;
mod health;
mod heartbeat;
mod limits;
mod member;
mod metric_value;
mod moment;
mod pulse;
mod registration;
mod roster;
mod state;
#[cfg(test)]
mod tests;
mod view;

pub use self::{
    binding::{Binding, Bound},
    control_plane::ControlPlane,
    error::RosterError,
    expected::{Expected, InstanceId},
    health::Health,
    heartbeat::Heartbeat,
    limits::RosterLimits,
    member::Member,
    metric_value::MetricValue,
    registration::{Caller, Declared, Registration},
    roster::Roster,
};
