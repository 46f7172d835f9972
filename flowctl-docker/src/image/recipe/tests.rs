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
