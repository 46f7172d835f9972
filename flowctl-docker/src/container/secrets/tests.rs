use flowctl_core::spec::Role;

use super::*;

fn component(secrets: Vec<Secret>) -> ComponentSpec {
    let mut component = ComponentSpec::new("sink".parse().unwrap(), Role::Sink);
    component.secrets = secrets;
    component
}

fn secret(name: &str, source: &Path) -> Secret {
    let mut secret = Secret::new(name);
    secret.host_path = Some(source.to_string_lossy().into_owned());
    secret
}

/// Every entry as `path mode uid:gid content`.
fn listed(archive: &[u8]) -> Vec<String> {
    let mut archive = tar::Archive::new(archive);
    let entries = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let mut content = String::new();
        io::Read::read_to_string(&mut entry, &mut content).unwrap();
        let header = entry.header();
        format!(
            "{} {:o} {}:{} {content}",
            entry.path().unwrap().display(),
            header.mode().unwrap(),
            header.uid().unwrap(),
            header.gid().unwrap(),
        )
    });
    entries.collect()
}

#[test]
fn secrets_become_files_of_the_containers_user() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "hush").unwrap();
    let mut elsewhere = secret("key", &file);
    elsewhere.container_path = Some("/app/keys/key.pem".to_owned());
    elsewhere.mode = Some("0440".to_owned());
    let component = component(vec![secret("token", &file), elsewhere]);
    let folders = SecretFiles::folders(&component).unwrap();
    assert_eq!(folders, [Path::new("/run/secrets"), Path::new("/app/keys")]);
    let files = SecretFiles::read(&component).unwrap();
    let archives = files.archives((7, 8)).unwrap();
    assert_eq!(archives.len(), 2);
    assert_eq!(archives[0].0, Path::new("/app/keys"));
    assert_eq!(listed(&archives[0].1), ["key.pem 440 7:8 hush"]);
    assert_eq!(listed(&archives[1].1), ["token 400 7:8 hush"]);
    assert!(!format!("{files:?}").contains("hush"));
}

#[test]
fn a_folder_of_secrets_keeps_its_shape() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("deep")).unwrap();
    std::fs::write(folder.path().join("deep/one"), "1").unwrap();
    std::fs::write(folder.path().join("two"), "2").unwrap();
    let mut secret = secret("all", folder.path());
    secret.kind = SecretKind::Dir;
    let files = SecretFiles::read(&component(vec![secret])).unwrap();
    let archives = files.archives((7, 7)).unwrap();
    assert_eq!(archives[0].0, Path::new("/run/secrets"));
    assert_eq!(
        listed(&archives[0].1),
        [
            "all 500 7:7 ",
            "all/deep 500 7:7 ",
            "all/deep/one 400 7:7 1",
            "all/two 400 7:7 2"
        ]
    );
}

#[test]
fn what_is_not_required_may_be_missing() {
    let mut optional = secret("gone", Path::new("/nonexistent/secret"));
    optional.required = false;
    let files = SecretFiles::read(&component(vec![optional.clone()])).unwrap();
    assert!(files.is_empty());
    optional.required = true;
    let error = SecretFiles::read(&component(vec![optional])).unwrap_err();
    assert!(matches!(error, SecretError::Unreadable { name, .. } if name == "gone"));
}

#[test]
fn what_is_no_secret_in_a_container_is_refused() {
    let refused = |change: fn(&mut Secret)| {
        let mut secret = secret("x", Path::new("/x"));
        change(&mut secret);
        SecretFiles::folders(&component(vec![secret]))
            .unwrap_err()
            .field
    };
    assert_eq!(refused(|s| s.kind = SecretKind::Env), "secrets[0].type");
    let path = "secrets[0].container_path";
    assert_eq!(refused(|s| s.container_path = Some("x".into())), path);
    assert_eq!(refused(|s| s.container_path = Some("/etc/x".into())), path);
    assert_eq!(refused(|s| s.container_path = Some("/a/../x".into())), path);
}
