//! From "an instance listens there" to a component: a connector with an open table of protocols.

mod adapter;
mod data_adapter;
mod grpc_connector;
mod v1_adapter;

pub use self::{
    adapter::Adapter, data_adapter::DataAdapter, grpc_connector::GrpcConnector,
    v1_adapter::V1Adapter,
};
