package powercut

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"
)

// Replay is how scenes are replayed.
type Replay struct {
	Seed     uint64
	Images   int    // how many different ones, fewer if there are not as many
	Memory   string // where images are opened
	Keep     string // failed images are kept here; empty: they are not
	Progress func(done, of, failed int)
}

// Figures are what a replay found.
type Figures struct {
	Images, Torn, Events, Steps int
	Scenes                      map[string]int // images
	Failures                    []*Failure
	Digest                      uint32 // of all images, in any order
	Took                        time.Duration
}

// Count returns how many images got a verdict.
func (f Figures) Count(v Verdict) (n int) {
	for _, x := range f.Failures {
		if x.Verdict == v {
			n++
		}
	}
	return n
}

func (f Figures) String() string {
	return fmt.Sprintf("%d images (%d torn) from %d events and %d acknowledged steps, first initialisation %d:"+
		" %d unopenable, %d lost, %d stuck; digest %08x",
		f.Images, f.Torn, f.Events, f.Steps, f.Scenes["first"]+f.Scenes["leftovers"],
		f.Count(Unopenable), f.Count(Lost), f.Count(Stuck), f.Digest)
}

// planned is one image to build.
type planned struct {
	event   int // that had happened
	variant int
	torn    bool
}

// plan chooses the images of a scene: rounds over all instants, each image
// once.
func (r Replay) plan(s *Scene, want int) (images []planned) {
	const rounds = 2000
	type instant struct {
		disk
		tired int // variants in turn that were known
	}
	var instants []*instant
	d := newDisk(s.history)
	for {
		now := *d
		now.pending, now.moving = slices.Clone(d.pending), slices.Clone(d.moving)
		instants = append(instants, &instant{disk: now})
		if d.at == len(s.history.events) {
			break
		}
		d.next(s.history)
	}
	if few := max(want/6, 60); few < len(instants) { // rather some instants well than all a little
		random := r.random(s, 0, 0)
		random.Shuffle(len(instants), func(i, j int) { instants[i], instants[j] = instants[j], instants[i] })
		instants = instants[:few]
	}
	known := map[[16]byte]bool{}
	for variant := range rounds {
		for _, at := range instants {
			if len(images) == want {
				break
			}
			if at.tired > 40 {
				continue
			}
			c := at.variant(s.history, variant, r.random(s, at.at, variant))
			k := at.key(s.Name, c)
			if known[k] {
				at.tired++
				continue
			}
			at.tired = 0
			known[k] = true
			images = append(images, planned{at.at, variant, slices.ContainsFunc(c.parts, func(p part) bool { return p.how == isTorn })})
		}
	}
	slices.SortFunc(images, func(a, b planned) int {
		return cmp.Or(cmp.Compare(a.event, b.event), cmp.Compare(a.variant, b.variant))
	})
	return images
}

// random is the chance of one image, whatever other images there are.
func (r Replay) random(s *Scene, event, variant int) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s/%d/%d", s.Name, event, variant)
	return rand.New(rand.NewPCG(r.Seed, h.Sum64()))
}

// job is a run of images of one scene.
type job struct {
	*Scene
	images []planned
}

func (r Replay) jobs(scenes []*Scene, f *Figures) (jobs []job) {
	const atOnce = 50
	order := slices.Clone(scenes)
	slices.SortFunc(order, func(a, b *Scene) int { return cmp.Or(cmp.Compare(a.Share, b.Share), cmp.Compare(a.Name, b.Name)) })
	left, shares := r.Images, 0
	for _, s := range order {
		shares += s.Share
	}
	for _, s := range order { // what a small scene does not have, a bigger one gives
		images := r.plan(s, left*s.Share/shares)
		left, shares = left-len(images), shares-s.Share
		f.Scenes[s.Name] = len(images)
		if s.failed != nil {
			f.Failures = append(f.Failures, s.failed)
		}
		f.Events += len(s.history.events)
		f.Steps += len(s.Actions)
		for part := range slices.Chunk(images, atOnce) {
			jobs = append(jobs, job{s, part})
		}
	}
	return jobs
}

// Run opens every image.
func (r Replay) Run(scenes []*Scene) (Figures, error) {
	begun := time.Now()
	f := Figures{Scenes: map[string]int{}}
	jobs := r.jobs(scenes, &f)
	planned := 0
	for _, n := range f.Scenes {
		planned += n
	}
	var mu sync.Mutex
	var broken error
	report := func(torn bool, sum uint32, failure *Failure, err error) {
		mu.Lock()
		defer mu.Unlock()
		f.Images++
		f.Digest += sum
		if torn {
			f.Torn++
		}
		if failure != nil {
			f.Failures = append(f.Failures, failure)
		}
		broken = cmp.Or(broken, err)
		if r.Progress != nil {
			r.Progress(f.Images, planned, len(f.Failures))
		}
	}
	queue := make(chan job)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for j := range queue {
				r.work(j, report)
			}
		})
	}
	for _, j := range jobs {
		queue <- j
	}
	close(queue)
	workers.Wait()
	slices.SortFunc(f.Failures, func(a, b *Failure) int { return cmp.Compare(a.Image, b.Image) })
	f.Took = time.Since(begun)
	return f, broken
}

func (r Replay) work(j job, report func(bool, uint32, *Failure, error)) {
	d := newDisk(j.history)
	for _, p := range j.images {
		for d.at < p.event {
			d.next(j.history)
		}
		c := d.variant(j.history, p.variant, r.random(j.Scene, p.event, p.variant))
		sum, failure, err := r.open(j.Scene, d, c, fmt.Sprintf("%s/%d/%d", j.Name, p.event, p.variant))
		report(p.torn, sum, failure, err)
	}
}

// open builds an image and judges it.
func (r Replay) open(s *Scene, d *disk, c cut, name string) (sum uint32, failure *Failure, err error) {
	dir, err := os.MkdirTemp(r.Memory, "powercut-")
	if err != nil {
		return 0, nil, err
	}
	defer os.RemoveAll(dir)
	if sum, err = d.image(s.history, c, dir); err != nil {
		return 0, nil, err
	}
	verdict, err := s.judge(dir, d.acked)
	if err == nil {
		return sum, nil, nil
	}
	failure = &Failure{verdict, name, short(err, dir)}
	if r.Keep == "" {
		return sum, failure, nil
	}
	to := filepath.Join(r.Keep, filepath.FromSlash(name))
	if err := os.MkdirAll(to, 0o700); err != nil {
		return sum, failure, err
	}
	_, err = d.image(s.history, c, to)
	return sum, failure, err
}
