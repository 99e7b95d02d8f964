package exporter

import (
	"encoding/json"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
)

// record is a contact with everything that belongs to it, as JSON shows it.
type record struct {
	Contact      *crm.Contact `json:"contact"`
	Notes        []note       `json:"notes,omitempty"`
	Tasks        []task       `json:"tasks,omitempty"`
	Activities   []activity   `json:"activities,omitempty"`
	Properties   []property   `json:"properties,omitempty"`
	Requirements []property   `json:"requirements,omitempty"`
	Links        []link       `json:"links,omitempty"`
	History      []event      `json:"history,omitempty"`
	Aliases      []alias      `json:"aliases,omitempty"`
	Behind       []string     `json:"behind,omitempty"`
}

type note struct {
	ID        string    `json:"id,omitempty"`
	Kind      string    `json:"kind,omitempty"`
	Title     string    `json:"title,omitempty"`
	Body      string    `json:"body,omitempty"`
	Color     string    `json:"color,omitempty"`
	Pinned    bool      `json:"pinned,omitempty"`
	UserID    string    `json:"userId,omitempty"`
	CreatedAt time.Time `json:"createdAt,omitzero"`
	UpdatedAt time.Time `json:"updatedAt,omitzero"`
}

type task struct {
	ID          string    `json:"id,omitempty"`
	Title       string    `json:"title,omitempty"`
	Body        string    `json:"body,omitempty"`
	AssignedTo  string    `json:"assignedTo,omitempty"`
	DueAt       time.Time `json:"dueAt,omitzero"`
	Completed   bool      `json:"completed,omitempty"`
	CompletedAt time.Time `json:"completedAt,omitzero"`
	CreatedAt   time.Time `json:"createdAt,omitzero"`
	UpdatedAt   time.Time `json:"updatedAt,omitzero"`
}

type activity struct {
	ID          string         `json:"id,omitempty"`
	Type        string         `json:"type,omitempty"`
	Description string         `json:"description,omitempty"`
	SiteID      string         `json:"siteId,omitempty"`
	SiteDomain  string         `json:"siteDomain,omitempty"`
	Property    map[string]any `json:"property,omitempty"`
	OccurredAt  time.Time      `json:"occurredAt,omitzero"`
	CreatedAt   time.Time      `json:"createdAt,omitzero"`
}

// property is a requirement as well.
type property struct {
	Key       string         `json:"key,omitempty"`
	ID        string         `json:"id,omitempty"`
	Data      map[string]any `json:"data,omitempty"`
	CreatedAt time.Time      `json:"createdAt,omitzero"`
	UpdatedAt time.Time      `json:"updatedAt,omitzero"`
}

type link struct {
	Origin     string    `json:"origin,omitempty"`
	Scope      string    `json:"scope,omitempty"`
	ExternalID string    `json:"externalId,omitempty"`
	SiteID     string    `json:"siteId,omitempty"`
	CreatedAt  time.Time `json:"createdAt,omitzero"`
}

type event struct {
	ID           string          `json:"id"`
	Type         string          `json:"type"`
	At           time.Time       `json:"at,omitzero"`         // what the id says already, for people
	ContactID    string          `json:"contactId,omitempty"` // of a contact that was merged into this one
	ObjectID     string          `json:"objectId,omitempty"`
	Origin       string          `json:"origin,omitempty"`
	CredentialID string          `json:"credentialId,omitempty"`
	UserID       string          `json:"userId,omitempty"`
	Data         json.RawMessage `json:"data,omitempty"`
}

// alias is the id of a contact that was merged into this one.
type alias struct {
	ID      string `json:"id"`
	Number  int64  `json:"number,omitempty"`
	MergeID string `json:"mergeId,omitempty"`
}

// recordOf gives the JSON form of a contact.
func recordOf(w *crm.Whole) *record {
	c := w.Contact
	c.LocationID = "" // the file says it once
	return &record{
		Contact: &c,
		Notes: each(w.Notes, func(n *crm.Note) note {
			return note{n.ID, n.Kind, n.Title, n.Body, n.Color, n.Pinned, n.UserID, n.CreatedAt, n.UpdatedAt}
		}),
		Tasks: each(w.Tasks, func(t *crm.Task) task {
			return task{t.ID, t.Title, t.Body, t.AssignedTo, t.DueAt, t.Completed, t.CompletedAt, t.CreatedAt, t.UpdatedAt}
		}),
		Activities: each(w.Activities, func(a *crm.Activity) activity {
			return activity{a.ID, a.Type, a.Description, a.SiteID, a.SiteDomain, a.Property, a.OccurredAt, a.CreatedAt}
		}),
		Properties: each(w.Properties, func(p *crm.Property) property {
			return property{p.Key, p.ID, p.Data, p.CreatedAt, p.UpdatedAt}
		}),
		Requirements: each(w.Requirements, func(p *crm.Requirement) property {
			return property{p.Key, p.ID, p.Data, p.CreatedAt, p.UpdatedAt}
		}),
		Links: each(w.Links, func(l *crm.Link) link {
			return link{l.Origin, l.Scope, l.ExternalID, l.SiteID, l.CreatedAt}
		}),
		History: each(w.History, func(e *crm.Happened) event {
			former := e.ContactID
			if former == c.ID {
				former = ""
			}
			return event{e.ID, e.Type, e.At(), former, e.ObjectID, e.Origin, e.CredentialID, e.UserID, e.Data}
		}),
		Aliases: each(w.FormerIDs, func(f *crm.FormerID) alias { return alias{f.ID, f.Number, f.MergeID} }),
		Behind:  w.Behind,
	}
}

// whole gives the contact that a JSON form stands for.
func (r *record) whole() *crm.Whole {
	return &crm.Whole{
		Contact: *r.Contact,
		Notes: each(r.Notes, func(n *note) crm.Note {
			return crm.Note{ID: n.ID, Kind: n.Kind, Title: n.Title, Body: n.Body, Color: n.Color, Pinned: n.Pinned, UserID: n.UserID, CreatedAt: n.CreatedAt, UpdatedAt: n.UpdatedAt}
		}),
		Tasks: each(r.Tasks, func(t *task) crm.Task {
			return crm.Task{ID: t.ID, Title: t.Title, Body: t.Body, AssignedTo: t.AssignedTo, DueAt: t.DueAt, Completed: t.Completed, CompletedAt: t.CompletedAt, CreatedAt: t.CreatedAt, UpdatedAt: t.UpdatedAt}
		}),
		Activities: each(r.Activities, func(a *activity) crm.Activity {
			return crm.Activity{ID: a.ID, Type: a.Type, Description: a.Description, SiteID: a.SiteID, SiteDomain: a.SiteDomain, Property: a.Property, OccurredAt: a.OccurredAt, CreatedAt: a.CreatedAt}
		}),
		Properties: each(r.Properties, func(p *property) crm.Property {
			return crm.Property{Key: p.Key, ID: p.ID, Data: p.Data, CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt}
		}),
		Requirements: each(r.Requirements, func(p *property) crm.Requirement {
			return crm.Requirement{Key: p.Key, ID: p.ID, Data: p.Data, CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt}
		}),
		Links: each(r.Links, func(l *link) crm.Link {
			return crm.Link{Origin: l.Origin, Scope: l.Scope, ExternalID: l.ExternalID, SiteID: l.SiteID, CreatedAt: l.CreatedAt}
		}),
		History: each(r.History, func(e *event) crm.Happened {
			return crm.Happened{ID: e.ID, Type: e.Type, ContactID: e.ContactID, ObjectID: e.ObjectID, Origin: e.Origin, CredentialID: e.CredentialID, UserID: e.UserID, Data: e.Data}
		}),
		FormerIDs: each(r.Aliases, func(a *alias) crm.FormerID { return crm.FormerID{ID: a.ID, Number: a.Number, MergeID: a.MergeID} }),
		Behind:    r.Behind,
	}
}

func each[A, B any](list []A, f func(*A) B) []B {
	if len(list) == 0 {
		return nil
	}
	out := make([]B, len(list))
	for i := range list {
		out[i] = f(&list[i])
	}
	return out
}
