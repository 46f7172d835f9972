//! A registry on loopback that wants a password: Debian's `docker-registry`, where it is installed.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use flowctl_core::{
    Executor,
    executor::{ExecutorErrorKind, ExitStatus},
    spec::ImagePolicy,
};
use flowctl_docker::{DockerExecutor, Engine, ImageError, ImageRecipe, Images, Surroundings};

use crate::{
    bench::{Bench, PATIENCE, kind, skip, told},
    subject::{program, random},
};

/// `me` and the password, bcrypt. The password makes `+` and `/` in base64.
const PASSWORD_FILE: &str = "me:$2b$04$ih7mj.qqYssQdIJb3/l.Ge9eqeVxFyR7Tn1G3wiUGkNQK3V1yMX0i\n";
const PASSWORD: &str = "pa?>~ss";

struct Registry {
    folder: tempfile::TempDir,
    child: Child,
    address: String,
}

impl Registry {
    async fn start(test: &str) -> Option<Self> {
        let there = Command::new("docker-registry").arg("--version").output();
        if there.is_err() {
            skip(test, "docker", "docker-registry is not installed");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        // The registry cannot be told to take any port and say which.
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap().to_string();
        drop(free);
        std::fs::write(folder.path().join("passwords"), PASSWORD_FILE).unwrap();
        let config = format!(
            "version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {0}/data}}}}\n\
             http: {{addr: {address}}}\nauth: {{htpasswd: {{realm: r, path: {0}/passwords}}}}\n",
            folder.path().display()
        );
        let file = folder.path().join("config.yml");
        std::fs::write(&file, config).unwrap();
        let child = Command::new("docker-registry")
            .arg("serve")
            .arg(file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let registry = Self {
            folder,
            child,
            address,
        };
        let answers = async {
            while TcpStream::connect(&registry.address).is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, answers).await.unwrap();
        Some(registry)
    }

    /// A configuration of docker in a folder of its own.
    fn config(&self, name: &str, config: &str) -> Surroundings {
        let folder = self.folder.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("config.json"), config).unwrap();
        let mut surroundings = Surroundings::of_process();
        surroundings.docker_config = Some(folder);
        if surroundings.docker_host.is_none() {
            // The context of this machine's own configuration, if it has one.
            let own = flowctl_docker::EngineHost::resolve(&Surroundings::of_process()).unwrap();
            surroundings.docker_host = Some(own.address.to_string());
        }
        surroundings
    }

    fn with_password(&self, name: &str, password: &str) -> Surroundings {
        use base64::Engine as _;
        let auth = base64::engine::general_purpose::STANDARD.encode(format!("me:{password}"));
        let config = format!(
            r#"{{"auths": {{"{}": {{"auth": "{auth}"}}}}}}"#,
            self.address
        );
        self.config(name, &config)
    }

    fn image(&self, name: &str) -> String {
        format!("{}/flowctl-test/{name}-{:016x}:1", self.address, random())
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn recipe(reference: &str, code: &str) -> ImageRecipe {
    ImageRecipe::new(reference.parse().unwrap(), "subject", program())
        .unwrap()
        // A layer of its own: the engine fetches none that it has.
        .file("/reference", reference.to_owned())
        .unwrap()
        .arguments(["exit".to_owned(), code.to_owned()])
}

async fn executor(surroundings: Surroundings) -> DockerExecutor {
    DockerExecutor::new(Engine::connect(surroundings).await.unwrap())
}

#[tokio::test]
async fn images_are_pushed_and_pulled_with_the_users_credentials() {
    let Some(bench) = Bench::open("registry").await else {
        return;
    };
    let Some(registry) = Registry::start("registry").await else {
        return;
    };
    let me = executor(registry.with_password("me", PASSWORD)).await;
    let stranger = executor(registry.with_password("stranger", "wrong")).await;
    let nobody = executor(registry.config("nobody", "{}")).await;
    let images = Images::new(me.engine().clone());
    let reference = registry.image("pulled");
    images.build(&recipe(&reference, "1")).await.unwrap();

    let denied = Some(ExecutorErrorKind::PermissionDenied);
    let name = reference.parse().unwrap();
    for other in [&stranger, &nobody] {
        let refused = Images::new(other.engine().clone()).push(&name).await;
        let Err(ImageError::Engine(error)) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(Some(error.kind().clone()), denied);
    }
    let digest = images.push(&name).await.unwrap();
    assert!(digest.starts_with("sha256:"), "{digest}");

    // Another image takes the tag over in the registry, behind this engine's back.
    images.build(&recipe(&reference, "2")).await.unwrap();
    let newer = images.push(&name).await.unwrap();
    assert_ne!(newer, digest);
    images.build(&recipe(&reference, "1")).await.unwrap();

    let mut component = bench.component("one", &[]);
    component.image = Some(reference.clone());
    let instance = |policy| {
        let mut component = component.clone();
        component.image_policy = policy;
        bench.instance_of(component)
    };
    let code = async |generation: u32, executor: &DockerExecutor, policy| {
        let mut instance = instance(policy);
        instance.generation = generation;
        executor.prepare(&instance).await.unwrap();
        let handle = executor.start(&instance).await.unwrap();
        bench.wait(&handle).await.status
    };
    // What is there is used, unless it is always pulled.
    let missing = code(1, &nobody, ImagePolicy::Missing).await;
    assert_eq!(missing, ExitStatus::Code(1));
    for other in [&stranger, &nobody] {
        let refused = other.prepare(&instance(ImagePolicy::Always)).await;
        assert_eq!(kind(refused), denied);
    }
    assert_eq!(code(2, &me, ImagePolicy::Always).await, ExitStatus::Code(2));

    // By its digest the first one is still to be had.
    bench.executor.close_run(&bench.scope).await.unwrap();
    bench.executor.open_run(&bench.scope).await.unwrap();
    images.remove(&reference).await.unwrap();
    let refused = me.prepare(&instance(ImagePolicy::Never)).await;
    assert_eq!(kind(refused), Some(ExecutorErrorKind::ImageUnavailable));
    let pinned = format!("{}@{digest}", reference.trim_end_matches(":1"));
    component.image = Some(pinned.clone());
    let by_digest = bench.instance_of(component.clone());
    me.prepare(&by_digest).await.unwrap();
    let handle = me.start(&by_digest).await.unwrap();
    assert_eq!(bench.wait(&handle).await.status, ExitStatus::Code(1));
    bench.executor.close_run(&bench.scope).await.unwrap();
    images.remove(&pinned).await.unwrap();

    // What the registry does not have.
    component.image = Some(registry.image("none"));
    let refused = me.prepare(&bench.instance_of(component)).await;
    assert_eq!(kind(refused), Some(ExecutorErrorKind::ImageUnavailable));
    bench.close().await;
}

#[tokio::test]
async fn credential_helpers_are_asked() {
    let Some(registry) = Registry::start("credential helper").await else {
        return;
    };
    if crate::bench::engine("credential helper").await.is_none() {
        return;
    }
    let folder = registry.folder.path();
    let said = format!(r#"{{"ServerURL":"","Username":"me","Secret":"{PASSWORD}"}}"#);
    let asked = folder.join("asked");
    script(
        &folder.join("docker-credential-good"),
        &format!("#!/bin/sh\ncat > {}\necho '{said}'\n", asked.display()),
    );
    script(
        &folder.join("docker-credential-broken"),
        "#!/bin/sh\necho 'the store is locked'\nexit 1\n",
    );
    let mut path = vec![folder.to_owned()];
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
    let reference = registry.image("helped");
    for (name, works) in [("good", true), ("broken", false)] {
        let config = format!(r#"{{"credHelpers": {{"{}": "{name}"}}}}"#, registry.address);
        let mut surroundings = registry.config(name, &config);
        surroundings.path = Some(std::env::join_paths(&path).unwrap());
        let images = Images::new(Engine::connect(surroundings).await.unwrap());
        images.build(&recipe(&reference, "0")).await.unwrap();
        let pushed = images.push(&reference.parse().unwrap()).await;
        images.remove(&reference).await.unwrap();
        if works {
            pushed.unwrap();
            assert_eq!(std::fs::read_to_string(&asked).unwrap(), registry.address);
        } else {
            let Err(ImageError::Engine(error)) = pushed else {
                panic!("{pushed:?}");
            };
            let error = told::<()>(Err(error));
            assert!(error.contains("the store is locked"), "{error}");
        }
    }
}

fn script(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// A registry that stops in the middle of a layer.
#[tokio::test]
async fn a_pull_that_is_cut_off_is_told() {
    let Some(bench) = Bench::open("cut pull").await else {
        return;
    };
    let Some(registry) = Registry::start("cut pull").await else {
        return;
    };
    let me = executor(registry.with_password("me", PASSWORD)).await;
    let images = Images::new(me.engine().clone());
    let reference = registry.image("cut");
    images.build(&recipe(&reference, "0")).await.unwrap();
    images.push(&reference.parse().unwrap()).await.unwrap();
    images.remove(&reference).await.unwrap();
    // Half of every larger piece that the registry holds is gone.
    cut_large(&registry.folder.path().join("data"));
    let mut component = bench.component("one", &[]);
    component.image = Some(reference.clone());
    let refused = me.prepare(&bench.instance_of(component)).await;
    let id = images.id(&reference).await;
    images.remove(&reference).await.unwrap();
    let error = told(refused);
    assert!(error.contains("pull the image of `one`"), "{error}");
    assert_eq!(id.unwrap(), None);
    bench.close().await;
}

fn cut_large(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            cut_large(&path);
        } else if entry.metadata().unwrap().len() > 100_000 {
            let mut bytes = Vec::new();
            std::fs::File::open(&path)
                .unwrap()
                .read_to_end(&mut bytes)
                .unwrap();
            let mut file = std::fs::File::create(&path).unwrap();
            file.write_all(&bytes[..bytes.len() / 2]).unwrap();
        }
    }
}
