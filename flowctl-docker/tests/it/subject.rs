use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher, Hasher},
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use flowctl_docker::{Engine, ImageRecipe, Images};

/// A number that no other test has.
pub(crate) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// The static program that containers of the tests run; see `subject.c` for what it does.
pub(crate) fn program() -> Vec<u8> {
    static PROGRAM: OnceLock<Vec<u8>> = OnceLock::new();
    PROGRAM
        .get_or_init(|| {
            let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/subject.c");
            let file = format!("subject-{:x}", random());
            let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(file);
            let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
            let made = Command::new(compiler)
                .args(["-static", "-O1", "-w", "-pthread", "-o"])
                .arg(&target)
                .arg(source)
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&made.stderr);
            assert!(made.status.success(), "{said}");
            let program = std::fs::read(&target).unwrap();
            std::fs::remove_file(target).unwrap();
            program
        })
        .clone()
}

/// An image of the subject that is one test's own; gone when dropped.
pub(crate) struct SubjectImage {
    pub(crate) reference: String,
    engine: Engine,
}

impl SubjectImage {
    pub(crate) async fn build(engine: &Engine) -> Self {
        let reference = format!("flowctl-test/{:016x}:1", random());
        let recipe = ImageRecipe::new(reference.parse().unwrap(), "subject", program())
            .unwrap()
            // Another image each, so that one test does not take it away from another.
            .label("flowctl-test", reference.clone());
        let built = Images::new(engine.clone()).build(&recipe).await.unwrap();
        assert!(built.is_new);
        Self {
            reference,
            engine: engine.clone(),
        }
    }
}

impl Drop for SubjectImage {
    fn drop(&mut self) {
        let images = Images::new(self.engine.clone());
        let reference = self.reference.clone();
        finally(async move {
            drop(images.remove(&reference).await);
        });
    }
}

/// Runs something to its end where nothing can be awaited, also while a test fails.
pub(crate) fn finally(work: impl Future<Output = ()> + Send + 'static) {
    let worker = std::thread::spawn(move || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(work);
    });
    drop(worker.join());
}
