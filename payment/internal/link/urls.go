package link

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"kioskd/internal/keyfile"
)

// Network is what the settings say about the way to the provider.
type Network struct {
	NotifyURL, CAFile *string
	BaseURLs          *[]string
}

// Check makes the path absolute, relative to dir, writes base URLs in the one
// form that is used, and reports everything that is wrong: the yaml key, and
// what to write instead. The usual base URLs are what a hint names.
func (n Network) Check(dir string, usual []string, problem func(field, what string)) {
	if what := notifyProblem(*n.NotifyURL); what != "" {
		problem("notify_url", what)
	}
	*n.BaseURLs = checkBases(*n.BaseURLs, usual, func(what string) { problem("base_urls", what) })
	*n.CAFile = keyfile.Path(dir, *n.CAFile)
	if _, what := Roots(*n.CAFile); what != "" {
		problem("ca_file", what)
	}
}

// notifyProblem tells what the provider would refuse about the URL. It
// validates the form only, and so does this; nothing has to listen there.
func notifyProblem(s string) string {
	const instead = `: write a public https URL such as "https://pay.example.com/wechat"`
	if s == "" {
		return "is missing: the provider requires one even if nothing listens there" + instead
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "":
		return Quote(s) + " is not a URL" + instead
	case u.Scheme != "https":
		return Quote(s) + " is not https" + instead
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return Quote(s) + " has a query string or fragment, which the provider refuses: write the URL without it"
	case u.User != nil:
		return Quote(u.Redacted()) + " has a user name" + instead
	case len(s) > 255:
		return "is longer than 255 characters, which the provider refuses: write a shorter URL"
	case !publicHost(u.Hostname()):
		return Quote(s) + " does not name a public host, which the provider refuses" + instead
	}
	return ""
}

func publicHost(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.IsGlobalUnicast() && !ip.IsPrivate()
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	return strings.Contains(host, ".") &&
		!slices.ContainsFunc([]string{".localhost", ".local", ".internal", ".lan"}, func(end string) bool {
			return strings.HasSuffix(host, end)
		})
}

// checkBases returns the base URLs in the one form that is used, and reports
// what is wrong with them. The usual ones are what a hint names.
func checkBases(urls, usual []string, problem func(what string)) []string {
	if len(urls) == 0 {
		problem("is empty: write [" + strings.Join(usual, ", ") + "] or leave the key out")
		return nil
	}
	var bases []string
	for _, b := range urls {
		base := strings.TrimSuffix(b, "/")
		what := baseProblem(base)
		if what == "" && slices.Contains(bases, base) {
			what = Quote(b) + " is there twice: write each base URL once"
		}
		if what != "" {
			problem(what)
		}
		bases = append(bases, base)
	}
	return bases
}

func baseProblem(s string) string {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		return Quote(s) + ` is not a base URL: write scheme and host, such as "https://api.mch.weixin.qq.com"`
	case u.User != nil || u.Path != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return Quote(u.Redacted()) + ` has more than scheme and host: write "` + u.Scheme + "://" + u.Host + `"`
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return Quote(s) + ` is plain http, which is for a simulator on this machine only: write "https://` + u.Host + `"`
	}
	return ""
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.IsLoopback()
}
