package main

import (
	"errors"
	"net/url"
	"strings"

	"github.com/foyer-crm/foyer/internal/connect"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/ui"
)

type connectAuthorize struct {
	connected
	private
	PublicURL   string `help:"Address that people reach this server by, as https://crm.example: the answer comes to /connect/callback there." name:"public-url" env:"FOYER_PUBLIC_URL" placeholder:"URL"`
	RedirectURI string `help:"Where the answer comes, if not there; one of the app's redirect URIs." name:"redirect-uri" placeholder:"URI"`
	Code        string `help:"What came back: the code, or the whole address that the browser ended at." placeholder:"CODE"`
}

// Run prints the address at which the app is let in, or takes the code that came
// back.
func (c *connectAuthorize) Run(o *out) error {
	return c.within(o, c.AllowPrivate, func(g *connect.Engine, d *db.DB, by crm.Actor) error {
		if c.Code != "" {
			if _, err := g.GrantedByHand(o, by, c.ID, readAnswer(c.Code)); err != nil {
				return err
			}
			return showStatus(o, &c.admin, d, by.LocationID, c.ID)
		}
		back := c.RedirectURI
		if back == "" {
			if c.PublicURL == "" {
				return errors.New("say where the answer comes: --public-url, the address of this server, or --redirect-uri")
			}
			back = strings.TrimRight(c.PublicURL, "/") + ui.CallbackPath
		}
		address, err := g.Authorize(o, by.LocationID, c.ID, back, "")
		if err != nil {
			return err
		}
		line := struct {
			ID          string `json:"id"`
			URL         string `json:"url"`
			RedirectURI string `json:"redirectUri"`
		}{c.ID, address, back}
		return c.show(o, line, "", []string{"open", address}, []string{"then", "foyer connect authorize " + c.ID + " --code CODE, with the code of the address that the browser ends at, or all of that address"})
	})
}

// readAnswer reads a code, or the whole address that has it.
func readAnswer(text string) connect.Answer {
	u, err := url.Parse(text)
	if err != nil {
		return connect.Answer{Code: text}
	}
	q := u.Query()
	if !q.Has("code") && !q.Has("error") {
		return connect.Answer{Code: text}
	}
	return connect.Answer{State: q.Get("state"), Code: q.Get("code"), Error: q.Get("error"), Description: q.Get("error_description")}
}
