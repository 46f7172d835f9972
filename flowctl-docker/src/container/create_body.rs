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
/// beyond two files of 256 MB is dropped, oldest first. Large files, because an engine before 23 may
/// leave out lines that are being followed when it begins a new one while a program writes fast; a log
/// that is read afterwards is complete.
fn log_config() -> HostConfigLogConfig {
    HostConfigLogConfig {
        typ: Some("local".to_owned()),
        config: Some(HashMap::from([
            ("max-size".to_owned(), "256m".to_owned()),
            ("max-file".to_owned(), "2".to_owned()),
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
mod tests {
    use std::path::Path;

    use flowctl_core::{
        ByteSize, CpuMillis, RunId,
        component::ComponentContext,
        executor::RunScope,
        spec::{Port, Role, Secret, Volume},
    };

    use super::*;

    fn instance(change: impl FnOnce(&mut ComponentSpec)) -> Instance {
        let id: flowctl_core::ComponentId = "consumer".parse().unwrap();
        let mut component = ComponentSpec::new(id.clone(), Role::Sink);
        component.image = Some("withobsrvr/consumer:1".to_owned());
        change(&mut component);
        let run = RunScope::new(
            "default".parse().unwrap(),
            "ttp".parse().unwrap(),
            RunId::from_bits(1),
        );
        Instance::new(run, component, ComponentContext::detached(id))
    }

    fn body(instance: &Instance) -> Result<serde_json::Value, Unfit> {
        let ground = Ground {
            network: "net0123",
            image_user: "",
            cpu_millis: 2000,
            folders: Folders {
                home: None,
                current: Path::new("/work"),
                real: &|_| None,
            },
        };
        create_body(instance, &ground).map(|body| serde_json::to_value(body).unwrap())
    }

    /// The whole body of a plain component: what is not asked for is safe.
    #[test]
    fn a_plain_component_is_asked_for_like_this() {
        let instance = instance(|_| {});
        let spec = Identity::of(&instance).spec;
        let expected = serde_json::json!({
            "Hostname": "consumer",
            "User": "65532:65532",
            "ExposedPorts": {},
            "Env": [],
            "Image": "withobsrvr/consumer:1",
            "Healthcheck": { "Test": ["NONE"] },
            "Labels": {
                "io.flowctl.namespace": "default",
                "io.flowctl.pipeline": "ttp",
                "io.flowctl.run": "00000000-0000-0000-0000-000000000001",
                "io.flowctl.component": "consumer",
                "io.flowctl.index": "0",
                "io.flowctl.generation": "1",
                "io.flowctl.spec": spec,
            },
            "StopSignal": "SIGTERM",
            "StopTimeout": 10,
            "HostConfig": {
                "NetworkMode": "net0123",
                "PortBindings": {},
                "Mounts": [],
                "ReadonlyRootfs": true,
                "CapDrop": ["ALL"],
                "CapAdd": [],
                "SecurityOpt": ["no-new-privileges"],
                "RestartPolicy": { "Name": "no" },
                "LogConfig": { "Type": "local", "Config": { "max-size": "256m", "max-file": "2" } },
            },
            "NetworkingConfig": { "EndpointsConfig": { "net0123": { "Aliases": ["consumer"] } } },
        });
        assert_eq!(body(&instance).unwrap(), expected);
    }

    #[test]
    fn what_the_spec_asks_for_is_in_the_body() {
        let mut instance = instance(|component| {
            component.command = vec!["npm".to_owned()];
            component.args = vec!["start".to_owned()];
            component.working_dir = Some("/app".to_owned());
            component.ports = vec![Port::new(8088).host_port(18088)];
            component.aliases = vec!["sink".parse().unwrap()];
            component.security.allow = vec![
                Permission::Root,
                Permission::WritableRoot,
                Permission::NewPrivileges,
            ];
            component.security.capabilities = vec!["NET_BIND_SERVICE".to_owned()];
            component.stop.signal = "SIGINT".to_owned();
            component.stop.grace = std::time::Duration::from_millis(1500);
            component.resources.limits.cpu = Some(CpuMillis::from_millis(500));
            component.resources.limits.memory = Some(ByteSize::from_mib(64));
            let mut volume = Volume::default();
            volume.name = Some("data".to_owned());
            volume.container_path = Some("/data".to_owned());
            component.volumes = vec![volume];
            let mut secret = Secret::new("token");
            secret.host_path = Some("/home/me/token".to_owned());
            component.secrets = vec![secret];
        });
        instance.environment = [("B", "2"), ("A", "1")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        let body = body(&instance).unwrap();
        let host = &body["HostConfig"];
        assert_eq!(body["Entrypoint"], serde_json::json!(["npm"]));
        assert_eq!(body["Cmd"], serde_json::json!(["start"]));
        assert_eq!(body["WorkingDir"], "/app");
        assert_eq!(body["User"], "0:0");
        assert_eq!(body["Env"], serde_json::json!(["A=1", "B=2"]));
        assert_eq!(body["StopSignal"], "SIGINT");
        assert_eq!(body["StopTimeout"], 2);
        assert_eq!(body["ExposedPorts"], serde_json::json!({ "8088/tcp": {} }));
        assert_eq!(
            host["PortBindings"],
            serde_json::json!({ "8088/tcp": [{ "HostIp": "127.0.0.1", "HostPort": "18088" }] })
        );
        assert_eq!(body["Labels"]["io.flowctl.port.main"], "8088/tcp");
        assert_eq!(host["ReadonlyRootfs"], false);
        assert_eq!(host["CapDrop"], serde_json::json!(["ALL"]));
        assert_eq!(host["CapAdd"], serde_json::json!(["NET_BIND_SERVICE"]));
        assert_eq!(host["SecurityOpt"], serde_json::Value::Null);
        assert_eq!(host["NanoCpus"], 500_000_000);
        assert_eq!(host["Memory"], host["MemorySwap"]);
        let mounts = host["Mounts"].as_array().unwrap();
        assert_eq!(mounts[0]["Source"], "ttp_data");
        assert_eq!(mounts[1]["Target"], "/run/secrets");
        assert_eq!(mounts[1]["Source"], serde_json::Value::Null, "anonymous");
        let aliases = &body["NetworkingConfig"]["EndpointsConfig"]["net0123"]["Aliases"];
        assert_eq!(*aliases, serde_json::json!(["consumer", "sink"]));
        let text = body.to_string();
        assert!(!text.contains("/home/me/token"), "{text}");
    }

    #[test]
    fn ports_that_were_reserved_are_published_without_a_pin() {
        let mut instance = instance(|_| {});
        instance.ports = ports::reserved(&instance.component);
        let body = body(&instance).unwrap();
        assert_eq!(
            body["HostConfig"]["PortBindings"],
            serde_json::json!({
                "50051/tcp": [{ "HostIp": "127.0.0.1", "HostPort": "" }],
                "18081/tcp": [{ "HostIp": "127.0.0.1", "HostPort": "" }],
            })
        );
    }

    #[test]
    fn what_is_no_container_is_refused_by_field() {
        let field = |change: fn(&mut ComponentSpec)| body(&instance(change)).unwrap_err().field;
        assert_eq!(field(|c| c.uses = Some("numbers".to_owned())), "use");
        assert_eq!(
            field(|c| {
                c.image = None;
                c.command = vec!["./program".to_owned()];
            }),
            "command"
        );
        assert_eq!(field(|c| c.image = None), "image");
        assert_eq!(field(|c| c.concurrency = 2), "concurrency");
        assert_eq!(
            field(|c| c.security.user = Some("root".to_owned())),
            "security.user"
        );
    }
}
