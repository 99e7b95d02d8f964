package crm

import (
	"context"
	"strings"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/geo"
)

// FitHome is a property that fits a wish.
type FitHome struct {
	Home
	Fitness
	Wish Wish
}

// FitBuyer is somebody who looks for a home such as this.
type FitBuyer struct {
	Wish
	Fitness
	Home Home
}

// FitQuery narrows what fits.
type FitQuery struct {
	Owner string // only with contacts of this user; "" for all
	Limit int
}

// Of what could fit: how much is looked at for each place, nearest in price first.
const fitLooked = 400

// The expressions of the indexes properties_fit, properties_state and
// requirements_fit.
const (
	fitState = "UPPER(COALESCE(data->>'state', ''))"
	fitCity  = "LOWER(COALESCE(data->>'city', data->>'locality', ''))"
	fitPrice = `/*sqlite CAST(REPLACE(REPLACE(COALESCE(data->>'price', data->>'listingPrice', '0'), ',', ''), '$', '') AS REAL)*/ /*postgres CASE WHEN REPLACE(REPLACE(COALESCE(data->>'price', data->>'listingPrice', '0'), ',', ''), '$', '') ~ '^[0-9]{1,15}([.][0-9]{1,9})?$' THEN CAST(REPLACE(REPLACE(COALESCE(data->>'price', data->>'listingPrice', '0'), ',', ''), '$', '') AS DOUBLE PRECISION) ELSE 0 END*/`
	fitMax   = `/*sqlite CAST(REPLACE(REPLACE(COALESCE(data->>'maxPrice', data->>'priceMax', '0'), ',', ''), '$', '') AS REAL)*/ /*postgres CASE WHEN REPLACE(REPLACE(COALESCE(data->>'maxPrice', data->>'priceMax', '0'), ',', ''), '$', '') ~ '^[0-9]{1,15}([.][0-9]{1,9})?$' THEN CAST(REPLACE(REPLACE(COALESCE(data->>'maxPrice', data->>'priceMax', '0'), ',', ''), '$', '') AS DOUBLE PRECISION) ELSE 0 END*/`
)

// HomesFor gives the properties that fit one of several wishes, the best first. A
// property of whom the wish is is none.
func HomesFor(ctx context.Context, tx *db.Tx, locationID string, wishes []Wish, q FitQuery) (list []FitHome, err error) {
	at := map[string]int{} // place in list, by id of the property
	for _, w := range wishes {
		low, high := w.MinPrice*0.75, w.MaxPrice*1.15
		if high == 0 {
			high = 1e15
		}
		places, in := placesOf(w.City, w.ZIP), fitCity+" = LOWER($2)"
		if len(places) == 0 {
			places, in = statesOf(w.State), fitState+" = UPPER($2)"
		}
		for _, place := range places {
			rows, err := fitting(ctx, tx, properties, "properties", looked{locationID, in, fitPrice, place, low, high, true, q.Owner})
			if err != nil {
				return nil, err
			}
			for i := range rows {
				h := HomeOf(&rows[i])
				f, ok := w.Judge(&h)
				if !ok || h.ContactID == w.ContactID {
					continue
				}
				if i, known := at[h.ID]; !known {
					at[h.ID] = len(list)
					list = append(list, FitHome{h, f, w})
				} else if f.Score > list[i].Score {
					list[i].Fitness, list[i].Wish = f, w
				}
			}
		}
	}
	return best(list, func(f *FitHome) int { return f.Score }, q.Limit), nil
}

// BuyersFor gives those who look for one of several homes, the best first: each
// with the wish that fits best.
func BuyersFor(ctx context.Context, tx *db.Tx, locationID string, homes []Home, q FitQuery) (list []FitBuyer, err error) {
	at := map[string]int{} // place in list, by id of the contact
	for _, h := range homes {
		low, high := h.Price/1.15, h.Price*3
		if high == 0 {
			high = 1e15
		}
		places := append(placesOf(h.City, h.ZIP), "") // and those to whom the city does not matter, or who know it by its ZIP code
		for _, place := range places {
			rows, err := fitting(ctx, tx, requirements, "requirements", looked{locationID, fitCity + " = LOWER($2)", fitMax, place, low, high, false, q.Owner})
			if err != nil {
				return nil, err
			}
			for i := range rows {
				r := Requirement(rows[i])
				w := WishOf(&r)
				f, ok := w.Judge(&h)
				if !ok || h.ContactID == w.ContactID {
					continue
				}
				if i, known := at[w.ContactID]; !known {
					at[w.ContactID] = len(list)
					list = append(list, FitBuyer{w, f, h})
				} else if f.Score > list[i].Score {
					list[i] = FitBuyer{w, f, h}
				}
			}
		}
	}
	return best(list, func(f *FitBuyer) int { return f.Score }, q.Limit), nil
}

// placesOf are the cities that a place is looked for by. A city that is not said
// is that of the ZIP code.
func placesOf(city, zip string) (list []string) {
	const most = 5
	for part := range strings.FieldsFuncSeq(city, func(r rune) bool { return r == ',' || r == ';' || r == '/' }) {
		if part = strings.TrimSpace(part); part != "" && len(list) < most {
			list = append(list, part)
		}
	}
	if p, ok := geo.ZIP(zip); ok && len(list) == 0 {
		list = append(list, p.City)
	}
	return list
}

// statesOf are the spellings of a state.
func statesOf(state string) []string {
	if state == "" {
		return nil
	}
	if name, ok := geo.State(state); ok {
		return []string{state, name}
	}
	return []string{state}
}

// looked says what could fit.
type looked struct {
	locationID string
	in         string // the condition of the place $2
	price      string // the expression of the price
	place      string
	low, high  float64
	dearest    bool // first; else the cheapest
	owner      string
}

// fitting reads what is in a place at a price, and some of what says no price. An
// index has all that it looks for.
func fitting(ctx context.Context, tx *db.Tx, table *db.Table[Property], name string, l looked) ([]Property, error) {
	order := " ORDER BY " + l.price
	if l.dearest {
		order += " DESC"
	}
	where := "WHERE location_id = $1 AND " + l.in + " AND " + l.price + " >= $3 AND " + l.price + " <= $4"
	args := []any{l.locationID, l.place, max(l.low, 1), l.high}
	limit := " LIMIT $5"
	if l.owner != "" {
		where += " AND EXISTS (SELECT 1 FROM contacts WHERE contacts.location_id = $1 AND contacts.id = " + name + ".contact_id AND contacts.assigned_to = $5)"
		args, limit = append(args, l.owner), " LIMIT $6"
	}
	list, err := table.All(ctx, tx, where+order+limit, append(args, fitLooked)...)
	if err != nil {
		return nil, err
	}
	const unpriced = 100
	args[2], args[3] = 0.0, 0.5
	more, err := table.All(ctx, tx, where+order+limit, append(args, unpriced)...)
	return append(list, more...), err
}

// ViewedBy gives the homes that a contact looked at last, as doors told of them.
func ViewedBy(ctx context.Context, tx *db.Tx, locationID, contactID string, limit int) (list []map[string]any, err error) {
	all, err := Activities(ctx, tx, locationID, contactID)
	for i := range all {
		if len(all[i].Property) > 0 && len(list) < limit {
			list = append(list, all[i].Property)
		}
	}
	return list, err
}
