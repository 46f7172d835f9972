//! The pages of `S0xx`: the text and its shape.

use super::{CodePage, names};

pub(super) const PAGES: &[CodePage] = &[
    CodePage {
        code: names::SYNTAX,
        title: "the text is not YAML",
        explanation: "The text breaks a rule of YAML, so nothing in it can be read. The message says what \
            the reader stumbled over; the cause is often the line before.",
        example: r#"spec:
  sources: [a, b"#,
        fix: "close brackets and quotes, and indent with spaces, never with tabs.",
    },
    CodePage {
        code: names::EMPTY,
        title: "there is nothing in the text",
        explanation: "A pipeline needs at least a name, a source and a sink.",
        example: "# only a comment",
        fix: "begin with `apiVersion: flowctl/v1` and `kind: Pipeline`; `flowctl schema` prints \
            what can follow.",
    },
    CodePage {
        code: names::DOCUMENTS,
        title: "the text holds more than one document",
        explanation: "A file describes one pipeline. A second `---` begins a second document, which would \
            be ignored without a word.",
        example: r#"kind: Pipeline
---
kind: Pipeline"#,
        fix: "put each pipeline in a file of its own.",
    },
    CodePage {
        code: names::DUPLICATE_KEY,
        title: "a key is written twice",
        explanation: "Of two equal keys in one map only one could hold, and which is a matter of chance \
            between readers.",
        example: r#"env:
  PORT: "1"
  PORT: "2""#,
        fix: "remove one of them.",
    },
    CodePage {
        code: names::TOO_LARGE,
        title: "the text is too large or nested too deeply",
        explanation: "The size of the text, its depth and the number of its values are bounded, counted \
            after aliases are followed, so that no text can make flowctl run out of memory.",
        example: r#"a: &a [x, x]
b: &b [*a, *a]
c: [*b, *b]   # and so on"#,
        fix: "make it smaller; the message names the bound.",
    },
    CodePage {
        code: names::YAML_FEATURE,
        title: "a feature of YAML that is not read here",
        explanation: "Keys that are not text, tags such as `!!binary`, and aliases that contain themselves \
            have no meaning in a pipeline.",
        example: "config: !custom {a: 1}",
        fix: "write the value plainly.",
    },
    CodePage {
        code: names::NOT_SET,
        title: "a variable is not set",
        explanation: "`${NAME}` is replaced by a variable of the environment. One that is not set would \
            silently become nothing.",
        example: "image: example/app:${TAG}",
        fix: "set the variable, or give a default: `${NAME:-default}`.",
    },
    CodePage {
        code: names::SUBSTITUTION,
        title: "a substitution that cannot be read",
        explanation: "After `${` come a name and `}`; between them may stand `:-default` or `:?message`.",
        example: "image: ${TAG",
        fix: "close the brace, or write `$$` for a plain `$`.",
    },
    CodePage {
        code: names::SET,
        title: "a `--set` that cannot be applied",
        explanation: "`--set` takes `path=value`, where the path leads through keys with `.` and through \
            lists with `[index]` or `[id]`.",
        example: "--set spec.sinks[9].image=x",
        fix: "name a place that exists; the last key may be new.",
    },
    CodePage {
        code: names::ENV_FILE,
        title: "an `env_file` that cannot be read",
        explanation: "Each line of such a file is `NAME=value`, empty, or a comment after `#`.",
        example: "env_file: [missing.env]",
        fix: "check the path and the line.",
    },
    CodePage {
        code: names::UNKNOWN_KEY,
        title: "a key that does not exist here",
        explanation: "A misspelt key that were ignored would leave its default in force without a word.",
        example: r#"sinks:
  - id: out
    imge: example/app:1"#,
        fix: "correct the key; the message names the nearest one.",
    },
    CodePage {
        code: names::WRONG_TYPE,
        title: "a value of the wrong type",
        explanation: "Here belongs a text, a number, a list or a map, and the value is another of these.",
        example: "ports: 8080",
        fix: "write the value as the message says.",
    },
    CodePage {
        code: names::MISSING_KEY,
        title: "a key is missing",
        explanation: "Some keys have no default, because there is none that is right for everybody.",
        example: r#"sources:
  - image: example/app:1"#,
        fix: "add the key.",
    },
    CodePage {
        code: names::WRONG_WORD,
        title: "a word that is not one of those allowed",
        explanation: "Here belongs one of a few words.",
        example: "restart: sometimes",
        fix: "choose one of the words in the message.",
    },
    CodePage {
        code: names::BAD_VALUE,
        title: "a value that cannot be used",
        explanation: "The value has the right type, but it is out of range or has the wrong form: a name \
            with capitals, a size without a known unit, a time without a unit.",
        example: r#"stop:
  grace: 10"#,
        fix: "write it as the message says.",
    },
    CodePage {
        code: names::API_VERSION,
        title: "another apiVersion",
        explanation: "This flowctl reads `flowctl/v1`.",
        example: "apiVersion: flowctl/v2",
        fix: "write `apiVersion: flowctl/v1`, or use a flowctl that knows the other version.",
    },
    CodePage {
        code: names::KIND,
        title: "another kind",
        explanation: "A file for `run` describes a pipeline.",
        example: "kind: Deployment",
        fix: "write `kind: Pipeline`.",
    },
    CodePage {
        code: names::TYPE_REFERENCE,
        title: "`type: name@version` is not supported",
        explanation: "The Go flowctl loaded a component by this reference from a registry of images. Here \
            a component says itself what it is.",
        example: r#"- id: in
  type: contract-events@v1.0.0"#,
        fix: "write the image, as `image: docker.io/withobsrvr/NAME:VERSION`.",
    },
    CodePage {
        code: names::PIPELINES,
        title: "`spec.pipelines` is not supported",
        explanation: "The Go flowctl could run containers one after the other under this key. Here a file \
            describes one graph of sources, processors and sinks.",
        example: r#"spec:
  pipelines:
    - id: job
      image: example/job:1"#,
        fix: "write a file for each, or run it as a service with `depends_on: [{id: …, condition: \
            completed}]`.",
    },
    CodePage {
        code: names::LEGACY,
        title: "the legacy format is not supported",
        explanation: "The first format had `version`, `source`, `processors` with `plugin`, and `sink` at \
            the top.",
        example: r#"version: 0.1
source:
  type: lake"#,
        fix: "write `apiVersion`, `kind`, `metadata` and `spec`; `type` becomes `id` and `use` or \
            `image`, `params` become `config` or `env`.",
    },
    CodePage {
        code: names::DRIVER,
        title: "a driver that is not built in",
        explanation: "Executors for clusters are not part of this flowctl.",
        example: "driver: kubernetes",
        fix: "leave `driver` out: each component then runs as its own workload says.",
    },
];
