use std::collections::HashMap;

use flowctl_core::{
    ComponentId, ComponentSpec, Namespace, PipelineName, RunId,
    executor::{Handle, Instance, RunScope},
};
use sha2::{Digest, Sha256};

/// The labels by which everything of flowctl's in an engine is found again, by any process.
pub(crate) mod label {
    pub(crate) const NAMESPACE: &str = "io.flowctl.namespace";
    pub(crate) const PIPELINE: &str = "io.flowctl.pipeline";
    pub(crate) const RUN: &str = "io.flowctl.run";
    pub(crate) const COMPONENT: &str = "io.flowctl.component";
    pub(crate) const INDEX: &str = "io.flowctl.index";
    pub(crate) const GENERATION: &str = "io.flowctl.generation";
    /// The SHA-256 of the component's spec, in JSON.
    pub(crate) const SPEC: &str = "io.flowctl.spec";
    /// Before the name of a port; the value is its number and protocol.
    pub(crate) const PORT: &str = "io.flowctl.port.";
    /// On images that flowctl built: the program in it.
    pub(crate) const PROGRAM: &str = "io.flowctl.program";
}

/// Which instance a container is, as its labels say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) namespace: Namespace,
    pub(crate) pipeline: PipelineName,
    pub(crate) run: RunId,
    pub(crate) component: ComponentId,
    pub(crate) index: u32,
    pub(crate) generation: u32,
    pub(crate) spec: String,
}

impl Identity {
    pub(crate) fn of(instance: &Instance) -> Self {
        Self {
            namespace: instance.run.namespace.clone(),
            pipeline: instance.run.pipeline.clone(),
            run: instance.run.id.clone(),
            component: instance.component.id.clone(),
            index: instance.index,
            generation: instance.generation,
            spec: spec_hash(&instance.component),
        }
    }

    /// What the labels say; `None` where they are not flowctl's.
    pub(crate) fn read(labels: &HashMap<String, String>) -> Option<Self> {
        let text = |key| labels.get(key);
        Some(Self {
            namespace: text(label::NAMESPACE)?.parse().ok()?,
            pipeline: text(label::PIPELINE)?.parse().ok()?,
            run: text(label::RUN)?.parse().ok()?,
            component: text(label::COMPONENT)?.parse().ok()?,
            index: text(label::INDEX)?.parse().ok()?,
            generation: text(label::GENERATION)?.parse().ok()?,
            spec: text(label::SPEC)?.clone(),
        })
    }

    pub(crate) fn labels(&self) -> HashMap<String, String> {
        let mut labels = run_labels(&RunScope::new(
            self.namespace.clone(),
            self.pipeline.clone(),
            self.run.clone(),
        ));
        labels.extend([
            (label::COMPONENT.to_owned(), self.component.to_string()),
            (label::INDEX.to_owned(), self.index.to_string()),
            (label::GENERATION.to_owned(), self.generation.to_string()),
            (label::SPEC.to_owned(), self.spec.clone()),
        ]);
        labels
    }

    /// `{pipeline}-{component}-{n}` with n from 1, and the namespace before it unless it is the default.
    pub(crate) fn container_name(&self) -> String {
        let Self {
            pipeline,
            component,
            ..
        } = self;
        let namespace = prefix(&self.namespace, '-');
        format!("{namespace}{pipeline}-{component}-{}", self.index + 1)
    }

    /// What the container of an earlier generation is called once a later one has its name.
    pub(crate) fn former_name(&self) -> String {
        format!("{}-g{}", self.container_name(), self.generation)
    }

    /// Whether both are the same instance of the same run, in whichever generation.
    pub(crate) fn is_same_place(&self, other: &Self) -> bool {
        self.run == other.run && self.is_successor(other)
    }

    /// Whether both are the same instance of the same pipeline, in whichever run.
    pub(crate) fn is_successor(&self, other: &Self) -> bool {
        self.namespace == other.namespace
            && self.pipeline == other.pipeline
            && self.component == other.component
            && self.index == other.index
    }

    /// Whether the handle means this container's instance.
    pub(crate) fn is_of(&self, handle: &Handle) -> bool {
        self.run == handle.run
            && self.component == handle.component
            && self.index == handle.index
            && self.generation == handle.generation
    }
}

/// The labels of what all instances of a run share.
pub(crate) fn run_labels(run: &RunScope) -> HashMap<String, String> {
    HashMap::from([
        (label::NAMESPACE.to_owned(), run.namespace.to_string()),
        (label::PIPELINE.to_owned(), run.pipeline.to_string()),
        (label::RUN.to_owned(), run.id.to_string()),
    ])
}

/// What stands before the names of things of a namespace: nothing for the default one.
pub(crate) fn prefix(namespace: &Namespace, separator: char) -> String {
    if *namespace == Namespace::default() {
        String::new()
    } else {
        format!("{namespace}{separator}")
    }
}

/// The SHA-256 of a spec as JSON, in hexadecimal digits: what changes when anything of it does.
fn spec_hash(component: &ComponentSpec) -> String {
    let text = serde_json::to_vec(component).unwrap_or_default();
    crate::hex(&Sha256::digest(text))
}

#[cfg(test)]
mod tests {
    use flowctl_core::{component::ComponentContext, spec::Role};

    use super::*;

    fn instance(namespace: &str) -> Instance {
        let id: ComponentId = "source".parse().unwrap();
        let run = RunScope::new(
            namespace.parse().unwrap(),
            "ttp".parse().unwrap(),
            RunId::from_bits(1),
        );
        Instance::new(
            run,
            ComponentSpec::new(id.clone(), Role::Source),
            ComponentContext::detached(id),
        )
    }

    #[test]
    fn labels_say_all_that_is_known_of_an_instance() {
        let identity = Identity::of(&instance("default"));
        assert_eq!(Identity::read(&identity.labels()), Some(identity.clone()));
        for key in identity.labels().keys() {
            let mut fewer = identity.labels();
            fewer.remove(key);
            assert_eq!(Identity::read(&fewer), None, "without {key}");
        }
    }

    #[test]
    fn names_are_short_in_the_default_namespace_and_apart_in_others() {
        let identity = Identity::of(&instance("default"));
        assert_eq!(identity.container_name(), "ttp-source-1");
        assert_eq!(identity.former_name(), "ttp-source-1-g1");
        let other = Identity::of(&instance("team"));
        assert_eq!(other.container_name(), "team-ttp-source-1");
        assert!(!other.is_successor(&identity));
    }

    #[test]
    fn another_spec_has_another_hash() {
        let one = instance("default");
        let mut two = one.clone();
        two.component.args = vec!["--fast".to_owned()];
        assert_ne!(Identity::of(&one).spec, Identity::of(&two).spec);
        assert_eq!(Identity::of(&one).spec.len(), 64);
    }
}
