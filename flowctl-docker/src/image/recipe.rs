use std::{collections::BTreeMap, io};

use bytes::Bytes;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{ImageError, ImageReference, program};
use crate::container::{DEFAULT_USER, label};

/// An image that is made of one static program and nothing else; no registry, no base, no Dockerfile.
///
/// Reproducible: the same recipe gives the same image id on every machine, at any time. The program is
/// in `/app`, which is also where it is started and where commands are looked for. It runs as the user
/// 65532, who owns `/data`, so that a named volume there can be written to; the rest is root's.
#[derive(Clone, Debug)]
pub struct ImageRecipe {
    reference: ImageReference,
    name: String,
    program: Bytes,
    also_named: Vec<String>,
    arguments: Vec<String>,
    environment: BTreeMap<String, String>,
    labels: BTreeMap<String, String>,
    files: BTreeMap<String, Bytes>,
    architecture: &'static str,
}

/// An image as `docker load` takes it.
#[derive(Debug)]
pub(super) struct Archive {
    /// `sha256:` and the digest of the configuration: what the engine will call the image.
    pub(super) id: String,
    pub(super) tar: Bytes,
}

const FOLDER: &str = "app";
const DATA: &str = "data/";

impl ImageRecipe {
    /// An image called `reference` of `program`, which is called `name` in it and is started without
    /// arguments.
    ///
    /// # Errors
    ///
    /// [`ImageError::Program`] where it is no statically linked Linux program, or its name is none.
    pub fn new(
        reference: ImageReference,
        name: impl Into<String>,
        program: impl Into<Bytes>,
    ) -> Result<Self, ImageError> {
        let (name, program) = (name.into(), program.into());
        check_name(&name)?;
        let architecture =
            program::architecture(&program).map_err(|reason| ImageError::Program {
                program: name.clone(),
                reason: reason.to_owned(),
            })?;
        Ok(Self {
            reference,
            name,
            program,
            also_named: Vec::new(),
            arguments: Vec::new(),
            environment: BTreeMap::new(),
            labels: BTreeMap::new(),
            files: BTreeMap::new(),
            architecture,
        })
    }

    /// The program has this name too, so that it answers a command that was written for another image:
    /// `stellar-live-source` for `./stellar-live-source`, `npm` for `npm start`.
    ///
    /// # Errors
    ///
    /// [`ImageError::Program`] where it is no name of a file.
    pub fn also_named(mut self, name: impl Into<String>) -> Result<Self, ImageError> {
        let name = name.into();
        check_name(&name)?;
        if name != self.name && !self.also_named.contains(&name) {
            self.also_named.push(name);
            self.also_named.sort_unstable();
        }
        Ok(self)
    }

    /// The program's arguments, where the container names none.
    #[must_use]
    pub fn arguments(mut self, arguments: impl IntoIterator<Item = String>) -> Self {
        self.arguments = arguments.into_iter().collect();
        self
    }

    /// A variable that containers of the image have.
    #[must_use]
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.environment.insert(name.into(), value.into());
        self
    }

    /// A label of the image.
    #[must_use]
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.insert(name.into(), value.into());
        self
    }

    /// A file that everybody in the container can read, for example the certificates of authorities at
    /// `/etc/ssl/certs/ca-certificates.crt`.
    ///
    /// # Errors
    ///
    /// [`ImageError::Path`] unless the path is absolute and without `..`.
    pub fn file(
        mut self,
        path: impl Into<String>,
        content: impl Into<Bytes>,
    ) -> Result<Self, ImageError> {
        let path = path.into();
        let inner = path.strip_prefix('/').unwrap_or_default();
        if inner.is_empty() || inner.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return Err(ImageError::Path { path });
        }
        self.files.insert(inner.to_owned(), content.into());
        Ok(self)
    }

    /// The image's name.
    #[must_use]
    pub const fn reference(&self) -> &ImageReference {
        &self.reference
    }

    /// The processor that the program is made for, as engines call it: `amd64`, `arm64`.
    #[must_use]
    pub const fn architecture(&self) -> &str {
        self.architecture
    }

    /// The image's id, `sha256:…`, known before any engine is asked.
    ///
    /// # Errors
    ///
    /// [`ImageError::Path`] where a path is too long for an archive.
    pub fn id(&self) -> Result<String, ImageError> {
        Ok(self.archive()?.id)
    }

    pub(super) fn archive(&self) -> Result<Archive, ImageError> {
        self.write().map_err(|error| ImageError::Path {
            path: error.to_string(),
        })
    }

    fn write(&self) -> io::Result<Archive> {
        let layer = self.layer()?;
        let digest = format!("sha256:{}", crate::hex(&Sha256::digest(&layer)));
        let mut environment = self.environment.clone();
        let path = format!("/{FOLDER}:/usr/local/bin:/usr/bin:/bin");
        environment.entry("PATH".to_owned()).or_insert(path);
        let environment: Vec<String> = environment
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut labels = self.labels.clone();
        labels.insert(label::PROGRAM.to_owned(), self.name.clone());
        let mut config = json!({
            "architecture": self.architecture,
            "os": "linux",
            // A moment would make it another image each time.
            "created": "1970-01-01T00:00:00Z",
            "config": {
                "User": format!("{DEFAULT_USER}:{DEFAULT_USER}"),
                "WorkingDir": format!("/{FOLDER}"),
                "Entrypoint": [format!("/{FOLDER}/{}", self.name)],
                "Env": environment,
                "Labels": labels,
            },
            "rootfs": { "type": "layers", "diff_ids": [digest] },
        });
        if !self.arguments.is_empty() {
            config["config"]["Cmd"] = json!(self.arguments);
        }
        let config = config.to_string().into_bytes();
        let digest = crate::hex(&Sha256::digest(&config));
        let manifest = json!([{
            "Config": format!("{digest}.json"),
            "RepoTags": [self.reference.to_string()],
            "Layers": ["layer.tar"],
        }]);
        let mut tar = Tree::default();
        tar.file("manifest.json", 0o644, manifest.to_string().as_bytes())?;
        tar.file(&format!("{digest}.json"), 0o644, &config)?;
        tar.file("layer.tar", 0o644, &layer)?;
        Ok(Archive {
            id: format!("sha256:{digest}"),
            tar: tar.finish()?.into(),
        })
    }

    fn layer(&self) -> io::Result<Vec<u8>> {
        let mut layer = Tree::default();
        layer.folder(&format!("{FOLDER}/"), 0o755, 0)?;
        let program = format!("{FOLDER}/{}", self.name);
        layer.file(&program, 0o755, &self.program)?;
        for name in &self.also_named {
            layer.link(&format!("{FOLDER}/{name}"), &program)?;
        }
        layer.folder(DATA, 0o755, DEFAULT_USER)?;
        layer.folder("tmp/", 0o1777, 0)?;
        let mut folders: Vec<&str> = Vec::new();
        for path in self.files.keys() {
            for (at, _) in path.match_indices('/') {
                let folder = &path[..=at];
                if !folders.contains(&folder) {
                    layer.folder(folder, 0o755, 0)?;
                    folders.push(folder);
                }
            }
        }
        for (path, content) in &self.files {
            layer.file(path, 0o644, content)?;
        }
        layer.finish()
    }
}

/// The name of a file in `/app`.
fn check_name(name: &str) -> Result<(), ImageError> {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
    if !name.is_empty() && !name.starts_with('.') && name.bytes().all(is_plain) {
        return Ok(());
    }
    Err(ImageError::Program {
        program: name.to_owned(),
        reason: "its name is not made of letters, digits, `_`, `.` and `-`".to_owned(),
    })
}

/// A tar archive in which nothing depends on machine or time.
struct Tree(tar::Builder<Vec<u8>>);

impl Default for Tree {
    fn default() -> Self {
        Self(tar::Builder::new(Vec::new()))
    }
}

impl Tree {
    fn header(kind: tar::EntryType, mode: u32, owner: u32, size: usize) -> tar::Header {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_uid(owner.into());
        header.set_gid(owner.into());
        header.set_mtime(0);
        header.set_size(size as u64);
        header
    }

    fn folder(&mut self, path: &str, mode: u32, owner: u32) -> io::Result<()> {
        let mut header = Self::header(tar::EntryType::Directory, mode, owner, 0);
        self.0.append_data(&mut header, path, io::empty())
    }

    fn file(&mut self, path: &str, mode: u32, content: &[u8]) -> io::Result<()> {
        let mut header = Self::header(tar::EntryType::Regular, mode, 0, content.len());
        self.0.append_data(&mut header, path, content)
    }

    fn link(&mut self, path: &str, target: &str) -> io::Result<()> {
        let mut header = Self::header(tar::EntryType::Link, 0o755, 0, 0);
        self.0.append_link(&mut header, path, target)
    }

    fn finish(self) -> io::Result<Vec<u8>> {
        self.0.into_inner()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The smallest program that passes for one: an ELF header without segments.
    fn program() -> Vec<u8> {
        let mut bytes = vec![0; 64];
        bytes[..6].copy_from_slice(b"\x7fELF\x02\x01");
        bytes[18] = 62;
        bytes
    }

    fn recipe() -> ImageRecipe {
        let reference = "flowctl/sink:1".parse().unwrap();
        ImageRecipe::new(reference, "sink", program())
            .unwrap()
            .also_named("npm")
            .unwrap()
            .file("/etc/ssl/certs/ca.crt", "certificate")
            .unwrap()
            .variable("MODE", "x")
    }

    fn read(tar: &[u8], path: &str) -> Vec<u8> {
        let mut archive = tar::Archive::new(tar);
        let mut entries = archive.entries().unwrap().map(Result::unwrap);
        let mut entry = entries
            .find(|entry| entry.path().unwrap().to_str() == Some(path))
            .unwrap();
        let mut content = Vec::new();
        io::Read::read_to_end(&mut entry, &mut content).unwrap();
        content
    }

    #[test]
    fn the_same_recipe_gives_the_same_image_whatever_the_order() {
        let one = recipe().also_named("a").unwrap().label("l", "1");
        let reference = "flowctl/sink:1".parse().unwrap();
        let two = ImageRecipe::new(reference, "sink", program())
            .unwrap()
            .label("l", "1")
            .variable("MODE", "x")
            .also_named("a")
            .unwrap()
            .file("/etc/ssl/certs/ca.crt", "certificate")
            .unwrap()
            .also_named("npm")
            .unwrap();
        assert_eq!(one.id().unwrap(), two.id().unwrap());
        assert_eq!(one.archive().unwrap().tar, two.archive().unwrap().tar);
        let three = one.clone().variable("MODE", "y");
        assert_ne!(one.id().unwrap(), three.id().unwrap());
    }

    #[test]
    fn the_layer_holds_what_containers_need() {
        let layer = recipe().layer().unwrap();
        let mut archive = tar::Archive::new(&layer[..]);
        let listed: Vec<String> = archive
            .entries()
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                let header = entry.header();
                let link = entry.link_name().unwrap();
                assert_eq!(header.mtime().unwrap(), 0);
                format!(
                    "{} {:o} {}{}",
                    entry.path().unwrap().display(),
                    header.mode().unwrap(),
                    header.uid().unwrap(),
                    link.map_or_else(String::new, |link| format!(" = {}", link.display())),
                )
            })
            .collect();
        assert_eq!(
            listed,
            [
                "app/ 755 0",
                "app/sink 755 0",
                "app/npm 755 0 = app/sink",
                "data/ 755 65532",
                "tmp/ 1777 0",
                "etc/ 755 0",
                "etc/ssl/ 755 0",
                "etc/ssl/certs/ 755 0",
                "etc/ssl/certs/ca.crt 644 0",
            ]
        );
    }

    #[test]
    fn the_archive_is_consistent() {
        let archive = recipe().archive().unwrap();
        let manifest: serde_json::Value =
            serde_json::from_slice(&read(&archive.tar, "manifest.json")).unwrap();
        assert_eq!(manifest[0]["RepoTags"], json!(["flowctl/sink:1"]));
        let config = read(&archive.tar, manifest[0]["Config"].as_str().unwrap());
        let digest = format!("sha256:{}", crate::hex(&Sha256::digest(&config)));
        assert_eq!(archive.id, digest);
        let config: serde_json::Value = serde_json::from_slice(&config).unwrap();
        let layer = read(&archive.tar, "layer.tar");
        let digest = format!("sha256:{}", crate::hex(&Sha256::digest(&layer)));
        assert_eq!(config["rootfs"]["diff_ids"], json!([digest]));
        assert_eq!(config["config"]["Entrypoint"], json!(["/app/sink"]));
        assert_eq!(config["config"]["User"], "65532:65532");
        let environment: BTreeSet<&str> = config["config"]["Env"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(serde_json::Value::as_str)
            .collect();
        assert!(environment.contains("MODE=x"), "{environment:?}");
    }

    #[test]
    fn what_is_no_program_or_no_path_is_refused() {
        let reference: ImageReference = "flowctl/sink:1".parse().unwrap();
        let no_program = ImageRecipe::new(reference.clone(), "sink", &b"#!/bin/sh"[..]);
        assert!(matches!(no_program, Err(ImageError::Program { .. })));
        for name in ["", "a/b", "../x", ".hidden"] {
            let named = ImageRecipe::new(reference.clone(), name, program());
            assert!(matches!(named, Err(ImageError::Program { .. })), "{name}");
        }
        for path in ["relative", "/", "/a/../b", "/a//b"] {
            let with_file = recipe().file(path, "");
            assert!(matches!(with_file, Err(ImageError::Path { .. })), "{path}");
        }
    }
}
