package daemon

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
func (d *Daemon) panel(ctx context.Context, api http.Handler, guard *pin.Guard) {
	s := d.Config.Service
	if s.Panel == "" || guard == nil {
		return
	}
	if !s.PanelIsLocal() {
		d.Log.Warn(s.PanelReach())
	}
	p := panel.New(panel.Options{API: api, PIN: guard, Sessions: d.inside, Screen: d.picture, Language: panelLanguage(d.Config.Machine.Language), Log: d.Log})
	p.Serve(ctx, s.Panel, d.PanelAt)
}

// picture is a nil interface where there is no picture.
func (d *Daemon) picture() image.Image {
	if img := d.Face.Snapshot(); img != nil {
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
