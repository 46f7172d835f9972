use bollard::models::HostConfig;
use flowctl_core::spec::Resources;

use crate::error::Unfit;

/// The least memory that the engine accepts as a limit (`daemon_unix.go`, `linuxMinMemory`).
const LEAST_MEMORY: i64 = 6 * 1024 * 1024;

/// Writes limits and promises into `config`.
///
/// * A limit of processor time beyond what the machine has is no limit, and the engine would refuse
///   it: it is cut to `cpu_millis`, what the machine has.
/// * Swap would make a limit of memory soft: memory and swap together have the same limit.
/// * A promise of processor time is a share, 1024 a processor, in the engine's own unit.
pub(super) fn apply(
    resources: &Resources,
    cpu_millis: u64,
    config: &mut HostConfig,
) -> Result<(), Unfit> {
    let (limits, requests) = (&resources.limits, &resources.requests);
    if let Some(cpu) = limits.cpu {
        let millis = cpu.millis().min(cpu_millis);
        config.nano_cpus = Some(number("resources.limits.cpu", millis * 1_000_000)?);
    }
    if let Some(memory) = limits.memory {
        let field = "resources.limits.memory";
        let bytes = number(field, memory.bytes())?;
        if bytes < LEAST_MEMORY {
            return Err(Unfit::new(field, "engines accept 6Mi at least"));
        }
        config.memory = Some(bytes);
        config.memory_swap = Some(bytes);
    }
    config.pids_limit = limits.pids.map(i64::from);
    if let Some(cpu) = requests.cpu {
        let field = "resources.requests.cpu";
        // The kernel knows no share below 2.
        let shares = number(field, cpu.millis().saturating_mul(1024) / 1000)?;
        config.cpu_shares = Some(shares.max(2));
    }
    if let Some(memory) = requests.memory {
        let bytes = number("resources.requests.memory", memory.bytes())?;
        config.memory_reservation = Some(bytes);
    }
    if requests.pids.is_some() {
        let reason = "an engine cannot promise processes";
        return Err(Unfit::new("resources.requests.pids", reason));
    }
    Ok(())
}

fn number(field: &str, value: u64) -> Result<i64, Unfit> {
    i64::try_from(value).map_err(|_| Unfit::new(field, "it is more than an engine can count"))
}

/// Whether the engine holds what it was asked for: engines on kernels without a controller drop limits
/// with a warning. `found` is what it says of the container that it made.
pub(crate) fn verify(
    asked: &HostConfig,
    found: &HostConfig,
    warnings: &[String],
) -> Result<(), Unfit> {
    let rows = [
        ("resources.limits.cpu", asked.nano_cpus, found.nano_cpus),
        ("resources.limits.memory", asked.memory, found.memory),
        (
            "resources.limits.memory",
            asked.memory_swap,
            found.memory_swap,
        ),
        ("resources.limits.pids", asked.pids_limit, found.pids_limit),
        ("resources.requests.cpu", asked.cpu_shares, found.cpu_shares),
        (
            "resources.requests.memory",
            asked.memory_reservation,
            found.memory_reservation,
        ),
    ];
    for (field, asked, found) in rows {
        if asked.is_some() && asked != found {
            let mut reason = format!("the engine made it {found:?} instead of {asked:?}");
            for warning in warnings {
                reason.push_str("; it says: ");
                reason.push_str(warning);
            }
            return Err(Unfit::new(field, reason));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use flowctl_core::{ByteSize, CpuMillis};

    use super::*;

    fn applied(change: impl FnOnce(&mut Resources)) -> Result<HostConfig, Unfit> {
        let mut resources = Resources::default();
        change(&mut resources);
        let mut config = HostConfig::default();
        apply(&resources, 2000, &mut config)?;
        Ok(config)
    }

    #[test]
    fn kubernetes_amounts_become_the_engines() {
        let config = applied(|resources| {
            resources.limits.cpu = Some(CpuMillis::from_millis(500));
            resources.limits.memory = Some(ByteSize::from_mib(64));
            resources.limits.pids = Some(32);
            resources.requests.cpu = Some(CpuMillis::from_millis(250));
            resources.requests.memory = Some(ByteSize::from_mib(32));
        })
        .unwrap();
        assert_eq!(config.nano_cpus, Some(500_000_000));
        assert_eq!(config.memory, Some(64 << 20));
        assert_eq!(config.memory_swap, config.memory);
        assert_eq!(config.pids_limit, Some(32));
        assert_eq!(config.cpu_shares, Some(256));
        assert_eq!(config.memory_reservation, Some(32 << 20));
    }

    #[test]
    fn more_processors_than_there_are_is_all_of_them() {
        let config = applied(|r| r.limits.cpu = Some(CpuMillis::from_millis(64_000))).unwrap();
        assert_eq!(config.nano_cpus, Some(2_000_000_000));
    }

    #[test]
    fn what_no_engine_can_hold_is_refused_by_field() {
        let field = |change: fn(&mut Resources)| applied(change).unwrap_err().field;
        assert_eq!(
            field(|r| r.limits.memory = Some(ByteSize::from_mib(5))),
            "resources.limits.memory"
        );
        assert_eq!(
            field(|r| r.requests.pids = Some(1)),
            "resources.requests.pids"
        );
    }

    #[test]
    fn a_limit_that_the_engine_dropped_is_found() {
        let asked = HostConfig {
            memory: Some(64 << 20),
            memory_swap: Some(64 << 20),
            pids_limit: Some(8),
            ..HostConfig::default()
        };
        assert_eq!(verify(&asked, &asked, &[]), Ok(()));
        // Recorded from an engine on a kernel without swap accounting.
        let found = HostConfig {
            memory_swap: Some(-1),
            ..asked.clone()
        };
        let warning = "Your kernel does not support swap limit capabilities".to_owned();
        let unfit = verify(&asked, &found, &[warning]).unwrap_err();
        assert_eq!(unfit.field, "resources.limits.memory");
        assert!(unfit.reason.contains("swap limit"), "{}", unfit.reason);
        let found = HostConfig {
            pids_limit: None,
            ..asked.clone()
        };
        assert_eq!(
            verify(&asked, &found, &[]).unwrap_err().field,
            "resources.limits.pids"
        );
    }
}
