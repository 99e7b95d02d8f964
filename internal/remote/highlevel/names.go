package highlevel

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/foyer-crm/foyer/internal/remote"
)

// names are what people named over there, and the ids of it. They are asked for
// again after a while, and when one is missing.
type names struct {
	mu        sync.Mutex
	fields    kept[customField]
	pipelines kept[pipeline]
	calendars kept[calendar]
	users     kept[user]
	refuses   kept[bool]
}

type kept[T any] struct {
	list []T
	at   time.Time
}

// The age of names.
const (
	namesOld   = 5 * time.Minute // are asked for again
	rulesOld   = time.Minute     // so is what people set
	namesYoung = 2 * time.Second // are not, even if one is missing
)

type customField struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Key   string `json:"fieldKey"`
	Type  string `json:"dataType"`
	Model string `json:"model"`
}

type pipeline struct {
	ID     string  `json:"id"`
	Name   string  `json:"name"`
	Stages []stage `json:"stages"`
}

type stage struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type calendar struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// list gives what was named, not older than an age. Where the token may not read
// it, there are only ids.
func list[T any](h *system, k *kept[T], age time.Duration, ask func() ([]T, error)) ([]T, error) {
	h.names.mu.Lock()
	defer h.names.mu.Unlock()
	if !k.at.IsZero() && time.Since(k.at) < age {
		return k.list, nil
	}
	found, err := ask()
	if remote.Is(err, remote.Unauthorized) && strings.Contains(err.Error(), "scope") {
		found, err = nil, nil
	}
	if err == nil {
		k.list, k.at = found, time.Now()
	}
	return k.list, err
}

func (h *system) allFields(ctx context.Context, age time.Duration) ([]customField, error) {
	return list(h, &h.names.fields, age, func() ([]customField, error) {
		place, err := h.location(ctx)
		if err != nil {
			return nil, err
		}
		var a struct {
			CustomFields []customField `json:"customFields"`
		}
		err = h.get(ctx, path("locations", place, "customFields"), url.Values{"model": {"all"}}, &a)
		return a.CustomFields, err
	})
}

// customFields gives those of a kind, each under a name of its own: of two with one
// name the later has its key.
func (h *system) customFields(ctx context.Context, kind remote.Kind) ([]customField, error) {
	return h.customFieldsOf(ctx, kind, namesOld)
}

func (h *system) customFieldsOf(ctx context.Context, kind remote.Kind, age time.Duration) ([]customField, error) {
	if kind != remote.Contact && kind != remote.Opportunity {
		return nil, nil
	}
	all, err := h.allFields(ctx, age)
	if err != nil {
		return nil, err
	}
	var own []customField
	taken := map[string]bool{}
	for _, f := range all {
		if f.Model != string(kind) && (f.Model != "" || kind != remote.Contact) {
			continue
		}
		if taken[f.Name] || f.Name == "" {
			f.Name = f.Key
		}
		taken[f.Name] = true
		own = append(own, f)
	}
	return own, nil
}

// Refuses reports whether the location allows nobody twice. One that does not say
// so is taken for one that does: there everybody is looked for first.
func (h *system) Refuses(ctx context.Context) (bool, error) {
	said, err := list(h, &h.names.refuses, rulesOld, func() ([]bool, error) {
		place, err := h.location(ctx)
		if err != nil {
			return nil, err
		}
		var a struct {
			Location struct {
				Settings struct {
					Allow *bool `json:"allowDuplicateContact"`
				} `json:"settings"`
			} `json:"location"`
		}
		err = h.get(ctx, path("locations", place), nil, &a)
		allow := a.Location.Settings.Allow
		return []bool{allow != nil && !*allow}, err
	})
	return err == nil && len(said) > 0 && said[0], err
}

func (h *system) allPipelines(ctx context.Context, age time.Duration) ([]pipeline, error) {
	return list(h, &h.names.pipelines, age, func() ([]pipeline, error) {
		place, err := h.location(ctx)
		if err != nil {
			return nil, err
		}
		var a struct {
			Pipelines []pipeline `json:"pipelines"`
		}
		err = h.get(ctx, "opportunities/pipelines", url.Values{"locationId": {place}}, &a)
		return a.Pipelines, err
	})
}

func (h *system) allCalendars(ctx context.Context, age time.Duration) ([]calendar, error) {
	return list(h, &h.names.calendars, age, func() ([]calendar, error) {
		place, err := h.location(ctx)
		if err != nil {
			return nil, err
		}
		var a struct {
			Calendars []calendar `json:"calendars"`
		}
		err = h.get(ctx, "calendars/", url.Values{"locationId": {place}}, &a)
		return a.Calendars, err
	})
}

// named puts names in the place of ids into the fields of a record.
func (h *system) named(ctx context.Context, kind remote.Kind, o object, into map[string]any, complete bool) error {
	switch kind {
	case remote.Contact, remote.Task, remote.Appointment, remote.Opportunity:
		if err := h.namedUser(ctx, kind, o, into, complete); err != nil {
			return err
		}
	}
	switch kind {
	case remote.Contact:
		return h.namedCustom(ctx, kind, o, into, complete)
	case remote.Appointment:
		return h.namedCalendar(ctx, text(o, "calendarId"), into)
	case remote.Opportunity:
		if err := h.namedStage(ctx, text(o, "pipelineId"), text(o, "pipelineStageId"), into); err != nil {
			return err
		}
		return h.namedCustom(ctx, kind, o, into, complete)
	}
	return nil
}

func (h *system) namedCustom(ctx context.Context, kind remote.Kind, o object, into map[string]any, complete bool) error {
	values, there := o["customFields"].([]any)
	if !there && !complete {
		return nil
	}
	for _, age := range []time.Duration{namesOld, namesYoung} {
		own, err := h.customFieldsOf(ctx, kind, age)
		if err != nil {
			return err
		}
		if complete {
			for _, f := range own {
				into[Custom+f.Name] = nil
			}
		}
		if len(putCustom(values, own, into)) == 0 {
			return nil
		}
	}
	return nil
}

// putCustom puts the values of custom fields under their names, and gives the ids
// that have none: they stand under themselves.
func putCustom(values []any, own []customField, into map[string]any) (nameless []string) {
	for _, one := range values {
		o, _ := one.(object)
		id := text(o, "id")
		at := slices.IndexFunc(own, func(f customField) bool { return f.ID == id })
		name := id
		if at < 0 {
			nameless = append(nameless, id)
		} else {
			name = own[at].Name
		}
		delete(into, Custom+id)
		into[Custom+name] = valueOf(o)
	}
	return nameless
}

// valueOf gives the value of a custom field, which has many names
// (contract.md §22, 14).
func valueOf(o object) any {
	for _, name := range []string{"value", "fieldValue", "field_value", "fieldValueString", "fieldValueNumber", "fieldValueArray", "fieldValueDate"} {
		if v, ok := o[name]; ok && v != "" {
			return v
		}
	}
	return nil
}

func (h *system) namedCalendar(ctx context.Context, id string, into map[string]any) error {
	for _, age := range []time.Duration{namesOld, namesYoung} {
		all, err := h.allCalendars(ctx, age)
		if err != nil {
			return err
		}
		if at := slices.IndexFunc(all, func(c calendar) bool { return c.ID == id }); at >= 0 {
			into["calendar"] = all[at].Name
			return nil
		}
	}
	return nil
}

func (h *system) namedStage(ctx context.Context, pipelineID, stageID string, into map[string]any) error {
	for _, age := range []time.Duration{namesOld, namesYoung} {
		all, err := h.allPipelines(ctx, age)
		if err != nil {
			return err
		}
		for _, p := range all {
			if p.ID != pipelineID {
				continue
			}
			into["pipeline"] = p.Name
			if at := slices.IndexFunc(p.Stages, func(s stage) bool { return s.ID == stageID }); at >= 0 {
				into["stage"] = p.Stages[at].Name
				return nil
			}
		}
	}
	return nil
}

// identified puts ids in the place of names into the body of a request.
func (h *system) identified(ctx context.Context, kind remote.Kind, said map[string]any, into object) error {
	switch kind {
	case remote.Contact, remote.Task, remote.Appointment, remote.Opportunity:
		if err := h.identifiedUser(ctx, kind, said, into); err != nil {
			return err
		}
	}
	switch kind {
	case remote.Appointment:
		return h.identifiedCalendar(ctx, said, into)
	case remote.Opportunity:
		if err := h.identifiedStage(ctx, said, into); err != nil {
			return err
		}
		return h.identifiedCustom(ctx, kind, said, into)
	case remote.Contact:
		return h.identifiedCustom(ctx, kind, said, into)
	}
	return nil
}

func (h *system) identifiedCustom(ctx context.Context, kind remote.Kind, said map[string]any, into object) error {
	var values []any
	for _, name := range sortedKeys(said) {
		own, ok := isCustom(name)
		if !ok {
			continue
		}
		id, err := h.fieldID(ctx, kind, own)
		if err != nil {
			return err
		}
		v := said[name]
		if v == nil {
			v = ""
		}
		values = append(values, object{"id": id, "field_value": v})
	}
	if values != nil {
		into["customFields"] = values
	}
	return nil
}

func (h *system) fieldID(ctx context.Context, kind remote.Kind, name string) (string, error) {
	for _, age := range []time.Duration{namesOld, namesYoung} {
		own, err := h.customFieldsOf(ctx, kind, age)
		if err != nil {
			return "", err
		}
		for _, f := range own {
			if strings.EqualFold(f.Name, name) || f.Key == name || f.ID == name {
				return f.ID, nil
			}
		}
	}
	return "", &remote.Error{Cause: remote.Refused, Text: "there is no custom field named " + name}
}

func (h *system) identifiedCalendar(ctx context.Context, said map[string]any, into object) error {
	name, ok := said["calendar"].(string)
	if !ok || name == "" || into["calendarId"] != nil {
		return nil
	}
	for _, age := range []time.Duration{namesOld, namesYoung} {
		all, err := h.allCalendars(ctx, age)
		if err != nil {
			return err
		}
		if at := slices.IndexFunc(all, func(c calendar) bool { return strings.EqualFold(c.Name, name) }); at >= 0 {
			into["calendarId"] = all[at].ID
			return nil
		}
	}
	return &remote.Error{Cause: remote.Refused, Text: "there is no calendar named " + name}
}

// identifiedStage finds the pipeline and the stage by name; a stage alone is one of
// the only pipeline that has it.
func (h *system) identifiedStage(ctx context.Context, said map[string]any, into object) error {
	pipelineName, _ := said["pipeline"].(string)
	stageName, _ := said["stage"].(string)
	needsPipeline := pipelineName != "" && into["pipelineId"] == nil
	needsStage := stageName != "" && into["pipelineStageId"] == nil
	if !needsPipeline && !needsStage {
		return nil
	}
	for _, age := range []time.Duration{namesOld, namesYoung} {
		all, err := h.allPipelines(ctx, age)
		if err != nil {
			return err
		}
		for _, p := range all {
			if needsPipeline && !strings.EqualFold(p.Name, pipelineName) || !needsPipeline && into["pipelineId"] != nil && into["pipelineId"] != p.ID {
				continue
			}
			at := slices.IndexFunc(p.Stages, func(s stage) bool { return strings.EqualFold(s.Name, stageName) })
			if needsStage && at < 0 {
				continue
			}
			into["pipelineId"] = p.ID
			if needsStage {
				into["pipelineStageId"] = p.Stages[at].ID
			}
			return nil
		}
	}
	return &remote.Error{Cause: remote.Refused, Text: strings.TrimSpace("there is no pipeline " + pipelineName + " with a stage " + stageName)}
}
