package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kioskd/configs"
	"kioskd/control"
	"kioskd/doctor"
	"kioskd/sale"
	"kioskd/store"
)

func supportCommand(out io.Writer) *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "support FILE",
		Short: "Put what somebody needs who helps from far away into one zip file",
		Long: `Put what somebody needs who helps from far away into one zip file, which must not
exist: the config without secrets, versions, what kioskd doctor finds, the status, the
newest orders with their journal, the log, the metrics and a picture of the screen.
What cannot be had is named in errors.txt.

No key, PIN or certificate is in it, and nothing of them in the texts: each is compared
with the files that the config names. The merchant number and order numbers are.`,
		Example: "  sudo kioskd support /tmp/SH0042.zip",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			at, err := configs.Locate(file)
			if err != nil {
				return failure{err, exitUsage}
			}
			names, err := saveBundle(cmd.Context(), file, at, args[0])
			if err != nil {
				return failed(err)
			}
			_, err = fmt.Fprintf(out, "%s: %s\n", args[0], strings.Join(names, ", "))
			return err
		},
	}
	c.Flags().StringVar(&file, "config", defaultConfig, "the machine's config `FILE`")
	return c
}

// saveBundle makes the file, which nobody but its owner may read.
func saveBundle(ctx context.Context, config string, at configs.Places, path string) ([]string, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	b := &bundle{zip: zip.NewWriter(f), hide: newRedactor(config)}
	b.collect(ctx, config, at)
	err = errors.Join(b.err, b.zip.Close(), f.Close())
	if err != nil {
		_ = os.Remove(path)
	}
	return b.names, err
}

// bundle is the zip file as it grows.
type bundle struct {
	zip    *zip.Writer
	hide   redactor
	names  []string
	absent []string
	err    error // the first of writing
}

func (b *bundle) add(name string, data []byte) {
	w, err := b.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: time.Now()})
	if err == nil {
		_, err = w.Write(data)
	}
	if err != nil && b.err == nil {
		b.err = err
	}
	b.names = append(b.names, name)
}

// text adds what one source says, or why it says nothing.
func (b *bundle) text(name string, from func() ([]byte, error)) {
	data, err := from()
	if err != nil {
		b.absent = append(b.absent, string(b.hide.text([]byte(name+": "+err.Error()))))
		return
	}
	b.add(name, b.hide.text(data))
}

func (b *bundle) collect(ctx context.Context, config string, at configs.Places) {
	c := control.Dial(at.Socket)
	fetch := func(path string, query url.Values) func() ([]byte, error) {
		return func() ([]byte, error) {
			var buf bytes.Buffer
			err := c.Download(ctx, path, query, &buf)
			return buf.Bytes(), err
		}
	}
	b.text("config.yaml", func() ([]byte, error) {
		data, err := os.ReadFile(config)
		return b.hide.config(data), err
	})
	b.text("version.txt", func() ([]byte, error) { return []byte(aboutThisMachine()), nil })
	b.text("doctor.txt", func() ([]byte, error) {
		var buf bytes.Buffer
		for _, f := range doctor.Examine(ctx, doctor.Options{File: config, Root: "/", Drivers: known(), Checker: selfCheck()}) {
			fmt.Fprintln(&buf, f)
		}
		return buf.Bytes(), ctx.Err()
	})
	b.text("status.json", fetch("/v1/status", nil))
	b.text("slots.json", fetch("/v1/shelves", nil))
	b.text("orders.json", func() ([]byte, error) { return newestStories(ctx, at) })
	b.text("log.txt", func() ([]byte, error) {
		var log struct{ Lines []string }
		err := c.Get(ctx, "/v1/log", url.Values{"lines": {"500"}}, &log)
		return []byte(strings.Join(log.Lines, "\n") + "\n"), err
	})
	b.text("journal.txt", func() ([]byte, error) { return systemJournal(ctx) })
	b.text("metrics.txt", fetch("/v1/metrics", nil))
	if picture, err := fetch("/v1/screen.png", nil)(); err == nil {
		b.add("screen.png", picture)
	} else {
		b.absent = append(b.absent, "screen.png: "+err.Error())
	}
	if len(b.absent) > 0 {
		b.add("errors.txt", []byte(strings.Join(b.absent, "\n")+"\n"))
	}
}

// mostStories is how many of the newest orders go into a bundle, besides those
// that wait for a person.
const mostStories = 100

// newestStories are orders with their journals, without what was sent to the
// provider and without their codes.
func newestStories(ctx context.Context, at configs.Places) ([]byte, error) {
	var stories []control.Story
	seen := map[sale.Number]bool{}
	for _, q := range []control.Query{{Limit: mostStories}, {States: string(sale.Attention), Limit: mostStories}} {
		f, err := q.Filter(time.Now())
		if err != nil {
			return nil, err
		}
		list, err := askOrders(ctx, at, q, f)
		if err != nil {
			return nil, err
		}
		for _, o := range list {
			if seen[o.Number] {
				continue
			}
			seen[o.Number] = true
			s, err := askStory(ctx, at, string(o.Number))
			if errors.Is(err, store.ErrNoOrder) {
				continue // archived meanwhile
			}
			if err != nil {
				return nil, err
			}
			s.Order.Request, s.Order.CodeURL = nil, ""
			stories = append(stories, s)
		}
	}
	return json.MarshalIndent(stories, "", " ")
}

// aboutThisMachine is what the software stands on.
func aboutThisMachine() string {
	var b strings.Builder
	fmt.Fprintf(&b, "kioskd %s, %s, %s/%s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	fmt.Fprintf(&b, "at %s\n", time.Now().Format(time.RFC3339))
	for _, path := range []string{"/proc/version", "/etc/debian_version", "/proc/device-tree/model", "/proc/uptime", "/proc/loadavg", "/proc/meminfo", "/proc/mounts"} {
		if data, err := os.ReadFile(path); err == nil {
			fmt.Fprintf(&b, "\n%s:\n%s\n", path, bytes.TrimRight(data, "\x00\n"))
		}
	}
	return b.String()
}

// systemJournal is what systemd has of the service, from before the last start
// too.
func systemJournal(ctx context.Context) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return exec.CommandContext(ctx, "journalctl", "--unit=kioskd", "--lines=3000", "--no-pager", "--output=short-iso").Output()
}
