package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"syscall"
	"time"

	"kioskd/store"
)

// notThere is the daemon's word for [store.ErrNoOrder].
type notThere string

func (n notThere) Error() string { return string(n) }

func (notThere) Is(target error) bool { return target == store.ErrNoOrder }

// Client asks a running daemon. An answer that is no good one is an error: for
// one of [store.ErrNoOrder] it is that, for any other a [Refused].
type Client struct{ http http.Client }

// ErrNoDaemon: nobody answers on the socket.
var ErrNoDaemon = errors.New("no daemon answers")

// Dial is a client for the daemon on a socket, which is dialled when something is
// asked. An answer may take ten seconds, see [Client.Within].
func Dial(socket string) Client {
	return Client{http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			conn, err := d.DialContext(ctx, "unix", socket)
			return conn, notReached(socket, err)
		},
	}}}
}

// notReached says what it means that a socket cannot be dialled, nil for nil.
func notReached(socket string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("%w on %s: %w", ErrNoDaemon, socket, err)
	case errors.Is(err, fs.ErrPermission):
		return denied(socket)
	}
	return err
}

// denied is a socket that this user may not use.
type denied string

func (d denied) Error() string {
	return fmt.Sprintf("this user may not use %s: put sudo before the command", string(d))
}

func (denied) Is(target error) bool { return target == fs.ErrPermission }

// Within is a client that waits so long for an answer.
func (c Client) Within(d time.Duration) Client {
	c.http.Timeout = d
	return c
}

// Get asks with GET, and reads the JSON of the answer.
func (c Client) Get(ctx context.Context, path string, query url.Values, into any) error {
	answer, err := c.Ask(ctx, path, query)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	return json.NewDecoder(answer.Body).Decode(into)
}

// Post asks with POST and a body in JSON, and reads the JSON of the answer.
func (c Client) Post(ctx context.Context, path string, body, into any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://kioskd"+path, bytes.NewReader(b))
	if err != nil {
		return err
	}
	answer, err := c.do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	return json.NewDecoder(answer.Body).Decode(into)
}

// Download writes an answer as it is.
func (c Client) Download(ctx context.Context, path string, query url.Values, to io.Writer) error {
	c.http.Timeout = backupWithin
	answer, err := c.Ask(ctx, path, query)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(to, answer.Body)
	return err
}

// Ask returns a good answer, whose body must be closed.
func (c Client) Ask(ctx context.Context, path string, query url.Values) (*http.Response, error) {
	u := url.URL{Scheme: "http", Host: "kioskd", Path: path, RawQuery: query.Encode()}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	return c.do(r)
}

func (c Client) do(r *http.Request) (*http.Response, error) {
	answer, err := c.http.Do(r)
	var failed *url.Error // names an address that nobody has typed
	switch {
	case errors.As(err, &failed) && failed.Timeout():
		return nil, fmt.Errorf("the daemon does not answer in time: %w", failed.Err)
	case errors.As(err, &failed):
		return nil, failed.Err
	case err != nil || answer.StatusCode == http.StatusOK:
		return answer, err
	}
	defer answer.Body.Close()
	var said struct{ Error string }
	switch err := json.NewDecoder(answer.Body).Decode(&said); {
	case err != nil || said.Error == "":
		return nil, fmt.Errorf("the daemon answered %s", answer.Status)
	case answer.StatusCode == http.StatusNotFound:
		return nil, notThere(said.Error)
	}
	return nil, Refused{answer.StatusCode, said.Error}
}

// Refused is the daemon's word for why it does not do what it was asked.
type Refused struct {
	Status int    // of HTTP
	What   string // in words for a person
}

func (r Refused) Error() string { return r.What }
