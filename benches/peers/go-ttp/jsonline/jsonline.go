// Package jsonline prints a protobuf message as one line of JSON.
package jsonline

import (
	"bytes"
	"encoding/json"
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// Print is the protobuf JSON mapping with the proto's own field names, and a line feed. protojson
// adds spaces at random on purpose, so the line is compacted; the fields keep the proto's order.
func Print(message proto.Message) ([]byte, error) {
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
