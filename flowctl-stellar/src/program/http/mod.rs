//! A small HTTP server, for the pages about a program and for JSON-RPC.

mod pages;
mod server;

pub(crate) use self::{
    pages::Pages,
    server::{Answer, Handler, HttpServer, Question},
};
