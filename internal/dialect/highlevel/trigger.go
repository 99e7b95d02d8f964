package highlevel

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/id"
	"github.com/foyer-crm/foyer/internal/wire"
)

// triggersDoor is the name of the door of the feeds.
const triggersDoor = "triggers"

// Triggers are the operations of the catalogue that an automation polls.
func Triggers() []Operation {
	return slices.DeleteFunc(Catalogue(), func(o Operation) bool { return o.Kind != Trigger })
}

// Feed is the address at which a trigger can be polled, "" for what is none.
func (o Operation) Feed() string {
	if o.Kind != Trigger || !slices.ContainsFunc(Catalogue(), func(t Operation) bool { return t.Name == o.Name }) {
		return ""
	}
	return o.feed()
}

func (o Operation) feed() string {
	return "/triggers/" + strings.Join(strings.FieldsFunc(strings.ToLower(o.Name), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }), "-")
}

// TriggersDoor is the door of the feeds: each trigger of the catalogue as a list
// that an automation polls, behind the same tokens and scopes as the operation.
func TriggersDoor(o Options) *wire.Door {
	d := newDoor(o)
	var routes []wire.Route
	for _, t := range Triggers() {
		routes = append(routes, wire.Route{Name: "poll " + strings.ToLower(t.Name), Method: http.MethodGet, Path: t.feed(), Scope: t.Scope, May: t.admits, Handle: d.feed(t)})
	}
	return &wire.Door{Name: triggersDoor, Prefix: []string{"/triggers"}, Routes: routes, Authenticate: d.authenticate, Presented: presented, Fail: d.fail}
}

// feedView is the answer of a feed.
type feedView struct {
	Items   []feedItem `json:"items"` // the newest first
	Since   string     `json:"since"` // to be sent with the next poll
	TraceID string     `json:"traceId"`
}

// feedItem is one thing of a feed. Its id changes when the thing does, so that
// whoever has seen an id has seen the item.
type feedItem struct {
	ID   string `json:"id"`
	Data any    `json:"data"`

	at string // when it last changed, as written
}

// settling is how long what happens now may still be on its way into the database.
const settling = time.Second

// feed answers a poll. Where nothing happened since the last one that could have
// changed the answer, the operation is not even asked.
func (d *door) feed(o Operation) func(context.Context, *wire.Call) (wire.Answer, error) {
	return func(ctx context.Context, w *wire.Call) (wire.Answer, error) {
		now := id.At(time.Now().Add(-settling))
		c := &call{Call: w, door: d, op: o}
		since := c.query("since")
		if since == "" {
			since = strings.Trim(strings.TrimPrefix(w.Request.Header.Get("If-None-Match"), "W/"), `"`)
		}
		if since != "" && len(since) != id.NumberLen {
			return wire.Answer{}, errs.InvalidFields(errs.Field{Name: "since", Rule: "choice"})
		}
		quiet, err := c.quiet(ctx, since)
		if err != nil {
			return wire.Answer{}, err
		}
		v := feedView{Items: []feedItem{}, Since: now, TraceID: w.ID}
		tag := `W/"` + now + `"`
		switch {
		case quiet && w.Request.Header.Get("If-None-Match") != "":
			return d.counted(w, wire.Answer{Status: http.StatusNotModified}.With("ETag", `W/"`+since+`"`)), nil
		case quiet:
		default:
			if v.Items, err = c.items(ctx, since); err != nil {
				return wire.Answer{}, err
			}
		}
		return d.counted(w, wire.Answer{Status: http.StatusOK, Body: v}.With("ETag", tag)), nil
	}
}

// concerns are the events that can change what a trigger finds, by the part of
// its path that says what it is about; the last one that fits counts.
var concerns = []struct{ part, events string }{
	{"/contacts", "contact"}, {"/notes", "note"}, {"/tasks", "task"}, {"/calendars", "calendar"}, {"/calendars/events", "appointment"}, {"/appointments", "appointment"}, {"free-slots", ""},
	{"/calendars/appointments", "appointment_note"}, {"blocked-slots", "block"}, {"/opportunities", "opportunity"}, {"/opportunities/pipelines", "pipeline"}, {"/users", ""}, {"/conversations", "conversation"},
	{"messages", "message"}, {"/businesses", "business"}, {"/workflows", "workflow"}, {"/campaigns", "campaign"}, {"/snapshots", ""}, {"/locations", ""}, {"/customFields", "custom_field"}, {"/companies", ""},
	{"/associations", "association"}, {"/relations", "relation"}, {"/blogs", ""},
}

// quiet reports whether nothing happened since that could concern a trigger. What
// no event tells of, or a company asks about, is never quiet.
func (c *call) quiet(ctx context.Context, since string) (bool, error) {
	thing := ""
	for _, k := range concerns {
		if strings.Contains(c.op.Path, k.part) {
			thing = k.events
		}
	}
	if since == "" || thing == "" || c.Location() == nil {
		return false, nil
	}
	some := false
	err := c.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		some, err = crm.HappenedSince(ctx, tx, c.Location().ID, thing, since)
		return err
	})
	return !some, err
}

// items asks the operation, and gives what changed since.
func (c *call) items(ctx context.Context, since string) ([]feedItem, error) {
	inner, err := c.asOperation(ctx)
	if err != nil {
		return nil, err
	}
	if err := inner.admit(ctx); err != nil {
		return nil, err
	}
	a, err := c.op.handle(ctx, inner)
	if err != nil {
		return nil, err
	}
	list, err := itemsOf(a.Body)
	if err != nil {
		return nil, err
	}
	if since != "" {
		from := id.Time(since + strings.Repeat("0", id.Len-id.NumberLen)).Format(timeFormat)
		list = slices.DeleteFunc(list, func(i feedItem) bool { return i.at != "" && i.at < from })
	}
	slices.SortStableFunc(list, func(a, b feedItem) int { return strings.Compare(b.at, a.at) })
	return list, nil
}

// asOperation makes the request of the operation out of that of the feed: what its
// path names, and for a search the body, come from behind the question mark.
func (c *call) asOperation(ctx context.Context) (*call, error) {
	q := c.Query()
	q.Del("since")
	params := map[string]string{}
	path := c.op.Path
	var broken []errs.Field
	for _, part := range strings.Split(path, "/") {
		name, ok := strings.CutPrefix(part, "{")
		if !ok {
			continue
		}
		name = strings.TrimSuffix(name, "}")
		value := q.Get(name)
		if value == "" && name == "locationId" && c.Location() != nil {
			value = c.Location().ID
		}
		if value == "" {
			broken = append(broken, errs.Field{Name: name, Rule: "string"})
		}
		params[name] = value
		path = strings.Replace(path, part, url.PathEscape(value), 1)
		q.Del(name)
	}
	if err := errs.InvalidFields(broken...); err != nil {
		return nil, err
	}
	r := c.Request.Clone(ctx)
	r.Method = c.op.Method
	r.URL = &url.URL{Path: path, RawQuery: q.Encode()}
	var body []byte
	if c.op.Method != http.MethodGet {
		said := map[string]any{}
		if c.Location() != nil {
			said["locationId"] = c.Location().ID
		}
		for name, values := range q {
			said[name] = member(values[0])
		}
		var err error
		if body, err = json.Marshal(said); err != nil {
			return nil, err
		}
	}
	inner := *c
	inner.Call = c.Within(r, params, body)
	return &inner, nil
}

// member reads a parameter as a member of a body: JSON where it is some.
func member(text string) any {
	if n, err := strconv.ParseInt(text, 10, 32); err == nil {
		return n
	}
	if strings.HasPrefix(text, "[") || strings.HasPrefix(text, "{") {
		var v any
		if json.Unmarshal([]byte(text), &v) == nil {
			return v
		}
	}
	return text
}

// itemsOf takes the things out of an answer: those of its list, those under dates,
// or the one that it is about.
func itemsOf(body any) ([]feedItem, error) {
	if raw, ok := body.([]byte); ok {
		return []feedItem{entry(map[string]any{"bytes": len(raw), "sha256": sum(raw)})}, nil
	}
	text, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("reading an answer: %w", err)
	}
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		return nil, fmt.Errorf("reading an answer: %w", err)
	}
	return things(v), nil
}

func things(v any) (list []feedItem) {
	if all, ok := v.([]any); ok {
		for _, one := range all {
			list = append(list, entry(one))
		}
		return list
	}
	o, ok := v.(map[string]any)
	if !ok {
		return nil
	}
	delete(o, "traceId")
	if o["id"] != nil || o["_id"] != nil {
		return []feedItem{entry(o)}
	}
	var inside []any
	for _, name := range sortedKeys(o) {
		switch x := o[name].(type) {
		case []any:
			if len(x) == 0 || isObject(x[0]) {
				return things(x)
			}
		case map[string]any:
			if _, err := time.Parse(time.DateOnly, name); err == nil {
				x["date"] = name
				list = append(list, entry(x))
				continue
			}
			inside = append(inside, x)
		case nil:
			if len(o) == 1 { // nobody, as a search for a duplicate says it
				return []feedItem{}
			}
		}
	}
	switch {
	case len(list) > 0 || len(o) == 0:
		return list
	case len(inside) == 1, len(inside) == 2 && o["event"] != nil: // an appointment has two names
		if nested, ok := inside[0].(map[string]any); ok && isList(nested) {
			return things(nested)
		}
		return []feedItem{entry(inside[0])}
	}
	return []feedItem{entry(o)}
}

func isObject(v any) bool { _, ok := v.(map[string]any); return ok }

// isList reports whether an object is a page of a list: messages of a conversation
// come in one.
func isList(o map[string]any) bool { _, ok := o["messages"].([]any); return ok }

func sortedKeys(o map[string]any) []string {
	keys := make([]string, 0, len(o))
	for k := range o {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// entry names a thing by its id and when it last changed, or by what it says.
func entry(v any) feedItem {
	i := feedItem{Data: v}
	o, ok := v.(map[string]any)
	if !ok {
		i.ID = sum(fmt.Append(nil, v))
		return i
	}
	text, err := json.Marshal(o) // its keys in their order
	if err != nil {
		text = fmt.Append(nil, o)
	}
	for _, name := range []string{"dateUpdated", "updatedAt", "dateAdded", "createdAt"} {
		switch at := o[name].(type) {
		case string:
			i.at = at
		case float64: // milliseconds
			i.at = time.UnixMilli(int64(at)).UTC().Format(timeFormat)
		}
		if i.at != "" {
			break
		}
	}
	for _, name := range []string{"id", "_id"} {
		if of, ok := o[name].(string); ok && of != "" {
			i.ID = of + ":" + sum(text)
			return i
		}
	}
	i.ID = sum(text)
	return i
}

// sum is a short name of some bytes.
func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:8])
}
