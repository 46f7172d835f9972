use std::ffi::OsString;

use super::{Problems, Variable, Variables};

const URL: Variable = Variable::new(&["RPC_ENDPOINT"], "the URL of a server").example("http://a");
const SEED: Variable = Variable::new(&["SEED"], "which network");
const ID: Variable = Variable::new(&["FLOWCTL_COMPONENT_ID", "COMPONENT_ID"], "the id");
const GRPC: Variable = Variable::new(&["GRPC_PORT", "PORT"], "the port").agree();
const TOKEN: Variable = Variable::new(&["TOKEN"], "the token").secret();

#[derive(Debug, PartialEq)]
struct Read {
    url: String,
    seed: u64,
    id: Option<String>,
    port: u16,
    token: Option<u16>,
}

fn read(set: &[(&str, &str)]) -> Result<Read, Problems> {
    let is_set = set.iter().any(|(name, _)| *name == URL.name());
    let set = set
        .iter()
        .map(|(name, value)| (OsString::from(name), OsString::from(value)));
    let mut variables = Variables::new(set);
    variables.without_effect(["CACHE_SIZE"], "nothing is cached");
    let url = variables.optional::<String>(URL);
    if !is_set {
        variables.refuse_unset(URL);
    }
    let seed = variables.or(SEED, 1);
    let id = variables.optional(ID);
    let port = variables.or(GRPC, 50052);
    let token = variables.optional(TOKEN);
    let read = url.map(|url| Read {
        url,
        seed,
        id,
        port,
        token,
    });
    variables.finish(read)
}

/// The problems, one `name what | fix` a line.
fn problems(set: &[(&str, &str)]) -> Vec<String> {
    let Problems(problems) = read(set).unwrap_err();
    let line =
        |problem: super::Problem| format!("{} {} | {}", problem.name, problem.what, problem.fix);
    problems.into_iter().map(line).collect()
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let told = problems(&[
        ("RPC_ENDPIONT", "http://a"),
        ("SEED", "seven"),
        ("GRPC_PORT", "1"),
        ("PORT", "2"),
        ("TOKEN", "hunter2"),
    ]);
    assert_eq!(
        told,
        [
            "RPC_ENDPOINT is not set | set it to the URL of a server, for example http://a",
            "SEED is `seven` | expected a whole number",
            "PORT is `2`, but GRPC_PORT is `1` | make them equal, or unset one of them",
            "TOKEN is a value that is not shown | expected a whole number up to 65535",
            "RPC_ENDPIONT is not known; RPC_ENDPOINT is | rename it to RPC_ENDPOINT, or unset it",
        ]
    );
}

#[test]
fn what_is_unset_or_empty_has_its_default() {
    let read = read(&[("RPC_ENDPOINT", " http://b "), ("SEED", "")]).unwrap();
    let expected = Read {
        url: "http://b".into(),
        seed: 1,
        id: None,
        port: 50052,
        token: None,
    };
    assert_eq!(read, expected);
}

#[test]
fn the_first_name_wins_where_names_need_not_agree() {
    let set = [
        ("RPC_ENDPOINT", "u"),
        ("COMPONENT_ID", "second"),
        ("FLOWCTL_COMPONENT_ID", "first"),
        ("PORT", "7"),
        ("GRPC_PORT", "7"),
    ];
    let read = read(&set).unwrap();
    assert_eq!((read.id.as_deref(), read.port), (Some("first"), 7));
}

#[test]
fn a_near_name_is_no_problem_beside_the_right_one_or_where_it_is_known() {
    assert!(read(&[("RPC_ENDPOINT", "u"), ("RPC_ENDPIONT", "v")]).is_ok());
    assert!(read(&[("RPC_ENDPOINT", "u"), ("CACHE_SIZE", "5"), ("PATH", "/bin")]).is_ok());
    assert_eq!(
        problems(&[("RPC_ENDPOINT", "u"), ("CACHE_SIZES", "5")]).len(),
        1
    );
}

#[cfg(unix)]
#[test]
fn a_value_that_is_not_utf8_is_told_once() {
    use std::os::unix::ffi::OsStringExt as _;
    let bad = OsString::from_vec(vec![0xff]);
    let mut variables = Variables::new([("RPC_ENDPOINT".into(), bad)]);
    let url = variables.optional::<String>(URL);
    let Problems(problems) = variables.finish(url).unwrap_err();
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].what, "is not UTF-8");
}
