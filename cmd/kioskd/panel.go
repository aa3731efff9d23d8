package main

import (
	"context"
	"image"
	"net/http"

	"kioskd/configs"
	"kioskd/panel"
	"kioskd/pin"
)

// panel serves the technician's page until ctx ends, if the config has one.
// Whatever goes wrong with it, the machine sells all the same.
func (d *daemon) panel(ctx context.Context, api http.Handler, guard *pin.Guard) {
	s := d.config.Service
	if s.Panel == "" || guard == nil {
		return
	}
	if !s.PanelIsLocal() {
		d.log.Warn(panelReach(s))
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
