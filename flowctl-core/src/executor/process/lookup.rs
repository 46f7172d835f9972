//! Which file a command means. Pure but for one question to the file system, which tests answer.

use std::{
    fmt,
    path::{Path, PathBuf},
};

/// Where programs are looked for.
#[derive(Clone, Debug)]
pub(super) struct Places<'a> {
    /// The folder in which the program is to start.
    pub(super) working_dir: &'a Path,
    /// Folders that are looked through before `path`.
    pub(super) programs: &'a [PathBuf],
    /// The folders of flowctl's own `PATH`.
    pub(super) path: &'a [PathBuf],
}

/// What a file is to somebody who wants to start it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Nothing,
    NotExecutable,
    Program,
}

/// No place has the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NotFound {
    name: String,
    looked_at: Vec<(PathBuf, Found)>,
}

/// The file of `command`.
///
/// * An absolute path is that file.
/// * A path with a `/` is that file, seen from the working folder; where it is not there, the file of
///   that name in a program folder, so that `./app`, which names a file of a container's image, finds
///   the program of this machine that was built from the same source.
/// * A bare name is looked for in the program folders, then in `PATH`.
pub(super) fn lookup(
    command: &str,
    places: &Places<'_>,
    look: impl Fn(&Path) -> Found,
) -> Result<PathBuf, NotFound> {
    let mut candidates = Vec::new();
    let path = Path::new(command);
    let name = path.file_name();
    let in_programs = || places.programs.iter().zip(std::iter::repeat(name));
    if command.contains('/') {
        candidates.push(places.working_dir.join(path));
        if path.is_relative() {
            candidates.extend(in_programs().filter_map(|(folder, name)| Some(folder.join(name?))));
        }
    } else if !command.is_empty() {
        let folders = places.programs.iter().chain(places.path);
        candidates.extend(folders.map(|folder| folder.join(command)));
    }
    let mut looked_at = Vec::new();
    for candidate in candidates {
        match look(&candidate) {
            Found::Program => return Ok(candidate),
            found => looked_at.push((candidate, found)),
        }
    }
    Err(NotFound {
        name: command.to_owned(),
        looked_at,
    })
}

/// What the file system says about a file.
pub(super) fn look(path: &Path) -> Found {
    use std::os::unix::fs::PermissionsExt;
    match std::fs::metadata(path) {
        Ok(file) if !file.is_file() => Found::Nothing,
        Ok(file) if file.permissions().mode() & 0o111 == 0 => Found::NotExecutable,
        Ok(_) => Found::Program,
        Err(_) => Found::Nothing,
    }
}

impl fmt::Display for NotFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no program `{}`", self.name)?;
        for (n, (path, found)) in self.looked_at.iter().enumerate() {
            f.write_str(if n == 0 { "; looked at " } else { ", " })?;
            write!(f, "`{}`", path.display())?;
            if *found == Found::NotExecutable {
                f.write_str(" (not executable)")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for NotFound {}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found where `/home/me` is the working folder, `/own` holds programs, and `PATH` is
    /// `/usr/bin:/bin`, with these files there.
    fn found(command: &str, files: &[&str]) -> Result<String, String> {
        let programs = [PathBuf::from("/own")];
        let path = [PathBuf::from("/usr/bin"), PathBuf::from("/bin")];
        let places = Places {
            working_dir: Path::new("/home/me"),
            programs: &programs,
            path: &path,
        };
        let look = |path: &Path| match path.to_str().unwrap() {
            path if files.contains(&path) => Found::Program,
            path if files.contains(&format!("{path} -x").as_str()) => Found::NotExecutable,
            _ => Found::Nothing,
        };
        lookup(command, &places, look)
            .map(|path| path.to_str().unwrap().to_owned())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_command_means_a_file() {
        for (command, files, expected) in [
            ("/opt/app", vec!["/opt/app", "/own/app"], "/opt/app"),
            (
                "./app",
                vec!["/home/me/./app", "/own/app"],
                "/home/me/./app",
            ),
            ("./app", vec!["/own/app", "/usr/bin/app"], "/own/app"),
            ("bin/app", vec!["/home/me/bin/app"], "/home/me/bin/app"),
            ("../app", vec!["/own/app"], "/own/app"),
            ("app", vec!["/own/app", "/bin/app"], "/own/app"),
            ("app", vec!["/usr/bin/app -x", "/bin/app"], "/bin/app"),
            ("./app", vec!["/home/me/./app -x", "/own/app"], "/own/app"),
        ] {
            assert_eq!(
                found(command, &files).as_deref(),
                Ok(expected),
                "{command} of {files:?}"
            );
        }
    }

    #[test]
    fn every_place_that_was_looked_at_is_named() {
        for (command, files, expected) in [
            (
                "app",
                vec!["/home/me/app", "/usr/bin/app -x"],
                "there is no program `app`; looked at `/own/app`, `/usr/bin/app` (not executable), `/bin/app`",
            ),
            (
                "./app",
                vec!["/bin/app"],
                "there is no program `./app`; looked at `/home/me/./app`, `/own/app`",
            ),
            (
                "/opt/app",
                vec!["/own/app"],
                "there is no program `/opt/app`; looked at `/opt/app`",
            ),
            (
                "..",
                vec!["/home/me"],
                "there is no program `..`; looked at `/own/..`, `/usr/bin/..`, `/bin/..`",
            ),
            ("", vec![], "there is no program ``"),
        ] {
            assert_eq!(found(command, &files), Err(expected.to_owned()));
        }
    }
}
