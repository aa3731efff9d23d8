package powercut_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kioskd/internal/powercut"
)

// strace writes every string and path in hexadecimal.
func strace(text string) string {
	hex := func(s string) (out string) {
		for _, c := range []byte(s) {
			out += fmt.Sprintf(`\x%02x`, c)
		}
		return out
	}
	quoted := regexp.MustCompile(`"[^"]*"`)
	text = quoted.ReplaceAllStringFunc(text, func(s string) string {
		return `"` + hex(strings.ReplaceAll(s[1:len(s)-1], `\n`, "\n")) + `"`
	})
	path := regexp.MustCompile(`<(/[^>]*)>`)
	return path.ReplaceAllStringFunc(text, func(s string) string { return "<" + hex(s[1:len(s)-1]) + ">" })
}

const begin = `7 openat(AT_FDCWD</>, "/d/new", O_RDWR|O_CREAT|O_EXCL|O_CLOEXEC, 0600) = 3</d/new>
`

func TestTrace(t *testing.T) {
	got, err := powercut.Events(strings.NewReader(strace(begin+`7 openat(AT_FDCWD</>, "/etc/hosts", O_RDONLY) = 4</etc/hosts>
7 close(4</etc/hosts>)              = 0
7 pwrite64(3</d/new>, "abc", 3, 4096) = 3
7 mmap(NULL, 67108864, PROT_READ, MAP_SHARED, 3</d/new>, 0) = 0x7f1812c20000
7 fdatasync(3</d/new> <unfinished ...>
8 openat(AT_FDCWD</>, "/d/lock", O_RDWR|O_CREAT, 0600) = 5</d/lock>
8 pwrite64(3</d/new>, "late", 4, 0 <unfinished ...>
7 <... fdatasync resumed>)          = 0
8 <... pwrite64 resumed>)           = 4
7 ftruncate(3</d/new>, 8192)        = 0
7 fallocate(3</d/new>, 0, 0, 65536) = 0
7 unlinkat(AT_FDCWD</>, "/d/nothing", 0) = -1 ENOENT (No such file or directory)
7 renameat(AT_FDCWD</>, "/d/new", AT_FDCWD</>, "/d/old") = 0
7 openat(AT_FDCWD</>, "/d", O_RDONLY|O_CLOEXEC) = 6</d>
7 fsync(6</d>)                      = 0
7 write(1<pipe:[1]>, "ACK 0\nAC", 8) = 8
7 write(1<pipe:[1]>, "K 1\n", 4)    = 4
7 unlinkat(6</d>, "lock", 0)        = 0
7 +++ exited with 0 +++
`)), "/d", map[string][]byte{"old": []byte("x")})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{
		"link 1 new", `write 1 at 4096 "abc"`, "link 2 lock", "sync 1 before 2", `write 1 at 0 "late"`, "truncate 1 to 8192",
		"allocate 1 to 65536", "rename 1 new old", "sync dir before 8", "ack 0", "ack 1", "unlink 2 lock",
	}, got); d != "" {
		t.Error(d)
	}
}

// TestTraceRefused: what the harness does not know it must not overlook.
func TestTraceRefused(t *testing.T) {
	for line, want := range map[string]string{
		`7 writev(3</d/new>, [{iov_base="a", iov_len=1}], 1) = 1`:                "writev: what this call does is not known here",
		`7 write(3</d/new>, "a", 1) = 1`:                                         "write: what this call does is not known here",
		`7 pwrite64(9</d/new>, "a", 1, 0) = 1`:                                   `pwrite64: descriptor 9 of "/d/new" is not where it should be`,
		`7 pwrite64(3</d/new>, "ab", 2, 0) = 1`:                                  "pwrite64: 1 of 2 bytes written",
		`7 pwrite64(3</d/new>, "ab"..., 9, 0) = 9`:                               "pwrite64: its argument 1 is not a whole string",
		`7 fdatasync(3</d/new>) = -1 EIO (Input/output error)`:                   "fdatasync failed: -1 EIO (Input/output error)",
		`7 fallocate(3</d/new>, FALLOC_FL_PUNCH_HOLE, 0, 4096) = 0`:              "fallocate: FALLOC_FL_PUNCH_HOLE is not known here",
		`7 mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_SHARED, 3</d/new>, 0) = 1`: "mmap: /d/new is written through memory, which is not known here",
		`7 openat(AT_FDCWD</>, "/d/log", O_WRONLY|O_CREAT|O_APPEND, 0600) = 4`:   "openat: O_WRONLY|O_CREAT|O_APPEND is not known here",
		`7 linkat(AT_FDCWD</>, "/d/new", AT_FDCWD</>, "/d/other", 0) = 0`:        "linkat: what this call does is not known here",
		`7 renameat(AT_FDCWD</>, "/d/new", AT_FDCWD</>, "/e/new") = 0`:           "rename /d/new to /e/new: not in one directory",
		`7 sync() = 0`: "sync: what this call does is not known here",
		`7 write(1<pipe:[1]>, "E-STORE-01\n", 11) = 11`: `the process said "E-STORE-01"`,
		`7 <... fsync resumed>) = 0`:                    "nothing to resume",
		`7 what`:                                        `"what" is no call`,
	} {
		_, err := powercut.Events(strings.NewReader(strace(begin+line+"\n")), "/d", nil)
		if want = "trace line 2: " + want; err == nil || err.Error() != want {
			t.Errorf("%s\ngot  %v\nwant %s", line, err, want)
		}
	}
}

// TestImages: all that can be left of a few calls, and nothing else. A letter
// is a sector, a dot one of zeros.
func TestImages(t *testing.T) {
	sectors := func(letters string) (s string) {
		for _, c := range letters {
			s += strings.Repeat(string(c), 512)
		}
		return s
	}
	open := `7 openat(AT_FDCWD</>, "/d/f", O_RDWR|O_CREAT, 0600) = 3</d/f>
7 openat(AT_FDCWD</>, "/d", O_RDONLY) = 4</d>
`
	write := func(letters string, at int) string {
		return fmt.Sprintf("7 pwrite64(3</d/f>, %q, %d, %d) = %d\n", sectors(letters), 512*len(letters), at, 512*len(letters))
	}
	const sync, syncDir = "7 fdatasync(3</d/f>) = 0\n", "7 fsync(4</d>) = 0\n"
	old := map[string][]byte{"f": []byte(sectors("abc"))}
	for _, c := range []struct {
		what, trace string
		base        map[string][]byte
		want        []string
	}{
		{"synced", write("A", 0) + sync, old, []string{"f:Abc"}},
		{"overwritten, torn", write("AB", 0), old, []string{"f:ABc", "f:Abc", "f:aBc", "f:abc"}},
		{"across sectors", write("A", 256), old, []string{"f:aAc", "f:abc"}},
		{"twice", write("A", 0) + write("X", 0), old, []string{"f:Abc", "f:Xbc", "f:abc"}},
		{"longer", write("D", 1536), old, []string{"f:abc", "f:abc.", "f:abcD"}},
		{"cut off", "7 ftruncate(3</d/f>, 512) = 0\n", old, []string{"f:a", "f:abc"}},
		{"allocated", "7 fallocate(3</d/f>, 0, 0, 2048) = 0\n", old, []string{"f:abc", "f:abc."}},
		{"new", "", nil, []string{"", "f:"}},
		{"new, data synced, name not", write("A", 0) + sync, nil, []string{"", "f:A"}},
		{"new, name synced, data not", write("A", 0) + syncDir, nil, []string{"f:", "f:.", "f:A"}},
		{"renamed", sync + `7 renameat(AT_FDCWD</>, "/d/f", AT_FDCWD</>, "/d/g") = 0` + "\n",
			map[string][]byte{"f": []byte(sectors("a")), "g": []byte(sectors("b"))}, []string{"f:a g:b", "g:a"}},
		{"renamed, synced", `7 renameat(AT_FDCWD</>, "/d/f", AT_FDCWD</>, "/d/g") = 0` + "\n" + syncDir, old, []string{"g:abc"}},
		{"gone", `7 unlinkat(AT_FDCWD</>, "/d/f", 0) = 0` + "\n", old, []string{"", "f:abc"}},
	} {
		got, err := powercut.Images(strings.NewReader(strace(open+c.trace)), "/d", c.base, 200, t.TempDir)
		if err != nil {
			t.Fatalf("%s: %v", c.what, err)
		}
		if d := cmp.Diff(c.want, slices.Sorted(maps.Keys(got))); d != "" {
			t.Errorf("%s: %s", c.what, d)
		}
	}
}
