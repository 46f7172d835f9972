// Command go-ttp runs the Go token-transfer processor over ledgers in files and prints its events
// as canonical JSON lines, so that another implementation can be compared with it line by line.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
)

type options struct {
	passphrase string
	mode       string
	verify     bool
	out        string
	errors     string
	time       int
	inputs     []string
}

func main() {
	if err := run(parse()); err != nil {
		fmt.Fprintln(os.Stderr, "go-ttp:", err)
		os.Exit(1)
	}
}

func parse() options {
	var o options
	flag.StringVar(&o.passphrase, "passphrase", "", "the network's passphrase (required)")
	flag.StringVar(&o.mode, "mode", "derived", "derived: from operations and entry changes; unified: core's own events")
	flag.BoolVar(&o.verify, "verify", false, "also compare the events with the balance changes of each transaction")
	flag.StringVar(&o.out, "out", "-", "where events go, one JSON object a line (- is stdout)")
	flag.StringVar(&o.errors, "errors", "", "where failed ledgers go, one JSON object a line (default: stderr)")
	flag.IntVar(&o.time, "time", 0, "instead of events, print the median times of so many repeats as JSON")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: go-ttp --passphrase TEXT [flags] [FILE…]   (no file: stdin)")
		flag.PrintDefaults()
	}
	flag.Parse()
	o.inputs = flag.Args()
	return o
}

func run(o options) error {
	if o.passphrase == "" {
		return fmt.Errorf("--passphrase is required")
	}
	processor, err := newProcessor(o.passphrase, o.mode)
	if err != nil {
		return err
	}
	ledgers, err := readLedgers(o.inputs)
	if err != nil {
		return err
	}
	if o.time > 0 {
		return printTimes(os.Stdout, processor, ledgers, o.time)
	}
	out, closeOut, err := create(o.out, os.Stdout)
	if err != nil {
		return err
	}
	failures, closeFailures, err := create(o.errors, os.Stderr)
	if err != nil {
		return err
	}
	if err := printEvents(out, failures, processor, ledgers, o.verify); err != nil {
		return err
	}
	if err := closeOut(); err != nil {
		return err
	}
	return closeFailures()
}

// printEvents writes each ledger's events in the processor's order. A ledger that fails writes no
// event and one line to failures, and the run goes on with the next.
func printEvents(out, failures io.Writer, p *processor, ledgers []rawLedger, verify bool) error {
	fail := func(sequence uint32, kind string, cause error) error {
		return writeLine(failures, map[string]any{"ledger": sequence, kind: cause.Error()})
	}
	for _, raw := range ledgers {
		ledger, err := raw.decode()
		if err != nil {
			return err
		}
		lines, err := p.jsonEvents(ledger)
		if err != nil {
			if err := fail(raw.sequence, "error", err); err != nil {
				return err
			}
			continue
		}
		for _, line := range lines {
			if _, err := out.Write(line); err != nil {
				return err
			}
		}
		if !verify {
			continue
		}
		if err := p.verify(ledger); err != nil {
			if err := fail(raw.sequence, "verify", err); err != nil {
				return err
			}
		}
	}
	return nil
}

func writeLine(w io.Writer, value any) error {
	line, err := json.Marshal(value)
	if err != nil {
		return err
	}
	_, err = w.Write(append(line, '\n'))
	return err
}

// create opens path for buffered writing; "-" and "" are the fallback.
func create(path string, fallback *os.File) (io.Writer, func() error, error) {
	file := fallback
	if path != "" && path != "-" {
		created, err := os.Create(path)
		if err != nil {
			return nil, nil, err
		}
		file = created
	}
	buffer := bufio.NewWriter(file)
	return buffer, func() error {
		if err := buffer.Flush(); err != nil {
			return err
		}
		return file.Close()
	}, nil
}
