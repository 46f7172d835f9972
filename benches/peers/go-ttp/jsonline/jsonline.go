// Package jsonline prints a protobuf message as one line of JSON.
package jsonline

import (
	"bytes"
	"encoding/json"
	"fmt"

	"golang.org/x/text/encoding/unicode"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Print is the protobuf JSON mapping with the proto's own field names, and a line feed. protojson
// adds spaces at random on purpose, so the line is compacted; the fields keep the proto's order.
//
// protojson refuses text that is not UTF-8, which memos and the strings of contracts may be. Wrong
// bytes are replaced by U+FFFD in the message first, one for each maximal subpart as Unicode advises.
func Print(message proto.Message) ([]byte, error) {
	if err := replaceInvalid(message.ProtoReflect()); err != nil {
		return nil, err
	}
	printed, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(message)
	if err != nil {
		return nil, fmt.Errorf("event cannot be printed: %w", err)
	}
	var line bytes.Buffer
	if err := json.Compact(&line, printed); err != nil {
		return nil, err
	}
	line.WriteByte('\n')
	return line.Bytes(), nil
}

func replaceInvalid(message protoreflect.Message) (err error) {
	message.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch field.Kind() {
		case protoreflect.MessageKind:
			err = replaceInvalid(value.Message())
		case protoreflect.StringKind:
			var valid string
			if valid, err = unicode.UTF8.NewDecoder().String(value.String()); err == nil {
				message.Set(field, protoreflect.ValueOfString(valid))
			}
		}
		return err == nil
	})
	return err
}
