package powercut

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// Scene is one life of a process, from a directory as it was to a power cut.
type Scene struct {
	Name    string
	Share   int      // of the images, in percent
	Dir     string   // where the process worked
	Done    []Action // what the directory held when it began
	Actions []Action
	Again   bool // the ledger is made from a copy and the tape, at the latest when an image is opened
	Emptied bool // somebody empties the ledger of each image

	history *history
	books   []*books // after each action
	begin   *books   // before them
	failed  *Failure // of the image that the next life should have begun with
}

// Recording is how scenes are recorded.
type Recording struct {
	Strace string
	Seed   uint64
	Steps  int    // commits of all sales together
	Dir    string // scenes are kept here
	Memory string // a file system that needs no disk, for the processes to work in
	// Writer is the command that calls Write with a ledger and a script.
	Writer func(ledger, script string) *exec.Cmd
}

// Record plays all scenes.
func Record(r Recording) (scenes []*Scene, err error) {
	for _, play := range []func() ([]*Scene, error){r.initialisations, r.lives, r.prepared} {
		more, err := play()
		if err != nil {
			return nil, err
		}
		scenes = append(scenes, more...)
	}
	return scenes, nil
}

// initialisations are the first start in an empty directory, and one that
// finds what the first left unfinished.
func (r Recording) initialisations() ([]*Scene, error) {
	first := &Scene{Name: "first", Share: 15, Actions: firstActions(r.Seed)}
	if err := r.play(first, ""); err != nil {
		return nil, err
	}
	base, err := r.unfinished(first)
	if err != nil {
		return nil, err
	}
	second := &Scene{Name: "leftovers", Share: 3, Actions: firstActions(r.Seed)}
	return []*Scene{first, second}, r.play(second, base)
}

// lives are sales, with a power cut in the middle of a commit now and then.
func (r Recording) lives() (scenes []*Scene, err error) {
	const lives = 4
	rest, base, done := salesActions(r.Seed, r.Steps), "", []Action(nil)
	for n := range lives {
		s := &Scene{
			Name: fmt.Sprintf("life%d", n+1), Share: 56 / lives,
			Done: slices.Clone(done), Actions: rest[:min(len(rest), r.Steps/lives)],
		}
		if err := r.play(s, base); err != nil {
			return nil, err
		}
		scenes = append(scenes, s)
		var in int
		base, in, err = r.cutOff(s)
		if errors.As(err, &s.failed) {
			break // Replay tells it
		}
		if err != nil {
			return nil, err
		}
		done = append(done, rest[:in]...)
		rest = append([]Action{{Do: doOpen}}, rest[max(in, 1):]...)
	}
	return scenes, nil
}

// prepared are scenes for which much must have happened before.
func (r Recording) prepared() (scenes []*Scene, err error) {
	restored, archive := &Scene{Name: "restored", Share: 5}, &Scene{Name: "archive", Share: 7}
	restored.Done, restored.Actions = restoredActions(r.Seed)
	archive.Done, archive.Actions = archiveActions(r.Seed)
	copies, emptied := &Scene{Name: "copies", Share: 4}, &Scene{Name: "emptied", Share: 4, Again: true, Emptied: true}
	again := &Scene{Name: "again", Share: 5, Again: true}
	copies.Done, copies.Actions = copyActions(r.Seed)
	emptied.Done, emptied.Actions = copyActions(r.Seed + 1)
	again.Done, again.Actions = againActions(r.Seed)
	for _, s := range []*Scene{restored, archive, copies, emptied, again} {
		base, err := r.prepare(s)
		if err != nil {
			return nil, err
		}
		if err := r.play(s, base); err != nil {
			return nil, err
		}
		scenes = append(scenes, s)
	}
	return scenes, nil
}

// play records a scene that begins with what is in base.
func (r Recording) play(s *Scene, base string) error {
	dir := filepath.Join(r.Dir, s.Name)
	if base == "" {
		base = filepath.Join(dir, "empty")
	}
	work, err := os.MkdirTemp(r.Memory, "powercut-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	s.Dir = filepath.Join(work, "ledger")
	if err := errors.Join(os.MkdirAll(base, 0o700), os.MkdirAll(dir, 0o700)); err != nil {
		return err
	}
	if err := errors.Join(copyDir(base, filepath.Join(dir, "base")), copyDir(base, s.Dir)); err != nil {
		return err
	}
	if err := errors.Join(saveJSON(filepath.Join(dir, "scene.json"), s), saveJSON(filepath.Join(dir, "script.json"), s.Actions)); err != nil {
		return err
	}
	writer := r.Writer(filepath.Join(s.Dir, ledgerName), filepath.Join(dir, "script.json"))
	if err := record(r.Strace, filepath.Join(dir, "trace"), writer); err != nil {
		return fmt.Errorf("scene %s: %w", s.Name, err)
	}
	return s.load(dir)
}

// Load reads scenes that were recorded in dir.
func Load(dir string) (scenes []*Scene, err error) {
	files, err := filepath.Glob(filepath.Join(dir, "*", "scene.json"))
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("no scene is kept in %s", dir)
	}
	for _, file := range files {
		if err != nil {
			break
		}
		s := &Scene{}
		var raw []byte
		if raw, err = os.ReadFile(file); err == nil {
			err = json.Unmarshal(raw, s)
		}
		if err == nil {
			err = s.load(filepath.Dir(file))
		}
		scenes = append(scenes, s)
	}
	return scenes, err
}

func (s *Scene) load(dir string) error {
	base := map[string][]byte{}
	entries, err := os.ReadDir(filepath.Join(dir, "base"))
	if err != nil {
		return err
	}
	for _, e := range entries {
		if base[e.Name()], err = os.ReadFile(filepath.Join(dir, "base", e.Name())); err != nil {
			return err
		}
	}
	if s.history, err = readTrace(filepath.Join(dir, "trace"), s.Dir, base); err != nil {
		return err
	}
	s.begin = &books{}
	for _, a := range s.Done {
		s.begin = s.begin.after(a)
	}
	b := s.begin
	s.books = nil
	for _, a := range s.Actions {
		b = b.after(a)
		s.books = append(s.books, b)
	}
	acks := 0
	for _, e := range s.history.events {
		if e.kind == isAck {
			acks++
		}
	}
	if acks != len(s.Actions) {
		return fmt.Errorf("%d of %d actions were acknowledged", acks, len(s.Actions))
	}
	return nil
}

// standing returns the books after an acknowledged action, and what came next.
func (s *Scene) standing(acked int) (*books, *Action) {
	b := s.begin
	if acked >= 0 {
		b = s.books[acked]
	}
	if acked+1 == len(s.Actions) {
		return b, nil
	}
	return b, &s.Actions[acked+1]
}

// prepare plays what is done before the scene begins.
func (r Recording) prepare(s *Scene) (base string, err error) {
	base = filepath.Join(r.Dir, s.Name, "before")
	if err := os.MkdirAll(base, 0o700); err != nil {
		return "", err
	}
	work, err := os.MkdirTemp(r.Memory, "powercut-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(work)
	p := player{path: filepath.Join(work, ledgerName)}
	for _, a := range s.Done {
		if err := p.do(a); err != nil {
			return "", err
		}
	}
	return base, errors.Join(p.close(), copyDir(work, base))
}

// cutOff cuts a life off somewhere in its second half, in the middle of a
// commit, and returns the image and how many actions are in it.
func (r Recording) cutOff(s *Scene) (base string, done int, err error) {
	random := rand.New(rand.NewPCG(r.Seed, uint64(len(s.Done))))
	target := len(s.history.events)/2 + random.IntN(len(s.history.events)/2)
	d := newDisk(s.history)
	for d.at < target || len(d.pending) < 2 && d.at < len(s.history.events) {
		d.next(s.history)
	}
	base = filepath.Join(r.Dir, s.Name, "after")
	trial := filepath.Join(r.Dir, s.Name, "trial")
	c := d.variant(s.history, 4+random.IntN(100), random)
	for _, dir := range []string{base, trial} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return "", 0, err
		}
		if _, err := d.image(s.history, c, dir); err != nil {
			return "", 0, err
		}
	}
	was, next := s.standing(d.acked)
	more, v, err := judge(trial, was, next)
	if err != nil {
		return "", 0, &Failure{v, s.Name + "/next life", short(err, trial)}
	}
	done = d.acked + 1
	if more {
		done++
	}
	return base, done, os.RemoveAll(trial)
}

// unfinished returns an image in which the first file is not complete.
func (r Recording) unfinished(s *Scene) (base string, err error) {
	d := newDisk(s.history)
	for d.at < len(s.history.events) && s.history.events[d.at].kind != isRename {
		d.next(s.history)
	}
	base = filepath.Join(r.Dir, s.Name, "leftovers")
	if err := os.MkdirAll(base, 0o700); err != nil {
		return "", err
	}
	_, err = d.image(s.history, d.variant(s.history, 3, nil), base)
	return base, err
}

func saveJSON(file string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return os.WriteFile(file, raw, 0o600)
}

// copyDir copies files with their holes.
func copyDir(from, to string) error {
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(from, e.Name()))
		if err != nil {
			return err
		}
		if err := writeContent(filepath.Join(to, e.Name()), newContent(b)); err != nil {
			return err
		}
	}
	return nil
}
