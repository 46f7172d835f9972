//! Answers that an engine does not give on demand, played from what others have given: an old engine, a
//! newer one, kernels without a controller, an engine on its way down, odd orders of events.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use flowctl_core::{
    ByteSize, ComponentSpec, Executor, RunId,
    component::ComponentContext,
    executor::{ExecutorErrorKind, Instance, RunScope},
    spec::Role,
};
use flowctl_docker::{DockerExecutor, Engine, Surroundings};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixListener,
};

use crate::bench::{kind, told};

/// What is asked, its beginning, and what is answered.
type Scene = (&'static str, u16, String);

/// An engine that answers what it was told to: each question by the first scene that fits, which is
/// then over. A question that no scene fits is answered with 500.
struct Played {
    folder: tempfile::TempDir,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Played {
    fn new(api: &str, scenes: Vec<Scene>) -> Self {
        let version = format!(
            r#"{{"ApiVersion": "{api}", "Version": "played", "Os": "linux", "Arch": "amd64"}}"#
        );
        let mut scenes: VecDeque<Scene> = scenes.into();
        scenes.push_front(("GET /version", 200, version));
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("s")).unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let notes = Arc::clone(&asked);
        #[expect(clippy::disallowed_methods, reason = "it ends with the test's runtime")]
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let question = read(&mut client).await;
                let line = question.lines().next().unwrap_or_default().to_owned();
                // Without the version of the API, which a test of its own looks at.
                let plain = line.replacen("/v1.", "", 1);
                let plain = plain
                    .split_once(' ')
                    .map(|(verb, path)| match path.split_once('/') {
                        Some((digits, rest)) if !digits.is_empty() => format!("{verb} /{rest}"),
                        _ => format!("{verb} {path}"),
                    })
                    .unwrap_or_default();
                notes.lock().unwrap().push(question);
                let scene = scenes.iter().position(|scene| plain.starts_with(scene.0));
                let (_, status, body) = scene.and_then(|at| scenes.remove(at)).unwrap_or((
                    "",
                    500,
                    format!(r#"{{"message": "no scene: {plain}"}}"#),
                ));
                let answer = format!(
                    "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n\
                     Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
                    body.len()
                );
                drop(client.write_all(answer.as_bytes()).await);
            }
        });
        Self { folder, asked }
    }

    fn surroundings(&self) -> Surroundings {
        let path = self.folder.path().join("s");
        let mut surroundings =
            Surroundings::default().with_host(format!("unix://{}", path.display()));
        surroundings.docker_config = Some(self.folder.path().to_owned());
        surroundings
    }

    async fn executor(&self) -> DockerExecutor {
        DockerExecutor::new(Engine::connect(self.surroundings()).await.unwrap())
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// One question with its body.
async fn read(client: &mut tokio::net::UnixStream) -> String {
    let mut question = Vec::new();
    let mut part = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&question).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .filter_map(|line| line.split_once(": "))
                .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .map_or(0, |(_, length)| length.trim().parse().unwrap());
            if body.len() >= length {
                return text;
            }
        }
        match client.read(&mut part).await {
            Ok(0) | Err(_) => return text,
            Ok(size) => question.extend_from_slice(&part[..size]),
        }
    }
}

fn instance() -> Instance {
    let id: flowctl_core::ComponentId = "one".parse().unwrap();
    let mut component = ComponentSpec::new(id.clone(), Role::Source);
    component.image = Some("subject:1".to_owned());
    let run = RunScope::new(
        "default".parse().unwrap(),
        "played".parse().unwrap(),
        RunId::from_bits(1),
    );
    Instance::new(run, component, ComponentContext::detached(id))
}

/// What comes before a create.
fn prologue() -> Vec<Scene> {
    vec![
        ("GET /images/", 200, r#"{"Id": "sha256:00"}"#.to_owned()),
        ("GET /networks", 200, r#"[{"Id": "net"}]"#.to_owned()),
        ("GET /info", 200, r#"{"NCPU": 2}"#.to_owned()),
    ]
}

#[tokio::test]
async fn an_engine_that_is_too_old_is_named() {
    let played = Played::new("1.40", vec![]);
    let error = told(Engine::connect(played.surroundings()).await);
    assert!(
        error.contains("`1.40`") && error.contains("1.41"),
        "{error}"
    );
}

/// Each question says in which version of the API it is asked: the newest that both know.
#[tokio::test]
async fn engines_old_and_new_are_spoken_to_in_a_version_that_both_know() {
    for (api, expected) in [("1.41", "/v1.41/"), ("1.99", "/v1.53/")] {
        let lists = ("GET /containers/json", 200, "[]".to_owned());
        let played = Played::new(api, vec![lists]);
        let executor = played.executor().await;
        executor.list(&RunId::from_bits(1)).await.unwrap();
        let asked = played.asked();
        assert!(
            asked[1].starts_with(&format!("GET {expected}containers/json")),
            "{asked:?}"
        );
    }
}

/// A kernel without swap accounting: the engine warns and makes something else.
#[tokio::test]
async fn a_limit_that_the_engine_did_not_keep_is_refused_and_its_container_removed() {
    let mut scenes = prologue();
    let created =
        r#"{"Id": "c1", "Warnings": ["Your kernel does not support swap limit capabilities"]}"#;
    let found = r#"{"Id": "c1", "HostConfig": {"Memory": 67108864, "MemorySwap": -1}}"#;
    scenes.push(("POST /containers/create", 201, created.to_owned()));
    scenes.push(("GET /containers/c1/json", 200, found.to_owned()));
    scenes.push(("DELETE /containers/c1", 204, String::new()));
    let played = Played::new("1.41", scenes);
    let executor = played.executor().await;
    let mut instance = instance();
    instance.component.resources.limits.memory = Some(ByteSize::from_mib(64));
    let refused = executor.start(&instance).await;
    let field = "resources.limits.memory".to_owned();
    let unsupported = ExecutorErrorKind::Unsupported { field };
    assert_eq!(
        refused.as_ref().err().map(|error| error.kind().clone()),
        Some(unsupported)
    );
    let error = told(refused);
    assert!(error.contains("swap limit"), "{error}");
    let asked = played.asked();
    assert!(
        asked.iter().any(|asked| asked.starts_with("DELETE")),
        "{asked:?}"
    );
    assert!(
        !asked.iter().any(|asked| asked.contains("/start")),
        "{asked:?}"
    );
}

#[tokio::test]
async fn an_engine_on_its_way_down_is_unavailable() {
    let message = r#"{"message": "daemon is shutting down"}"#.to_owned();
    let played = Played::new("1.41", vec![("GET /images/", 503, message)]);
    let executor = played.executor().await;
    let refused = executor.start(&instance()).await;
    assert_eq!(kind(refused), Some(ExecutorErrorKind::Unavailable));
}

#[tokio::test]
async fn an_engine_without_room_says_so() {
    let message =
        "could not find an available, non-overlapping IPv4 address pool among the defaults";
    let scenes = vec![
        ("GET /networks", 200, "[]".to_owned()),
        (
            "POST /networks/create",
            404,
            format!(r#"{{"message": "{message}"}}"#),
        ),
    ];
    let played = Played::new("1.41", scenes);
    let refused = played.executor().await.open_run(&instance().run).await;
    assert_eq!(kind(refused), Some(ExecutorErrorKind::ResourceExhausted));
}

/// Engines allow networks of one name; who made one at the same time keeps the first by id.
#[tokio::test]
async fn of_two_networks_that_were_made_at_once_one_stays() {
    let scenes = vec![
        ("GET /networks", 200, "[]".to_owned()),
        (
            "POST /networks/create",
            201,
            r#"{"Id": "b", "Warning": ""}"#.to_owned(),
        ),
        (
            "GET /networks",
            200,
            r#"[{"Id": "b"}, {"Id": "a"}]"#.to_owned(),
        ),
        ("DELETE /networks/b", 204, String::new()),
    ];
    let played = Played::new("1.41", scenes);
    played
        .executor()
        .await
        .open_run(&instance().run)
        .await
        .unwrap();
    let asked = played.asked();
    assert!(
        asked
            .last()
            .unwrap()
            .starts_with("DELETE /v1.41/networks/b"),
        "{asked:?}"
    );
}

/// An engine of another machine, of a virtual one, or without root: its gateway is no address here.
#[tokio::test]
async fn an_engine_whose_networks_are_elsewhere_cannot_be_reached_back() {
    // TEST-NET-3 (RFC 5737): nobody's address.
    let inspected = r#"{"Id": "net", "IPAM": {"Config": [{"Gateway": "203.0.113.1"}]}}"#;
    let scenes = vec![
        ("GET /networks?", 200, r#"[{"Id": "net"}]"#.to_owned()),
        ("GET /networks/net", 200, inspected.to_owned()),
    ];
    let played = Played::new("1.41", scenes);
    let refused = played.executor().await.host_address(&instance().run).await;
    let field = "host_address".to_owned();
    assert_eq!(
        refused.as_ref().err().map(|error| error.kind().clone()),
        Some(ExecutorErrorKind::Unsupported { field })
    );
    assert!(told(refused).contains("DOCKER_HOST"));
}

/// The credentials of a registry go out in the alphabet that engines read: they take another for none.
#[tokio::test]
async fn credentials_are_sent_so_that_the_engine_reads_them() {
    let scenes = vec![
        (
            "GET /images/",
            404,
            r#"{"message": "No such image"}"#.to_owned(),
        ),
        ("POST /images/create", 200, String::new()),
        ("GET /images/", 200, r#"{"Id": "sha256:00"}"#.to_owned()),
    ];
    let played = Played::new("1.41", scenes);
    // `u:>>>???` makes `+` and `/` in the common alphabet.
    let config = r#"{"auths": {"r.example": {"auth": "dTo+Pj4/Pz8="}}}"#;
    std::fs::write(played.folder.path().join("config.json"), config).unwrap();
    let mut instance = instance();
    instance.component.image = Some("r.example/x:1".to_owned());
    played.executor().await.prepare(&instance).await.unwrap();
    let asked = played.asked();
    let pull = asked
        .iter()
        .find(|asked| asked.starts_with("POST"))
        .unwrap();
    let header = pull
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("x-registry-auth"))
        .unwrap()
        .1;
    assert!(!header.contains(['+', '/']), "{header}");
    let json = base64_url(header);
    assert!(json.contains(r#""username":"u""#), "{json}");
    assert!(json.contains(r#""password":">>>???""#), "{json}");
    assert!(
        pull.contains("fromImage=r.example%2Fx&") && pull.contains("tag=1"),
        "{pull}"
    );
}

fn base64_url(text: &str) -> String {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::URL_SAFE
        .decode(text)
        .unwrap();
    String::from_utf8(bytes).unwrap()
}
