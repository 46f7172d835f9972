"""What every field of a sample message holds: a function of the field's number and type alone.

The Rust side of the test has the same rule, written for another implementation of protobuf.
"""

from google.protobuf.descriptor import FieldDescriptor as F

INTEGERS = {F.TYPE_INT32, F.TYPE_INT64, F.TYPE_UINT32, F.TYPE_UINT64, F.TYPE_SINT32, F.TYPE_SINT64,
            F.TYPE_FIXED32, F.TYPE_FIXED64, F.TYPE_SFIXED32, F.TYPE_SFIXED64}
DEEPEST = 6


def scalar(field, number, variant):
    """The value of a field that is no message; `variant` tells the two of a list apart."""
    if field.type in INTEGERS:
        return number + 100 + variant
    if field.type in (F.TYPE_FLOAT, F.TYPE_DOUBLE):
        return number + 0.5 + variant
    if field.type == F.TYPE_BOOL:
        return True
    if field.type == F.TYPE_STRING:
        return f"s{number}" + "x" * variant
    if field.type == F.TYPE_BYTES:
        return bytes([0, 255, number]) + b"x" * variant
    if field.type == F.TYPE_ENUM:
        return field.enum_type.values[-1].number
    raise AssertionError(f"{field.full_name} has type {field.type}")


def is_map(field):
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def real_oneof(field):
    """The oneof of a field, unless it only stands for `optional`."""
    oneof = field.containing_oneof
    if oneof is None or (len(oneof.fields) == 1 and oneof.name.startswith("_")):
        return None
    return oneof


def variants(descriptor):
    """How many samples it takes to have every field of every oneof once."""
    return max([len(o.fields) for o in descriptor.oneofs], default=1)


def fill(message, variant=0, depth=0):
    """Sets every field; of each oneof the one that `variant` picks."""
    if depth > DEEPEST:
        return message
    for field in message.DESCRIPTOR.fields:
        oneof = real_oneof(field)
        if oneof is not None and oneof.fields[variant % len(oneof.fields)] is not field:
            continue
        number = field.number
        if is_map(field):
            key = field.message_type.fields_by_name["key"]
            value = field.message_type.fields_by_name["value"]
            target = getattr(message, field.name)
            if value.message_type is not None:
                fill(target[scalar(key, number, 0)], 0, depth + 1).SetInParent()
            else:
                target[scalar(key, number, 0)] = scalar(value, number, 0)
        elif field.message_type is not None:
            if field.is_repeated:
                fill(getattr(message, field.name).add(), 0, depth + 1)
            else:
                part = getattr(message, field.name)
                part.SetInParent()
                fill(part, 0, depth + 1)
        elif field.is_repeated:
            getattr(message, field.name).extend(scalar(field, number, v) for v in (0, 1))
        else:
            setattr(message, field.name, scalar(field, number, 0))
    return message
