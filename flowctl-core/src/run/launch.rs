//! Brings up the components of a generation, each as soon as what it waits for has come up.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::{Future, poll_fn},
    sync::{Arc, PoisonError, atomic::Ordering},
};

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::sync::watch;

use super::{
    error::{RunError, RunErrorKind},
    generation::Generation,
    instances::Instances,
    layout::Node,
    opened::Opened,
    plan::executor_for,
    started::Started,
    status::{ComponentState, ProgramStatus},
    surroundings::Surroundings,
    wiring,
};
use crate::{
    control::{ControlPlane, Expected},
    executor::{BoundPort, Executor, ExecutorError, Instance, Objects, WorkloadKind},
    spec::{ComponentSpec, Condition},
};

/// How far a component has come.
#[derive(Clone, Debug, Default)]
enum Came {
    #[default]
    Waiting,
    Started(Box<Started>),
    Ready(Option<Box<Started>>),
}

impl Came {
    fn started(&self) -> Option<&Started> {
        match self {
            Self::Waiting => None,
            Self::Started(started) => Some(started),
            Self::Ready(started) => started.as_deref(),
        }
    }
}

impl Generation<'_> {
    /// Has executors start components, each as soon as what it waits for has come up, and gets hold of
    /// the objects that stand for those that flowctl carries. With `only`, nothing but these and what they
    /// wait for.
    ///
    /// # Errors
    ///
    /// The first that did not come up; what was started is in `self.started`.
    pub(super) async fn make(
        &self,
        opened: &mut Opened,
        only: Option<BTreeSet<usize>>,
    ) -> Result<(), RunError> {
        for executor in &self.parts.executors {
            executor.open_run(self.scope).await.map_err(|error| {
                RunError::new(RunErrorKind::ExecutorUnavailable).caused_by(error)
            })?;
        }
        let wanted = self.wanted(only);
        let around = self.surroundings(&wanted).await?;
        let came: Vec<watch::Sender<Came>> = self
            .layout
            .nodes
            .iter()
            .map(|_| watch::channel(Came::default()).0)
            .collect();
        let mut starting = FuturesUnordered::new();
        for node in self.sinks_first().filter(|node| wanted.contains(node)) {
            starting.push(self.named(node, self.bring_up(node, &around, &came)));
        }
        while let Some((node, result)) = starting.next().await {
            let objects = result.map_err(|error| self.blocking(node, error))?;
            let Some(objects) = objects else { continue };
            opened.take(node, objects).map_err(|()| {
                let broken = "its executor gave an object of another role".to_owned();
                RunError::new(RunErrorKind::Contract { broken }).of(self.id(node))
            })?;
        }
        Ok(())
    }

    /// These and what they wait for; everything when nothing is named.
    fn wanted(&self, only: Option<BTreeSet<usize>>) -> BTreeSet<usize> {
        let Some(only) = only else {
            return (0..self.layout.nodes.len()).collect();
        };
        let mut wanted = BTreeSet::new();
        let mut next: Vec<usize> = only.into_iter().collect();
        while let Some(node) = next.pop() {
            if wanted.insert(node) {
                let waits = &self.layout.nodes[node].waits;
                next.extend(waits.iter().map(|(earlier, _)| *earlier));
            }
        }
        wanted
    }

    /// A future that is the component's own: a panic in it has a name.
    async fn named<T>(&self, node: usize, future: impl Future<Output = T>) -> (usize, T) {
        let mut future = Box::pin(future);
        let value = poll_fn(|cx| {
            self.at.store(node, Ordering::Relaxed);
            future.as_mut().poll(cx)
        });
        (node, value.await)
    }

    /// The error with the names of those that waited for the component in vain.
    fn blocking(&self, node: usize, error: RunError) -> RunError {
        let mut blocked = BTreeSet::new();
        let mut next = vec![node];
        while let Some(earlier) = next.pop() {
            let nodes = self.layout.nodes.iter().enumerate();
            let waiting =
                nodes.filter(|(_, other)| other.waits.iter().any(|(on, _)| *on == earlier));
            next.extend(waiting.map(|(n, _)| n).filter(|n| blocked.insert(*n)));
        }
        let blocked = blocked.into_iter().map(|node| self.id(node).clone());
        error.blocks(blocked.collect())
    }

    async fn surroundings(&self, wanted: &BTreeSet<usize>) -> Result<Surroundings, RunError> {
        let served = || {
            let nodes = self.layout.nodes.iter().enumerate();
            nodes.filter(|(n, node)| node.served && wanted.contains(n))
        };
        let mut ports = BTreeMap::new();
        let mut by_executor: BTreeMap<String, String> = BTreeMap::new();
        let mut control_planes: BTreeMap<usize, String> = BTreeMap::new();
        for (n, node) in served() {
            let executor = self.executor_of(&node.component)?;
            let instance = self.instance(n, node);
            let bound = executor
                .reserve(&instance)
                .await
                .map_err(|error| self.refused(n, error))?;
            ports.insert(n, bound);
            if let Some(control) = &self.parts.control_plane {
                let known = by_executor.get(executor.name()).cloned();
                let at = match known {
                    Some(at) => at,
                    None => self.control_plane_for(&**control, &*executor).await?,
                };
                by_executor.insert(executor.name().to_owned(), at.clone());
                control_planes.insert(n, at);
            }
        }
        let control_plane = |n| control_planes.get(&n).map(String::as_str);
        Ok(Surroundings::new(
            self.layout,
            &self.parts.registry,
            ports,
            control_plane,
        ))
    }

    /// Where instances of an executor reach the control plane.
    async fn control_plane_for(
        &self,
        control: &dyn ControlPlane,
        executor: &dyn Executor,
    ) -> Result<String, RunError> {
        let unreachable = || RunError::new(RunErrorKind::ExecutorUnavailable);
        let host = executor.host_address(self.scope).await;
        let host = host.map_err(|error| unreachable().caused_by(error))?;
        let at = control.listen(host).await;
        Ok(at
            .map_err(|error| unreachable().caused_by(error))?
            .to_string())
    }

    /// Starts one component once what it waits for has come up, and waits until it is ready.
    async fn bring_up(
        &self,
        node: usize,
        around: &Surroundings,
        came: &[watch::Sender<Came>],
    ) -> Result<Option<Objects>, RunError> {
        let of = &self.layout.nodes[node];
        for (earlier, condition) in &of.waits {
            self.passed(node, *earlier, condition, came).await?;
        }
        self.enter(node, ComponentState::Starting);
        let executor = self.executor_of(&of.component)?;
        let mut instance = self.instance(node, of);
        instance.ports = around.ports(node).to_vec();
        if let Some(environment) = around.environment(node) {
            instance.environment.clone_from(&environment.variables);
        }
        executor
            .prepare(&instance)
            .await
            .map_err(|error| self.refused(node, error))?;
        if of.served {
            self.expect(&instance);
            Instances::of(self.state)
                .intend(executor.name(), &instance)
                .await?;
        }
        let handle = executor
            .start(&instance)
            .await
            .map_err(|error| self.refused(node, error))?;
        let mut component = of.component.clone();
        component.env.clone_from(&instance.environment);
        let started = Started {
            node,
            executor: Arc::clone(&executor),
            handle: handle.clone(),
            ports: instance.ports,
            component,
        };
        self.started
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(started.clone());
        if !of.served {
            let objects = self
                .parts
                .objects_of(of, &started, instance.context)
                .await?;
            came[node].send_replace(Came::Ready(None));
            return Ok(Some(objects));
        }
        let named = |port: &BoundPort| (port.name.clone(), port.address.clone());
        self.counters[node].runs_as(ProgramStatus {
            executor: executor.name().to_owned(),
            addresses: started.ports.iter().map(named).collect(),
            carried: of.carried.is_some(),
            ..ProgramStatus::default()
        });
        Instances::of(self.state)
            .started(executor.name(), &handle)
            .await?;
        came[node].send_replace(Came::Started(Box::new(started.clone())));
        self.until_ready(of, &started).await?;
        let objects = match of.carried {
            None => {
                wiring::enter(&self.counters[node], self.teller, ComponentState::Ready);
                None
            }
            Some(_) => Some(
                self.parts
                    .objects_of(of, &started, instance.context)
                    .await?,
            ),
        };
        came[node].send_replace(Came::Ready(Some(Box::new(started))));
        Ok(objects)
    }

    /// Waits until `earlier` has come as far as `node` needs it.
    async fn passed(
        &self,
        node: usize,
        earlier: usize,
        condition: &Condition,
        came: &[watch::Sender<Came>],
    ) -> Result<(), RunError> {
        let mut came = came[earlier].subscribe();
        let far_enough = |came: &Came| match condition {
            Condition::Ready => matches!(came, Came::Ready(_)),
            _ => !matches!(came, Came::Waiting),
        };
        let Ok(now) = came
            .wait_for(far_enough)
            .await
            .map(|now| now.started().cloned())
        else {
            // Its future was dropped with this one.
            return std::future::pending().await;
        };
        let Some(started) = now else { return Ok(()) };
        match condition {
            Condition::Started | Condition::Ready => Ok(()),
            other => self.condition(node, &started, other).await,
        }
    }

    fn instance(&self, node: usize, of: &Node) -> Instance {
        let context = self.context(node, &of.component);
        let mut instance = Instance::new(self.scope.clone(), of.component.clone(), context);
        instance.generation = self.number;
        instance
    }

    /// Tells the control plane from whom a registration may come.
    fn expect(&self, instance: &Instance) {
        let Some(control) = &self.parts.control_plane else {
            return;
        };
        let component = &instance.component;
        let port = |name| BoundPort::named(&instance.ports, name).map(|port| port.number);
        let names = |types: &[crate::EventType]| types.iter().map(ToString::to_string).collect();
        let mut expected = Expected::new(component.id.clone(), component.role);
        expected.index = instance.index;
        expected.generation = instance.generation;
        expected.main_port = port(BoundPort::MAIN);
        expected.health_port = port(BoundPort::HEALTH);
        expected.heartbeat_every = Some(super::environment::HEARTBEAT_EVERY);
        expected.input_types = names(&component.input_event_types);
        expected.output_types = names(&component.output_event_types);
        control.roster().expect(expected);
    }

    pub(super) fn executor_of(
        &self,
        component: &ComponentSpec,
    ) -> Result<Arc<dyn Executor>, RunError> {
        let workload = component.workload();
        let found = workload.and_then(|workload| executor_for(workload, &self.parts.executors));
        found.cloned().ok_or_else(|| {
            let field = workload.map_or("nothing", |workload| WorkloadKind::of(workload).field());
            let workload = field.to_owned();
            RunError::new(RunErrorKind::NoExecutor { workload }).of(&component.id)
        })
    }

    pub(super) fn refused(&self, node: usize, error: ExecutorError) -> RunError {
        RunError::new(RunErrorKind::NotStarted)
            .of(self.id(node))
            .caused_by(error)
    }
}
