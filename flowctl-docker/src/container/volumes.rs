use std::{
    collections::HashMap,
    path::{Component, Path, PathBuf},
};

use bollard::models::{Mount, MountTmpfsOptions, MountType, MountVolumeOptions};
use flowctl_core::{
    executor::RunScope,
    spec::{ComponentSpec, Volume},
};

use super::identity::{label, prefix};
use crate::error::Unfit;

/// Folders of this machine that no container is given: those that the Go flowctl refuses, the kernel's,
/// and the sockets of engines, which are root on this machine.
const REFUSED: &[&str] = &[
    "/",
    "/etc",
    "/bin",
    "/sbin",
    "/usr",
    "/lib",
    "/lib64",
    "/var",
    "/boot",
    "/dev",
    "/proc",
    "/sys",
    "/var/run",
    "/run",
    "/var/run/docker.sock",
    "/run/docker.sock",
    "/var/lib/docker",
];

/// The name in the engine of a volume that a pipeline calls `name`: `{pipeline}_{name}`, and the
/// namespace with a dot before it unless it is the default.
pub(crate) fn volume_name(run: &RunScope, name: &str) -> String {
    format!("{}{}_{name}", prefix(&run.namespace, '.'), run.pipeline)
}

/// What relative and `~` paths of this machine mean, and what links lead to.
pub(crate) struct Folders<'a> {
    pub(crate) home: Option<&'a Path>,
    pub(crate) current: &'a Path,
    /// The path without links; `None` where there is nothing, or where it cannot be told because the
    /// engine is on another machine.
    pub(crate) real: &'a (dyn Fn(&Path) -> Option<PathBuf> + Sync),
}

/// The mounts of a component's volumes.
pub(super) fn mounts(
    component: &ComponentSpec,
    run: &RunScope,
    folders: &Folders<'_>,
) -> Result<Vec<Mount>, Unfit> {
    component
        .volumes
        .iter()
        .enumerate()
        .map(|(at, volume)| mount(volume, at, run, folders))
        .collect()
}

fn mount(
    volume: &Volume,
    at: usize,
    run: &RunScope,
    folders: &Folders<'_>,
) -> Result<Mount, Unfit> {
    let field = |name: &str| format!("volumes[{at}].{name}");
    let target = volume
        .target()
        .ok_or_else(|| Unfit::new(field("container_path"), "there is none"))?;
    if !target.starts_with('/') || normal(Path::new(target)) == Path::new("/") {
        let reason = format!("`{target}` is no place for a volume: it has to be absolute");
        return Err(Unfit::new(field("container_path"), reason));
    }
    let mut mount = Mount {
        target: Some(target.to_owned()),
        read_only: Some(volume.readonly),
        ..Mount::default()
    };
    if volume.size.is_some() && !volume.tmpfs {
        let reason = "only a `tmpfs` has a size of its own";
        return Err(Unfit::new(field("size"), reason));
    }
    if volume.tmpfs {
        mount.typ = Some(MountType::TMPFS);
        let size = volume.size.map(|size| i64::try_from(size.bytes()));
        mount.tmpfs_options = Some(MountTmpfsOptions {
            size_bytes: size
                .transpose()
                .map_err(|_| Unfit::new(field("size"), "it is more than an engine can count"))?,
            ..MountTmpfsOptions::default()
        });
    } else if let Some(path) = &volume.host_path {
        let source =
            host_folder(path, folders).map_err(|reason| Unfit::new(field("host_path"), reason))?;
        mount.typ = Some(MountType::BIND);
        mount.source = Some(source.to_string_lossy().into_owned());
    } else if let Some(name) = &volume.name {
        mount.typ = Some(MountType::VOLUME);
        mount.source = Some(volume_name(run, name));
        mount.volume_options = Some(MountVolumeOptions {
            // Of the pipeline, not of the run: it outlives it.
            labels: Some(HashMap::from([
                (label::NAMESPACE.to_owned(), run.namespace.to_string()),
                (label::PIPELINE.to_owned(), run.pipeline.to_string()),
            ])),
            ..MountVolumeOptions::default()
        });
    } else {
        let reason = "the volume is neither named, nor a folder of this machine, nor a tmpfs";
        return Err(Unfit::new(format!("volumes[{at}]"), reason));
    }
    Ok(mount)
}

/// The absolute folder that a spec means, unless it is one that no container gets.
fn host_folder(text: &str, folders: &Folders<'_>) -> Result<PathBuf, String> {
    let path = match (text.strip_prefix("~/"), folders.home) {
        (Some(rest), Some(home)) => home.join(rest),
        (Some(_), None) => return Err(format!("`{text}`: HOME is not set")),
        (None, _) => folders.current.join(text),
    };
    let path = normal(&path);
    let real = (folders.real)(&path);
    for path in [Some(&path), real.as_ref()].into_iter().flatten() {
        if REFUSED.iter().any(|refused| path == Path::new(refused))
            || ["/proc", "/sys", "/dev"]
                .iter()
                .any(|folder| path.starts_with(folder))
        {
            return Err(format!("`{}` is given to no container", path.display()));
        }
    }
    Ok(path)
}

/// The path without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                normal.pop();
            }
            Component::CurDir => {}
            other => normal.push(other),
        }
    }
    normal
}

/// The folders of this machine that the container is to write to.
pub(crate) fn writable_binds(mounts: &[Mount]) -> impl Iterator<Item = &Path> {
    mounts
        .iter()
        .filter(|mount| mount.typ == Some(MountType::BIND) && mount.read_only != Some(true))
        .filter_map(|mount| mount.source.as_deref().map(Path::new))
}

#[cfg(test)]
mod tests {
    use flowctl_core::{ByteSize, RunId, spec::Role};

    use super::*;

    fn mounted(change: impl FnOnce(&mut Volume)) -> Result<Mount, Unfit> {
        let mut volume = Volume::default();
        volume.container_path = Some("/data".to_owned());
        change(&mut volume);
        let mut component = ComponentSpec::new("sink".parse().unwrap(), Role::Sink);
        component.volumes = vec![volume];
        let run = RunScope::new(
            "team".parse().unwrap(),
            "ttp".parse().unwrap(),
            RunId::from_bits(1),
        );
        let folders = Folders {
            home: Some(Path::new("/home/me")),
            current: Path::new("/here"),
            real: &|path| (path == Path::new("/here/link")).then(|| PathBuf::from("/etc")),
        };
        mounts(&component, &run, &folders).map(|mut mounts| mounts.remove(0))
    }

    fn bind(path: &str) -> Result<Option<String>, Unfit> {
        mounted(|volume| volume.host_path = Some(path.to_owned())).map(|mount| mount.source)
    }

    #[test]
    fn a_named_volume_is_the_pipelines_own() {
        let mount = mounted(|volume| volume.name = Some("data".to_owned())).unwrap();
        assert_eq!(mount.source.as_deref(), Some("team.ttp_data"));
        let labels = mount.volume_options.unwrap().labels.unwrap();
        assert!(!labels.contains_key(label::RUN), "it outlives the run");
    }

    #[test]
    fn paths_of_this_machine_become_absolute() {
        for (path, expected) in [
            ("/srv/lake", "/srv/lake"),
            ("lake/./x", "/here/lake/x"),
            ("../lake", "/lake"),
            ("~/lake", "/home/me/lake"),
            ("/var/lib/lake", "/var/lib/lake"),
        ] {
            assert_eq!(bind(path).unwrap().as_deref(), Some(expected));
        }
    }

    #[test]
    fn the_system_is_given_to_no_container() {
        for path in [
            "/",
            "/etc",
            "/etc/",
            "/usr/../etc/.",
            "/var",
            "../etc",
            "link",
            "/proc/1",
            "/sys",
            "/var/run/docker.sock",
        ] {
            let refused = bind(path).unwrap_err();
            assert_eq!(refused.field, "volumes[0].host_path", "{path}");
        }
    }

    #[test]
    fn a_tmpfs_may_have_a_size_and_nothing_else_has_one() {
        let mount = mounted(|volume| {
            volume.tmpfs = true;
            volume.size = Some(ByteSize::from_mib(1));
        })
        .unwrap();
        assert_eq!(mount.tmpfs_options.unwrap().size_bytes, Some(1 << 20));
        let refused = mounted(|volume| {
            volume.name = Some("data".to_owned());
            volume.size = Some(ByteSize::from_mib(1));
        });
        assert_eq!(refused.unwrap_err().field, "volumes[0].size");
    }
}
