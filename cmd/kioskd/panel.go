package main

import (
	"context"
	"crypto/sha256"
	"image"
	"net/http"

	"kioskd/configs"
	"kioskd/panel"
	"kioskd/pin"
	"kioskd/store"
)

// panel serves the technician's page until ctx ends, if the config has one.
// Whatever goes wrong with it, the machine sells all the same.
func (d *daemon) panel(ctx context.Context, api http.Handler, ledger *store.Store) {
	s := d.config.Service
	if s.Panel == "" {
		return
	}
	code, what := pin.Read(s.PIN)
	if what != "" {
		d.log.Error("no panel: correct service.pin", "problem", what)
		return
	}
	guard, err := pin.New(code, ledger)
	if err != nil {
		d.log.Error("no panel", "error", err)
		return
	}
	if !s.PanelIsLocal() {
		d.log.Warn(panelReach(s))
	}
	// A machine that is wired anew throws nobody out, but for another PIN.
	if sum := sha256.Sum256([]byte(code)); d.inside == nil || d.pin != sum {
		d.inside, d.pin = panel.NewSessions(), sum
	}
	p := panel.New(panel.Options{API: api, PIN: guard, Sessions: d.inside, Screen: d.picture, Language: panelLanguage(d.config.Machine.Language), Log: d.log})
	p.Serve(ctx, s.Panel, d.panelAt)
}

// picture is a nil interface where there is no picture.
func (d *daemon) picture() image.Image {
	if img := d.face.snapshot(); img != nil {
		return img
	}
	return nil
}

func panelLanguage(l configs.Language) string {
	if l == configs.LanguageEN || l == configs.LanguageENZH {
		return "en"
	}
	return "zh"
}

// panelReach says who can open the panel.
func panelReach(s configs.Service) string {
	if s.PanelIsLocal() {
		return "the panel at http://" + s.Panel + "/ can be opened from this machine alone"
	}
	return "the panel at http://" + s.Panel + "/ is plain http: whoever is in that network can try PINs and read along; never open it to the internet"
}
