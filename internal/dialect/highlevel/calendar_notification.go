package highlevel

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// notificationView is a setting of who is told of a calendar's appointments
// (contract.md §9.1).
type notificationView struct {
	ID      string `json:"_id"`
	Active  bool   `json:"isActive"`
	Deleted bool   `json:"deleted"`
	calendar.NotificationSettings
	TraceID string `json:"traceId,omitempty"`
}

func viewNotification(n *calendar.Notification) notificationView {
	return notificationView{ID: n.ID, Active: n.Active, Deleted: n.Deleted, NotificationSettings: n.Settings}
}

// notificationChange reads what an object says of a setting.
func notificationChange(o *wire.Object, isNew bool) *change[calendar.Notification] {
	r := &change[calendar.Notification]{o: o, erase: !isNew}
	type at = func(*calendar.Notification) *string
	r.choice("receiverType", func(n *calendar.Notification) *string { return &n.Settings.Receiver }, "contact", "guest", "assignedUser", "emails", "phoneNumbers", "business")
	r.choice("channel", func(n *calendar.Notification) *string { return &n.Settings.Channel }, "email", "inApp", "sms", "whatsapp")
	r.choice("notificationType", func(n *calendar.Notification) *string { return &n.Settings.Type }, "booked", "confirmation", "cancellation", "reminder", "followup", "reschedule")
	if isNew {
		r.need("choice", "receiverType", "channel", "notificationType")
	}
	for _, f := range []struct {
		name string
		max  int
		at   at
	}{
		{"templateId", 64, func(n *calendar.Notification) *string { return &n.Settings.TemplateID }},
		{"subject", 1000, func(n *calendar.Notification) *string { return &n.Settings.Subject }},
		{"body", 50_000, func(n *calendar.Notification) *string { return &n.Settings.Body }},
		{"fromAddress", 320, func(n *calendar.Notification) *string { return &n.Settings.FromAddress }},
		{"fromName", 255, func(n *calendar.Notification) *string { return &n.Settings.FromName }},
		{"fromNumber", 50, func(n *calendar.Notification) *string { return &n.Settings.FromNumber }},
	} {
		r.text(f.name, f.max, f.at)
	}
	r.flag("isActive", func(n *calendar.Notification) *bool { return &n.Active })
	r.flag("deleted", func(n *calendar.Notification) *bool { return &n.Deleted })
	r.texts("additionalEmailIds", most, func(n *calendar.Notification) *[]string { return &n.Settings.Emails })
	r.texts("additionalPhoneNumbers", most, func(n *calendar.Notification) *[]string { return &n.Settings.Phones })
	r.texts("additionalWhatsappNumbers", most, func(n *calendar.Notification) *[]string { return &n.Settings.WhatsAppNumbers })
	r.texts("selectedUsers", most, func(n *calendar.Notification) *[]string { return &n.Settings.Users })
	readOffsets(r, "afterTime", func(n *calendar.Notification) *[]calendar.Offset { return &n.Settings.After })
	readOffsets(r, "beforeTime", func(n *calendar.Notification) *[]calendar.Offset { return &n.Settings.Before })
	return r
}

func readOffsets(r *change[calendar.Notification], name string, set func(*calendar.Notification) *[]calendar.Offset) {
	list, ok := r.objects(name, most)
	if !ok {
		return
	}
	all := make([]calendar.Offset, len(list))
	for i, o := range list {
		var isNumber bool
		if all[i].Offset, isNumber = o.Number("timeOffset"); !isNumber && o.Has("timeOffset") {
			r.refuse(item(name, i, "timeOffset"), "number", 0)
		}
		all[i].Unit = o.TextMax("unit", 50)
	}
	r.steps = append(r.steps, func(n *calendar.Notification) { *set(n) = all })
}

// list reads a body that is a list of objects; clients also send one object, or
// {"notifications": […]} (contract.md §21).
func (c *call) list() (*wire.Object, []*wire.Object, error) {
	const name, around = "items", "notifications"
	body := bytes.TrimSpace(bytes.TrimPrefix(c.Body, []byte("\uFEFF")))
	if len(body) == 0 || body[0] != '[' {
		o, err := c.body()
		if err != nil || o.Len() == 0 {
			return o, nil, err
		}
		if o.Kind(around) == wire.Array {
			return o, o.Objects(around), nil
		}
		return o, []*wire.Object{o}, nil
	}
	o, err := wire.ReadObject(fmt.Appendf(nil, `{%q:%s}`, name, body))
	switch {
	case errors.Is(err, wire.ErrLimit):
		return nil, nil, errs.Wrap(err, errs.TooLarge, "The request body is too large to be read")
	case err != nil:
		return nil, nil, errs.Wrap(err, errs.Invalid, "%s", capital(err.Error()))
	case o.Len() != 1 || o.Kind(name) != wire.Array:
		return nil, nil, errs.New(errs.Invalid, "The body is not valid JSON")
	}
	return o, o.Objects(name), nil
}

// listNotifications is GET /calendars/{calendarId}/notifications: a list without
// anything around it.
func listNotifications(ctx context.Context, c *call) (a wire.Answer, err error) {
	limit, broken := c.queryInt("limit", 100, 1, 1000)
	skip, bad := c.queryInt("skip", 0, 0, 1_000_000)
	if err := errs.InvalidFields(append(broken, bad...)...); err != nil {
		return a, err
	}
	f := calendar.NotificationFilter{Active: c.queryBool("isActive"), Deleted: c.queryBool("deleted"), Limit: limit, Skip: skip}
	err = c.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := calendar.ByID(ctx, tx, c.Location().ID, c.part("calendarId")); err != nil {
			return err
		}
		list, err := calendar.Notifications(ctx, tx, c.Location().ID, c.part("calendarId"), f)
		views := make([]notificationView, len(list))
		for i := range list {
			views[i] = viewNotification(&list[i])
		}
		a = wire.Answer{Status: c.op.Success, Body: views}
		return err
	})
	return a, err
}

// queryBool reads true or false behind the question mark, nil for anything else.
func (c *call) queryBool(name string) *bool {
	switch c.query(name) {
	case "true", "1":
		yes := true
		return &yes
	case "false", "0":
		no := false
		return &no
	}
	return nil
}

// getNotification is GET /calendars/{calendarId}/notifications/{notificationId}.
func getNotification(ctx context.Context, c *call) (a wire.Answer, err error) {
	err = c.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		n, err := calendar.NotificationByID(ctx, tx, c.Location().ID, c.part("calendarId"), c.part("notificationId"))
		if err == nil {
			v := viewNotification(n)
			v.TraceID = c.ID
			a = wire.Answer{Status: c.op.Success, Body: v}
		}
		return err
	})
	return a, err
}

// createNotifications is POST /calendars/{calendarId}/notifications with a list;
// all are made, or none.
func createNotifications(ctx context.Context, c *call) (wire.Answer, error) {
	o, list, err := c.list()
	if err != nil {
		return wire.Answer{}, err
	}
	var broken []errs.Field
	switch {
	case len(list) == 0:
		broken = append(broken, errs.Field{Name: "notifications", Rule: "array"})
	case len(list) > most:
		broken = append(broken, errs.Field{Name: "notifications", Rule: "items", Limit: most})
		list = nil
	}
	said := make([]*change[calendar.Notification], len(list))
	for i, one := range list {
		said[i] = notificationChange(one, true)
		if one != o {
			said[i].broken = append(said[i].broken, c.unknown(one)...)
		}
		for _, f := range said[i].broken {
			if len(list) > 1 {
				f.Name = fmt.Sprintf("%d.%s", i, f.Name)
			}
			broken = append(broken, f)
		}
	}
	if err := c.finish(o, broken); err != nil {
		return wire.Answer{}, err
	}
	if body, err := c.Object(); err != nil || body != o { // a list's warnings are nobody's yet
		for _, w := range o.Warnings() {
			c.Warn(w.Field, w.Message)
		}
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		views := make([]notificationView, len(said))
		for i, r := range said {
			wanted := calendar.Notification{CalendarID: c.part("calendarId"), Active: true}
			r.apply(&wanted)
			n, err := calendar.AddNotification(ctx, tx, c.Actor(), wanted)
			if err != nil {
				return wire.Answer{}, err
			}
			views[i] = viewNotification(n)
		}
		return wire.Answer{Status: c.op.Success, Body: views}.About(crm.Updated, ""), nil
	})
}

// updateNotification is PUT /calendars/{calendarId}/notifications/{notificationId}.
func updateNotification(ctx context.Context, c *call) (wire.Answer, error) {
	o, err := c.body()
	if err != nil {
		return wire.Answer{}, err
	}
	r := notificationChange(o, false)
	if err := c.finish(o, r.broken); err != nil {
		return wire.Answer{}, err
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		err := calendar.ChangeNotification(ctx, tx, c.Actor(), c.part("calendarId"), c.part("notificationId"), r.apply)
		return c.changed(fields{"message": "Notification updated successfully"}), err
	})
}

// deleteNotification is DELETE /calendars/{calendarId}/notifications/{notificationId}.
func deleteNotification(ctx context.Context, c *call) (wire.Answer, error) {
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		err := calendar.DeleteNotification(ctx, tx, c.Actor(), c.part("calendarId"), c.part("notificationId"))
		return c.changed(fields{"message": "Notification deleted successfully"}), err
	})
}
