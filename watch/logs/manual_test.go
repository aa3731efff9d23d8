package logs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// said are the keys that the program's source logs, by message.
func said(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	err := filepath.WalkDir("../..", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() && (e.Name() == "testdata" || e.Name() == "internal" && path == "../../internal" || e.Name() == "node_modules") {
			return skip(err)
		}
		if e.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				if message, keys, ok := logged(call); ok {
					all[message] = append(all[message], keys...)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// skip leaves a folder out, or tells why it cannot be read.
func skip(err error) error {
	if err != nil {
		return err
	}
	return filepath.SkipDir
}

// logged reads a call like log.Info("message", "key", value).
func logged(call *ast.CallExpr) (message string, keys []string, ok bool) {
	f, is := call.Fun.(*ast.SelectorExpr)
	if !is || !slices.Contains([]string{"Debug", "Info", "Warn", "Error"}, f.Sel.Name) || len(call.Args) == 0 {
		return "", nil, false
	}
	message, ok = literal(call.Args[0])
	for i := 1; ok && i < len(call.Args); i += 2 {
		if key, is := literal(call.Args[i]); is {
			keys = append(keys, key)
		}
	}
	return message, keys, ok
}

func literal(e ast.Expr) (string, bool) {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(l.Value)
	return s, err == nil
}

// The manual promises fields: each is what some line of the program has, and
// the steps of orders have those that are about steps, no more and no less.
func TestTheManualsFieldsAreLogged(t *testing.T) {
	page, err := os.ReadFile("../../docs/watching.md")
	if err != nil {
		t.Fatal(err)
	}
	var promised []string
	for line := range strings.Lines(string(page)) {
		if strings.HasPrefix(line, "| `KIOSKD_") {
			for _, m := range regexp.MustCompile("`KIOSKD_([A-Z_]+)`").FindAllStringSubmatch(strings.Split(line, " | ")[0], -1) {
				promised = append(promised, strings.ToLower(m[1]))
			}
		}
	}
	if len(promised) < 15 {
		t.Fatalf("only %v is promised", promised)
	}
	all := said(t)
	var keys []string
	for _, list := range all {
		keys = append(keys, list...)
	}
	for _, key := range promised {
		if key != "event" && key != "repeated" && key != "within" && !slices.Contains(keys, key) {
			t.Errorf("no line of the program has the key %s", key)
		}
	}
	if diff := cmp.Diff([]string{"order", "slot", "from", "to", "cause", "detail"}, all["order"]); diff != "" {
		t.Errorf("the keys of a step (-want +got):\n%s", diff)
	}
	if slices.Contains(keys, "err") {
		t.Error(`an error has the key "error", not "err"`)
	}
}
