//! How do I use components that speak a protocol of their own?
//!
//! Tell the connector how to become a source of it: here, of numbers as lines over TCP. The component is
//! this program again, started as a process; the events arrive in this process.

use std::{env, fs, sync::Arc};

use async_trait::async_trait;
use flowctl_core::{
    BoxError, ComponentContext, ComponentError, ComponentKind, Event, Payload, PipelineSpec,
    Position, Registry, Runner, Source, adapt,
    component::{Next, Resume, SourceIdentity},
    connector::{ConnectError, Served},
    event::SourceBatch,
    executor::ProcessExecutor,
    spec::{Check, Component, Port, Probe},
};
use flowctl_grpc::{Adapter, Dial, GrpcConnector, NetworkProber};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    net::{TcpListener, TcpStream},
};

/// The protocol: the reader says after which number to begin, the other end sends the rest and closes.
#[derive(Debug)]
struct LinesOverTcp;

#[async_trait]
impl Adapter for LinesOverTcp {
    async fn source(
        &self,
        _dial: &Dial,
        served: &Served,
        _context: ComponentContext,
    ) -> Result<Box<dyn Source>, ConnectError> {
        let address = served.address.clone();
        Ok(Box::new(LinesSource {
            address,
            lines: None,
        }))
    }
}

struct LinesSource {
    address: String,
    lines: Option<Lines<BufReader<TcpStream>>>,
}

#[async_trait]
impl Source for LinesSource {
    async fn identify(&mut self) -> Result<SourceIdentity, ComponentError> {
        Ok(SourceIdentity::new("numbers as lines"))
    }

    async fn open(&mut self, resume: Resume) -> Result<(), ComponentError> {
        let after = resume.after.map_or(0, |after| after.sequence);
        let dialled = async {
            let mut stream = TcpStream::connect(&self.address).await?;
            stream.write_all(format!("{after}\n").as_bytes()).await?;
            Ok(BufReader::new(stream).lines())
        };
        self.lines = Some(dialled.await.map_err(broken)?);
        Ok(())
    }

    async fn next(&mut self) -> Result<Next, ComponentError> {
        // A dropped `next_line` loses nothing, so this call does not either.
        let lines = self
            .lines
            .as_mut()
            .ok_or(ComponentError::stop("not open"))?;
        let Some(line) = lines.next_line().await.map_err(broken)? else {
            return Ok(Next::End);
        };
        let bad = |error| ComponentError::stop("not a number").caused_by(error);
        let number: u64 = line.parse().map_err(bad)?;
        let named = "example.number".parse();
        let event_type = named.map_err(|_| ComponentError::stop("not an event type"))?;
        let event = Event::new(event_type, number, Payload::bytes(line));
        Ok(Next::Batch(SourceBatch::new(
            vec![event],
            Position::at(number),
        )))
    }
}

fn broken(error: std::io::Error) -> ComponentError {
    ComponentError::retry("the connection broke").caused_by(error)
}

/// The component: listens where flowctl says, and counts to five.
async fn serve() -> Result<(), BoxError> {
    let port: u16 = env::var("GRPC_PORT")?.parse()?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        let mut stream = BufReader::new(stream);
        let mut after = String::new();
        stream.read_line(&mut after).await?;
        // Whoever only looks whether the port is open says nothing.
        let Ok(after) = after.trim().parse::<u64>() else {
            continue;
        };
        for number in after + 1..=5 {
            stream.write_all(format!("{number}\n").as_bytes()).await?;
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    if env::args().nth(1).as_deref() == Some("serve") {
        return serve().await;
    }
    let mut registry = Registry::new();
    registry.sink(
        ComponentKind::sink("print", "prints"),
        |(): (), _context| {
            Ok(adapt::sink(|event| {
                println!("{} {:?}", event.event_type(), event.payload().as_bytes());
                Ok(())
            }))
        },
    )?;
    let this_program = env::current_exe()?.display().to_string();
    let numbers = Component::process([this_program.as_str(), "serve"])
        .port(Port::new(7000))
        .ready(Probe::new(Check::Tcp { port: 7000 }))
        .with(|component| component.protocol = Some("example.lines.v1".to_owned()));
    let pipeline = PipelineSpec::builder("own-protocol")
        .source("numbers", numbers)
        .sink("print", Component::native("print").input("numbers"))
        .build()?;
    let folder = env::temp_dir().join(format!("flowctl-own-protocol-{}", std::process::id()));
    let report = Runner::builder(registry)
        .executor(Arc::new(ProcessExecutor::new(folder.clone())))
        .prober(Arc::new(NetworkProber::new()))
        .connector(Arc::new(
            GrpcConnector::new().with("example.lines.v1", LinesOverTcp),
        ))
        .build()
        .start(&pipeline)?
        .wait()
        .await;
    println!("{}", report.outcome.as_str());
    fs::remove_dir_all(folder)?;
    report.error.map_or(Ok(()), |error| Err(error.into()))
}
