use strsim::osa_distance;

/// Names that are set on most machines and mean nothing here, but are near to names that do.
const EVERYWHERE: [&str; 3] = ["PATH", "HOME", "HOST"];

/// The known name that `set` is likely to be a misspelling of.
///
/// As far as one wrong, missing, additional or exchanged letter in a short name, and two in a long one.
/// In a name of four letters or fewer a wrong letter makes just another name (`PATH`, `POST`), so only
/// the others count.
pub(super) fn misspelt(
    set: &str,
    known: impl Iterator<Item = &'static str>,
) -> Option<&'static str> {
    if EVERYWHERE.contains(&set) {
        return None;
    }
    let upper = set.to_ascii_uppercase();
    known
        .filter_map(|name| {
            let distance = osa_distance(&upper, name);
            let allowed = match name.len() {
                0..=4 => usize::from(same_letters(&upper, name) || upper.len() != name.len()),
                5..=8 => 1,
                _ => 2,
            };
            (distance <= allowed).then_some((distance, name))
        })
        .min()
        .map(|(_, name)| name)
}

fn same_letters(one: &str, other: &str) -> bool {
    let sorted = |text: &str| {
        let mut letters: Vec<_> = text.chars().collect();
        letters.sort_unstable();
        letters
    };
    sorted(one) == sorted(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 5] = ["RPC_ENDPOINT", "PORT", "LOG_LEVEL", "SEED", "HEALTH_PORT"];

    #[test]
    fn near_names_are_found() {
        for (set, name) in [
            ("RPC_ENDPIONT", "RPC_ENDPOINT"),
            ("RPC_ENDPONT", "RPC_ENDPOINT"),
            ("rpc_endpoint", "RPC_ENDPOINT"),
            ("RPCENDPOINT", "RPC_ENDPOINT"),
            ("LOGLEVEL", "LOG_LEVEL"),
            ("HEATLH_PORT", "HEALTH_PORT"),
            ("PROT", "PORT"),
            ("PORTS", "PORT"),
            ("SEEED", "SEED"),
        ] {
            assert_eq!(misspelt(set, KNOWN.into_iter()), Some(name), "{set}");
        }
    }

    #[test]
    fn other_names_are_left_alone() {
        for set in [
            "PATH",
            "HOME",
            "HOST",
            "POST",
            "SORT",
            "FORT",
            "PWD",
            "LANG",
            "SHELL",
            "TERM",
            "USER",
            "RPC_URL",
            "REDIS_PORT",
            "LOG_FILE",
            "SHLVL",
            "HOSTNAME",
            "_",
        ] {
            assert_eq!(misspelt(set, KNOWN.into_iter()), None, "{set}");
        }
    }
}
