"""An independent implementation reads what flowctl writes, and calls what it serves.

    check.py PROTO_FOLDER SAMPLES ANSWERS HOST:PORT

Compiles the .proto files with protoc, decodes every line of SAMPLES (`name variant hex`) and compares all
fields, writes its own encoding of the same to ANSWERS, and then calls both control-plane services. Needs
grpcio, grpcio-tools and protobuf.
"""

import importlib
import pathlib
import sys
import tempfile

import grpc
from google.protobuf import descriptor_pool, empty_pb2, message_factory
from grpc_tools import protoc

from sample import fill, variants


def compile_protos(folder, out):
    """Generates Python from all .proto files, and loads it."""
    files = sorted(str(p.relative_to(folder)) for p in folder.rglob("*.proto"))
    included = pathlib.Path(protoc.__file__).parent / "_proto"
    arguments = ["protoc", f"-I{folder}", f"-I{included}", f"--python_out={out}", f"--grpc_python_out={out}"]
    assert protoc.main(arguments + files) == 0, "protoc refused the .proto files"
    sys.path.insert(0, str(out))
    modules = {}
    for file in files:
        stem = file.removesuffix(".proto").replace("/", ".")
        modules[stem] = importlib.import_module(f"{stem}_pb2")
        modules[stem + "_grpc"] = importlib.import_module(f"{stem}_pb2_grpc")
    return modules


def messages(modules):
    """All messages of our files, by full name."""
    found = {}

    def add(descriptor):
        if not descriptor.GetOptions().map_entry:
            found[descriptor.full_name] = descriptor
        for nested in descriptor.nested_types:
            add(nested)

    for name, module in modules.items():
        if not name.endswith("_grpc"):
            for descriptor in module.DESCRIPTOR.message_types_by_name.values():
                add(descriptor)
    return found


def check_samples(modules, samples, answers):
    known = messages(modules)
    seen = set()
    with open(samples) as lines, open(answers, "w") as out:
        for line in lines:
            name, variant, encoded = (line.rstrip("\n").split(" ") + [""])[:3]
            kind = message_factory.GetMessageClass(known[name])
            decoded = kind.FromString(bytes.fromhex(encoded))
            expected = fill(kind(), int(variant))
            assert decoded == expected, f"{name} {variant}:\n{decoded}\nis not\n{expected}"
            # Equality does not look at what is not known.
            again = decoded.SerializeToString(deterministic=True)
            assert again == expected.SerializeToString(deterministic=True), f"{name}: unknown fields"
            out.write(f"{name} {variant} {again.hex()}\n")
            seen.add((name, int(variant)))
    wanted = {(name, v) for name, d in known.items() for v in range(variants(d))}
    assert seen == wanted, f"without a sample: {wanted - seen}; unknown: {seen - wanted}"
    return len(seen)


def fails(code, call, *arguments):
    try:
        call(*arguments)
    except grpc.RpcError as error:
        assert error.code() == code, error
        return error.details()
    raise AssertionError(f"it did not fail with {code}")


def check_legacy(modules, channel):
    m = modules["flowctl.control_plane"]
    stub = modules["flowctl.control_plane_grpc"].ControlPlaneStub(channel)
    ack = stub.Register(m.ServiceInfo(
        service_type=m.SERVICE_TYPE_PROCESSOR, input_event_types=["in"], output_event_types=["out"],
        health_endpoint="http://localhost:18082/health", max_inflight=100, metadata={"network": "testnet"}),
        timeout=5)
    assert ack.service_id == "ttp-processor", ack
    assert list(ack.topic_names) == ["out.v1"], ack
    stub.Heartbeat(m.ServiceHeartbeat(service_id=ack.service_id, metrics={"total_processed": 12.0}), timeout=2)
    details = fails(grpc.StatusCode.NOT_FOUND, stub.Heartbeat, m.ServiceHeartbeat(service_id="nobody"))
    assert details == "service nobody not found", details
    (service,) = stub.ListServices(empty_pb2.Empty(), timeout=5).services
    assert service.is_healthy and service.component_id == "ttp-processor", service
    assert service.HasField("last_heartbeat") and dict(service.metrics) == {"total_processed": 12.0}, service
    assert stub.GetServiceStatus(m.ServiceInfo(service_id=ack.service_id)) == service

    run = stub.CreatePipelineRun(m.CreatePipelineRunRequest(
        run_id="3f2a0000-0000-4000-8000-000000000001", pipeline_name="p", component_ids=["a"]))
    assert run.HasField("metrics") and run.HasField("start_time"), run
    metrics = m.RunMetrics(events_processed=7, bytes_processed=70)
    metrics.component_metrics["a"].events_in = 7
    run = stub.UpdatePipelineRun(m.UpdatePipelineRunRequest(
        run_id=run.run_id, status=m.RUN_STATUS_RUNNING, metrics=metrics))
    assert run.metrics.events_processed == 7 and run.metrics.component_metrics["a"].events_in == 7, run
    (listed,) = stub.ListPipelineRuns(m.ListPipelineRunsRequest(status=m.RUN_STATUS_RUNNING, limit=-1)).runs
    assert listed.run_id == run.run_id, listed
    stopped = stub.StopPipelineRun(m.StopPipelineRunRequest(run_id=run.run_id))
    assert stopped.status == m.RUN_STATUS_STOPPED and stopped.HasField("end_time"), stopped
    assert stub.GetPipelineRun(m.GetPipelineRunRequest(run_id=run.run_id)).status == m.RUN_STATUS_STOPPED
    fails(grpc.StatusCode.NOT_FOUND, stub.GetPipelineRun, m.GetPipelineRunRequest(run_id="nothing-known"))


def check_v1(modules, channel):
    common, m = modules["flowctl.v1.common"], modules["flowctl.v1.control_plane"]
    stub = modules["flowctl.v1.control_plane_grpc"].ControlPlaneServiceStub(channel)
    component = common.ComponentInfo(
        id="stellar-live-source", name="Live", version="1", type=common.COMPONENT_TYPE_SOURCE,
        output_event_types=["ledger"], endpoint=":50052", metadata={"region": "eu"})
    answer = stub.RegisterComponent(m.RegisterRequest(component=component), timeout=5)
    assert answer.service_id == "stellar-live-source", answer
    assert list(answer.assigned_topics) == ["ledger.v1"] and answer.connection_info, answer
    stub.Heartbeat(m.HeartbeatRequest(
        service_id=answer.service_id, status=common.HEALTH_STATUS_DEGRADED, metrics={"lag": "3"}))
    stub.Heartbeat(m.HeartbeatRequest(service_id=answer.service_id))
    status = stub.GetComponentStatus(m.ComponentStatusRequest(service_id=answer.service_id))
    assert status.status == common.HEALTH_STATUS_DEGRADED and status.metrics["lag"] == "3", status
    assert status.component.endpoint == ":50052" and status.HasField("registered_at"), status
    listed = stub.ListComponents(m.ListComponentsRequest(include_unhealthy=True)).components
    assert sorted(one.component.id for one in listed) == ["stellar-live-source", "ttp-processor"], listed
    found = stub.DiscoverComponents(m.DiscoveryRequest(
        type=common.COMPONENT_TYPE_SOURCE, event_types=["ledger", "other"], metadata_filters={"region": "eu"}))
    assert [one.id for one in found.components] == ["stellar-live-source"], found
    fails(grpc.StatusCode.INVALID_ARGUMENT, stub.RegisterComponent, m.RegisterRequest())
    stub.UnregisterComponent(m.UnregisterRequest(service_id=answer.service_id))
    fails(grpc.StatusCode.NOT_FOUND, stub.GetComponentStatus, m.ComponentStatusRequest(service_id=answer.service_id))


def check_extras(channel):
    """grpc.health.v1 and reflection, in bytes, to need no further package."""
    raw = lambda data: data
    health = channel.unary_unary("/grpc.health.v1.Health/Check", raw, raw)
    assert health(b"", timeout=5) == b"\x08\x01", "it does not say that it serves"
    for version in ("v1", "v1alpha"):
        path = f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo"
        (answer,) = channel.stream_stream(path, raw, raw)(iter([b"\x3a\x00"]), timeout=5)
        for name in (b"flowctl.ControlPlane", b"flowctl.v1.ControlPlaneService", b"grpc.health.v1.Health"):
            assert name in answer, (version, name, answer)


def main():
    folder, samples, answers, address = sys.argv[1:]
    with tempfile.TemporaryDirectory() as out:
        modules = compile_protos(pathlib.Path(folder), pathlib.Path(out))
        checked = check_samples(modules, samples, answers)
        with grpc.insecure_channel(address) as channel:
            check_legacy(modules, channel)
            check_v1(modules, channel)
            check_extras(channel)
    print(f"{checked} samples, both services, health and reflection")


if __name__ == "__main__":
    main()
