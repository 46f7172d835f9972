//! The pages of `W2xx`: what can run, but is not what it seems.

use super::{CodePage, names};

pub(super) const PAGES: &[CodePage] = &[
    CodePage {
        code: names::NO_EFFECT,
        title: "a field without effect",
        explanation: "The field has no meaning for what this component is. It is read and then ignored.",
        example: r#"- id: out
  use: console
  ports: [{containerPort: 80}]"#,
        fix: "remove the field.",
    },
    CodePage {
        code: names::HEALTH_PATH,
        title: "`health_check` without `health_port`",
        explanation: "The path of a health endpoint is asked on its port; without a port nothing is asked.",
        example: "health_check: /health",
        fix: "add `health_port`, or remove `health_check`.",
    },
    CodePage {
        code: names::OWNED_VARIABLE,
        title: "a variable that flowctl sets itself",
        explanation: "flowctl tells a component where its control plane is and what it is called; its \
            values win.",
        example: r#"env:
  FLOWCTL_ENDPOINT: localhost:8080"#,
        fix: "remove the variable.",
    },
    CodePage {
        code: names::UNUSED_DEAD_LETTER,
        title: "a place for dead letters that none will reach",
        explanation: "Nothing of this component says `dead_letter`, so the sink named there gets nothing \
            from it.",
        example: r#"on_error:
  then: stop
  dead_letter: bad"#,
        fix: "say `then: dead_letter`, or remove the target.",
    },
    CodePage {
        code: names::DIFFERENT_PORTS,
        title: "a health port that its environment contradicts",
        explanation: "The component is told one port by `HEALTH_PORT` and asked on another.",
        example: r#"health_port: 8088
env:
  HEALTH_PORT: "8089""#,
        fix: "make them equal, or leave `HEALTH_PORT` out: flowctl sets it.",
    },
    CodePage {
        code: names::SET_ASIDE,
        title: "a field that is set aside",
        explanation: "The component names an image and is run as an OS process all the same, because the \
            command line or `driver` says so. What only a container can honour has no effect then.",
        example: r#"image: example/program:latest
command: [./program]
resources: {limits: {memory: 128Mi}}   # with --executor process"#,
        fix: "nothing, if that is what you want; else run it in containers.",
    },
];
