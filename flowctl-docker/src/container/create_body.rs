use std::collections::HashMap;

use bollard::models::{
    ContainerCreateBody, EndpointSettings, HealthConfig, HostConfig, HostConfigLogConfig,
    NetworkingConfig, RestartPolicy, RestartPolicyNameEnum,
};
use flowctl_core::{
    executor::{Instance, WorkloadKind},
    spec::{ComponentSpec, Permission, Workload},
};

use super::{
    ContainerUser, Identity, limits, ports, secrets,
    volumes::{self, Folders},
};
use crate::error::Unfit;

/// What a container is put on: all that is not in its instance.
pub(crate) struct Ground<'a> {
    /// The run's network, by id.
    pub(crate) network: &'a str,
    /// The user that the image names, or nothing.
    pub(crate) image_user: &'a str,
    /// How much processor time the engine has, in thousandths of a processor.
    pub(crate) cpu_millis: u64,
    pub(crate) folders: Folders<'a>,
}

/// The container of an instance, as the engine is asked for it.
///
/// Everything that can be said without the engine is said here, so that it can be read in a test.
pub(crate) fn create_body(
    instance: &Instance,
    ground: &Ground<'_>,
) -> Result<ContainerCreateBody, Unfit> {
    let component = &instance.component;
    let image = image(component)?;
    let user = ContainerUser::choose(&component.security, ground.image_user)?;
    let ports = ports::published(instance);
    let mut labels = Identity::of(instance).labels();
    labels.extend(ports::labels(&ports));
    let words = |words: &[String]| (!words.is_empty()).then(|| words.to_vec());
    Ok(ContainerCreateBody {
        hostname: Some(component.id.to_string()),
        user: Some(user.as_str().to_owned()),
        // Publishing a port does nothing unless it is exposed as well.
        exposed_ports: Some(ports.iter().map(ports::PublishedPort::key).collect()),
        env: Some(environment(instance)),
        image: Some(image.to_owned()),
        entrypoint: words(&component.command),
        cmd: words(&component.args),
        working_dir: component.working_dir.clone(),
        labels: Some(labels),
        stop_signal: Some(component.stop.signal.clone()),
        stop_timeout: Some(stop_timeout(component)),
        // flowctl has probes of its own; the image's would fill the engine's events.
        healthcheck: Some(HealthConfig {
            test: Some(vec!["NONE".to_owned()]),
            ..HealthConfig::default()
        }),
        host_config: Some(host_config(instance, ground, &ports)?),
        networking_config: Some(networking(component, ground.network)),
        ..ContainerCreateBody::default()
    })
}

fn image(component: &ComponentSpec) -> Result<&str, Unfit> {
    let kind = match component.workload() {
        Some(Workload::Image(image)) => {
            return match component.concurrency {
                1 => Ok(image),
                _ => Err(Unfit::new(
                    "concurrency",
                    "a container works on as many batches at once as its program does",
                )),
            };
        }
        Some(other) => WorkloadKind::of(other),
        None => WorkloadKind::Image,
    };
    Err(Unfit::new(kind.field(), "it is not a container image"))
}

/// All variables, and no others, in order.
fn environment(instance: &Instance) -> Vec<String> {
    instance
        .environment
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect()
}

/// Whole seconds, rounded up: the engine's unit.
fn stop_timeout(component: &ComponentSpec) -> i64 {
    let grace = component.stop.grace;
    let seconds = grace.as_secs() + u64::from(grace.subsec_nanos() > 0);
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

fn host_config(
    instance: &Instance,
    ground: &Ground<'_>,
    ports: &[ports::PublishedPort],
) -> Result<HostConfig, Unfit> {
    let component = &instance.component;
    let security = &component.security;
    let allows = |permission| security.allow.contains(&permission);
    let mut mounts = volumes::mounts(component, &instance.run, &ground.folders)?;
    mounts.extend(secrets::mounts(component)?);
    let mut config = HostConfig {
        network_mode: Some(ground.network.to_owned()),
        port_bindings: Some(ports::bindings(ports)),
        mounts: Some(mounts),
        readonly_rootfs: Some(!allows(Permission::WritableRoot)),
        cap_drop: Some(vec!["ALL".to_owned()]),
        cap_add: Some(security.capabilities.clone()),
        security_opt: (!allows(Permission::NewPrivileges))
            .then(|| vec!["no-new-privileges".to_owned()]),
        // flowctl starts it again, and nobody else.
        restart_policy: Some(RestartPolicy {
            name: Some(RestartPolicyNameEnum::NO),
            ..RestartPolicy::default()
        }),
        log_config: Some(log_config()),
        ..HostConfig::default()
    };
    limits::apply(&component.resources, ground.cpu_millis, &mut config)?;
    Ok(config)
}

/// The driver that keeps bytes as they are (`json-file` does not), with room for a long run: what is
/// beyond the five files of 50 MB is dropped, oldest first.
fn log_config() -> HostConfigLogConfig {
    HostConfigLogConfig {
        typ: Some("local".to_owned()),
        config: Some(HashMap::from([
            ("max-size".to_owned(), "50m".to_owned()),
            ("max-file".to_owned(), "5".to_owned()),
        ])),
    }
}

fn networking(component: &ComponentSpec, network: &str) -> NetworkingConfig {
    let names = std::iter::once(&component.id).chain(&component.aliases);
    let endpoint = EndpointSettings {
        aliases: Some(names.map(ToString::to_string).collect()),
        ..EndpointSettings::default()
    };
    NetworkingConfig {
        endpoints_config: Some(HashMap::from([(network.to_owned(), endpoint)])),
    }
}

#[cfg(test)]
mod tests;
