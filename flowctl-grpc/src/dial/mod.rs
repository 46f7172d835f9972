//! How another process is reached: settings, credentials, and what happens when it cannot be.

mod connection;
#[expect(
    clippy::module_inception,
    reason = "the folder is named after its main type"
)]
mod dial;
mod error;
mod random;
mod reconnect;
mod tls;
mod token;

pub(crate) use self::{connection::Bearer, random::random_bytes};
pub use self::{
    connection::Connection, dial::Dial, error::DialError, reconnect::Reconnect, tls::ClientTls,
    token::Token,
};
