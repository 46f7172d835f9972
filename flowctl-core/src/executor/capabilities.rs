use std::collections::BTreeSet;

use crate::spec::Workload;

/// What a backend can do, told before anything is started.
///
/// A spec that asks for more is refused by the plan, with the field named, and again by `start`
/// (clause E9).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// The kinds of workload it starts.
    pub workloads: BTreeSet<WorkloadKind>,
    /// The optional fields of a component's spec that it honours, by their name in YAML.
    pub fields: BTreeSet<&'static str>,
    /// Fields that it was told to set aside: what asks for them starts all the same, and the plan says
    /// so.
    pub set_aside: BTreeSet<&'static str>,
}

impl Capabilities {
    /// A backend that starts these kinds of workload and honours no optional field.
    #[must_use]
    pub fn of(workloads: impl IntoIterator<Item = WorkloadKind>) -> Self {
        Self {
            workloads: workloads.into_iter().collect(),
            ..Self::default()
        }
    }

    /// It honours these fields too.
    #[must_use]
    pub fn with_fields(mut self, fields: impl IntoIterator<Item = &'static str>) -> Self {
        self.fields.extend(fields);
        self
    }

    /// It was told to set these fields aside.
    #[must_use]
    pub fn setting_aside(mut self, fields: impl IntoIterator<Item = &'static str>) -> Self {
        self.set_aside.extend(fields);
        self
    }
}

/// The kinds of thing that a component can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum WorkloadKind {
    /// A Rust component from the registry, in this process.
    Native,
    /// A program on the host.
    Process,
    /// A container image.
    Image,
}

impl WorkloadKind {
    /// The kind of a workload.
    #[must_use]
    pub const fn of(workload: Workload<'_>) -> Self {
        match workload {
            Workload::Native(_) => Self::Native,
            Workload::Process(_) => Self::Process,
            Workload::Image(_) => Self::Image,
        }
    }

    /// The field of a spec that asks for it.
    #[must_use]
    pub const fn field(self) -> &'static str {
        match self {
            Self::Native => "use",
            Self::Process => "command",
            Self::Image => "image",
        }
    }
}
