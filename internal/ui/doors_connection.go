package ui

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/connect"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// connectionScreens are those of the systems that are kept in step.
func connectionScreens(add func(method, path string, do func(v *visit) error)) {
	add(get, "/integrations/connections", connectionsList)
	add(post, "/integrations/connections", addConnection)
	add(get, "/integrations/connections/{connection}", connectionPage)
	add(post, "/integrations/connections/{connection}", changeConnection)
	add(get, "/integrations/connections/{connection}/mapping", mappingPage)
	add(post, "/integrations/connections/{connection}/mapping", changeMapping)
}

// systemKind is a kind of systems, and what its form asks for.
type systemKind struct {
	Kind, Name, Text      string
	Token, UserKey        string // what they are called there; "" for none
	Location, OAuth, Hook bool
}

// systemKinds are those that a location can be connected with.
func systemKinds() []systemKind {
	return []systemKind{
		{"highlevel", "HighLevel", "Contacts, tasks, notes, appointments and opportunities, both ways. Another Foyer too.", "Private integration token", "", true, true, true},
		{"brokerkit", "Brokerkit", "Leads of recruiting, both ways.", "Team token", "", false, false, false},
		{"radius", "Radius", "Clients are written there.", "secure-id", "", false, false, false},
		{"liondesk", "LionDesk", "Contacts and notes are written there.", "APIKEY, or the word user", "USERKEY", false, false, false},
		{"webhook", "Signed webhooks", "Anything that speaks Standard Webhooks, both ways.", "Secret, whsec_…", "", false, false, true},
	}
}

func systemOf(kind string) *systemKind {
	for _, k := range systemKinds() {
		if k.Kind == kind {
			return &k
		}
	}
	return nil
}

// systemName is the name of a kind of systems.
func systemName(kind string) string {
	if k := systemOf(kind); k != nil {
		return k.Name
	}
	return kind
}

// connectionsData is what the list of connections shows.
type connectionsData struct {
	inside
	Connections []connectionLine
	Kinds       []systemKind
	Kind        *systemKind // whose form is shown
	Problem     string
	Form        connectionForm
}

// connectionLine is a connection with how it fares.
type connectionLine struct {
	connect.Connection
	connect.Backlog
	System string
}

// Waited is the lag in words.
func (l connectionLine) Waited() string { return l.Lag.Round(time.Second).String() }

// Ends reports whether the credential ends within a week.
func (l connectionLine) Ends() bool {
	const soon = 7 * 24 * time.Hour
	return !l.ExpiresAt.IsZero() && time.Until(l.ExpiresAt) < soon
}

// connectionForm is what somebody said of a connection. What opens it is never
// shown again.
type connectionForm struct {
	Name, BaseURL, Location, Direction string
	Interval                           string
	Paused                             bool
}

func connectionsList(v *visit) error {
	return showConnections(v, 200, &connectionsData{Kind: systemOf(v.r.URL.Query().Get("kind")), Form: connectionForm{Paused: true}})
}

func showConnections(v *visit, status int, d *connectionsData) error {
	d.inside, d.Kinds = inside{v.frame, "connections"}, systemKinds()
	err := v.read(func(ctx context.Context, tx *db.Tx) error {
		all, err := connect.List(ctx, tx, v.at())
		d.Connections = nil
		for i := range all {
			h, err := connect.BacklogOf(ctx, tx, v.at(), all[i].ID)
			if err != nil {
				return err
			}
			d.Connections = append(d.Connections, connectionLine{all[i], h, systemName(all[i].Kind)})
		}
		return err
	})
	if err != nil {
		return err
	}
	return v.showAs(status, "connections", "Connections", d)
}

// secretOf reads what opens a system; nil if nothing was said.
func secretOf(v *visit) connect.Credential {
	said := connect.Credential{}
	for _, name := range []string{"token", "userKey", "clientId", "clientSecret", "publicKey"} {
		if value := v.form(name); value != "" {
			said[name] = value
		}
	}
	if len(said) == 0 {
		return nil
	}
	return said
}

// readConnection reads the form into a connection.
func readConnection(v *visit, c *connect.Connection) (connectionForm, error) {
	f := connectionForm{v.form("name"), strings.TrimRight(v.form("baseUrl"), "/"), v.form("location"), v.form("direction"), v.form("interval"), v.form("paused") != ""}
	c.BaseURL, c.Settings.Location = f.BaseURL, f.Location
	if f.Name != "" {
		c.Name = f.Name
	}
	if f.Interval != "" {
		every, err := time.ParseDuration(f.Interval)
		if err != nil {
			return f, errs.New(errs.Invalid, "the interval is written as 30s, 1m or 1h")
		}
		if c.Settings.Interval = every; c.Settings.Sweep < every {
			c.Settings.Sweep = 0
		}
	}
	if slices.Contains([]string{connect.Both, connect.In, connect.Out}, f.Direction) {
		c.Mapping.Turn(f.Direction)
	}
	return f, nil
}

// addConnection makes a connection; paused, so that people look first.
func addConnection(v *visit) error {
	kind := systemOf(v.form("kind"))
	if kind == nil {
		return noButton()
	}
	d := &connectionsData{Kind: kind}
	m, err := connect.DefaultMapping(kind.Kind)
	if err != nil {
		return err
	}
	c := connect.Connection{Kind: kind.Kind, Mapping: *m, Settings: connect.Settings{BeginsPaused: v.form("paused") != ""}}
	var made *connect.Connection
	if d.Form, err = readConnection(v, &c); err == nil {
		secret := secretOf(v)
		if secret == nil {
			err = errs.New(errs.Invalid, "say what opens the system: the %s", kind.Token)
		} else {
			err = v.write(func(ctx context.Context, tx *db.Tx) (err error) {
				made, err = connect.Add(ctx, tx, v.p.Vault, v.Actor, c, secret)
				return err
			})
		}
	}
	if errs.Is(err, errs.Invalid) {
		d.Problem = sentence(errs.As(err))
		return showConnections(v, 400, d)
	}
	return v.doneIf(err, "/integrations/connections/"+idOf(made), "bridge-made", "")
}

func idOf(c *connect.Connection) string {
	if c == nil {
		return ""
	}
	return c.ID
}

// connectionData is what the page of a connection shows.
type connectionData struct {
	inside
	connectionLine
	System  *systemKind
	Flows   []connect.Progress
	Log     []connect.Crossing
	Rejects []connect.Link
	HasApp  bool             // that is let in over there
	Hook    string           // at which it can send its webhooks
	Said    string           // what the system answered to a test
	Works   bool             // and whether it works
	Preview *connect.Preview // of a sync
}

// Text writes a value of a preview.
func (connectionData) Text(value any) string {
	switch t := value.(type) {
	case nil:
		return ""
	case []any:
		var all []string
		for _, one := range t {
			all = append(all, fmt.Sprint(one))
		}
		return strings.Join(all, ", ")
	}
	return fmt.Sprint(value)
}

// FieldNames lists what crossed.
func (connectionData) FieldNames(c connect.Crossing) string {
	var names []string
	for _, f := range c.Fields {
		names = append(names, f.Field+" ("+f.Rule+")")
	}
	return strings.Join(names, ", ")
}

func connectionPage(v *visit) error { return showConnection(v, &connectionData{}) }

func showConnection(v *visit, d *connectionData) error {
	const shown = 50
	d.inside = inside{v.frame, "connections"}
	err := v.read(func(ctx context.Context, tx *db.Tx) error {
		c, err := connect.ByID(ctx, tx, v.at(), v.r.PathValue("connection"))
		if err != nil {
			return err
		}
		h, err := connect.BacklogOf(ctx, tx, v.at(), c.ID)
		if err != nil {
			return err
		}
		d.connectionLine, d.System, d.Hook = connectionLine{*c, h, systemName(c.Kind)}, systemOf(c.Kind), v.p.Base.Of(v.r)+c.HookPath(v.p.Vault)
		d.HasApp = c.HasApp(v.p.Vault)
		flows, err := connect.Flows(ctx, tx, v.at(), c.ID)
		if err != nil {
			return err
		}
		d.Flows = nil
		for i := range flows {
			rate, left := flows[i].Rate(tx.Now())
			d.Flows = append(d.Flows, connect.Progress{Flow: flows[i], PerSecond: rate, Left: left.Seconds()})
		}
		if d.Log, err = connect.Log(ctx, tx, v.at(), c.ID, "", shown); err != nil {
			return err
		}
		d.Rejects, err = connect.Rejects(ctx, tx, v.at(), c.ID, "", shown)
		return err
	})
	if err != nil {
		return err
	}
	return v.show("connection", d.Name, d)
}

// changeConnection does with a connection what a button says.
func changeConnection(v *visit) error {
	id := v.r.PathValue("connection")
	here, what, undo := "/integrations/connections/"+id, "", ""
	switch v.form("do") {
	case "test", "preview":
		return askSystem(v, id)
	}
	err := v.write(func(ctx context.Context, tx *db.Tx) (err error) {
		switch v.form("do") {
		case "pause":
			what, undo = "bridge-paused", "connection:"+id
			_, err = connect.Pause(ctx, tx, v.Actor, id, true)
		case "resume":
			what = "bridge-on"
			_, err = connect.Pause(ctx, tx, v.Actor, id, false)
		case "run", "again":
			var c *connect.Connection
			if c, err = connect.ByID(ctx, tx, v.at(), id); err == nil && c.Status != connect.Active {
				err = errs.New(errs.Invalid, "the connection is %s: let it go on first", c.Status)
			}
			if what = "bridge-runs"; err == nil {
				err = connect.Hurry(ctx, tx, c, v.form("do") == "again")
			}
		case "retry", "skip":
			err = v.reject(ctx, tx, id)
			what = map[string]string{"retry": "bridge-retry", "skip": "bridge-skip"}[v.form("do")]
		case "save":
			var broken error
			what = "saved"
			_, err = connect.Change(ctx, tx, v.p.Vault, v.Actor, id, secretOf(v), func(c *connect.Connection) { _, broken = readConnection(v, c) })
			if broken != nil {
				err = broken
			}
		case "delete":
			var c *connect.Connection
			if c, err = connect.ByID(ctx, tx, v.at(), id); err == nil && c.Status == connect.Active {
				err = errs.New(errs.Invalid, "pause it first")
			}
			if err == nil {
				here, what = "/integrations/connections", "bridge-deleted"
				err = connect.Remove(ctx, tx, v.Actor, id)
			}
		default:
			err = noButton()
		}
		return err
	})
	v.p.Bridge.Wake()
	return v.doneIf(err, here, what, undo)
}

// reject has a record that cannot cross tried again, or left alone.
func (v *visit) reject(ctx context.Context, tx *db.Tx, connectionID string) error {
	if _, err := connect.ByID(ctx, tx, v.at(), connectionID); err != nil {
		return err
	}
	do := func(ctx context.Context, tx *db.Tx, by crm.Actor, connectionID, linkID string) (int64, error) {
		return connect.Retry(ctx, tx, by, connectionID, linkID)
	}
	if v.form("do") == "skip" {
		do = connect.Skip
	}
	_, err := do(ctx, tx, v.Actor, connectionID, v.form("link"))
	return err
}

// askSystem asks the system outside whether it opens, or what a sync would do.
func askSystem(v *visit, id string) error {
	const patience, most = 40 * time.Second, 200
	ctx, stop := context.WithTimeout(v.r.Context(), patience)
	defer stop()
	d := &connectionData{}
	var err error
	if v.form("do") == "test" {
		d.Said, err = v.p.Bridge.Test(ctx, v.at(), id)
		d.Works = err == nil
	} else {
		d.Preview, err = v.p.Bridge.Preview(ctx, v.at(), id, most)
	}
	if errs.Is(err, errs.NotFound) {
		return err
	}
	if err != nil {
		d.Said = err.Error()
	}
	return showConnection(v, d)
}
