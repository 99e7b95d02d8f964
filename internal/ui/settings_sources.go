package ui

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/db"
)

func sourcesSection() section {
	const path = "/settings/sources"
	return section{name: "Sources", icon: "plug-zap", path: path, page: "sources", admin: true,
		screens: []screen{{method: get, path: path, do: showSources}, {method: post, path: path, do: makeSourceKey}},
	}
}

// sourcesData is what the page shows about pointing the programs of others here.
type sourcesData struct {
	*frame
	First   bool // right after the set-up
	Sources []source
}

// source is a program that sends to one of the APIs.
type source struct {
	API, Name, About string
	Theirs, Ours     string // the address that it sends to, before and after
	Keys             []sourceKey
	Made, Lost       bool // keys were made; they cannot be shown again
	UsedAt           time.Time
	Curl             string // with the keys, while they can be shown
}

// sourceKey is what has to be entered there.
type sourceKey struct{ Name, Value string }

// sourcesOf gives the programs. base is the address of this server; c has the
// keys that can be shown.
func sourcesOf(base, locationID string, c *auth.Credentials) []source {
	list := []source{
		{API: auth.Radius, Name: "Radius", About: "Client imports of AgentDesks / Radius: buyers and sellers with their properties.", Theirs: "https://api1.agentdesks.com/v3.0", Ours: base + "/v3.0"},
		{API: auth.HighLevel, Name: "HighLevel", About: "Everything of its API v2. Private integrations enter the token; apps sign in by OAuth.", Theirs: "https://services.leadconnectorhq.com", Ours: base},
		{API: auth.LionDesk, Name: "LionDesk", About: "Lead sources of API v1: web sites, portals, landing pages.", Theirs: "https://api.liondesk.com/", Ours: base + "/"},
		{API: auth.Brokerkit, Name: "Brokerkit", About: "Recruiting leads and retention agents.", Theirs: "https://api.getbrokerkit.com/v2", Ours: base + "/v2"},
	}
	for i := range list {
		s := &list[i]
		if c == nil {
			continue
		}
		show := func(name string, value *string) string {
			if value == nil {
				return ""
			}
			s.Keys = append(s.Keys, sourceKey{name, *value})
			return *value
		}
		switch s.API {
		case auth.Radius:
			if k := show("secure-id", c.Radius.SecureID); k != "" {
				s.Curl = fmt.Sprintf("curl %s/v3.0/clients/import -H 'secure-id: %s' \\\n  -d '{\"client\":{\"name\":\"Rita Radius\",\"emails\":\"rita@example.com\",\"phones\":\"6025550901\",\"type\":\"buyer\"}}'", base, k)
			}
		case auth.HighLevel:
			if k := show("Private integration token", c.HighLevel.PrivateToken); k != "" {
				s.Keys = append(s.Keys, sourceKey{"locationId", locationID})
				s.Curl = fmt.Sprintf("curl %s/contacts/ -H 'Authorization: Bearer %s' -H 'Version: 2021-07-28' \\\n  -H 'Content-Type: application/json' \\\n  -d '{\"locationId\":\"%s\",\"firstName\":\"Hal\",\"lastName\":\"Level\",\"email\":\"hal@example.com\"}'", base, k, locationID)
			}
		case auth.LionDesk:
			partner, user := show("APIKEY", c.LionDesk.APIKey), show("USERKEY", c.LionDesk.UserKey)
			show("USERKEY for yourself", c.LionDesk.PersonalUserKey)
			if partner != "" && user != "" {
				s.Curl = fmt.Sprintf("curl %s/ -u '%s:' -H 'X-LionDesk-Id: %s' \\\n  -d '{\"action\":\"NewSubmission\",\"firstname\":\"Leo\",\"lastname\":\"Desk\",\"email\":\"leo@example.com\",\"comments\":\"Called twice\"}'", base, partner, user)
			}
		case auth.Brokerkit:
			if k := show("Token", c.Brokerkit.Token); k != "" {
				s.Curl = fmt.Sprintf("curl %s/v2/leads -H 'Authorization: Token token=%s' \\\n  -H 'Content-Type: application/json' \\\n  -d '{\"first_name\":\"Bea\",\"last_name\":\"Kit\",\"email\":\"bea@example.com\",\"phone\":\"+16025550902\"}'", base, k)
			}
		}
	}
	return list
}

func showSources(v *visit) error { return v.showSources(http.StatusOK, "", nil) }

// showSources shows the page, with the keys of one source as far as they are
// there to be shown.
func (v *visit) showSources(status int, api string, c *auth.Credentials) error {
	d := &sourcesData{frame: v.frame, First: v.r.URL.Query().Has("first"), Sources: sourcesOf(v.p.Base.Of(v.r), v.at(), c)}
	err := v.read(func(ctx context.Context, tx *db.Tx) error {
		have, err := auth.Keys(ctx, tx, v.at(), "")
		for i := range d.Sources {
			s := &d.Sources[i]
			for _, k := range have {
				if k.API == s.API && k.DisabledAt.IsZero() {
					s.Made = true
					if k.LastUsedAt.After(s.UsedAt) {
						s.UsedAt = k.LastUsedAt
					}
				}
			}
			s.Lost = s.API == api && s.Curl == ""
		}
		return err
	})
	if err != nil {
		return err
	}
	return v.showAs(status, "sources", "Sources", d)
}

// makeSourceKey makes the keys of a source, or shows those that are there, and
// shows them at once: most are never shown again.
func makeSourceKey(v *visit) error {
	api := v.pick("api", auth.Radius, auth.HighLevel, auth.LionDesk, auth.Brokerkit)
	if api == "" {
		return noButton()
	}
	var c *auth.Credentials
	err := v.write(func(ctx context.Context, tx *db.Tx) error {
		c = &auth.Credentials{CompanyID: v.User.CompanyID, LocationID: v.at()}
		c.User.ID = v.User.ID
		return auth.FirstKeys(ctx, tx, v.p.Vault, c, v.p.Scopes, v.form("do") == "anew", api)
	})
	if err != nil {
		return err
	}
	v.p.Desk.Forget()
	return v.showSources(http.StatusOK, api, c)
}
