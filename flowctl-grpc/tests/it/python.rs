//! What flowctl writes, read by an implementation that shares no line with it: grpcio and protobuf for
//! Python. `.ci/run python` says what it needs.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    path::{Path, PathBuf},
    process::Stdio,
};

use flowctl_core::control::Health;
use flowctl_grpc::proto::DESCRIPTORS;
use prost::Message;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, Value,
};

use crate::{plane::Plane, roundtrips::roundtrips};

/// As deep as samples go into messages that hold themselves.
const DEEPEST: u32 = 6;

fn scalar(kind: &Kind, number: u32, variant: u32) -> Value {
    let x = "x".repeat(usize::try_from(variant).unwrap());
    let whole = number + 100 + variant;
    let signed = i32::try_from(whole).unwrap();
    match kind {
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(signed),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(signed.into()),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(whole),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(whole.into()),
        Kind::Double => Value::F64(f64::from(number) + 0.5 + f64::from(variant)),
        Kind::Float => unreachable!("no message has a float"),
        Kind::Bool => Value::Bool(true),
        Kind::String => Value::String(format!("s{number}{x}")),
        Kind::Bytes => {
            let mut bytes = vec![0, 255, u8::try_from(number).unwrap()];
            bytes.extend_from_slice(x.as_bytes());
            Value::Bytes(bytes.into())
        }
        Kind::Enum(values) => Value::EnumNumber(last_declared(values)),
        Kind::Message(_) => unreachable!("a message is no scalar"),
    }
}

fn last_declared(values: &prost_reflect::EnumDescriptor) -> i32 {
    let declared = &values.enum_descriptor_proto().value;
    declared.last().unwrap().number.unwrap()
}

fn value(kind: &Kind, number: u32, variant: u32, depth: u32) -> Value {
    match kind {
        Kind::Message(message) => Value::Message(sample(message, 0, depth + 1)),
        kind => scalar(kind, number, variant),
    }
}

/// A message in which every field is set; of each oneof the field that `variant` picks.
fn sample(descriptor: &MessageDescriptor, variant: usize, depth: u32) -> DynamicMessage {
    let mut message = DynamicMessage::new(descriptor.clone());
    if depth > DEEPEST {
        return message;
    }
    for field in descriptor
        .fields()
        .filter(|field| is_picked(field, variant))
    {
        let number = field.number();
        let set = if field.is_map() {
            let Kind::Message(entry) = field.kind() else {
                unreachable!("a map is a list of messages")
            };
            let key = scalar(&entry.map_entry_key_field().kind(), number, 0);
            let value = value(&entry.map_entry_value_field().kind(), number, 0, depth);
            let key: MapKey = key.into_map_key().unwrap();
            Value::Map([(key, value)].into_iter().collect())
        } else if field.is_list() {
            let values = match field.kind() {
                Kind::Message(_) => vec![value(&field.kind(), number, 0, depth)],
                kind => vec![scalar(&kind, number, 0), scalar(&kind, number, 1)],
            };
            Value::List(values)
        } else {
            value(&field.kind(), number, 0, depth)
        };
        message.set_field(&field, set);
    }
    message
}

fn is_picked(field: &FieldDescriptor, variant: usize) -> bool {
    let Some(oneof) = field
        .containing_oneof()
        .filter(|oneof| !oneof.is_synthetic())
    else {
        return true;
    };
    // In the order of declaration, as the other side sees them.
    let fields: Vec<_> = oneof.fields().map(|field| field.number()).collect();
    fields[variant % fields.len()] == field.number()
}

fn variants(descriptor: &MessageDescriptor) -> usize {
    let oneofs = descriptor.oneofs();
    oneofs.map(|oneof| oneof.fields().len()).max().unwrap_or(1)
}

fn own_messages() -> Vec<MessageDescriptor> {
    let pool = DescriptorPool::decode(DESCRIPTORS).unwrap();
    let messages = pool.all_messages();
    let own = messages
        .filter(|message| !message.is_map_entry() && !message.full_name().starts_with("google."));
    own.collect()
}

/// `name variant hex` of each sample, as our generated code writes it: what the descriptors make, decoded
/// by that and encoded again, so that a field it lacks is missing.
fn samples() -> BTreeMap<(String, usize), Vec<u8>> {
    let roundtrips = roundtrips();
    let mut samples = BTreeMap::new();
    for message in own_messages() {
        let name = message.full_name();
        let Some(roundtrip) = roundtrips.get(name) else {
            unreachable!("{name} is not among the messages that are tested")
        };
        for variant in 0..variants(&message) {
            let bytes = sample(&message, variant, 0).encode_to_vec();
            samples.insert((name.to_owned(), variant), roundtrip(&bytes));
        }
    }
    samples
}

fn python() -> Option<PathBuf> {
    if let Some(python) = std::env::var_os("FLOWCTL_TEST_PYTHON") {
        return Some(python.into());
    }
    let required = std::env::var("FLOWCTL_REQUIRE").unwrap_or_default();
    assert!(
        !required.split(',').any(|name| name.trim() == "python-grpc"),
        "FLOWCTL_REQUIRE names python-grpc, and FLOWCTL_TEST_PYTHON no Python that has it"
    );
    let what = "FLOWCTL_TEST_PYTHON names no Python with grpcio, grpcio-tools and protobuf";
    #[expect(clippy::print_stderr, reason = "a skipped test says so")]
    {
        eprintln!("SKIPPED python: {what}");
    }
    None
}

#[test]
fn generated_code_has_every_field() {
    // Decoding by the descriptors alone sees what the generated code dropped.
    for message in own_messages() {
        for variant in 0..variants(&message) {
            let written = &samples()[&(message.full_name().to_owned(), variant)];
            let read = DynamicMessage::decode(message.clone(), &written[..]).unwrap();
            assert_eq!(
                read,
                sample(&message, variant, 0),
                "{}",
                message.full_name()
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_independent_implementation_reads_and_calls_us() {
    let Some(python) = python() else { return };
    let plane = Plane::start().await;
    plane.expect_three();
    let folder = tempfile::tempdir().unwrap();
    let samples = samples();
    let mut lines = String::new();
    for ((name, variant), bytes) in &samples {
        let hex = bytes.iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").unwrap();
            hex
        });
        writeln!(lines, "{name} {variant} {hex}").unwrap();
    }
    let (written, answered) = (folder.path().join("samples"), folder.path().join("answers"));
    std::fs::write(&written, lines).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = tokio::process::Command::new(python)
        .arg(root.join("tests/wire/check.py"))
        .arg(root.join("../proto"))
        .args([&written, &answered])
        .arg(plane.server.address().to_string())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");

    // What it wrote of the same samples, our code reads as what we wrote.
    let roundtrips = roundtrips();
    let answers = std::fs::read_to_string(answered).unwrap();
    let mut read = 0;
    for line in answers.lines() {
        let mut parts = line.split(' ');
        let (name, variant) = (parts.next().unwrap(), parts.next().unwrap());
        let bytes = from_hex(parts.next().unwrap_or_default());
        let key = (name.to_owned(), variant.parse().unwrap());
        assert_eq!(roundtrips[name](&bytes), samples[&key], "{name} {variant}");
        read += 1;
    }
    assert_eq!(read, samples.len());
    // And what it called left its mark.
    let members = plane.roster().members();
    assert_eq!(members.len(), 1);
    assert_eq!(
        (members[0].id(), members[0].health),
        ("ttp-processor", Health::Healthy)
    );
}

fn from_hex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    let bytes = digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16));
    bytes.map(Result::unwrap).collect()
}
