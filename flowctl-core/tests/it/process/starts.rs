//! What a program is started with, and why it is not.

use std::{fs, os::unix::fs::PermissionsExt};

use flowctl_core::{
    Executor,
    executor::{ExecutorErrorKind, ExitStatus},
    spec::{Secret, SecretKind},
};

use super::lab::{Lab, command, shell, soon};

#[tokio::test]
async fn a_program_sees_its_words_and_its_environment_and_nothing_else() {
    let lab = Lab::new();
    let mut component = shell(
        "app",
        r#"printf '%s|' "$0" "$@"; echo; env | sort; pwd; cat"#,
    );
    component.args = ["a b", "", "$HOME", "*"].map(str::to_owned).to_vec();
    component.env.insert("PORT".to_owned(), ":7".to_owned());
    component
        .env
        .insert("PATH".to_owned(), "/usr/bin:/bin".to_owned());
    component.working_dir = Some(lab.folder.path().to_str().unwrap().to_owned());
    let handle = lab.executor.start(&lab.instance(component)).await.unwrap();
    let report = soon(lab.executor.wait(&handle)).await.unwrap();
    assert_eq!(report.status, ExitStatus::Code(0), "it has nothing to read");
    let lines = lab.texts(&handle).await;
    // The shell itself sets `PWD`, and some shells others.
    let of_the_shell = |line: &&String| {
        !["PWD=", "SHLVL=", "_=", "OLDPWD="]
            .iter()
            .any(|own| line.starts_with(own))
    };
    let seen: Vec<&String> = lines.iter().filter(of_the_shell).collect();
    let folder = fs::canonicalize(lab.folder.path()).unwrap();
    assert_eq!(
        seen,
        [
            "a b||$HOME|*|",
            "PATH=/usr/bin:/bin",
            "PORT=:7",
            folder.to_str().unwrap()
        ]
    );
}

#[tokio::test]
async fn a_program_without_a_path_has_that_of_flowctl() {
    let lab = Lab::new();
    let handle = lab.start("echo \"$PATH\"").await;
    soon(lab.executor.wait(&handle)).await.unwrap();
    assert_eq!(lab.texts(&handle).await, [std::env::var("PATH").unwrap()]);
}

#[tokio::test]
async fn a_program_of_an_image_is_found_in_the_program_folders() {
    let lab = Lab::new();
    let programs = lab.file("programs");
    fs::create_dir(&programs).unwrap();
    let program = programs.join("app");
    fs::write(&program, "#!/bin/sh\necho found\n").unwrap();
    let component = command("app", &["./app"]);

    let (kind, message) = lab.refused(component.clone()).await;
    assert_eq!(kind, ExecutorErrorKind::ImageUnavailable);
    let here = std::env::current_dir().unwrap();
    assert!(
        message.contains(&format!("`{}`", here.join("./app").display())),
        "{message}"
    );

    let mut lab = lab;
    lab.executor = lab.later().programs(&programs);
    let (_, message) = lab.refused(component.clone()).await;
    assert!(message.contains("app` (not executable)"), "{message}");

    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let handle = lab.executor.start(&lab.instance(component)).await.unwrap();
    soon(lab.executor.wait(&handle)).await.unwrap();
    assert_eq!(lab.texts(&handle).await, ["found"]);
}

#[tokio::test]
async fn what_cannot_be_started_is_said() {
    let lab = Lab::new();
    let mut elsewhere = shell("app", "true");
    elsewhere.working_dir = Some("/no/such/folder".to_owned());
    let (kind, message) = lab.refused(elsewhere).await;
    assert_eq!(kind, ExecutorErrorKind::Failed);
    assert!(
        message.contains("`working_dir` is `/no/such/folder`"),
        "{message}"
    );

    let junk = lab.file("junk");
    fs::write(&junk, [0x7f, b'E', b'L', b'F', 0, 0]).unwrap();
    fs::set_permissions(&junk, fs::Permissions::from_mode(0o755)).unwrap();
    let (kind, message) = lab.refused(command("app", &[junk.to_str().unwrap()])).await;
    assert_eq!(kind, ExecutorErrorKind::ImageUnavailable);
    assert!(message.contains("junk` cannot be started"), "{message}");

    let mut secret = Secret::new("token");
    secret.kind = SecretKind::Env;
    secret.env = Some("FLOWCTL_TEST_NO_SUCH_VARIABLE".to_owned());
    let mut component = shell("app", "env");
    component.secrets = vec![secret.clone()];
    let (kind, message) = lab.refused(component.clone()).await;
    assert_eq!(kind, ExecutorErrorKind::Failed);
    assert!(
        message.contains("`FLOWCTL_TEST_NO_SUCH_VARIABLE` is not set"),
        "{message}"
    );

    secret.required = false;
    component.secrets = vec![secret];
    let handle = lab.executor.start(&lab.instance(component)).await.unwrap();
    let report = soon(lab.executor.wait(&handle)).await.unwrap();
    assert_eq!(report.status, ExitStatus::Code(0));
}

#[tokio::test]
async fn a_secret_of_the_environment_is_handed_on() {
    let lab = Lab::new();
    let mut secret = Secret::new("cargo");
    secret.kind = SecretKind::Env;
    // Something that is set in every test.
    secret.env = Some("CARGO_PKG_NAME".to_owned());
    let mut component = shell("app", "echo \"$CARGO_PKG_NAME\"");
    component.secrets = vec![secret];
    let handle = lab.executor.start(&lab.instance(component)).await.unwrap();
    soon(lab.executor.wait(&handle)).await.unwrap();
    assert_eq!(lab.texts(&handle).await, ["flowctl-core"]);
    let record = fs::read_to_string(lab.file_of(&handle, "record.json")).unwrap();
    assert!(!record.contains("flowctl-core"), "{record}");
}

#[tokio::test]
async fn a_command_runs_in_the_surroundings_of_an_instance() {
    let lab = Lab::new();
    let mut component = shell("app", "while :; do sleep 0.02; done");
    component.env.insert("WORD".to_owned(), "seven".to_owned());
    component.working_dir = Some(lab.folder.path().to_str().unwrap().to_owned());
    let handle = lab.executor.start(&lab.instance(component)).await.unwrap();
    let command = ["/bin/sh", "-c", "echo $WORD > seen"].map(str::to_owned);
    // Whoever started it, and whoever takes it over, knows the same of it.
    for executor in [&lab.executor, &lab.later()] {
        let report = soon(executor.exec(&handle, &command)).await.unwrap();
        assert_eq!(report.status, ExitStatus::Code(0));
        assert_eq!(fs::read_to_string(lab.file("seen")).unwrap(), "seven\n");
        fs::remove_file(lab.file("seen")).unwrap();
    }
    let unknown = lab
        .executor
        .exec(&handle, &["no-such-program".to_owned()])
        .await;
    assert_eq!(
        *unknown.unwrap_err().kind(),
        ExecutorErrorKind::ImageUnavailable
    );
}

#[tokio::test]
async fn a_command_that_is_cut_short_is_ended() {
    let lab = Lab::new();
    let handle = lab.start("while :; do sleep 0.02; done").await;
    let pid = lab.file("pid");
    let script = format!("echo $$ > {}; exec sleep 1000", pid.display());
    let command = ["/bin/sh", "-c", &script].map(str::to_owned);
    let number = tokio::select! {
        report = lab.executor.exec(&handle, &command) => panic!("{report:?}"),
        number = super::lab::number_in(&pid) => number,
    };
    super::lab::until(|| !super::lab::runs(number)).await;
}
