use super::*;

/// Everything that decides, as one line of a table.
#[derive(Default)]
struct Case {
    host: &'static str,
    context: &'static str,
    current: &'static str,
    tls: bool,
    sockets: &'static [&'static str],
    expected: &'static str,
}

fn contexts(name: &str) -> Result<ContextEndpoint, String> {
    match name {
        "far" => Ok(ContextEndpoint {
            host: "ssh://me@far".to_owned(),
            certificates: None,
        }),
        "safe" => Ok(ContextEndpoint {
            host: "tcp://safe".to_owned(),
            certificates: Some("/c/contexts/tls/x/docker".into()),
        }),
        _ => Err("there is none".to_owned()),
    }
}

fn answer(case: &Case) -> String {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let surroundings = Surroundings {
        docker_host: text(case.host),
        docker_context: text(case.context),
        docker_tls_verify: case.tls,
        home: Some("/home/me".into()),
        runtime_dir: Some("/run/user/7".into()),
        ..Surroundings::default()
    };
    let is_there = |path: &Path| case.sockets.iter().any(|socket| path == Path::new(socket));
    match decide(&surroundings, text(case.current), contexts, is_there) {
        Ok(host) => match &host.address {
            EngineAddress::Tls { certificates, .. } => {
                format!("{host} with {}", certificates.display())
            }
            _ => host.to_string(),
        },
        Err(error) => error.to_string(),
    }
}

#[test]
fn the_engine_is_where_the_docker_cli_would_look() {
    let socket = "/var/run/docker.sock";
    let rootless = "/run/user/7/docker.sock";
    let desktop = "/home/me/.docker/run/docker.sock";
    let podman = "/run/user/7/podman/podman.sock";
    let system_podman = "/run/podman/podman.sock";
    let none = Case::default;
    #[rustfmt::skip]
    let cases = [
        Case { host: "unix:///x.sock", context: "far", current: "safe", expected: "unix:///x.sock (DOCKER_HOST)", ..none() },
        Case { host: "unix://", expected: "unix:///var/run/docker.sock (DOCKER_HOST)", ..none() },
        Case { host: "tcp://h", expected: "tcp://h:2375 (DOCKER_HOST)", ..none() },
        Case { host: "tcp://h:1/", expected: "tcp://h:1 (DOCKER_HOST)", ..none() },
        Case { host: "h:1", expected: "tcp://h:1 (DOCKER_HOST)", ..none() },
        Case { host: "tcp://[::1]", expected: "tcp://[::1]:2375 (DOCKER_HOST)", ..none() },
        Case { host: "tcp://h", tls: true, expected: "tcp://h:2376 (DOCKER_HOST) with /home/me/.docker", ..none() },
        Case { host: "ssh://me@h:22", expected: "ssh://me@h:22 (DOCKER_HOST)", ..none() },
        Case { host: "https://h", expected: "`https://h` (DOCKER_HOST) is no address of an engine: use unix://, tcp:// or ssh://", ..none() },
        Case { host: "npipe:////./pipe/x", expected: "`npipe:////./pipe/x` (DOCKER_HOST) is no address of an engine: use unix://, tcp:// or ssh://", ..none() },
        Case { host: "unix://relative", expected: "`unix://relative` (DOCKER_HOST) is no address of an engine: use unix://, tcp:// or ssh://", ..none() },
        Case { context: "far", current: "safe", expected: "ssh://me@far (the docker context far)", ..none() },
        Case { current: "safe", expected: "tcp://safe:2376 (the docker context safe) with /c/contexts/tls/x/docker", ..none() },
        Case { context: "default", current: "far", sockets: &["/var/run/docker.sock"], expected: "unix:///var/run/docker.sock (the default)", ..none() },
        Case { context: "gone", expected: "the docker context `gone` cannot be read: there is none", ..none() },
        Case { current: "gone", expected: "the docker context `gone` cannot be read: there is none", ..none() },
        Case { expected: "unix:///var/run/docker.sock (the default)", ..none() },
    ];
    for case in &cases {
        assert_eq!(answer(case), case.expected);
    }
    let all = [socket, rootless, desktop, podman, system_podman];
    for at in 0..all.len() {
        let sockets: &'static [&'static str] = Box::leak(all[at..].to_vec().into_boxed_slice());
        let case = Case { sockets, ..none() };
        assert_eq!(answer(&case), format!("unix://{} (the default)", all[at]));
    }
}

#[test]
fn a_broken_configuration_is_told_unless_the_environment_decides() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.json"), "{").unwrap();
    let mut surroundings = Surroundings {
        docker_config: Some(folder.path().to_owned()),
        ..Surroundings::default()
    };
    assert!(matches!(
        EngineHost::resolve(&surroundings),
        Err(HostError::Config { .. })
    ));
    surroundings.docker_host = Some("tcp://h:1".to_owned());
    let host = EngineHost::resolve(&surroundings).unwrap();
    assert_eq!(host.address, EngineAddress::Tcp("h:1".to_owned()));
    assert!(!host.is_local());
}
