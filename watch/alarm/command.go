package alarm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// commandWithin is how long a program may take; then it is killed, with all
// that it has started.
const commandWithin = 30 * time.Second

// Command is a program and its arguments. It gets a message on its standard
// input, has nothing of the daemon's environment, and has taken the message if
// it exits with 0.
type Command struct {
	Argv   []string
	Within time.Duration // 0: 30 seconds
}

var _ Target = Command{}

// Name is part of [Target].
func (Command) Name() string { return "command" }

// Send is part of [Target].
func (c Command) Send(ctx context.Context, m Message) error {
	line, err := json.Marshal(m)
	if err != nil {
		return err
	}
	within := c.Within
	if within == 0 {
		within = commandWithin
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	said := &head{most: 200}
	cmd := exec.CommandContext(ctx, c.Argv[0], c.Argv[1:]...)
	cmd.Stdin = bytes.NewReader(append(line, '\n'))
	cmd.Stdout, cmd.Stderr = said, said
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	err = cmd.Run()
	switch {
	case err == nil, errors.Is(err, exec.ErrWaitDelay):
		return nil // what it leaves behind is its own
	case ctx.Err() != nil:
		return fmt.Errorf("did not end within %s and was killed", within)
	}
	if words := said.line(); words != "" {
		return fmt.Errorf("%w: %s", err, words)
	}
	return err
}

// head keeps the beginning of what is written.
type head struct {
	kept []byte
	most int
}

func (h *head) Write(p []byte) (int, error) {
	room := h.most - len(h.kept)
	h.kept = append(h.kept, p[:min(room, len(p))]...)
	return len(p), nil
}

func (h *head) line() string {
	first, _, _ := strings.Cut(strings.TrimSpace(string(h.kept)), "\n")
	return strings.ToValidUTF8(first, "?")
}
