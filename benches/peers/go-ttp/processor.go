package main

import (
	"fmt"

	"go-ttp/jsonline"

	ttp "github.com/stellar/go-stellar-sdk/processors/token_transfer"
	"github.com/stellar/go-stellar-sdk/xdr"
)

type processor struct {
	passphrase string
	unified    bool
	events     *ttp.EventsProcessor
}

func newProcessor(passphrase, mode string) (*processor, error) {
	switch mode {
	case "derived":
		return &processor{passphrase, false, ttp.NewEventsProcessor(passphrase)}, nil
	case "unified":
		return &processor{passphrase, true, ttp.NewEventsProcessorForUnifiedEvents(passphrase)}, nil
	}
	return nil, fmt.Errorf("--mode is `%s`; it is derived or unified", mode)
}

// derive gives a ledger's events. The module panics on combinations it takes for impossible; to
// its caller that is one more way to fail.
func (p *processor) derive(ledger xdr.LedgerCloseMeta) (events []*ttp.TokenTransferEvent, err error) {
	defer recovered(&err)
	return p.events.EventsFromLedger(ledger)
}

func (p *processor) verify(ledger xdr.LedgerCloseMeta) (err error) {
	defer recovered(&err)
	return ttp.VerifyEvents(ledger, p.passphrase, p.unified)
}

func recovered(err *error) {
	if cause := recover(); cause != nil {
		*err = fmt.Errorf("panic: %v", cause)
	}
}

func (p *processor) jsonEvents(ledger xdr.LedgerCloseMeta) ([][]byte, error) {
	events, err := p.derive(ledger)
	if err != nil {
		return nil, err
	}
	lines := make([][]byte, 0, len(events))
	for _, event := range events {
		line, err := jsonline.Print(event)
		if err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	return lines, nil
}
