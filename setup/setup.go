// Package setup is the dialog that sets a machine up: it asks in Chinese or English
// for what the merchant portal and the machine show, finds the controller, writes
// the config, has it examined, and sells something that is refunded at once.
//
// Until the last question is answered nothing of the machine is changed. Whatever
// can be asked is a [Question], and each can be answered beforehand.
package setup

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"kioskd/configs"
	"kioskd/drivers"
	"kioskd/sale"
)

// Options are what a conversation begins with.
type Options struct {
	In        io.Reader
	Out, Errs io.Writer

	File     string            // of the config
	Root     string            // where the system's files stand
	Language string            // of the questions: zh, en, or empty for the system's
	Given    map[string]string // answers that are flags, by their name
	Sets     []string          // KEY=VALUE of further keys
	Yes      bool              // nobody is asked
	NoSale   bool
	PayFor   time.Duration // how long the code of the test sale can be paid

	Drivers drivers.Table
	Checker []string // command that examines the ledger, see store.Options
	// Load reads a config that was written, and says what is wrong with it.
	Load func(file string) (*configs.Config, error)
}

// ErrAnswers: an answer is wrong or missing, and nothing was written for it.
var ErrAnswers = errors.New("an answer is wrong or missing")

// unfitAnswer is such an error, in its own words.
type unfitAnswer struct{ error }

func (a unfitAnswer) Unwrap() error { return a.error }

func (unfitAnswer) Is(target error) bool { return target == ErrAnswers }

func unfit(err error) error { return unfitAnswer{err} }

// setup is one conversation that ends with a machine's config and a test of
// it. Until it writes, nothing of the machine is changed.
type setup struct {
	dialog
	Options

	dir      string // of the config, absolute
	env      func(string) string
	now      func() time.Time
	stage    string            // folder of the merchant's files until they are written
	staged   map[string]string // their names in the config's folder, by key of the config
	touched  map[string]bool   // files that were written
	answered map[string]bool   // keys whose value in text is an answer
	missing  []string          // flags that are needed and not given
	told     sale.State        // of the test sale, the last that was told of

	old  []byte // the file as it is; nil: there is none
	text []byte // as it will be
}

// Run has the whole conversation. An error that is ErrAnswers is about what
// was answered; one of Load comes back as it is; any other is about the machine.
func Run(ctx context.Context, o Options) error {
	s := &setup{Options: o, dialog: dialog{in: bufio.NewReader(o.In), out: o.Out}, env: os.Getenv, now: time.Now}
	err := s.speak(ctx)
	if err == nil {
		err = s.run(ctx)
	}
	return s.ended(err)
}

// speak settles the language of the questions.
func (s *setup) speak(ctx context.Context) error {
	switch lang := s.Language; lang {
	case "zh", "en":
		s.chinese = lang == "zh"
		return nil
	case "":
	default:
		return unfit(fmt.Errorf("--lang %s: write zh or en", lang))
	}
	chinese, known := languageOf(s.env)
	if s.chinese = chinese; known || s.Yes {
		return nil
	}
	fmt.Fprintln(s.out, "语言 · Language")
	n, err := s.choose(ctx, words{"", "1/2"}, []string{"中文", "English"}, 0, words{"", "the language of the questions · 提问的语言"})
	s.chinese = n == 0
	return err
}
