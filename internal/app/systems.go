package app

import (
	"context"

	"github.com/foyer-crm/foyer/internal/connect"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/remote"
	"github.com/foyer-crm/foyer/internal/remote/brokerkit"
	"github.com/foyer-crm/foyer/internal/remote/highlevel"
	"github.com/foyer-crm/foyer/internal/remote/hook"
	"github.com/foyer-crm/foyer/internal/remote/liondesk"
	"github.com/foyer-crm/foyer/internal/remote/radius"
)

// Systems gives the systems outside that a location can be connected with, by
// kind. allowPrivate lets them be on this machine and in private networks.
func Systems(allowPrivate bool) map[string]connect.Open {
	kinds := map[string]connect.Open{}
	for kind, make := range map[string]func(remote.Settings) (remote.System, error){
		"highlevel": highlevel.New, "radius": radius.New, "brokerkit": brokerkit.New, "liondesk": liondesk.New, "webhook": hook.New,
	} {
		kinds[kind] = func(_ context.Context, o connect.Opening) (remote.System, error) {
			system, err := make(settingsOf(o, allowPrivate))
			if err != nil {
				return nil, errs.New(errs.Invalid, "%v", err)
			}
			return system, nil
		}
	}
	return kinds
}

// Grants gives those of the systems outside that let apps in by OAuth 2.0.
func Grants(allowPrivate bool) map[string]connect.Grant {
	return map[string]connect.Grant{"highlevel": {
		Address: func(ctx context.Context, o connect.Opening, a *connect.Ask) (string, error) {
			s := settingsOf(o, allowPrivate)
			s.App.RedirectURI, s.App.Scopes = a.Redirect, highlevel.Scopes(writes(&o.Connection.Mapping))
			if !highlevel.TakesPKCE(ctx, s) {
				a.Verifier = ""
			}
			address, err := highlevel.AuthorizeURL(s, a.State, a.Verifier)
			if err != nil {
				return "", errs.New(errs.Invalid, "%v", err)
			}
			return address, nil
		},
		Exchange: func(ctx context.Context, o connect.Opening, a connect.Ask, code string) (remote.Token, error) {
			s := settingsOf(o, allowPrivate)
			s.App.RedirectURI = a.Redirect
			return highlevel.Exchange(ctx, s, code, a.Verifier)
		},
	}}
}

// writes gives the kinds of records that cross, and whether they are written there.
func writes(m *connect.Mapping) map[remote.Kind]bool {
	kinds := map[remote.Kind]bool{}
	for kind, o := range m.Objects {
		kinds[kind] = o.Direction != connect.In
	}
	return kinds
}

// settingsOf gives the settings of a system that is to be opened.
func settingsOf(o connect.Opening, allowPrivate bool) remote.Settings {
	c, secret := o.Connection, o.Credential
	s := remote.Settings{BaseURL: c.BaseURL, Location: c.Settings.Location, Token: secret["token"], UserKey: secret["userKey"], PublicKey: secret["publicKey"], Private: allowPrivate, NoLimit: c.Settings.NoLimit, Gate: o.Gate}
	if secret["clientId"] != "" {
		s.App = remote.App{ClientID: secret["clientId"], ClientSecret: secret["clientSecret"], RedirectURI: secret["redirectUri"], Tokens: o.Tokens()}
	}
	return s
}
