use std::fmt;

/// Where a value is in a spec: `spec.sinks[0].env["A B"]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FieldPath(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Step {
    Key(String),
    Index(usize),
}

impl FieldPath {
    pub(crate) fn root() -> Self {
        Self::default()
    }

    /// The path of the component at `index` of the list `list`.
    pub(crate) fn component(list: &str, index: usize) -> Self {
        Self::root().key("spec").key(list).index(index)
    }

    pub(crate) fn key(&self, key: &str) -> Self {
        let mut steps = self.0.clone();
        steps.push(Step::Key(key.to_owned()));
        Self(steps)
    }

    pub(crate) fn index(&self, index: usize) -> Self {
        let mut steps = self.0.clone();
        steps.push(Step::Index(index));
        Self(steps)
    }

    /// Goes on with keys written as `a.b`.
    pub(crate) fn keys(&self, dotted: &str) -> Self {
        dotted
            .split('.')
            .fold(self.clone(), |path, key| path.key(key))
    }

    #[cfg(feature = "yaml")]
    pub(crate) fn steps(&self) -> &[Step] {
        &self.0
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) if is_plain(key) => {
                    f.write_str(if n == 0 { "" } else { "." })?;
                    f.write_str(key)?;
                }
                Step::Key(key) => write!(f, "[{key:?}]")?,
            }
        }
        Ok(())
    }
}

fn is_plain(key: &str) -> bool {
    !key.is_empty()
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_like_the_way_to_a_value() {
        let path = FieldPath::component("sinks", 0)
            .keys("resources.limits")
            .key("a.b");
        assert_eq!(path.to_string(), "spec.sinks[0].resources.limits[\"a.b\"]");
    }
}
