package connect

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/norm"
	"github.com/foyer-crm/foyer/internal/remote"
)

// settle brings one record into step: it looks at both sides first, so that what
// is not known of an earlier try does no harm.
func (w *worker) settle(ctx context.Context, due *Link) error {
	err := w.step(ctx, due)
	if err == nil {
		return w.worked(ctx)
	}
	return w.trouble(ctx, due, err)
}

func (w *worker) step(ctx context.Context, due *Link) error {
	l := *due
	if l.RemoteID == "" && l.Trying != "" { // perhaps it was made
		found, err := w.lookFor(ctx, &l, l.RemoteParent, l.Seen.words())
		if err != nil {
			return err
		}
		if found != nil {
			return w.recognise(ctx, &l, found)
		}
	}
	there, known, err := w.fetch(ctx, &l)
	if err != nil {
		return err
	}
	if there != nil && there.ID != l.RemoteID && l.Object == remote.Contact {
		return w.unite(ctx, &l, there.ID)
	}
	var p *plan
	err = w.write(ctx, func(ctx context.Context, tx *db.Tx) error {
		p = nil
		now, err := links.One(ctx, tx, "WHERE location_id = $1 AND id = $2"+forUpdate, l.LocationID, l.ID)
		if err != nil || now == nil || now.DueAt.IsZero() || now.RemoteID != l.RemoteID {
			return err // it is another one by now
		}
		p, err = w.meet(ctx, tx, now, true, there, known, &Flow{})
		return err
	})
	if err != nil || p == nil {
		return err
	}
	return w.carryOut(ctx, p)
}

// fetch gives a record as it is there; known is false where the system cannot say.
func (w *worker) fetch(ctx context.Context, l *Link) (there *remote.Record, known bool, err error) {
	if l.RemoteID == "" || !w.system.Can(l.Object).Fetch {
		return nil, false, nil
	}
	there, err = w.system.Fetch(ctx, l.Object, l.RemoteParent, l.RemoteID)
	if remote.Is(err, remote.Missing) {
		there, err = nil, nil
	}
	if there != nil && there.Deleted {
		there = nil
	}
	return there, true, err
}

// lookFor finds a record there that no other here is linked to: a contact by its
// e-mail address and phone, what belongs to one by what it says.
func (w *worker) lookFor(ctx context.Context, l *Link, parent string, values map[string]any) (*remote.Record, error) {
	var all []remote.Record
	var err error
	can := w.system.Can(l.Object)
	switch {
	case l.Object == remote.Contact && can.Find && (!blank(values["email"]) || !blank(values["phone"])):
		all, err = w.system.Find(ctx, text(values["email"]), text(values["phone"]))
	case l.Object != remote.Contact && can.Of && parent != "":
		all, err = w.system.Of(ctx, l.Object, parent)
	}
	if err != nil {
		return nil, err
	}
	for i := range all {
		if !all[i].Deleted && w.means(l.Object, values, w.valuesOf(l.Object, &all[i])) {
			free, err := w.free(ctx, l.Object, all[i].ID)
			if err != nil || free {
				return &all[i], err
			}
		}
	}
	return nil, nil
}

// means reports whether a record there is the one that values here speak of.
func (w *worker) means(kind remote.Kind, here, there map[string]any) bool {
	if kind != remote.Contact {
		return w.alike(kind, here, there)
	}
	mail, ok := norm.Email(text(here["email"]))
	other, okThere := norm.Email(text(there["email"]))
	if ok && okThere {
		return mail == other
	}
	phone := norm.ParsePhone(text(here["phone"]), "US").Key
	return phone != "" && phone == norm.ParsePhone(text(there["phone"]), "US").Key
}

// free reports whether no record here is linked to one there.
func (w *worker) free(ctx context.Context, kind remote.Kind, remoteID string) (free bool, err error) {
	err = w.g.db.Read(ctx, w.c.LocationID, func(ctx context.Context, tx *db.Tx) error {
		other, err := links.One(ctx, tx, "WHERE location_id = $1 AND connection_id = $2 AND object = $3 AND remote_id = $4 AND remote_id <> ''", w.c.LocationID, w.c.ID, string(kind), remoteID)
		free = other == nil || other.LocalID == "" && !other.dead()
		return err
	})
	return free, err
}

// recognise links a record with one that was found there, to be settled with it.
func (w *worker) recognise(ctx context.Context, l *Link, found *remote.Record) error {
	return w.write(ctx, func(ctx context.Context, tx *db.Tx) error {
		now, err := links.One(ctx, tx, "WHERE location_id = $1 AND id = $2"+forUpdate, l.LocationID, l.ID)
		if err != nil || now == nil || now.RemoteID != "" {
			return err
		}
		other, err := byRemote(ctx, tx, w.c, l.Object, found.ID)
		switch {
		case err != nil:
			return err
		case other != nil && (other.LocalID != "" || other.dead()):
			return &remote.Error{Cause: remote.Refused, Text: "it is there already, and linked to another record here"}
		case other != nil:
			if err := links.Delete(ctx, tx, other); err != nil {
				return err
			}
		}
		now.RemoteID, now.RemoteParent, now.Trying = found.ID, or(found.ContactID, now.RemoteParent), ""
		if now.LocalID == "" {
			return links.Update(ctx, tx, now)
		}
		now.want(tx.Now())
		if err := links.Update(ctx, tx, now); err != nil {
			return err
		}
		return now.log(ctx, tx, Out, "linked", nil, "")
	})
}

// carryOut writes there what is planned, and stores what came of it.
func (w *worker) carryOut(ctx context.Context, p *plan) error {
	l := &p.link
	key := l.ID + "-" + digest(p, l.Writes)
	switch p.do {
	case toDelete:
		err := w.system.Delete(ctx, l.Object, l.RemoteParent, l.RemoteID)
		if err != nil && !remote.Is(err, remote.Missing) {
			return err
		}
		return w.store(ctx, p, func(ctx context.Context, tx *db.Tx, now *Link) error { return now.over(ctx, tx, "deleted") })
	case toArchive:
		if _, err := w.system.Update(ctx, l.Object, remote.Record{ID: l.RemoteID, ContactID: l.RemoteParent, Fields: p.out, Was: p.was}, key); err != nil && !remote.Is(err, remote.Missing) {
			return err
		}
		return w.store(ctx, p, func(ctx context.Context, tx *db.Tx, now *Link) error { return now.over(ctx, tx, "archived") })
	case toCreate:
		return w.create(ctx, p)
	}
	r := remote.Record{ID: l.RemoteID, ContactID: l.RemoteParent, Fields: p.out, Was: p.was}
	do := w.system.Update
	if !w.system.Can(l.Object).Update {
		do = w.system.Create
	}
	got, err := do(ctx, l.Object, r, key)
	if err != nil {
		return err
	}
	return w.store(ctx, p, func(ctx context.Context, tx *db.Tx, now *Link) error {
		if w.wrote(p, now, got) || p.stale {
			now.want(tx.Now())
		}
		return now.log(ctx, tx, Out, "updated", p.crossed, "")
	})
}

// refuses reports whether the system itself makes no contact twice.
func (w *worker) refuses(ctx context.Context) (bool, error) {
	s, ok := w.system.(remote.Strict)
	if !ok {
		return false, nil
	}
	return s.Refuses(ctx)
}

// create makes a record there, unless it is there: who that is, is looked for
// before, or said by a system that refuses to make anybody twice.
func (w *worker) create(ctx context.Context, p *plan) error {
	l := &p.link
	strict := false
	if l.Object == remote.Contact && p.fresh {
		var err error
		if strict, err = w.refuses(ctx); err != nil {
			return err
		}
	}
	if l.Object == remote.Contact && p.fresh && !strict {
		found, err := w.lookFor(ctx, l, p.parent, p.values)
		if err != nil {
			return err
		}
		if found != nil {
			return w.recognise(ctx, l, found)
		}
	}
	can := w.system.Can(l.Object)
	if !can.Create && !can.Upsert {
		return &remote.Error{Cause: remote.Refused, Text: "records of this kind cannot be made there"}
	}
	got, err := w.system.Create(ctx, l.Object, remote.Record{ContactID: p.parent, Fields: p.out}, l.ID)
	var e *remote.Error
	switch {
	case errors.As(err, &e) && e.Cause == remote.Duplicate && e.ID != "":
		return w.stands(ctx, p, e.ID, strict)
	case err != nil:
		return err
	case got == nil || got.ID == "":
		return &remote.Error{Cause: remote.Broken, Text: "it did not say the id of what it made"}
	}
	return w.store(ctx, p, func(ctx context.Context, tx *db.Tx, now *Link) error {
		other, err := byRemote(ctx, tx, w.c, l.Object, got.ID)
		switch {
		case err != nil:
			return err
		case other != nil && other.ID != now.ID && (other.LocalID != "" || other.dead()): // its own matching made them one
			return now.reject(ctx, tx, "the system took it for one that is linked to another record here")
		case other != nil && other.ID != now.ID:
			if err := links.Delete(ctx, tx, other); err != nil {
				return err
			}
		}
		now.RemoteID, now.RemoteParent, now.Trying, now.State = got.ID, p.parent, "", Linked
		now.Seen = Seen{Local: map[string]any{}, Remote: map[string]any{}}
		for _, f := range w.fields(l.Object, false) {
			if f.direction != In {
				v := orBlank(p.to[f.name])
				now.Seen.Local[f.name], now.Seen.Remote[f.name] = v, v
			}
		}
		// What was made by an earlier try may be gone by now, whatever the answer to
		// the same words says.
		if w.wrote(p, now, got) || p.stale || !p.fresh {
			now.want(tx.Now())
		}
		return now.log(ctx, tx, Out, "created", p.crossed, "")
	})
}

// stands links a record with the one that stood in its way there. Of a contact that
// was not looked for there may be one that fits better than the one that is named.
func (w *worker) stands(ctx context.Context, p *plan, remoteID string, look bool) error {
	found := &remote.Record{ID: remoteID, ContactID: p.parent}
	if look {
		better, err := w.lookFor(ctx, &p.link, p.parent, p.values)
		if err != nil {
			return err
		}
		if better != nil {
			found = better
		}
	}
	return w.recognise(ctx, &p.link, found)
}

// wrote notes what both sides have after a write there, and reports whether the
// answer tells of an edit there that nobody has seen yet.
func (w *worker) wrote(p *plan, now *Link, got *remote.Record) (news bool) {
	now.Seen = now.Seen.clone()
	now.Seen.Sent = nil
	values, was := map[string]any{}, w.valuesOf(now.Object, &remote.Record{Fields: p.was})
	if got != nil {
		values = w.valuesOf(now.Object, got)
		if got.UpdatedAt.After(now.RemoteAt) {
			now.RemoteAt = got.UpdatedAt
		}
	}
	for _, f := range w.fields(now.Object, false) {
		told := false
		if got != nil {
			_, told = got.Fields[f.Remote]
		}
		v, written := p.to[f.name]
		seen, known := now.Seen.Remote[f.name]
		switch there := plain(values[f.name]); {
		case written && told && isList(v): // what was put in or taken out meanwhile is an edit there
			put := minus(texts(there), texts(v))
			gone := minus(minus(texts(v), texts(there)), minus(texts(v), texts(was[f.name])))
			now.Seen.Local[f.name], now.Seen.Remote[f.name] = v, united(minus(texts(there), put), gone)
			news = news || len(put)+len(gone) > 0
		case written && told:
			now.Seen.Local[f.name], now.Seen.Remote[f.name] = v, values[f.name]
		case written:
			now.Seen.Local[f.name], now.Seen.Remote[f.name] = v, v
		case told && known && f.direction != Out && !same(plain(seen), there):
			news = true
		}
	}
	return news
}

// store notes that something was written there.
func (w *worker) store(ctx context.Context, p *plan, f func(ctx context.Context, tx *db.Tx, now *Link) error) error {
	return w.write(ctx, func(ctx context.Context, tx *db.Tx) error {
		now, err := links.One(ctx, tx, "WHERE location_id = $1 AND id = $2"+forUpdate, p.link.LocationID, p.link.ID)
		if err != nil || now == nil {
			return err
		}
		now.Writes++
		now.Attempts, now.Error, now.UpdatedAt = 0, "", tx.Now()
		if now.Wanted == p.link.Wanted {
			now.DueAt = time.Time{}
		} else if now.DueAt.IsZero() {
			now.DueAt = tx.Now()
		}
		if err := f(ctx, tx, now); err != nil {
			return err
		}
		return links.Update(ctx, tx, now)
	})
}

// over buries a record that was deleted here, and what belonged to it.
func (l *Link) over(ctx context.Context, tx *db.Tx, action string) error {
	l.bury(tx.Now())
	if err := buryFamily(ctx, tx, l); err != nil {
		return err
	}
	return l.log(ctx, tx, Out, action, nil, "")
}

// digest names a write: the same as long as it is the same write to the same
// record. One that was changed there meanwhile is written to anew.
func digest(p *plan, n int64) string {
	text, err := json.Marshal([]any{p.do, n, p.out, p.was})
	if err != nil {
		text = fmt.Append(nil, p.do, n, p.out, p.was)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:10])
}
