package main

import (
	"io"
	"runtime"
	"slices"
	"time"
)

// ledgerTimes is what one ledger took: the medians over the repeats, in milliseconds.
type ledgerTimes struct {
	Ledger   uint32  `json:"ledger"`
	Bytes    int     `json:"bytes"`
	Events   int     `json:"events"`
	DecodeMs float64 `json:"decode_ms"`
	DeriveMs float64 `json:"derive_ms"`
	TotalMs  float64 `json:"total_ms"`
	Error    string  `json:"error,omitempty"`
}

// printTimes decodes and derives each ledger so often, on one core (the garbage collector's work
// included), and prints one JSON line a ledger.
func printTimes(out io.Writer, p *processor, ledgers []rawLedger, repeats int) error {
	runtime.GOMAXPROCS(1)
	for _, raw := range ledgers {
		times, err := measure(p, raw, repeats)
		if err != nil {
			return err
		}
		if err := writeLine(out, times); err != nil {
			return err
		}
	}
	return nil
}

func measure(p *processor, raw rawLedger, repeats int) (ledgerTimes, error) {
	times := ledgerTimes{Ledger: raw.sequence, Bytes: len(raw.bytes)}
	var decode, derive, total []time.Duration
	for range repeats {
		start := time.Now()
		ledger, err := raw.decode()
		if err != nil {
			return times, err
		}
		decoded := time.Now()
		events, err := p.derive(ledger)
		done := time.Now()
		if err != nil {
			times.Error = err.Error()
		}
		times.Events = len(events)
		decode = append(decode, decoded.Sub(start))
		derive = append(derive, done.Sub(decoded))
		total = append(total, done.Sub(start))
	}
	times.DecodeMs, times.DeriveMs, times.TotalMs = median(decode), median(derive), median(total)
	return times, nil
}

func median(durations []time.Duration) float64 {
	slices.Sort(durations)
	return float64(durations[len(durations)/2].Nanoseconds()) / 1e6
}
