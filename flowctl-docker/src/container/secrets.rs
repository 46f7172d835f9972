use std::{
    collections::BTreeMap,
    fmt, io,
    path::{Path, PathBuf},
};

use bollard::models::{Mount, MountType, MountVolumeOptions};
use flowctl_core::spec::{ComponentSpec, Secret, SecretKind};

use crate::error::Unfit;

/// The secrets of one component, read from this machine, by the folders of the container that they go
/// into.
///
/// Each folder is an anonymous volume, into which the files are written before the container starts:
/// that is the only way into a container with a read-only root that needs no file of this machine to
/// belong to the container's user. It goes with the container.
#[derive(Default)]
pub(crate) struct SecretFiles {
    folders: BTreeMap<PathBuf, Vec<SecretFile>>,
}

struct SecretFile {
    /// Below its folder.
    path: PathBuf,
    mode: u32,
    bytes: Vec<u8>,
}

/// Where a secret is unless its spec says otherwise.
const DEFAULT_FOLDER: &str = "/run/secrets";
/// How many files, and how many bytes in all, the secrets of one component may be.
const MOST_FILES: usize = 1024;
const MOST_BYTES: usize = 16 << 20;

impl SecretFiles {
    /// The folders that `component` needs, without reading any secret.
    pub(crate) fn folders(component: &ComponentSpec) -> Result<Vec<PathBuf>, Unfit> {
        let mut folders = Vec::new();
        for (at, secret) in component.secrets.iter().enumerate() {
            let folder = place(secret, at)?.0;
            if !folders.contains(&folder) {
                folders.push(folder);
            }
        }
        Ok(folders)
    }

    /// Reads them all. Blocking.
    pub(crate) fn read(component: &ComponentSpec) -> Result<Self, SecretError> {
        let mut files = Self::default();
        for (at, secret) in component.secrets.iter().enumerate() {
            files.add(secret, at)?;
        }
        Ok(files)
    }

    fn add(&mut self, secret: &Secret, at: usize) -> Result<(), SecretError> {
        let (folder, below) = place(secret, at)?;
        let unreadable = |source| SecretError::Unreadable {
            name: secret.name.clone(),
            source,
        };
        let mode = match &secret.mode {
            Some(text) => u32::from_str_radix(text, 8)
                .map_err(|_| Unfit::new(format!("secrets[{at}].mode"), "it is not octal"))?,
            None => 0o400,
        };
        let files = self.folders.entry(folder).or_default();
        let Some(source) = secret.host_path.as_deref().map(Path::new) else {
            let reason = "there is no file of this machine to read it from";
            return Err(Unfit::new(format!("secrets[{at}].host_path"), reason).into());
        };
        let found = match secret.kind {
            SecretKind::Dir => walk(source),
            SecretKind::File | SecretKind::Env => {
                std::fs::read(source).map(|bytes| vec![(PathBuf::new(), bytes)])
            }
        };
        let found = match found {
            Err(error) if error.kind() == io::ErrorKind::NotFound && !secret.required => {
                return Ok(());
            }
            other => other.map_err(unreadable)?,
        };
        for (path, bytes) in found {
            let path = if path.as_os_str().is_empty() {
                below.clone()
            } else {
                below.join(path)
            };
            files.push(SecretFile { path, mode, bytes });
        }
        Ok(())
    }

    /// What goes into each folder, as tar archives that belong to this user.
    pub(crate) fn archives(&self, (uid, gid): (u32, u32)) -> io::Result<Vec<(PathBuf, Vec<u8>)>> {
        let mut archives = Vec::new();
        for (folder, files) in &self.folders {
            if files.is_empty() {
                continue;
            }
            let mut tar = tar::Builder::new(Vec::new());
            let mut entry = |path: &Path, kind, mode, bytes: &[u8]| {
                let mut header = tar::Header::new_gnu();
                header.set_entry_type(kind);
                header.set_mode(mode);
                header.set_uid(uid.into());
                header.set_gid(gid.into());
                header.set_size(bytes.len() as u64);
                tar.append_data(&mut header, path, bytes)
            };
            let mut made: Vec<&Path> = Vec::new();
            for file in files {
                for parent in file.path.ancestors().skip(1) {
                    if !parent.as_os_str().is_empty() && !made.contains(&parent) {
                        made.push(parent);
                    }
                }
            }
            made.sort_unstable();
            for folder in made {
                entry(folder, tar::EntryType::Directory, 0o500, &[])?;
            }
            for file in files {
                entry(&file.path, tar::EntryType::Regular, file.mode, &file.bytes)?;
            }
            archives.push((folder.clone(), tar.into_inner()?));
        }
        Ok(archives)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.folders.values().all(Vec::is_empty)
    }
}

impl fmt::Debug for SecretFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.folders.keys()).finish()
    }
}

/// The mounts that hold secrets.
pub(super) fn mounts(component: &ComponentSpec) -> Result<Vec<Mount>, Unfit> {
    let mounts = SecretFiles::folders(component)?
        .into_iter()
        .map(|folder| Mount {
            target: Some(folder.to_string_lossy().into_owned()),
            typ: Some(MountType::VOLUME),
            // What the image has there is not the component's secret.
            volume_options: Some(MountVolumeOptions {
                no_copy: Some(true),
                ..MountVolumeOptions::default()
            }),
            ..Mount::default()
        });
    Ok(mounts.collect())
}

/// The folder of the container that a secret goes into, and its path below it.
fn place(secret: &Secret, at: usize) -> Result<(PathBuf, PathBuf), Unfit> {
    let field = format!("secrets[{at}].container_path");
    let refuse = |reason: &str| Err(Unfit::new(field.clone(), reason));
    let path = match &secret.container_path {
        Some(path) => PathBuf::from(path),
        None => Path::new(DEFAULT_FOLDER).join(&secret.name),
    };
    if !path.is_absolute()
        || path
            .components()
            .any(|c| c == std::path::Component::ParentDir)
    {
        return refuse("it has to be absolute, without `..`");
    }
    let (folder, below) = match secret.kind {
        // An engine shows the variables of a container to everybody who may ask it.
        SecretKind::Env => {
            let reason = "a container's variables are no secret: use `type: file`";
            return Err(Unfit::new(format!("secrets[{at}].type"), reason));
        }
        SecretKind::Dir => {
            // Beside other secrets it would hide them, or they it.
            if path.parent() == Some(Path::new(DEFAULT_FOLDER)) {
                let below = path.file_name().map(PathBuf::from).unwrap_or_default();
                (PathBuf::from(DEFAULT_FOLDER), below)
            } else {
                (path, PathBuf::new())
            }
        }
        SecretKind::File => match (path.parent(), path.file_name()) {
            (Some(folder), Some(name)) => (folder.to_owned(), PathBuf::from(name)),
            _ => return refuse("it names no file"),
        },
    };
    // The folder is the secrets' own: what the image has in it is hidden.
    let system = [
        "/", "/etc", "/bin", "/sbin", "/usr", "/lib", "/lib64", "/var", "/dev", "/proc", "/sys",
        "/run", "/tmp",
    ];
    if system.iter().any(|system| folder == Path::new(system)) {
        return refuse("it needs a folder of its own, such as /run/secrets");
    }
    Ok((folder, below))
}

/// All files below `folder`, in order.
fn walk(folder: &Path) -> io::Result<Vec<(PathBuf, Vec<u8>)>> {
    let mut found = Vec::new();
    let mut bytes = 0;
    let mut folders = vec![PathBuf::new()];
    while let Some(below) = folders.pop() {
        for entry in std::fs::read_dir(folder.join(&below))? {
            let entry = entry?;
            let path = below.join(entry.file_name());
            if entry.path().is_dir() {
                folders.push(path);
                continue;
            }
            let content = std::fs::read(entry.path())?;
            bytes += content.len();
            found.push((path, content));
            if found.len() > MOST_FILES || bytes > MOST_BYTES {
                return Err(io::Error::other(
                    "it holds more than 1024 files or 16 MiB, which is no secret",
                ));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Why the secrets of a component cannot be handed to it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SecretError {
    #[error("the secret `{name}` cannot be read")]
    Unreadable {
        name: String,
        #[source]
        source: io::Error,
    },
    #[error(transparent)]
    Unfit(#[from] Unfit),
}

#[cfg(test)]
mod tests {
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
}
