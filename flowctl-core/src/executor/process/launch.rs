use std::{
    collections::BTreeMap,
    ffi::OsString,
    io,
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

/// All that a program is started with.
#[derive(Debug)]
pub(super) struct Launch {
    /// Its file, an absolute path.
    pub(super) program: PathBuf,
    /// The words that it sees: its own name first.
    pub(super) words: Vec<String>,
    pub(super) environment: BTreeMap<OsString, OsString>,
    pub(super) working_dir: PathBuf,
}

impl Launch {
    /// Starts it as the first process of its own group, with nothing to read.
    ///
    /// The standard library gives it the default action of `SIGPIPE` and an empty signal mask, and no
    /// descriptor of this process that is marked close-on-exec, which is all that Rust opens.
    pub(super) fn spawn(&self, out: Stdio, err: Stdio) -> io::Result<Child> {
        let mut words = self.words.iter();
        let mut command = Command::new(&self.program);
        if let Some(name) = words.next() {
            command.arg0(name);
        }
        command
            .args(words)
            .env_clear()
            .envs(&self.environment)
            .current_dir(&self.working_dir)
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .process_group(0)
            .spawn()
    }
}
