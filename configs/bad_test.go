package configs_test

import (
	"bytes"
	"errors"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kioskd/configs"
)

var update = flag.Bool("update", false, "write the texts of testdata/bad anew")

func picture(w, h int) []byte {
	var b bytes.Buffer
	_ = png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))) // a buffer takes everything
	return b.Bytes()
}

// Each file of testdata/bad breaks the rule that it is named for. The file
// beside it is the exact text that a technician reads.
func TestBadFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no bad files: %v", err)
	}
	dir := folder(t)
	for _, file := range files {
		name := filepath.Base(file)
		t.Run(strings.TrimSuffix(name, ".yaml"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			p := problems(t, name, data, dir)
			text := strings.TrimSuffix(file, "yaml") + "txt"
			if *update {
				write(t, text, []byte(p.Error()+"\n"), 0o644)
			}
			want, err := os.ReadFile(text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), p.Error()+"\n"); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			rule, _, _ := strings.Cut(strings.TrimSuffix(name, ".yaml"), "_")
			for _, one := range p.List {
				if rule != "all" && string(one.Rule) != rule {
					t.Errorf("the file %s breaks the rule %s too", name, one.Rule)
				}
			}
		})
	}
}

// generated are the bad files that would be a burden to keep.
func generated() map[configs.Rule][]byte {
	return map[configs.Rule][]byte{
		configs.RuleTooLarge: append(configs.Reference(), bytes.Repeat([]byte("# x\n"), configs.MaxSize/4)...),
		configs.RuleEncoding: {0xff, 0xfe, 'm', 0},
	}
}

func TestGeneratedBadFiles(t *testing.T) {
	want := map[configs.Rule]string{
		configs.RuleTooLarge: "big.yaml:1:1: more than 128 KiB: this is not a configuration file",
		configs.RuleEncoding: "big.yaml:1:1: the text is UTF-16: save the file as UTF-8",
	}
	for rule, data := range generated() {
		if p := problems(t, "big.yaml", data, t.TempDir()); p.Error() != want[rule] {
			t.Errorf("%s: got %s, want %s", rule, p, want[rule])
		}
	}
	keys := []byte("a: b\n" + strings.Repeat("a: b\n", 8192))
	if p := problems(t, "big.yaml", keys, t.TempDir()); p.Error() != "big.yaml:8193:2: more than 8192 keys: this is not a configuration file" {
		t.Errorf("many keys: %s", p)
	}
}

// Every rule in the code is listed, and every listed rule has its bad file.
func TestEveryRuleHasABadFile(t *testing.T) {
	covered := map[configs.Rule]bool{configs.RuleUnreadable: true} // TestLoadOfNoFile
	for rule := range generated() {
		covered[rule] = true
	}
	files, _ := filepath.Glob("testdata/bad/*.txt")
	for _, file := range files {
		name, _, _ := strings.Cut(strings.TrimSuffix(filepath.Base(file), ".txt"), "_")
		covered[configs.Rule(name)] = true
	}
	listed := map[configs.Rule]bool{}
	for _, rule := range configs.Rules() {
		listed[rule] = true
		if !covered[rule] {
			t.Errorf("the rule %s has no file in testdata/bad", rule)
		}
	}
	for _, rule := range declaredRules(t) {
		if !listed[rule] {
			t.Errorf("the rule %s is not in Rules", rule)
		}
	}
}

// declaredRules reads the constants of type Rule from the source.
func declaredRules(t *testing.T) []configs.Rule {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "problem.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var rules []configs.Rule
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if typ, ok := spec.Type.(*ast.Ident); ok && typ.Name == "Rule" {
			rules = append(rules, configs.Rule(strings.Trim(spec.Values[0].(*ast.BasicLit).Value, `"`)))
		}
		return true
	})
	if len(rules) < 30 {
		t.Fatalf("only %d rules found", len(rules))
	}
	return rules
}

func problems(t testing.TB, name string, data []byte, dir string) *configs.Problems {
	t.Helper()
	c, err := configs.Parse(name, data, dir, drivers())
	var p *configs.Problems
	if !errors.As(err, &p) || c != nil {
		t.Fatalf("got %v and the error %v, want problems and no configuration", c, err)
	}
	return p
}
