package main

import (
	"archive/tar"
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/klauspost/compress/zstd"
	"github.com/stellar/go-stellar-sdk/xdr"
)

// rawLedger is the XDR of one LedgerCloseMeta, kept encoded so that decoding can be timed.
type rawLedger struct {
	sequence uint32
	bytes    []byte
}

func (r rawLedger) decode() (xdr.LedgerCloseMeta, error) {
	var ledger xdr.LedgerCloseMeta
	err := ledger.UnmarshalBinary(r.bytes)
	return ledger, err
}

// readLedgers gives every ledger of the files (or of stdin), ordered by sequence.
func readLedgers(paths []string) ([]rawLedger, error) {
	var ledgers []rawLedger
	if len(paths) == 0 {
		content, err := io.ReadAll(os.Stdin)
		if err != nil {
			return nil, err
		}
		if ledgers, err = unpack(content); err != nil {
			return nil, fmt.Errorf("stdin: %w", err)
		}
	}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		found, err := unpack(content)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		ledgers = append(ledgers, found...)
	}
	slices.SortStableFunc(ledgers, func(a, b rawLedger) int { return cmp.Compare(a.sequence, b.sequence) })
	return ledgers, nil
}

// unpack tells the forms apart by what the content starts with: gzip, zstd, tar, a framed stream
// (a 4-byte length with the high bit set), else bare XDR of one ledger or of one batch.
func unpack(content []byte) ([]rawLedger, error) {
	switch {
	case bytes.HasPrefix(content, []byte{0x1f, 0x8b}):
		reader, err := gzip.NewReader(bytes.NewReader(content))
		if err != nil {
			return nil, err
		}
		return unpackFrom(reader)
	case bytes.HasPrefix(content, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		reader, err := zstd.NewReader(bytes.NewReader(content))
		if err != nil {
			return nil, err
		}
		defer reader.Close()
		return unpackFrom(reader)
	case len(content) > 262 && string(content[257:262]) == "ustar":
		return unpackTar(content)
	case len(content) > 0 && content[0]&0x80 != 0:
		return unpackFrames(content)
	default:
		return unpackXDR(content)
	}
}

func unpackFrom(reader io.Reader) ([]rawLedger, error) {
	content, err := io.ReadAll(reader)
	if err != nil {
		return nil, err
	}
	return unpack(content)
}

func unpackTar(content []byte) ([]rawLedger, error) {
	var ledgers []rawLedger
	archive := tar.NewReader(bytes.NewReader(content))
	for {
		header, err := archive.Next()
		if err == io.EOF {
			return ledgers, nil
		}
		if err != nil {
			return nil, err
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		found, err := unpackFrom(archive)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", header.Name, err)
		}
		ledgers = append(ledgers, found...)
	}
}

func unpackFrames(content []byte) ([]rawLedger, error) {
	var ledgers []rawLedger
	for len(content) > 0 {
		if len(content) < 4 {
			return nil, io.ErrUnexpectedEOF
		}
		head := binary.BigEndian.Uint32(content)
		length := int(head &^ (1 << 31))
		if head>>31 == 0 {
			return nil, fmt.Errorf("a frame of several fragments")
		}
		if len(content)-4 < length {
			return nil, io.ErrUnexpectedEOF
		}
		found, err := unpackXDR(content[4 : 4+length])
		if err != nil {
			return nil, err
		}
		ledgers = append(ledgers, found...)
		content = content[4+length:]
	}
	return ledgers, nil
}

func unpackXDR(content []byte) ([]rawLedger, error) {
	var ledger xdr.LedgerCloseMeta
	ledgerErr := xdr.SafeUnmarshal(content, &ledger)
	if ledgerErr == nil {
		return []rawLedger{{ledger.LedgerSequence(), content}}, nil
	}
	var batch xdr.LedgerCloseMetaBatch
	if err := xdr.SafeUnmarshal(content, &batch); err != nil {
		return nil, fmt.Errorf("neither a ledger (%w) nor a batch (%w)", ledgerErr, err)
	}
	var ledgers []rawLedger
	for _, ledger := range batch.LedgerCloseMetas {
		encoded, err := ledger.MarshalBinary()
		if err != nil {
			return nil, err
		}
		ledgers = append(ledgers, rawLedger{ledger.LedgerSequence(), encoded})
	}
	return ledgers, nil
}
