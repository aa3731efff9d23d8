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
		d.Log.Warn(PanelReach(s))
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

// PanelReach says who can open the panel.
func PanelReach(s configs.Service) string {
	if s.PanelIsLocal() {
		return "the panel at http://" + s.Panel + "/ can be opened from this machine alone"
	}
	return "the panel at http://" + s.Panel + "/ is plain http: whoever is in that network can try PINs and read along; never open it to the internet"
}
