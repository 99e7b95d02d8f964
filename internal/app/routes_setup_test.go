package app_test

import (
	"context"
	"net/http"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/wire"
)

// ownedMore are the things that ownMore makes, by their names in owned.
var ownedMore = []string{"task", "pipeline", "stage", "opportunity", "business", "tag", "value"}

// ownMore makes for a contact what else a location has, with the canary in it.
func (x *tenant) ownMore(ctx context.Context, tx *db.Tx, o owned) error {
	task, err := crm.AddTask(ctx, tx, x.actor, crm.Task{ContactID: o["contact"], Title: x.canary + " calls", AssignedTo: x.actor.UserID})
	if err != nil {
		return err
	}
	pipeline, err := crm.AddPipeline(ctx, tx, x.actor, crm.Pipeline{Name: x.canary + " buyers", Stages: []crm.Stage{{Name: x.canary + " new"}, {Name: "shown"}}})
	if err != nil {
		return err
	}
	name, contact := x.canary+" flat", o["contact"]
	deal, err := crm.AddOpportunity(ctx, tx, x.actor, crm.OpportunityChange{Name: &name, ContactID: &contact, PipelineID: &pipeline.ID}, true)
	if err != nil {
		return err
	}
	business, err := crm.AddBusiness(ctx, tx, x.actor, crm.Business{Name: x.canary + " Inc"})
	if err != nil {
		return err
	}
	tag, err := crm.AddLocationTag(ctx, tx, x.actor, x.canary+" tag "+o["serial"])
	if err != nil {
		return err
	}
	value, err := crm.AddCustomValue(ctx, tx, x.actor, x.canary+" value "+o["serial"], x.canary)
	if err != nil {
		return err
	}
	o["task"], o["pipeline"], o["stage"], o["opportunity"], o["business"], o["tag"], o["value"] = task.ID, pipeline.ID, deal.StageID, deal.ID, business.ID, tag.ID, value.ID
	return nil
}

// company makes the tenant's company a token, and lets its contacts have several
// opportunities in a pipeline.
func (x *tenant) company(ctx context.Context, tx *db.Tx) error {
	list, err := auth.Keys(ctx, tx, x.actor.LocationID, auth.HighLevel)
	if err != nil {
		return err
	}
	if _, x.vars["highlevel.agency"], err = x.f.Vault.AddKey(ctx, tx, auth.Key{CompanyID: x.actor.CompanyID, API: auth.HighLevel, Scopes: list[0].Scopes}); err != nil {
		return err
	}
	if err := x.ownSnapshot(ctx, tx); err != nil {
		return err
	}
	return crm.ChangeSettings(ctx, tx, x.actor.LocationID, func(s *crm.Settings) { s.AllowDuplicateOpportunity = true })
}

// signFor is sign, with the company's token where a route is for that.
func (x *tenant) signFor(d *wire.Door, r *wire.Route, h http.Header) {
	x.sign(d.Name, h)
	if routes[nameOf(d, r)].agency {
		h.Set("Authorization", "Bearer "+x.vars["highlevel.agency"])
	}
}

// at makes samples of one path.
func at(path string, bodies ...string) (list []sample) {
	for _, b := range bodies {
		list = append(list, sample{path: path, body: b})
	}
	if len(bodies) == 0 {
		list = []sample{{path: path}}
	}
	return list
}

func samples(lists ...[]sample) (all []sample) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

const (
	taskBody  = `{"title":"call","dueDate":"2026-10-25T11:00:00Z","completed":false}`
	dealBody  = `{"locationId":"{location}","pipelineId":"{pipeline}","name":"flat","status":"open","contactId":"{contact}"}`
	userBody  = `{"companyId":"{company}","firstName":"Una","lastName":"User","email":"{email}","password":"long enough","type":"account","role":"user","locationIds":["{location}"]}`
	placeBody = `{"companyId":"{company}","name":"Office"}`
)

// setUpRoutes are the rows of opportunities, businesses, users, locations, and of
// what contacts have beside notes and tags.
var setUpRoutes = map[string]route{
	"highlevel GET /contacts/{}/tasks":    {carries: at("/contacts/<contact>/tasks")},
	"highlevel GET /contacts/{}/tasks/{}": {carries: samples(at("/contacts/<contact>/tasks/<task>"), at("/contacts/{contact}/tasks/<task>"), at("/contacts/<contact>/tasks/{task}"))},
	"highlevel POST /contacts/{}/tasks": {
		plain:   sample{path: "/contacts/{contact}/tasks", body: taskBody},
		carries: samples(at("/contacts/<contact>/tasks", taskBody), at("/contacts/{contact}/tasks", `{"title":"call","dueDate":"2026-10-25","completed":false,"assignedTo":"<user>","contactId":"<contact>"}`)),
		fields:  "title body dueDate completed assignedTo",
	},
	"highlevel PUT /contacts/{}/tasks/{}": {
		plain: sample{path: "/contacts/{contact}/tasks/{task}", body: `{"title":"call"}`},
		carries: samples(at("/contacts/<contact>/tasks/<task>", `{"title":"call"}`), at("/contacts/{contact}/tasks/<task>", `{"title":"call"}`), at("/contacts/<contact>/tasks/{task}", `{"title":"call"}`),
			at("/contacts/{contact}/tasks/{task}", `{"title":"call","assignedTo":"<user>"}`)),
		fields: "title body dueDate completed assignedTo",
	},
	"highlevel PUT /contacts/{}/tasks/{}/completed": {
		plain:   sample{path: "/contacts/{contact}/tasks/{task}/completed", body: `{"completed":true}`},
		carries: samples(at("/contacts/<contact>/tasks/<task>/completed", `{"completed":true}`), at("/contacts/{contact}/tasks/<task>/completed", `{"completed":true}`)),
		fields:  "completed",
	},
	"highlevel DELETE /contacts/{}/tasks/{}": {carries: samples(at("/contacts/<contact>/tasks/<task>"), at("/contacts/{contact}/tasks/<task>"), at("/contacts/<contact>/tasks/{task}"))},
	"highlevel POST /contacts/{}/followers": {
		plain:   sample{path: "/contacts/{contact}/followers", body: `{"followers":["{user}"]}`},
		carries: samples(at("/contacts/<contact>/followers", `{"followers":["{user}"]}`), at("/contacts/{contact}/followers", `{"followers":["<user>"]}`)),
		fields:  "followers",
	},
	"highlevel DELETE /contacts/{}/followers": {
		plain:   sample{path: "/contacts/{contact}/followers", body: `{"followers":["{user}"]}`},
		carries: samples(at("/contacts/<contact>/followers", `{"followers":["{user}"]}`), at("/contacts/{contact}/followers", `{"followers":["<user>"]}`)),
		fields:  "followers",
	},
	"highlevel GET /contacts/business/{}": {carries: samples(at("/contacts/business/<business>"), at("/contacts/business/<business>?locationId=<location>"))},
	"highlevel POST /contacts/bulk/business": {
		plain: sample{body: `{"locationId":"{location}","ids":["{contact}"],"businessId":"{business}"}`},
		carries: samples(at("", `{"locationId":"{location}","ids":["<contact>"],"businessId":"{business}"}`, `{"locationId":"{location}","ids":["{contact}"],"businessId":"<business>"}`,
			`{"locationId":"<location>","ids":["{contact}"],"businessId":null}`)),
		fields: "locationId ids businessId",
	},
	"highlevel POST /contacts/bulk/tags/update/{}": {
		plain: sample{path: "/contacts/bulk/tags/update/add", body: `{"locationId":"{location}","contacts":["{contact}"],"tags":["hot"]}`},
		carries: samples(at("/contacts/bulk/tags/update/add", `{"locationId":"{location}","contacts":["<contact>"],"tags":["hot"]}`, `{"locationId":"<location>","contacts":["{contact}"],"tags":["hot"]}`),
			at("/contacts/bulk/tags/update/<contact>", `{"locationId":"{location}","contacts":["{contact}"],"tags":["hot"]}`)),
		fields: "locationId contacts tags removeAllTags",
	},

	"highlevel GET /opportunities/search": {carries: samples(at("/opportunities/search?location_id=<location>"), at("/opportunities/search?location_id={location}&pipeline_id=<pipeline>"),
		at("/opportunities/search?location_id={location}&contact_id=<contact>&getNotes=true"), at("/opportunities/search?location_id={location}&id=<opportunity>"),
		at("/opportunities/search?locationId={location}&pipelineStageId=<stage>"), at("/opportunities/search?location_id={location}&assigned_to=<user>"), at("/opportunities/search?startAfter=1&startAfterId=<opportunity>"))},
	"highlevel POST /opportunities/search": {
		plain: sample{body: `{"locationId":"{location}","limit":10}`},
		carries: at("", `{"locationId":"<location>","limit":10}`, `{"locationId":"{location}","filters":[{"field":"pipeline_id","operator":"eq","value":"<pipeline>"}]}`,
			`{"locationId":"{location}","filters":[{"field":"contact_id","operator":"eq","value":"<contact>"}]}`, `{"locationId":"{location}","searchAfter":[1,"<opportunity>"]}`),
		fields: "locationId query limit page searchAfter filters sort additionalDetails",
	},
	"highlevel GET /opportunities/lost-reason":  {carries: at("/opportunities/lost-reason?locationId=<location>")},
	"highlevel GET /opportunities/pipelines":    {carries: at("/opportunities/pipelines?locationId=<location>")},
	"highlevel GET /opportunities/pipelines/{}": {carries: at("/opportunities/pipelines/<pipeline>")},
	"highlevel POST /opportunities/pipelines": {
		plain:   sample{body: `{"locationId":"{location}","name":"Sellers","stages":[{"name":"New"}]}`},
		carries: at("", `{"locationId":"<location>","name":"Sellers","stages":[{"name":"New"}]}`, `{"locationId":"{location}","name":"Sellers","stages":[{"id":"<stage>","name":"New"}],"id":"<pipeline>"}`),
		fields:  "locationId name stages showInFunnel showInPieChart useOpportunityProbability colorRenderMode id dateAdded dateUpdated",
	},
	"highlevel PUT /opportunities/pipelines/{}": {
		plain:   sample{path: "/opportunities/pipelines/{pipeline}", body: `{"name":"Others"}`},
		carries: at("/opportunities/pipelines/<pipeline>", `{"name":"Others"}`, `{"stages":[{"id":"<stage>","name":"New"}]}`),
		fields:  "locationId name stages showInFunnel showInPieChart useOpportunityProbability colorRenderMode id dateAdded dateUpdated",
	},
	"highlevel DELETE /opportunities/pipelines/{}": {carries: at("/opportunities/pipelines/<pipeline>")},
	"highlevel GET /opportunities/{}":              {carries: at("/opportunities/<opportunity>")},
	"highlevel POST /opportunities": {
		plain: sample{body: `{"locationId":"{location}","pipelineId":"{pipeline}","name":"flat","status":"open","contactId":"{contact}"}`},
		carries: at("", dealBody, `{"locationId":"<location>","pipelineId":"{pipeline}","name":"flat","status":"open","contactId":"{contact}"}`,
			`{"locationId":"{location}","pipelineId":"<pipeline>","name":"flat","status":"open","contactId":"{contact}"}`, `{"locationId":"{location}","pipelineId":"{pipeline}","name":"flat","status":"open","contactId":"<contact>"}`,
			`{"locationId":"{location}","pipelineId":"{pipeline}","pipelineStageId":"<stage>","name":"flat","status":"open","contactId":"{contact}","assignedTo":"<user>"}`),
		fields: dealFields,
	},
	"highlevel PUT /opportunities/{}": {
		plain: sample{path: "/opportunities/{opportunity}", body: `{"name":"house"}`},
		carries: samples(at("/opportunities/<opportunity>", `{"name":"house"}`), at("/opportunities/{opportunity}", `{"pipelineId":"<pipeline>"}`, `{"pipelineStageId":"<stage>"}`, `{"contactId":"<contact>"}`,
			`{"assignedTo":"<user>"}`, `{"customFields":[{"id":"<field>","field_value":"x"}]}`)),
		fields: dealFields,
	},
	"highlevel DELETE /opportunities/{}": {carries: at("/opportunities/<opportunity>")},
	"highlevel PUT /opportunities/{}/status": {
		plain:   sample{path: "/opportunities/{opportunity}/status", body: `{"status":"won"}`},
		carries: samples(at("/opportunities/<opportunity>/status", `{"status":"won"}`), at("/opportunities/{opportunity}/status", `{"status":"lost","lostReasonId":"<opportunity>"}`)),
		fields:  "status lostReasonId",
	},
	"highlevel POST /opportunities/upsert": {
		plain: sample{body: `{"locationId":"{location}","pipelineId":"{pipeline}","contactId":"{contact}","name":"flat"}`},
		carries: at("", `{"locationId":"<location>","pipelineId":"{pipeline}","contactId":"{contact}"}`, `{"locationId":"{location}","pipelineId":"<pipeline>","contactId":"{contact}"}`,
			`{"locationId":"{location}","pipelineId":"{pipeline}","contactId":"<contact>"}`, `{"id":"<opportunity>","locationId":"{location}","pipelineId":"{pipeline}"}`,
			`{"id":"{opportunity}","locationId":"{location}","pipelineId":"{pipeline}","followers":["<user>"],"followersActionType":"add"}`),
		fields: dealFields,
	},
	"highlevel POST /opportunities/{}/followers": {
		plain:   sample{path: "/opportunities/{opportunity}/followers", body: `{"followers":["{user}"]}`},
		carries: samples(at("/opportunities/<opportunity>/followers", `{"followers":["{user}"]}`), at("/opportunities/{opportunity}/followers", `{"followers":["<user>"]}`)),
		fields:  "followers",
	},
	"highlevel DELETE /opportunities/{}/followers": {
		plain:   sample{path: "/opportunities/{opportunity}/followers", body: `{"followers":["{user}"]}`},
		carries: samples(at("/opportunities/<opportunity>/followers", `{"followers":["{user}"]}`), at("/opportunities/<opportunity>/followers?isRemoveAllFollowers=true")),
		fields:  "followers",
	},

	"highlevel GET /businesses":    {carries: at("/businesses/?locationId=<location>")},
	"highlevel GET /businesses/{}": {carries: at("/businesses/<business>")},
	"highlevel POST /businesses": {
		plain:   sample{body: `{"locationId":"{location}","name":"Acme"}`},
		carries: at("", `{"locationId":"<location>","name":"Acme"}`, `{"locationId":"{location}","name":"Acme","id":"<business>"}`),
		fields:  businessFields,
	},
	"highlevel PUT /businesses/{}":    {plain: sample{path: "/businesses/{business}", body: `{"name":"Acme"}`}, carries: at("/businesses/<business>", `{"name":"Acme"}`), fields: businessFields},
	"highlevel DELETE /businesses/{}": {carries: at("/businesses/<business>")},

	"highlevel GET /users":        {carries: at("/users/?locationId=<location>")},
	"highlevel GET /users/search": {carries: samples(at("/users/search?companyId=<company>"), at("/users/search?companyId={company}&locationId=<location>"), at("/users/search?companyId={company}&ids=<user>"))},
	"highlevel POST /users/search/filter-by-email": {
		plain: sample{body: `{"companyId":"{company}","emails":"{userEmail}"}`}, agency: true,
		carries: at("", `{"companyId":"<company>","emails":"{userEmail}"}`, `{"companyId":"{company}","emails":"<userEmail>"}`),
		fields:  "companyId emails deleted skip limit projection",
	},
	"highlevel GET /users/{}": {carries: at("/users/<user>")},
	"highlevel POST /users": {
		plain: sample{body: userBody}, slow: true,
		carries: at("", `{"companyId":"<company>","firstName":"Una","lastName":"User","email":"{email}","password":"long enough","type":"account","role":"user","locationIds":["{location}"]}`,
			`{"companyId":"{company}","firstName":"Una","lastName":"User","email":"{email}","password":"long enough","type":"account","role":"user","locationIds":["<location>"]}`),
		fields: userFields,
	},
	"highlevel PUT /users/{}": {
		plain:   sample{path: "/users/{user}", body: `{"firstName":"Una"}`},
		carries: samples(at("/users/<user>", `{"firstName":"Una"}`), at("/users/{user}", `{"companyId":"<company>"}`, `{"locationIds":["<location>"]}`)),
		fields:  userFields,
	},
	"highlevel DELETE /users/{}": {carries: at("/users/<user>")},

	"highlevel GET /locations/search":  {carries: at("/locations/search?companyId=<company>")},
	"highlevel GET /locations/{}":      {carries: at("/locations/<location>")},
	"highlevel POST /locations":        {plain: sample{body: placeBody}, agency: true, carries: at("", `{"companyId":"<company>","name":"Office"}`), fields: placeFields},
	"highlevel PUT /locations/{}":      {plain: sample{path: "/locations/{location}", body: placeBody}, agency: true, carries: at("/locations/<location>", placeBody), fields: placeFields},
	"highlevel DELETE /locations/{}":   {agency: true, carries: at("/locations/<location>")},
	"highlevel GET /companies/{}":      {agency: true, carries: at("/companies/<company>")},
	"highlevel GET /locations/{}/tags": {carries: at("/locations/<location>/tags")},
	"highlevel POST /locations/{}/tags": {
		plain:   sample{path: "/locations/{location}/tags", body: `{"name":"later {serial}"}`},
		carries: samples(at("/locations/<location>/tags", `{"name":"later"}`), at("/locations/{location}/tags", `{"name":"later {contact}","id":"<tag>"}`)),
		fields:  "name",
	},
	"highlevel GET /locations/{}/tags/{}":      {carries: samples(at("/locations/<location>/tags/<tag>"), at("/locations/{location}/tags/<tag>"))},
	"highlevel PUT /locations/{}/tags/{}":      {plain: sample{path: "/locations/{location}/tags/{tag}", body: `{"name":"now {contact}"}`}, carries: samples(at("/locations/<location>/tags/<tag>", `{"name":"now"}`), at("/locations/{location}/tags/<tag>", `{"name":"now"}`)), fields: "name"},
	"highlevel DELETE /locations/{}/tags/{}":   {carries: samples(at("/locations/<location>/tags/<tag>"), at("/locations/{location}/tags/<tag>"))},
	"highlevel GET /locations/{}/timezones":    {carries: at("/locations/<location>/timezones")},
	"highlevel GET /locations/{}/customFields": {carries: at("/locations/<location>/customFields")},
	"highlevel POST /locations/{}/customFields": {
		plain:   sample{path: "/locations/{location}/customFields", body: `{"name":"size {serial}","dataType":"TEXT"}`},
		carries: at("/locations/<location>/customFields", `{"name":"size","dataType":"TEXT"}`),
		fields:  "name dataType placeholder acceptedFormat isMultipleFile maxNumberOfFiles textBoxListOptions options picklistOptions isAllowedCustomOption position model",
	},
	"highlevel GET /locations/{}/customFields/{}": {carries: samples(at("/locations/<location>/customFields/<field>"), at("/locations/{location}/customFields/<field>"))},
	"highlevel PUT /locations/{}/customFields/{}": {
		plain:   sample{path: "/locations/{location}/customFields/{field}", body: `{"name":"size"}`},
		carries: samples(at("/locations/<location>/customFields/<field>", `{"name":"size"}`), at("/locations/{location}/customFields/<field>", `{"name":"size"}`)),
		fields:  "name dataType placeholder acceptedFormat isMultipleFile maxNumberOfFiles textBoxListOptions options picklistOptions isAllowedCustomOption position model",
	},
	"highlevel DELETE /locations/{}/customFields/{}": {carries: samples(at("/locations/<location>/customFields/<field>"), at("/locations/{location}/customFields/<field>"))},
	"highlevel GET /locations/{}/customValues":       {carries: at("/locations/<location>/customValues")},
	"highlevel POST /locations/{}/customValues": {
		plain:   sample{path: "/locations/{location}/customValues", body: `{"name":"hello {serial}","value":"x"}`},
		carries: at("/locations/<location>/customValues", `{"name":"hello","value":"x"}`),
		fields:  "name value",
	},
	"highlevel GET /locations/{}/customValues/{}": {carries: samples(at("/locations/<location>/customValues/<value>"), at("/locations/{location}/customValues/<value>"))},
	"highlevel PUT /locations/{}/customValues/{}": {
		plain:   sample{path: "/locations/{location}/customValues/{value}", body: `{"name":"hello","value":"x"}`},
		carries: samples(at("/locations/<location>/customValues/<value>", `{"name":"hello","value":"x"}`), at("/locations/{location}/customValues/<value>", `{"name":"hello","value":"x"}`)),
		fields:  "name value",
	},
	"highlevel DELETE /locations/{}/customValues/{}": {carries: samples(at("/locations/<location>/customValues/<value>"), at("/locations/{location}/customValues/<value>"))},
	"highlevel POST /locations/{}/tasks/search": {
		plain:   sample{path: "/locations/{location}/tasks/search", body: `{"limit":10}`},
		carries: samples(at("/locations/<location>/tasks/search", `{"limit":10}`), at("/locations/{location}/tasks/search", `{"contactId":["<contact>"]}`, `{"assignedTo":["<user>"]}`, `{"businessId":"<business>"}`)),
		fields:  "contactId completed assignedTo query limit skip businessId",
	},
}

const (
	dealFields = `id locationId pipelineId pipelineStageId name status contactId monetaryValue assignedTo source lostReasonId customFields customField followers isRemoveAllFollowers followersActionType`

	businessFields = "locationId name phone email website address city postalCode state country description"
	userFields     = `companyId firstName lastName email password phone type role locationIds permissions scopes scopesAssignedToOnly profilePhoto twilioPhone platformLanguage emailChangeOTP`
	placeFields    = `companyId name phone email address city state country postalCode website timezone domain logoUrl prospectInfo settings social twilio mailgun snapshotId snapshot`
)
