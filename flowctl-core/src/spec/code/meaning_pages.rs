//! The pages of `S1xx`: what the parts of a spec say about each other.

use super::{CodePage, names};

pub(super) const PAGES: &[CodePage] = &[
    CodePage {
        code: names::DUPLICATE_ID,
        title: "two components have the same id",
        explanation: "An id is how inputs, logs and host names find a component.",
        example: r#"sources:
  - id: a
sinks:
  - id: a"#,
        fix: "give one of them another id.",
    },
    CodePage {
        code: names::WORKLOAD,
        title: "a component that does not say what it is, or says it twice",
        explanation: "A component is one of `use` (a Rust component of this process), `command` (an OS \
            process) and `image` (a container, whose `command` replaces its own).",
        example: r#"- id: a
  use: jsonl
  image: example/app:1"#,
        fix: "keep one of them.",
    },
    CodePage {
        code: names::TAKES_NO_INPUTS,
        title: "inputs where none can be",
        explanation: "Sources bring events in from outside, services carry none.",
        example: r#"sources:
  - id: a
    inputs: [b]"#,
        fix: "remove `inputs`, or move the component to `processors` or `sinks`.",
    },
    CodePage {
        code: names::UNKNOWN_INPUT,
        title: "an input that does not exist",
        explanation: "An input names another component by its id.",
        example: r#"sinks:
  - id: out
    inputs: [sorce]"#,
        fix: "correct the id; the message names the nearest one.",
    },
    CodePage {
        code: names::EMITS_NOTHING,
        title: "an input that emits nothing",
        explanation: "Events come from sources and processors only.",
        example: r#"sinks:
  - id: a
  - id: b
    inputs: [a]"#,
        fix: "read from what the sink itself reads.",
    },
    CodePage {
        code: names::DUPLICATE_INPUT,
        title: "the same input twice",
        explanation: "Every event would arrive twice.",
        example: "inputs: [a, a]",
        fix: "keep one; for several event types use `{from: a, types: […]}`.",
    },
    CodePage {
        code: names::CYCLE,
        title: "components that wait for each other",
        explanation: "Events would go round for ever, and no position could ever be final.",
        example: r#"processors:
  - id: a
    inputs: [b]
  - id: b
    inputs: [a]"#,
        fix: "break the cycle at one of its inputs.",
    },
    CodePage {
        code: names::EVENT_TYPES,
        title: "an edge on which no event can pass",
        explanation: "What the one end emits and what the other takes have no event type in common, or the \
            input names a type that is never emitted.",
        example: r#"- id: out
  inputs: [a]        # emits token.transfer
  input_event_types: [token.mint]"#,
        fix: "correct the type, or read from another component; a registry can hold other names of \
            a type as aliases.",
    },
    CodePage {
        code: names::UNREAD_SOURCE,
        title: "a source that nobody reads",
        explanation: "It would run for nothing.",
        example: r#"sources:
  - id: a
  - id: unread"#,
        fix: "name it in the `inputs` of a processor or sink, or remove it.",
    },
    CodePage {
        code: names::NO_SINK_FOLLOWS,
        title: "a processor that no sink follows",
        explanation: "What it emits would be lost.",
        example: r#"processors:
  - id: a
    inputs: [in]
sinks: []"#,
        fix: "name it in the `inputs` of a sink, or remove it.",
    },
    CodePage {
        code: names::NO_INPUTS,
        title: "a processor or sink without inputs",
        explanation: "Nothing would ever arrive.",
        example: r#"sinks:
  - id: out
    use: console"#,
        fix: "add `inputs: [ID]`. A sink for dead letters alone needs none.",
    },
    CodePage {
        code: names::DEAD_LETTER,
        title: "dead letters without a place to go",
        explanation: "`dead_letter` needs the id of another sink in `on_error.dead_letter`.",
        example: r#"on_error:
  then: dead_letter"#,
        fix: "add `dead_letter: ID`, where ID is a sink.",
    },
    CodePage {
        code: names::UNKNOWN_DEPENDENCY,
        title: "a dependency that does not exist",
        explanation: "`depends_on` names other components by their ids.",
        example: "depends_on: [databse]",
        fix: "correct the id; the message names the nearest one.",
    },
    CodePage {
        code: names::START_ORDER,
        title: "components that cannot start in any order",
        explanation: "Who is fed opens before who feeds it, a server before who dials it, and `depends_on` \
            adds more; together these contradict each other.",
        example: r#"services:
  - id: a
    depends_on: [b]
  - id: b
    depends_on: [a]"#,
        fix: "remove one of the dependencies that the message lists.",
    },
    CodePage {
        code: names::NO_SOURCE,
        title: "no source",
        explanation: "Without a source nothing ever happens.",
        example: r#"spec:
  sinks:
    - id: out"#,
        fix: "add a component under `spec.sources`.",
    },
    CodePage {
        code: names::NO_SINK,
        title: "no sink",
        explanation: "Without a sink nothing is ever kept.",
        example: r#"spec:
  sources:
    - id: in"#,
        fix: "add a component under `spec.sinks`.",
    },
    CodePage {
        code: names::OTHER_ROLE,
        title: "a component in the wrong list",
        explanation: "The list, its `type` and the registry must agree on what a component does.",
        example: r#"sinks:
  - id: a
    type: source"#,
        fix: "move it to the right list, or correct `type` or `use`.",
    },
    CodePage {
        code: names::PORT_TAKEN,
        title: "two components want the same port of this machine",
        explanation: "Only one program can listen on a port.",
        example: "ports: [{containerPort: 80, hostPort: 8080}]   # in two components",
        fix: "choose another `hostPort`, or leave it out for any free one.",
    },
    CodePage {
        code: names::VOLUME,
        title: "a volume that says too little or too much",
        explanation: "A volume needs a place in the component, and one of: a name, a `host_path`, `tmpfs`.",
        example: r#"volumes:
  - name: data"#,
        fix: "add `container_path: /data`.",
    },
    CodePage {
        code: names::SECRET,
        title: "a secret that says too little",
        explanation: "A file or folder needs `host_path`; a variable needs `env`.",
        example: r#"secrets:
  - name: token"#,
        fix: "add `host_path`, or `type: env` with `env: NAME`.",
    },
    CodePage {
        code: names::PARALLEL,
        title: "instances where one must do",
        explanation: "Only a stateless processor can work on several batches at once without mixing up its \
            state or the order.",
        example: r#"sinks:
  - id: out
    replicas: 3"#,
        fix: "set it to 1, or declare the processor `stateless: true` if it is.",
    },
    CodePage {
        code: names::ENV_NAME,
        title: "a name that no environment can hold",
        explanation: "Names of variables are letters, digits and `_`, and do not begin with a digit.",
        example: r#"env:
  "A B": x"#,
        fix: "rename the variable.",
    },
    CodePage {
        code: names::PROBE,
        title: "a probe that cannot be asked",
        explanation: "A probe needs something to ask: a command with a program, a text to look for. A \
            native component has no port and no command.",
        example: r#"probes:
  ready:
    check: {exec: {command: []}}"#,
        fix: "complete the probe or remove it.",
    },
    CodePage {
        code: names::IMAGE,
        title: "not the name of an image",
        explanation: "An image is `[registry/]name[:tag][@digest]`, the name in lowercase.",
        example: "image: Example App",
        fix: "correct the name.",
    },
    CodePage {
        code: names::VIA,
        title: "an edge that cannot be carried like this",
        explanation: "`linked` needs both ends in this process, `direct` both outside it, `proxied` one \
            outside at least; what flowctl itself must carry cannot be direct.",
        example: r#"inputs:
  - {from: container, via: linked}"#,
        fix: "leave `via` out: flowctl then takes the cheapest that works.",
    },
    CodePage {
        code: names::LIMITS,
        title: "more promised than allowed",
        explanation: "A component cannot be promised more than its limit.",
        example: r#"resources:
  requests: {memory: 1Gi}
  limits: {memory: 512Mi}"#,
        fix: "raise the limit or lower the request.",
    },
    CodePage {
        code: names::BACKOFF,
        title: "a pause that shrinks",
        explanation: "Pauses grow from `base` to `cap`.",
        example: "backoff: {base: 1m, cap: 1s}",
        fix: "make `cap` at least `base`.",
    },
    CodePage {
        code: names::UNKNOWN_USE,
        title: "a native component that does not exist",
        explanation: "`use` names a component of the registry of this program.",
        example: "use: jsonlines",
        fix: "correct the name; `flowctl components` lists them.",
    },
    CodePage {
        code: names::CONFIG,
        title: "a configuration that its component refuses",
        explanation: "The component read its `config` and something in it is missing, unknown or of the \
            wrong type.",
        example: r#"use: jsonl
config:
  pth: out.jsonl"#,
        fix: "correct it; `flowctl components NAME` lists the keys.",
    },
    CodePage {
        code: names::QUEUE,
        title: "a queue without room",
        explanation: "With room for nothing nothing moves.",
        example: "queue: {events: 100, bytes: 0}",
        fix: "make both bounds at least 1.",
    },
    CodePage {
        code: names::UNSUPPORTED,
        title: "a field that nothing here can honour",
        explanation: "The executor that starts the component, or this version of flowctl, has no meaning for \
            the field. It is refused rather than ignored.",
        example: r#"command: [./program]   # an OS process
resources: {limits: {memory: 128Mi}}"#,
        fix: "remove the field, or run the component where it has a meaning: limits, for example, in a \
            container.",
    },
];
