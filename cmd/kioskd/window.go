package main

import (
	"kioskd/display/screen"
	"kioskd/face"
)

// window opens windows with Ebitengine. This file is the only one of the program
// that imports it.
type window struct{}

func (window) Available() bool { return screen.Available() }

func (window) Open(p face.Painter, o face.WindowOptions) (face.OpenWindow, error) {
	return screen.New(p, screen.Options{Windowed: o.Windowed, Rotate: o.Rotate, Digits: o.Digits, Log: o.Log})
}
