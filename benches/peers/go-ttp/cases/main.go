// Command cases writes ledgers that no network would make but that decode: every operation kind
// with results, entry changes, memos and contract events drawn at random from small pools, so that
// rare shapes meet each other. Balances do not add up; it is the reading of a ledger that they test.
package main

import (
	"bufio"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
)

func main() {
	passphrase := flag.String("passphrase", "Standalone Network ; February 2017", "the network's passphrase")
	seed := flag.Uint64("seed", 1, "where the random numbers start")
	ledgers := flag.Uint("ledgers", 1000, "how many ledgers to write to stdout, as a framed stream")
	odd := flag.Float64("odd", 0.2, "the share of ledgers that may hold shapes a processor has to refuse")
	flag.Parse()
	if err := write(os.Stdout, *passphrase, *seed, uint32(*ledgers), *odd); err != nil {
		fmt.Fprintln(os.Stderr, "cases:", err)
		os.Exit(1)
	}
}

func write(out io.Writer, passphrase string, seed uint64, ledgers uint32, odd float64) error {
	buffer := bufio.NewWriter(out)
	for sequence := uint32(2); sequence < 2+ledgers; sequence++ {
		random := rand.New(rand.NewPCG(seed, uint64(sequence)))
		maker := newMaker(random, passphrase, sequence, random.Float64() < odd)
		ledger := maker.ledger()
		encoded, err := ledger.MarshalBinary()
		if err != nil {
			return fmt.Errorf("ledger %d: %w", sequence, err)
		}
		var head [4]byte
		binary.BigEndian.PutUint32(head[:], uint32(len(encoded))|1<<31)
		if _, err := buffer.Write(append(head[:], encoded...)); err != nil {
			return err
		}
	}
	return buffer.Flush()
}
