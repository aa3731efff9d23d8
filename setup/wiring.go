package setup

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"kioskd/configs"
	"kioskd/detect"
)

// wire is for drivers whose settings nobody can guess, because they say how
// the motors are wired: what stands in the file may be an example.
func (s *setup) wire(ctx context.Context, b candidate, example bool) error {
	if file, given := s.Given["controller-settings"]; given {
		return s.wireFrom(b, file)
	}
	if !example {
		return nil
	}
	bare, err := configs.SetSection(s.text, "controller", []byte(detect.Section(b.driver, b.port, nil)))
	if err != nil {
		return err
	}
	needed := slices.ContainsFunc(s.problems(bare), func(p configs.Problem) bool { return strings.HasPrefix(p.Field, "controller.settings") })
	switch {
	case !needed:
		return nil
	case s.Yes:
		s.missing = append(s.missing, "--controller-settings")
		return nil
	}
	if strings.Contains(b.found, "\n  settings:\n") {
		if s.text, err = configs.SetSection(s.text, "controller", []byte(b.found)); err != nil {
			return err
		}
	}
	s.say(words{
		"驱动 %s 要写明接线（controller.settings）。文件里现在是例子，请改成这台机器的：", "%s wants to know how the motors are wired (controller.settings). What stands in the file is an example: make it this machine's.",
	}, b.driver)
	edit, err := s.dialog.yes(ctx, words{"现在编辑吗？", "Edit it now?"}, words{"打开 $EDITOR（没有设置就用 vi）；说明在 docs/controllers/ 。", "Opens $EDITOR, or vi; docs/controllers/ explains the settings."})
	if err != nil || !edit {
		return err
	}
	return s.edit(ctx)
}

// wireFrom takes the settings from a file.
func (s *setup) wireFrom(b candidate, file string) error {
	lines, err := os.ReadFile(file)
	if err != nil {
		return unfit(fmt.Errorf("--controller-settings: %w", err))
	}
	after, err := configs.SetSection(s.text, "controller", []byte(detect.Section(b.driver, b.port, strings.Split(strings.TrimRight(string(lines), "\n"), "\n"))))
	if err != nil {
		return unfit(fmt.Errorf("--controller-settings %s: %w", file, err))
	}
	s.text = after
	return nil
}

// edit opens the file as it will be in the person's editor.
func (s *setup) edit(ctx context.Context) error {
	path := filepath.Join(s.stage, "kioskd.yaml")
	if err := os.WriteFile(path, s.text, 0o600); err != nil {
		return err
	}
	editor := cmp.Or(s.env("VISUAL"), s.env("EDITOR"), "vi")
	c := exec.CommandContext(ctx, "sh", "-c", editor+` "$1"`, "sh", path)
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := c.Run(); err != nil {
		s.wrong(err.Error())
		return nil
	}
	text, err := os.ReadFile(path)
	if err == nil {
		s.text = text
	}
	return err
}
