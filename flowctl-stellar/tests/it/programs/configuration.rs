use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    process::Output,
    thread,
};

use super::running::{Running, command};

fn run(program: &str, arguments: &[&str], set: &[(&str, &str)]) -> Output {
    command(program, set).args(arguments).output().unwrap()
}

#[test]
fn everything_that_is_wrong_is_told_at_once_and_the_program_ends_with_2() {
    let output = run(
        "stellar-live-source",
        &["surplus"],
        &[
            ("RPC_ENDPIONT", "http://127.0.0.1:1"),
            ("GRPC_PORT", "fifty"),
            ("HEALTH_PORT", "99999"),
            ("NETWORK_PASSPHRASE", "Public Network; September 2015"),
            ("FLOWCTL_HEARTBEAT_INTERVAL", "soon"),
            ("LOG_LEVEL", "loud"),
        ],
    );
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr).unwrap();
    for said in [
        "RPC_ENDPOINT is not set",
        "RPC_ENDPIONT is not known",
        "rename it to RPC_ENDPOINT",
        "GRPC_PORT is `fifty`",
        "HEALTH_PORT is `99999`",
        "Public Global Stellar Network ; September 2015",
        "FLOWCTL_HEARTBEAT_INTERVAL is `soon`",
        "LOG_LEVEL is `loud`",
        "`surplus` is an argument",
        "--help",
    ] {
        assert!(text.contains(said), "{said} is not in:\n{text}");
    }
}

#[test]
fn help_and_version_need_no_configuration() {
    for program in [
        "simulated-rpc",
        "stellar-live-source",
        "stellar-live-source-datalake",
        "ttp-processor",
        "consumer-app",
    ] {
        let help = run(program, &["--help"], &[]);
        assert_eq!(help.status.code(), Some(0));
        let text = String::from_utf8(help.stdout).unwrap();
        for name in [
            "HEALTH_PORT",
            "LOG_LEVEL",
            "ENABLE_FLOWCTL",
            "FLOWCTL_ENDPOINT",
            "--health",
        ] {
            assert!(text.contains(name), "{program}: {name}");
        }
        let version = run(program, &["--version"], &[]);
        let expected = format!("{program} {}\n", env!("CARGO_PKG_VERSION"));
        assert_eq!(String::from_utf8(version.stdout).unwrap(), expected);
    }
}

#[test]
fn a_horizon_url_is_refused_with_the_url_to_use() {
    // As the pipeline has it that upstream wrote down.
    let output = run(
        "stellar-live-source",
        &[],
        &[
            ("RPC_ENDPOINT", "https://horizon-testnet.stellar.org"),
            ("NETWORK_PASSPHRASE", "Test SDF Network ; September 2015"),
            ("STELLAR_NETWORK", "testnet"),
            ("GRPC_PORT", "50051"),
            ("HEALTH_PORT", "8088"),
            ("LOG_LEVEL", "info"),
        ],
    );
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(
        text.contains("Horizon") && text.contains("https://soroban-testnet.stellar.org"),
        "{text}"
    );
}

/// Answers every request with the same HTTP response.
fn answer_all(status: &str, content_type: &str, body: &str) -> String {
    let response = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(response.as_bytes());
        }
    });
    format!("http://{address}")
}

#[test]
fn a_server_that_turns_out_to_be_horizon_or_nothing_ends_the_program() {
    let problem = r#"{"type":"https://stellar.org/horizon-errors/not_found","title":"Not Found"}"#;
    let horizon = answer_all("404 Not Found", "application/problem+json", problem);
    let page = answer_all("200 OK", "text/html", "<html></html>");
    for (endpoint, word) in [(horizon, "is Horizon"), (page, "is no Stellar RPC server")] {
        let source = Running::start("stellar-live-source", &[("RPC_ENDPOINT", &endpoint)]);
        let ended = source.ended();
        assert_eq!(ended.code, Some(1), "{}", ended.text());
        assert!(ended.text().contains(word), "{}", ended.text());
    }
}

#[test]
fn a_server_of_another_network_ends_the_program() {
    let mut rpc = Running::start("simulated-rpc", &[]);
    let endpoint = format!("http://{}", rpc.address("serving rpc"));
    let set = [("RPC_ENDPOINT", &*endpoint), ("STELLAR_NETWORK", "testnet")];
    let ended = Running::start("stellar-live-source", &set).ended();
    assert_eq!(ended.code, Some(1));
    let text = ended.text();
    assert!(
        text.contains("flowctl simulated network ; v1") && text.contains("Test SDF"),
        "{text}"
    );
}

#[test]
fn a_port_that_is_taken_is_told_with_its_variable() {
    let mut rpc = Running::start("simulated-rpc", &[]);
    let taken = rpc.address("serving rpc");
    let ended = Running::start("simulated-rpc", &[("PORT", &taken)]).ended();
    assert_eq!(ended.code, Some(1));
    assert!(ended.text().contains("set by RPC_PORT"), "{}", ended.text());
}

#[test]
fn the_health_question_says_how_the_program_is() {
    let mut rpc = Running::start("simulated-rpc", &[]);
    rpc.wait_for("ready");
    let health = rpc.address("serving health");
    let asked = run("simulated-rpc", &["--health"], &[("HEALTH_PORT", &health)]);
    assert_eq!(asked.status.code(), Some(0));
    assert!(
        String::from_utf8(asked.stdout)
            .unwrap()
            .contains("\"healthy\"")
    );
    drop(rpc);
    let asked = run("simulated-rpc", &["--health"], &[("HEALTH_PORT", &health)]);
    assert_eq!(asked.status.code(), Some(1));
}
