package highlevel

// Requests of contacts are read field by field, because clients spell them in so
// many ways; these types describe the spelling to prefer. A test sends what they
// say and sees that all of it is read.

// contactBody is the body of a contact's update, and most of its creation.
type contactBody struct {
	FirstName          string             `json:"firstName" max:"255"`
	LastName           string             `json:"lastName" max:"255"`
	Name               string             `json:"name" max:"511" say:"taken apart where firstName and lastName are not sent"`
	Email              string             `json:"email" max:"1000"`
	AdditionalEmails   []emailView        `json:"additionalEmails"`
	Phone              string             `json:"phone" max:"100"`
	AdditionalPhones   []phoneView        `json:"additionalPhones"`
	Gender             string             `json:"gender" max:"50"`
	Address1           string             `json:"address1" max:"500"`
	City               string             `json:"city" max:"255"`
	State              string             `json:"state" max:"255"`
	PostalCode         string             `json:"postalCode" max:"50"`
	Country            string             `json:"country" max:"100" say:"ISO 3166, two letters"`
	Website            string             `json:"website" max:"2048"`
	Timezone           string             `json:"timezone" max:"100" say:"IANA name"`
	CompanyName        string             `json:"companyName" max:"255"`
	Source             string             `json:"source" max:"255"`
	AssignedTo         string             `json:"assignedTo" max:"64" say:"a user"`
	DateOfBirth        string             `json:"dateOfBirth" max:"64"`
	Tags               []string           `json:"tags"`
	DND                bool               `json:"dnd"`
	DNDSettings        map[string]dndBody `json:"dndSettings" say:"by channel: Call, Email, SMS, WhatsApp, GMB, FB"`
	InboundDNDSettings map[string]dndBody `json:"inboundDndSettings" say:"under all"`
	CustomFields       []customFieldBody  `json:"customFields"`
	AttributionSource  map[string]any     `json:"attributionSource"`
}

// newContactBody is the body of a creation or upsert.
type newContactBody struct {
	LocationID string `json:"locationId" need:"defined"`
	contactBody
	CreateNew bool `json:"createNewIfDuplicateAllowed" say:"upsert: where the location allows duplicates"`
}

type dndBody struct {
	Status  string `json:"status" choice:"active|inactive|permanent"`
	Message string `json:"message" max:"1000"`
	Code    string `json:"code" max:"100"`
}

type customFieldBody struct {
	ID    string `json:"id" say:"or key"`
	Key   string `json:"key"`
	Value any    `json:"field_value"`
}

// searchBody is the body of a search for contacts (contract.md §8.3).
type searchBody struct {
	LocationID  string       `json:"locationId"`
	Page        *int64       `json:"page" min:"1"`
	PageLimit   *int64       `json:"pageLimit" min:"1" max:"500"`
	SearchAfter []any        `json:"searchAfter" say:"of the last hit of the page before, in place of page"`
	Query       string       `json:"query"`
	Filters     []filterBody `json:"filters" say:"all must hold"`
	Sort        []sortBody   `json:"sort"`
}

type filterBody struct {
	Field    string       `json:"field"`
	Operator string       `json:"operator"`
	Value    any          `json:"value"`
	Group    string       `json:"group" choice:"AND|OR" say:"in place of field: a group of filters"`
	Filters  []filterBody `json:"filters"`
}

type sortBody struct {
	Field     string `json:"field"`
	Direction string `json:"direction" choice:"asc|desc"`
}

type noteBody struct {
	Title  string `json:"title" max:"500"`
	Body   string `json:"body" need:"required"`
	Color  string `json:"color" max:"50"`
	Pinned bool   `json:"pinned"`
	UserID string `json:"userId" max:"64"`
}

type noteChangeBody struct {
	Title  string `json:"title" max:"500"`
	Body   string `json:"body"`
	Color  string `json:"color" max:"50"`
	Pinned bool   `json:"pinned"`
	UserID string `json:"userId" max:"64"`
}

type tagsBody struct {
	Tags []string `json:"tags" need:"required"`
}

type listQuery struct {
	LocationID   string `json:"locationId"`
	Query        string `json:"query"`
	Limit        *int64 `json:"limit" min:"1" max:"100"`
	SortBy       string `json:"sortBy" choice:"date_added|date_updated"`
	Order        string `json:"order" choice:"asc|desc"`
	StartAfter   *int64 `json:"startAfter" say:"milliseconds since 1970"`
	StartAfterID string `json:"startAfterId"`
}

type duplicateQuery struct {
	LocationID string `json:"locationId"`
	Email      string `json:"email"`
	Number     string `json:"number" say:"a phone"`
}

type contactAnswer struct {
	Contact contactView `json:"contact"`
}

type contactUpdated struct {
	enrolled
	Contact contactView `json:"contact"`
}

type maybeContact struct {
	Contact *contactView `json:"contact"`
}

type upsertAnswer struct {
	New     bool        `json:"new"`
	Contact contactView `json:"contact"`
}

type listAnswer struct {
	Contacts []contactView `json:"contacts"`
	Count    int64         `json:"count"`
	Meta     listMeta      `json:"meta"`
}

type searchAnswer struct {
	Contacts []contactView `json:"contacts"`
	Total    int64         `json:"total"`
}

type noteAnswer struct {
	Note noteView `json:"note"`
}

type notesAnswer struct {
	Notes []noteView `json:"notes"`
}

type tagsAdded struct {
	Tags  []string `json:"tags"`
	Added []string `json:"tagsAdded"`
}

type tagsRemoved struct {
	Tags    []string `json:"tags"`
	Removed []string `json:"tagsRemoved"`
}

func contactShapes() map[string]shape {
	return map[string]shape{
		"Get Contact":                {answer: contactAnswer{}},
		"Search Contacts":            {body: searchBody{}, answer: searchAnswer{}},
		"Get Duplicate Contact":      {query: duplicateQuery{}, answer: maybeContact{}},
		"List Contacts (Deprecated)": {query: listQuery{}, answer: listAnswer{}},
		"Create Contact":             {body: newContactBody{}, answer: contactAnswer{}},
		"Find Contact":               {body: searchBody{}, answer: searchAnswer{}},
		"Update Contact":             {body: contactBody{}, answer: contactUpdated{}},
		"Upsert Contact":             {body: newContactBody{}, answer: upsertAnswer{}},
		"Delete Contact":             {answer: enrolled{}},
		"Add Tags to Contact":        {body: tagsBody{}, answer: tagsAdded{}},
		"Remove Tags from Contact":   {body: tagsBody{}, answer: tagsRemoved{}},
		"Get Contact Notes":          {answer: notesAnswer{}},
		"Get Contact Note by ID":     {answer: noteAnswer{}},
		"Create Contact Note":        {body: noteBody{}, answer: noteAnswer{}},
		"Update Contact Note":        {body: noteChangeBody{}, answer: noteAnswer{}},
		"Delete Contact Note":        {answer: enrolled{}},
	}
}
