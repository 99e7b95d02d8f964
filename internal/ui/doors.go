package ui

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// doorsArea is what stands between this server and other programs. All of it is
// for admins: there are secrets in it.
func doorsArea() area {
	a := area{
		way:   way{name: "Integrations", icon: "plug", path: "/integrations", key: "i", group: "Set-up", admin: true},
		pages: []string{"doors", "door", "log", "log-entry", "imports", "import", "upload", "webhooks", "webhook", "delivery", "connections", "connection", "mapping", "door-apps", "api"},
		said: map[string]string{
			"key-named":   "Name changed",
			"key-off":     "Revoked: it opens nothing any more",
			"key-on":      "It opens the door again",
			"key-ended":   "The old secret has ended",
			"replayed":    "Replayed: what it did is below",
			"not-replay":  "Replayed, and refused again: why is below",
			"replay-once": "That was replayed already: nothing was done again",

			"import-begun":   "The import runs; you can leave this page",
			"import-paused":  "Paused: it goes on where it stopped",
			"import-removed": "The file was removed; nothing of it was imported",
			"import-undoing": "The import is being taken back",
			"imported":       "Imported",

			"app-out": "Shown out: it may do nothing here any more",
			"app-off": "Disabled: nobody can let it in, and it opens nothing",
			"app-on":  "Enabled",

			"bridge-made":    "Connected; test it, and look at what it would do",
			"bridge-paused":  "Paused: what changes meanwhile waits",
			"bridge-on":      "It goes on",
			"bridge-runs":    "It does what there is to do now",
			"bridge-let-in":  "The app is let in",
			"bridge-retry":   "It is tried again",
			"bridge-skip":    "Left alone from now on",
			"bridge-deleted": "The connection was deleted; the records stay on both sides",

			"hook-tested":   "A test is on its way: see what comes of it below",
			"hook-off":      "Disabled: it is told nothing, also not of what waited",
			"hook-on":       "It is told of what happens from now on",
			"hook-deleted":  "The webhook and its log were deleted",
			"hook-replayed": "Sent again, under the same ids",
			"hook-again":    "It is on its way again, under the same id",
		},
	}
	add := func(method, path string, do func(v *visit) error) {
		a.screens = append(a.screens, screen{method, path, "", true, do})
	}
	add(get, "/integrations", doorsIndex)
	add(get, "/integrations/doors/{door}", doorPage)
	add(post, "/integrations/doors/{door}", changeDoor)
	add(get, "/integrations/log", logList)
	add(get, "/integrations/log/{entry}", logEntry)
	add(post, "/integrations/log/{entry}", replayEntry)
	importScreens(add)
	webhookScreens(add)
	connectionScreens(add)
	add(get, "/integrations/apps", doorApps)
	add(post, "/integrations/apps", changeDoorApps)
	add(get, "/integrations/api", apiPage)
	return a
}

// inside is what the pages of the area share: which of its parts is shown.
type inside struct {
	*frame
	Part string
}

// doorKind is a vendor's API as people know it.
type doorKind struct {
	Name, Text, Method, Path, Place string // Place is where its key goes
	Key                             string // what the vendor calls it
}

// doorKinds are the doors that keys are made for, by the names of doors().
func doorKinds() map[string]doorKind {
	return map[string]doorKind{
		auth.Radius:    {auth.Radius, "Clients with their properties and what they look for.", "POST", "/v3.0/clients/import", "the header secure-id", "secure-id"},
		auth.LionDesk:  {auth.LionDesk, "Leads and comments of websites and portals.", "POST", "/", "HTTP Basic and the header X-LionDesk-Id", "APIKEY and USERKEY"},
		auth.Brokerkit: {auth.Brokerkit, "Recruits and agents of a brokerage.", "POST", "/v2/leads", "the header Authorization, behind “Token token=”", "team token"},
		auth.HighLevel: {auth.HighLevel, "Contacts, calendars, conversations, pipelines: the whole API.", "POST", "/contacts/", "the header Authorization, behind “Bearer”", "private token"},
	}
}

// doorsData is what the first page of the area shows.
type doorsData struct {
	inside
	Doors []doorCard
	Many  bool // more came than was counted
}

// doorCard is a door and how it fares.
type doorCard struct {
	doorKind
	wire.Traffic
	Keys int // in force
}

// doorsIndex shows the doors, and what came by them since yesterday.
func doorsIndex(v *visit) error {
	d := &doorsData{inside: inside{v.frame, "doors"}}
	err := v.read(func(ctx context.Context, tx *db.Tx) error {
		by, full, err := wire.TrafficSince(ctx, tx, v.at(), v.now.AddDate(0, 0, -1))
		if err != nil {
			return err
		}
		keys, err := auth.Keys(ctx, tx, v.at(), "")
		if err != nil {
			return err
		}
		d.Many, d.Doors = full, nil
		for _, name := range doors() {
			c := doorCard{doorKind: doorKinds()[name], Traffic: by[name]}
			for i := range keys {
				if keys[i].API == name && inForce(&keys[i], v.now) {
					c.Keys++
				}
			}
			d.Doors = append(d.Doors, c)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return v.show("doors", "Integrations", d)
}

// inForce reports whether a key opens its door at a moment.
func inForce(k *auth.Key, at time.Time) bool {
	return k.DisabledAt.IsZero() && (k.ExpiresAt.IsZero() || k.ExpiresAt.After(at))
}

// doorOf gives the door that an address names. NotFound for any other.
func doorOf(v *visit) (doorKind, error) {
	k, ok := doorKinds()[v.r.PathValue("door")]
	if !ok {
		return k, errs.New(errs.NotFound, "there is no such door")
	}
	return k, nil
}
