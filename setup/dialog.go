package setup

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"kioskd/display/terminal"
)

// words are the two languages of the questions.
type words struct{ zh, en string }

// dialog asks a technician, one line at a time.
type dialog struct {
	chinese bool
	in      *bufio.Reader
	out     io.Writer
}

var errNoMoreAnswers = errors.New("the answers have ended")

// languageOf is the language that the system is set to; ok is false if it is
// another one, or none.
func languageOf(env func(string) string) (chinese, ok bool) {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		switch value := env(name); {
		case strings.HasPrefix(value, "zh"):
			return true, true
		case strings.HasPrefix(value, "en"):
			return false, true
		case value != "":
			return false, false
		}
	}
	return false, false
}

func (d *dialog) t(w words) string {
	if d.chinese {
		return w.zh
	}
	return w.en
}

// say prints a line.
func (d *dialog) say(w words, args ...any) { fmt.Fprintf(d.out, d.t(w)+"\n", args...) }

// wrong prints why an answer will not do.
func (d *dialog) wrong(what string) { fmt.Fprintf(d.out, "  ✗ %s\n", what) }

// line reads what is typed. It returns when ctx ends, too; then the process is
// about to end, and the reading goes with it.
func (d *dialog) line(ctx context.Context) (string, error) {
	type typed struct {
		text string
		err  error
	}
	got := make(chan typed, 1)
	go func() {
		text, err := d.in.ReadString('\n')
		got <- typed{text, err}
	}()
	select {
	case l := <-got:
		if errors.Is(l.err, io.EOF) {
			l.err = errNoMoreAnswers
		}
		return strings.TrimSpace(l.text), l.err
	case <-ctx.Done():
		fmt.Fprintln(d.out)
		return "", ctx.Err()
	}
}

// ask asks for a line of text. An empty one is the fallback; "?" gets the help.
func (d *dialog) ask(ctx context.Context, what words, fallback string, help words) (string, error) {
	for {
		fmt.Fprint(d.out, d.t(what))
		if fallback != "" {
			fmt.Fprintf(d.out, " [%s]", fallback)
		}
		fmt.Fprint(d.out, d.t(words{"：", ": "}))
		switch text, err := d.line(ctx); {
		case err != nil:
			return "", err
		case text == "?" || text == "？":
			fmt.Fprintln(d.out, "  "+strings.ReplaceAll(d.t(help), "\n", "\n  "))
		case text == "":
			return fallback, nil
		default:
			return text, nil
		}
	}
}

// choose asks for one of several, numbered from 1. Without a fallback (-1) an
// answer is needed.
func (d *dialog) choose(ctx context.Context, what words, list []string, fallback int, help words) (int, error) {
	for i, one := range list {
		fmt.Fprintf(d.out, "  %d) %s\n", i+1, one)
	}
	usual := ""
	if fallback >= 0 {
		usual = strconv.Itoa(fallback + 1)
	}
	for {
		text, err := d.ask(ctx, what, usual, help)
		if err != nil {
			return 0, err
		}
		if n, err := strconv.Atoi(text); err == nil && n >= 1 && n <= len(list) {
			return n - 1, nil
		}
		d.wrong(fmt.Sprintf(d.t(words{"请输入 1 到 %d", "write a number from 1 to %d"}), len(list)))
	}
}

// yes asks a question that is usually answered with yes.
func (d *dialog) yes(ctx context.Context, what words, help words) (bool, error) {
	for {
		text, err := d.ask(ctx, what, d.t(words{"是", "Y"}), help)
		if err != nil {
			return false, err
		}
		switch strings.ToLower(text) {
		case "y", "yes", "是":
			return true, nil
		case "n", "no", "否":
			return false, nil
		}
		d.wrong(d.t(words{"请输入 y 或 n", "write y or n"}))
	}
}

// PersonAt reports whether somebody can be asked.
func PersonAt(in io.Reader) bool {
	f, ok := in.(*os.File)
	if !ok {
		return false
	}
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS) // /dev/null is a device and no terminal
	return err == nil
}

// hide keeps what is typed from being shown, until show is called.
func (d *dialog) hide() (show func()) {
	terminal := int(os.Stdin.Fd())
	was, err := unix.IoctlGetTermios(terminal, unix.TCGETS)
	if err != nil {
		return func() {}
	}
	now := *was
	now.Lflag &^= unix.ECHO
	_ = unix.IoctlSetTermios(terminal, unix.TCSETS, &now) // at worst it is seen
	return func() {
		fmt.Fprintln(d.out)
		_ = unix.IoctlSetTermios(terminal, unix.TCSETS, was)
	}
}

// colour reports whether the words go to a terminal.
func (d *dialog) colour() bool {
	f, ok := d.out.(*os.File)
	return ok && terminal.Is(f)
}
