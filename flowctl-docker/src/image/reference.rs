use std::{fmt, str::FromStr};

/// The name of an image: `[registry[:port]/]name[/name…][:tag][@digest]`.
///
/// As the docker CLI reads it: without a registry it is Docker Hub's, where names of one part stand for
/// `library/NAME`; without tag and digest it is `latest`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ImageReference {
    registry: String,
    path: String,
    tag: Option<String>,
    digest: Option<String>,
}

/// Why a text is no name of an image.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not the name of an image")]
#[non_exhaustive]
pub struct ReferenceError {
    /// The text.
    pub text: String,
}

const DOCKER_HUB: &str = "docker.io";

impl ImageReference {
    /// The registry, `docker.io` where none is named.
    #[must_use]
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// What the engine is asked to pull: the name without tag and digest.
    pub(super) fn name(&self) -> String {
        format!("{}/{}", self.registry, self.path)
    }

    /// The digest, else the tag, else `latest`: what the engine takes for a tag.
    pub(super) fn version(&self) -> &str {
        let tag = self.tag.as_deref().unwrap_or("latest");
        self.digest.as_deref().unwrap_or(tag)
    }

    /// Under which the docker CLI keeps the credentials of the registry.
    pub(super) fn credentials_key(&self) -> &str {
        match self.registry.as_str() {
            DOCKER_HUB => "https://index.docker.io/v1/",
            other => other,
        }
    }
}

impl FromStr for ImageReference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let wrong = || ReferenceError {
            text: text.to_owned(),
        };
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        // A `:` after the last `/` begins the tag; one before it the port of a registry.
        let slash = rest.rfind('/').map_or(0, |at| at + 1);
        let (name, tag) = match rest[slash..].find(':') {
            Some(at) => (&rest[..slash + at], Some(&rest[slash + at + 1..])),
            None => (rest, None),
        };
        // The first part is a registry when it cannot be a name (distribution/reference, normalize.go).
        let (registry, path) = match name.split_once('/') {
            Some((first, path))
                if first.contains(['.', ':']) || first == "localhost" || first == "[::1]" =>
            {
                (first, path.to_owned())
            }
            Some(_) => (DOCKER_HUB, name.to_owned()),
            None => (DOCKER_HUB, format!("library/{name}")),
        };
        let registry = match registry {
            "index.docker.io" => DOCKER_HUB,
            other => other,
        };
        let in_name =
            |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'.' | b'-');
        let in_tag = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
        let is_hex = |hex: &str| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit());
        let fits = !name.is_empty()
            && path
                .split('/')
                .all(|part| !part.is_empty() && part.bytes().all(in_name))
            && tag.is_none_or(|tag| !tag.is_empty() && tag.len() <= 128 && tag.bytes().all(in_tag))
            && digest.is_none_or(|digest| digest.strip_prefix("sha256:").is_some_and(is_hex));
        if !fits {
            return Err(wrong());
        }
        Ok(Self {
            registry: registry.to_owned(),
            path,
            tag: tag.map(str::to_owned),
            digest: digest.map(str::to_owned),
        })
    }
}

impl fmt::Display for ImageReference {
    /// As people write it: without what goes without saying, but always with tag or digest.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.registry != DOCKER_HUB {
            write!(f, "{}/{}", self.registry, self.path)?;
        } else {
            f.write_str(self.path.strip_prefix("library/").unwrap_or(&self.path))?;
        }
        match (&self.tag, &self.digest) {
            (Some(tag), None) => write!(f, ":{tag}"),
            (None, None) => f.write_str(":latest"),
            (Some(tag), Some(digest)) => write!(f, ":{tag}@{digest}"),
            (None, Some(digest)) => write!(f, "@{digest}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_the_docker_cli_reads_them() {
        let digest = format!("sha256:{}", "0".repeat(64));
        let pinned = format!("localhost/a:1@{digest}");
        for (text, name, version, shown) in [
            (
                "alpine",
                "docker.io/library/alpine",
                "latest",
                "alpine:latest",
            ),
            ("a/b:1.2", "docker.io/a/b", "1.2", "a/b:1.2"),
            (
                "docker.io/library/alpine",
                "docker.io/library/alpine",
                "latest",
                "alpine:latest",
            ),
            (
                "localhost:5000/a",
                "localhost:5000/a",
                "latest",
                "localhost:5000/a:latest",
            ),
            (
                "r.example/a/b/c:x",
                "r.example/a/b/c",
                "x",
                "r.example/a/b/c:x",
            ),
            (&pinned, "localhost/a", &digest, &pinned),
        ] {
            let reference: ImageReference = text.parse().unwrap();
            assert_eq!(reference.name(), name);
            assert_eq!(reference.version(), version);
            assert_eq!(reference.to_string(), shown);
            assert_eq!(
                shown.parse::<ImageReference>().unwrap(),
                ImageReference {
                    tag: reference
                        .tag
                        .clone()
                        .or_else(|| { reference.digest.is_none().then(|| "latest".to_owned()) }),
                    ..reference
                }
            );
        }
        for text in ["", "A", "a:", "a//b", "a@sha256:00", "a b", "a:b:c", "/a"] {
            assert!(text.parse::<ImageReference>().is_err(), "{text}");
        }
    }

    #[test]
    fn credentials_are_kept_by_registry() {
        let key = |text: &str| {
            let reference: ImageReference = text.parse().unwrap();
            reference.credentials_key().to_owned()
        };
        assert_eq!(key("alpine"), "https://index.docker.io/v1/");
        assert_eq!(key("localhost:5000/a"), "localhost:5000");
    }
}
