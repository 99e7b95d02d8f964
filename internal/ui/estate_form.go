package ui

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/norm"
)

// The sides of a match.
const (
	wishSide = "wish" // what somebody looks for
	homeSide = "home" // what somebody has
)

// estateField is a field of the form for a wish or a home.
type estateField struct {
	Name, Title string
	Most        int      // characters
	Number      bool     // else text
	kept        []string // what doors call it, the canonical name first
}

// Mode is the keyboard that a phone shows for it.
func (f estateField) Mode() string {
	if f.Number {
		return "decimal"
	}
	return "text"
}

// estateFields are the fields of the form for a wish or a home.
func estateFields(side string) []estateField {
	const short, place, long = 20, 100, 200
	all := []estateField{
		{"city", "City", place, false, []string{"city", "locality"}},
		{"state", "State", place, false, []string{"state"}},
		{"zip", "ZIP code", short, false, []string{"postalCode"}},
	}
	rooms := []estateField{
		{"beds", "Bedrooms", short, true, []string{"bedrooms", "beds"}},
		{"baths", "Baths", short, true, []string{"bathrooms", "baths", "fullBaths", "halfBaths"}},
		{"area", "Square feet", short, true, []string{"area", "squareFeet", "sqft"}},
	}
	if side == wishSide {
		rooms[0].Title, rooms[0].kept = "Bedrooms, at least", []string{"bedrooms", "minBeds", "beds"}
		rooms[1].Title, rooms[1].kept = "Baths, at least", []string{"bathrooms", "minBaths", "baths"}
		rooms[2].Title, rooms[2].kept = "Square feet, at least", []string{"minArea", "area"}
		all = append(all, estateField{"min", "Price from, $", short, true, []string{"minPrice", "priceMin"}}, estateField{"max", "Price up to, $", short, true, []string{"maxPrice", "priceMax"}})
	} else {
		all = slices.Insert(all, 0, estateField{"address", "Street", long, false, []string{"address", "name"}})
		all = append(all, estateField{"price", "Price, $", short, true, []string{"price", "listingPrice"}})
	}
	return append(all, rooms...)
}

// estateForm is the form for a wish or a home, with what stands in it.
type estateForm struct {
	Side   string
	ID     string // of the one that is changed, "" for a new one
	Seen   int64  // when that one was changed last, ms
	Values url.Values
	Wrong  map[string]string // what is wrong with a field
	Stale  bool              // somebody changed it meanwhile
}

// estateInput is a field of a form as the page shows it.
type estateInput struct {
	estateField
	ID, Value, Wrong string
}

// Inputs are the fields with what stands in them.
func (f *estateForm) Inputs() (list []estateInput) {
	for _, field := range estateFields(f.Side) {
		list = append(list, estateInput{field, f.Side + f.ID + "-" + field.Name, f.Values.Get(field.Name), f.Wrong[field.Name]})
	}
	return list
}

// filledForm is the form for what is known of a wish or a home.
func filledForm(side, id string, data map[string]any, seen time.Time) *estateForm {
	f := &estateForm{Side: side, ID: id, Seen: seen.UnixMilli(), Values: url.Values{}}
	for _, field := range estateFields(side) {
		f.Values.Set(field.Name, field.of(data))
	}
	return f
}

// of gives what stands in the field of what is known.
func (f estateField) of(data map[string]any) string {
	for _, name := range f.kept {
		if text := strings.TrimSpace(valueText(data[name])); text != "" && name != "fullBaths" && name != "halfBaths" {
			return text
		}
	}
	if f.Name == "baths" {
		if n := crm.HomeOf(&crm.Property{Data: data}).Baths; n > 0 {
			return plainNumber(n)
		}
	}
	return ""
}

// read reads a form, as the canonical names say it; an empty field says nothing.
// What is wrong with a field is noted at it.
func (f *estateForm) read(get func(string) string) map[string]any {
	data := map[string]any{}
	f.Values, f.Wrong = url.Values{}, map[string]string{}
	for _, field := range estateFields(f.Side) {
		text := strings.TrimSpace(get(field.Name))
		text = strings.ToValidUTF8(text[:min(len(text), 4*field.Most)], "")
		if f.Values.Set(field.Name, text); text == "" {
			continue
		}
		if !field.Number {
			data[field.kept[0]] = text
			continue
		}
		n, err := strconv.ParseFloat(strings.NewReplacer("$", "", ",", "", " ", "").Replace(text), 64)
		if err != nil || !(n >= 0 && n < 1e15) {
			f.Wrong[field.Name] = "Write a number, such as " + map[bool]string{true: "450,000", false: "3"}[strings.Contains(field.Title, "$")]
			continue
		}
		data[field.kept[0]] = n
	}
	low, _ := data["minPrice"].(float64)
	if high, ok := data["maxPrice"].(float64); ok && high < low {
		f.Wrong["max"] = "This is less than the price from"
	}
	return data
}

// changes are what a form changes of what is known: a field that stands as it was
// shown changes nothing, however a door wrote it.
func (f *estateForm) changes(data, known map[string]any) map[string]any {
	set := map[string]any{}
	for _, field := range estateFields(f.Side) {
		if f.Values.Get(field.Name) == field.of(known) {
			continue
		}
		for _, name := range field.kept {
			if _, is := known[name]; is {
				set[name] = nil
			}
		}
		if v, ok := data[field.kept[0]]; ok {
			set[field.kept[0]] = v
		}
	}
	return set
}

// key says when two wishes or two homes of a contact are the same.
func (f *estateForm) key(data map[string]any) string {
	text := func(name string) string { return valueText(data[name]) }
	if f.Side == wishSide {
		return strings.Join([]string{norm.Address(text("city"), text("postalCode")), text("minPrice"), text("maxPrice")}, "|")
	}
	return norm.Address(text("address"), text("city"), text("state"), text("postalCode"))
}

// changeEstate adds, changes or deletes what a contact looks for, or a property of
// theirs.
func changeEstate(v *visit) error {
	if err := v.read(func(ctx context.Context, tx *db.Tx) error {
		_, err := v.mine(ctx, tx, v.r.PathValue("contact"))
		return err
	}); err != nil {
		return err
	}
	do, side, _ := strings.Cut(v.form("do"), "-")
	form := &estateForm{Side: side, ID: v.form("id")}
	form.Seen, _ = strconv.ParseInt(v.form("seen"), 10, 64)
	steps := map[string]func(ctx context.Context, tx *db.Tx, v *visit, c *crm.Contact, data map[string]any) (undo string, err error){"add": form.add, "save": form.save, "delete": form.remove}
	step := steps[do]
	if step == nil || side != wishSide && side != homeSide {
		return noButton()
	}
	var data map[string]any
	if do != "delete" {
		if data = form.read(v.form); len(data) == 0 && len(form.Wrong) == 0 {
			form.Wrong["city"] = "Say at least where, or what it is to cost"
		}
		if len(form.Wrong) > 0 {
			return estatePage(v, form, http.StatusBadRequest)
		}
	}
	var undo string
	err := v.write(func(ctx context.Context, tx *db.Tx) error {
		c, err := v.mine(ctx, tx, v.r.PathValue("contact"))
		if err == nil {
			undo, err = step(ctx, tx, v, c, data)
		}
		return err
	})
	if err != nil && errs.As(err).Code == "stale" {
		form.Stale = true
		return estatePage(v, form, http.StatusConflict)
	}
	if err != nil {
		return err
	}
	return v.done(strings.TrimPrefix(v.r.URL.Path, v.Base), side+"-"+do, 0, undo)
}

// estatePage shows the page again that a form came from, with what was typed.
func estatePage(v *visit, form *estateForm, status int) error {
	if strings.HasSuffix(v.r.URL.Path, "/matches") {
		return matchesPage(v, form, status)
	}
	return contactPage(v, &contactData{frame: v.frame, Fits: &matchesData{Form: form}}, status)
}

func (f *estateForm) add(ctx context.Context, tx *db.Tx, v *visit, c *crm.Contact, data map[string]any) (undo string, err error) {
	key := f.key(data)
	known, err := f.known(ctx, tx, v.at(), c.ID)
	if err != nil {
		return "", err
	}
	for i := range known { // one that says something else by now is another
		if known[i].Key == key && f.key(known[i].Data) != key {
			key += "|" + tx.NewID()
		}
	}
	in := crm.Input{Requirements: []crm.Requirement{{Key: key, Data: data}}}
	if f.Side == homeSide {
		data["role"] = "owned"
		in = crm.Input{Properties: []crm.Property{{Key: key, Data: data}}}
	}
	_, err = crm.SaveContact(ctx, tx, v.Actor, crm.Save{ID: c.ID, Input: in})
	return "", err
}

func (f *estateForm) save(ctx context.Context, tx *db.Tx, v *visit, c *crm.Contact, data map[string]any) (undo string, err error) {
	list, err := f.known(ctx, tx, v.at(), c.ID)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(list, func(p crm.Property) bool { return p.ID == f.ID })
	if i < 0 {
		return "", errs.New(errs.NotFound, "It is not there any more")
	}
	to := crm.DataChange{Set: f.changes(data, list[i].Data), Seen: time.UnixMilli(f.Seen)}
	if f.Side == homeSide {
		return "", crm.ChangeProperty(ctx, tx, v.Actor, c.ID, f.ID, to)
	}
	return "", crm.ChangeRequirement(ctx, tx, v.Actor, c.ID, f.ID, to)
}

func (f *estateForm) remove(ctx context.Context, tx *db.Tx, v *visit, c *crm.Contact, _ map[string]any) (undo string, err error) {
	event := "requirement.deleted"
	if f.Side == homeSide {
		event, err = "property.deleted", crm.DeleteProperty(ctx, tx, v.Actor, c.ID, f.ID)
	} else {
		err = crm.DeleteRequirement(ctx, tx, v.Actor, c.ID, f.ID)
	}
	if err != nil {
		return "", err
	}
	event, err = crm.LastEventOf(ctx, tx, v.at(), c.ID, event)
	return "deleted:" + c.ID + ":" + event, err
}

// known are the wishes or the homes of a contact.
func (f *estateForm) known(ctx context.Context, tx *db.Tx, locationID, contactID string) (list []crm.Property, err error) {
	if f.Side == homeSide {
		return crm.Properties(ctx, tx, locationID, contactID)
	}
	wanted, err := crm.Requirements(ctx, tx, locationID, contactID)
	for _, r := range wanted {
		list = append(list, crm.Property(r))
	}
	return list, err
}
