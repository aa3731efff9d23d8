//go:build !commands

package main

import (
	"kioskd/display/screen"
	"kioskd/face"
)

// windows are those of this kioskd.
func windows() face.Windows { return window{} }

// window opens windows with Ebitengine. This file is the only one of the program
// that imports it.
type window struct{}

func (window) Available() bool { return screen.Available() }

func (window) Open(p face.Painter, o face.WindowOptions) (face.Window, error) {
	return screen.New(p, screen.Options{Windowed: o.Windowed, Rotate: o.Rotate, Digits: o.Digits, Log: o.Log})
}
