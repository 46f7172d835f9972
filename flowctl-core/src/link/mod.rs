//! Linked edges: how batches move between components of one process, and how it is known that they
//! have arrived.
//!
//! In reading order: an [`Obligation`] travels with every batch and is fulfilled or broken exactly
//! once; the [`Tracker`] of a source knows from them how far the stream is complete; a [`queue`] is
//! one edge, bounded in events and bytes; an [`Inlet`] is all edges into a component, merged so that
//! each source's batches stay in order; an [`Outlet`] is all edges out of one.

mod delivery;
mod inlet;
mod obligation;
mod outlet;
mod queue;
mod tracker;

pub(crate) use self::{
    delivery::Delivery,
    inlet::{InEdge, Inlet},
    obligation::Obligation,
    outlet::{Full, OutEdge, Outlet, Routed},
    queue::{Closed, Gauge, Limit, Receiver, Sender, Wake, queue},
    tracker::Tracker,
};
