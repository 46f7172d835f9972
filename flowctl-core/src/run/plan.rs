use std::{collections::HashMap, fmt, sync::Arc};

use serde::{Serialize, Serializer, ser::SerializeStruct as _};

use super::{
    layout::Layout,
    preview::{Preview, previews, unsupported},
    runner::Parts,
};
use crate::{
    ComponentId, Graph, PipelineName, Registry,
    executor::{Executor, WorkloadKind},
    spec::{ComponentSpec, Diagnostic, PipelineSpec, Role, SpecErrors, Via, Workload},
};

/// What running a pipeline would do, and why. Pure: made from a spec, a registry and the capabilities
/// of executors.
///
/// Displays as text for people; serialises with `"schema": 1`, to which only fields are added.
#[derive(Clone, Debug)]
pub struct Plan {
    pipeline: PipelineName,
    components: Vec<PlannedComponent>,
    edges: Vec<PlannedEdge>,
    warnings: Vec<Diagnostic>,
    graph: Graph,
    pub(super) layout: Layout,
}

/// One component, as it would be started.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct PlannedComponent {
    /// Its id.
    pub id: ComponentId,
    /// Its role.
    pub role: Role,
    /// In which stage of the start it is opened, from 1; components of one stage start at once.
    pub stage: usize,
    /// What runs: `use jsonl`, `image …`, `command …`.
    pub runs: String,
    /// The executor that starts it; `None`: nothing here does.
    pub executor: Option<String>,
    /// How many batches it works on at once.
    pub concurrency: u32,
    /// The ports on which it will listen outside this process, each with its name and the address at which
    /// others of the run reach it; a port that is chosen at the start is 0.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<String>,
    /// What has to pass before it counts as ready, where it runs outside this process.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ready: Vec<String>,
    /// The variables that flowctl sets in its environment, as `NAME=value`; they win over those of the
    /// spec.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sets: Vec<String>,
}

/// One edge, as it would be carried.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct PlannedEdge {
    /// Who emits.
    pub from: ComponentId,
    /// Who reads.
    pub to: ComponentId,
    /// What passes: `all`, or the canonical names of event types.
    pub types: String,
    /// What carries it: `linked`, `direct` or `proxied`.
    pub via: &'static str,
    /// The protocol in which the emitting end serves it, where it runs outside this process and that is
    /// known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    /// Why it is carried like that.
    pub because: &'static str,
    /// What is promised for what it carries.
    pub guarantee: &'static str,
}

impl Plan {
    pub(super) fn new(pipeline: &PipelineSpec, parts: &Parts) -> Result<Self, SpecErrors> {
        let Parts {
            registry,
            executors,
            ..
        } = parts;
        let mut warnings = pipeline.validate(registry)?;
        warnings.extend(SpecErrors::unless_harmless(unsupported(
            pipeline, executors,
        ))?);
        let graph = Graph::of_valid(pipeline, registry);
        let by_id: HashMap<&str, &ComponentSpec> = pipeline
            .components
            .iter()
            .map(|component| (component.id.as_str(), component))
            .collect();
        let stages = graph.start_stages().iter().enumerate();
        let components = stages.flat_map(|(stage, ids)| ids.iter().map(move |id| (stage + 1, id)));
        let layout = Layout::new(pipeline, &graph);
        let protocols: HashMap<&ComponentId, String> = layout
            .nodes
            .iter()
            .filter(|node| node.served)
            .filter_map(|node| Some((&node.component.id, parts.protocol_of(node)?)))
            .collect();
        let edges = graph.edges().iter().map(|edge| PlannedEdge {
            from: edge.from.clone(),
            to: edge.to.clone(),
            types: edge.types.to_string(),
            via: edge.via.as_str(),
            protocol: protocols.get(&edge.from).cloned(),
            because: edge.because,
            guarantee: guarantee(edge.via, by_id.get(edge.from.as_str()).copied(), registry),
        });
        let edges = edges.collect();
        let mut previews: HashMap<&ComponentId, Preview> = previews(&layout, parts)
            .into_iter()
            .map(|(n, preview)| (&layout.nodes[n].component.id, preview))
            .collect();
        let components = components.filter_map(|(stage, id)| {
            let preview = previews.remove(id).unwrap_or_default();
            Some(planned(by_id.get(id.as_str())?, stage, executors, preview))
        });
        let components = components.collect();
        Ok(Self {
            pipeline: pipeline.name.clone(),
            components,
            edges,
            warnings,
            layout,
            graph,
        })
    }

    /// The pipeline.
    #[must_use]
    pub const fn pipeline(&self) -> &PipelineName {
        &self.pipeline
    }

    /// Its components, in the order of their start.
    #[must_use]
    pub fn components(&self) -> &[PlannedComponent] {
        &self.components
    }

    /// Its edges, by reader.
    #[must_use]
    pub fn edges(&self) -> &[PlannedEdge] {
        &self.edges
    }

    /// What is allowed but not as it should be.
    #[must_use]
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// Its graph.
    #[must_use]
    pub const fn graph(&self) -> &Graph {
        &self.graph
    }
}

fn planned(
    component: &ComponentSpec,
    stage: usize,
    executors: &[Arc<dyn Executor>],
    preview: Preview,
) -> PlannedComponent {
    let workload = component.workload();
    let executor = workload.and_then(|workload| executor_for(workload, executors));
    PlannedComponent {
        id: component.id.clone(),
        role: component.role,
        stage,
        runs: match workload {
            Some(Workload::Native(name)) => format!("use {name}"),
            Some(Workload::Image(image)) => format!("image {image}"),
            Some(Workload::Process(command)) => format!("command {}", command.join(" ")),
            None => "nothing".to_owned(),
        },
        executor: executor.map(|executor| executor.name().to_owned()),
        concurrency: component.concurrency,
        ports: preview.ports,
        ready: preview.ready,
        sets: preview.sets,
    }
}

/// The first executor that starts workloads of this kind.
pub(super) fn executor_for<'e>(
    workload: Workload<'_>,
    executors: &'e [Arc<dyn Executor>],
) -> Option<&'e Arc<dyn Executor>> {
    let kind = WorkloadKind::of(workload);
    executors
        .iter()
        .find(|executor| executor.capabilities().workloads.contains(&kind))
}

fn guarantee(via: Via, from: Option<&ComponentSpec>, registry: &Registry) -> &'static str {
    let known = |component: &ComponentSpec| {
        let kind = component
            .uses
            .as_deref()
            .and_then(|name| registry.kind(name));
        component
            .deterministic
            .or_else(|| kind.map(|kind| kind.deterministic))
            .unwrap_or(true)
    };
    match via {
        Via::Direct => "the last puller's own position",
        _ if from.is_some_and(|from| !known(from)) => {
            "acknowledged; a replay may give other events, so at least once"
        }
        Via::Auto | Via::Linked | Via::Proxied => "acknowledged",
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.components.len();
        writeln!(f, "{}: {count} components", self.pipeline)?;
        let width = |widths: &mut dyn Iterator<Item = usize>| widths.max().unwrap_or(0);
        let ids = width(&mut self.components.iter().map(|c| c.id.as_str().len()));
        let runs = width(&mut self.components.iter().map(|c| c.runs.len()));
        for component in &self.components {
            let PlannedComponent {
                id,
                role,
                stage,
                runs: run,
                executor,
                concurrency,
                ports: _,
                ready: _,
                sets: _,
            } = component;
            let on = executor.as_deref().unwrap_or("nothing here starts this");
            write!(
                f,
                "{stage:>3} open  {id:<ids$}  {role:<9}  {run:<runs$}  {on}"
            )?;
            if *concurrency > 1 {
                write!(f, ", {concurrency} at once")?;
            }
            writeln!(f)?;
        }
        let from = width(&mut self.edges.iter().map(|edge| edge.from.as_str().len()));
        let to = width(&mut self.edges.iter().map(|edge| edge.to.as_str().len()));
        let types = width(&mut self.edges.iter().map(|edge| edge.types.len()));
        for edge in &self.edges {
            let PlannedEdge {
                from: a,
                to: b,
                types: t,
                via,
                protocol,
                because,
                guarantee,
            } = edge;
            write!(f, "    edge  {a:<from$} → {b:<to$}  {t:<types$}  {via}")?;
            if let Some(protocol) = protocol {
                write!(f, " in {protocol}")?;
            }
            writeln!(f, " ({because}): {guarantee}")?;
        }
        for component in &self.components {
            let about = [
                ("ports", &component.ports),
                ("ready", &component.ready),
                ("sets", &component.sets),
            ];
            for (what, items) in about.iter().filter(|(_, items)| !items.is_empty()) {
                writeln!(
                    f,
                    "    {what:<5} {:<ids$}  {}",
                    component.id,
                    items.join(" ")
                )?;
            }
        }
        for warning in &self.warnings {
            writeln!(
                f,
                "warning[{}] {}: {}",
                warning.code,
                warning.path(),
                warning.message
            )?;
        }
        Ok(())
    }
}

impl Serialize for Plan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut plan = serializer.serialize_struct("Plan", 5)?;
        plan.serialize_field("schema", &1)?;
        plan.serialize_field("pipeline", &self.pipeline)?;
        plan.serialize_field("components", &self.components)?;
        plan.serialize_field("edges", &self.edges)?;
        plan.serialize_field("warnings", &self.warnings)?;
        plan.end()
    }
}
