package highlevel

import (
	"context"
	"errors"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/id"
	"github.com/foyer-crm/foyer/internal/wire"
)

// mostBulk is how many contacts one request can change.
const mostBulk = 500

// bulkTags is POST /contacts/bulk/tags/update/{type}: each contact has its own
// result (contract.md §8.4). The official SDK sends the literal "{type}", and
// means add (contract.md §20).
func bulkTags(ctx context.Context, c *call) (wire.Answer, error) {
	o, err := c.body()
	if err != nil {
		return wire.Answer{}, err
	}
	ids, broken := texts(o, "contacts", mostBulk)
	tags, bad := texts(o, "tags", most)
	broken = append(append(needLocation(o), broken...), bad...)
	all := saidBool(o, "removeAllTags")
	kind := c.Param("type")
	if kind != "add" && kind != "remove" && kind != "{type}" {
		return wire.Answer{}, errs.New(errs.Invalid, "type must be one of the following values: add, remove")
	}
	if err := c.finish(o, broken); err != nil {
		return wire.Answer{}, err
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		failed, results := 0, make([]fields, len(ids))
		for i, contactID := range ids {
			f, err := c.retag(ctx, tx, contactID, tags, kind == "remove", all != nil && *all)
			if err != nil {
				return wire.Answer{}, err
			}
			if results[i] = f; f["type"] == "error" {
				failed++
			}
		}
		a := c.answer(fields{"succeded": true, "succeeded": true, "errorCount": failed, "responses": results}) //nolint:misspell // the vendor's spelling, which clients read
		return a.About(crm.Updated, ""), nil
	})
}

// retag changes the tags of one contact of many, and says how that went. An
// error is none of this contact alone.
func (c *call) retag(ctx context.Context, tx *db.Tx, contactID string, tags []string, remove, all bool) (fields, error) {
	if !id.Valid(contactID) {
		return fields{"contactId": contactID, "message": "contact id is not a valid firebase id", "type": "error"}, nil
	}
	before, err := crm.ContactByID(ctx, tx, c.Location().ID, contactID)
	if errs.Is(err, errs.NotFound) || err == nil && c.hides(before) {
		// of another location, or deleted: who asks is not told which
		return fields{"contactId": contactID, "message": "contact does not belong to location", "type": "error"}, nil
	}
	if err != nil {
		return nil, err
	}
	old := filled(before.Tags)
	var added, removed []string
	if all {
		tags, remove = old, true
	}
	change := crm.AddTags
	if remove {
		change = crm.RemoveTags
	}
	now, err := change(ctx, tx, c.Actor(), contactID, tags)
	if err != nil {
		return nil, err
	}
	if added = now.Changed; remove {
		added, removed = nil, now.Changed
	}
	return fields{"contactId": contactID, "message": "Tags updated", "type": "success", "oldTags": old, "tagsAdded": filled(added), "tagsRemoved": filled(removed)}, nil
}

// bulkBusiness is POST /contacts/bulk/business: contacts under one business, or
// under none for null. It answers with the ids of those that are there.
func bulkBusiness(ctx context.Context, c *call) (wire.Answer, error) {
	o, err := c.body()
	if err != nil {
		return wire.Answer{}, err
	}
	ids, broken := texts(o, "ids", mostBulk)
	broken = append(needLocation(o), broken...)
	if !o.Sent("businessId") {
		broken = append(broken, errs.Field{Name: "businessId", Rule: "defined"})
	}
	business := o.TextMax("businessId", 64)
	if err := c.finish(o, broken); err != nil {
		return wire.Answer{}, err
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		if business != "" {
			if _, err := crm.BusinessByID(ctx, tx, c.Location().ID, business); err != nil {
				return wire.Answer{}, err
			}
		}
		moved := []string{}
		for _, contactID := range ids {
			before, err := crm.ContactByID(ctx, tx, c.Location().ID, contactID)
			if err == nil && c.hides(before) {
				err = errs.New(errs.NotFound, "Contact not found")
			}
			if err == nil {
				_, err = crm.MoveToBusiness(ctx, tx, c.Actor(), contactID, business)
			}
			switch {
			case errs.Is(err, errs.NotFound):
				c.Warn("ids", "there is no such contact, left out")
			case err != nil:
				return wire.Answer{}, err
			default:
				moved = append(moved, contactID)
			}
		}
		return c.answer(fields{"success": true, "ids": moved}).About(crm.Updated, ""), nil
	})
}

// listContactsOfBusiness is GET /contacts/business/{businessId}. Clients leave
// the location out, which is the token's then. Version 3 pages by startAfter, a
// moment in milliseconds (contract.md §2).
func listContactsOfBusiness(ctx context.Context, c *call) (a wire.Answer, err error) {
	limit, broken := c.queryInt("limit", 25, 1, mostFound)
	skip, bad := c.queryInt("skip", 0, 0, 1_000_000)
	broken = append(broken, bad...)
	after, since, bad := c.listCursor()
	if err := errs.InvalidFields(append(broken, bad...)...); err != nil {
		return wire.Answer{}, err
	}
	by := []crm.Sort{{Field: "createdAt", Desc: true}}
	err = c.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		b, err := crm.BusinessByID(ctx, tx, c.Location().ID, clean(c.Param("businessId")))
		if err != nil {
			return err
		}
		q := crm.Query{Text: c.query("query"), Limit: int(limit), Skip: int(skip)}
		if err := errors.Join(q.Filter(crm.Filter{Field: "businessId", Value: b.ID}), c.restrict(&q)); err != nil {
			return err
		}
		total, err := count(ctx, tx, c.Location().ID, q)
		if err != nil {
			return err
		}
		if since != nil {
			if err := q.Filter(beyond(by[0], *since)); err != nil {
				return err
			}
		}
		if err := q.Sort(by, after); err != nil {
			return err
		}
		list, _, err := crm.Contacts(ctx, tx, c.Location().ID, q, false)
		a = c.answer(fields{"contacts": c.views(list), "count": total, "total": total})
		return err
	})
	return a, err
}
