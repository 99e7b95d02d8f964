package highlevel

// Requests of opportunities, pipelines, tasks, followers and businesses are read
// field by field; these types describe them.

// opportunityBody is the body of an opportunity's update, and most of the others.
type opportunityBody struct {
	PipelineID      string            `json:"pipelineId" max:"64"`
	PipelineStageID string            `json:"pipelineStageId" max:"64"`
	Name            string            `json:"name" max:"500"`
	Status          string            `json:"status" choice:"open|won|lost|abandoned"`
	ContactID       string            `json:"contactId" max:"64"`
	MonetaryValue   float64           `json:"monetaryValue"`
	AssignedTo      string            `json:"assignedTo" max:"64" say:"a user"`
	Source          string            `json:"source" max:"255"`
	LostReasonID    string            `json:"lostReasonId" max:"64"`
	CustomFields    []customFieldBody `json:"customFields"`
	Followers       []string          `json:"followers" max:"100" say:"upsert: users to add or remove"`
}

type newOpportunityBody struct {
	LocationID string `json:"locationId" need:"defined"`
	opportunityBody
}

type upsertOpportunityBody struct {
	LocationID string `json:"locationId" need:"defined"`
	ID         string `json:"id" say:"or contactId: the contact's opportunity in the pipeline"`
	opportunityBody
	RemoveAllFollowers  bool   `json:"isRemoveAllFollowers"`
	FollowersActionType string `json:"followersActionType" choice:"add|remove"`
}

type opportunityStatusBody struct {
	Status       string `json:"status" need:"required" choice:"open|won|lost|abandoned"`
	LostReasonID string `json:"lostReasonId" max:"64"`
}

type opportunitySearchBody struct {
	LocationID  string       `json:"locationId" need:"defined"`
	Query       string       `json:"query" max:"1000"`
	Limit       *int64       `json:"limit" min:"1" max:"500"`
	Page        *int64       `json:"page" min:"1"`
	SearchAfter []any        `json:"searchAfter" say:"of the last hit of the page before, in place of page"`
	Filters     []filterBody `json:"filters" say:"all must hold"`
	Sort        []sortBody   `json:"sort"`
	Additional  detailsBody  `json:"additionalDetails"`
}

type detailsBody struct {
	Notes               bool `json:"notes"`
	Tasks               bool `json:"tasks"`
	CalendarEvents      bool `json:"calendarEvents"`
	UnreadConversations bool `json:"unReadConversations"`
}

type opportunitySearchQuery struct {
	LocationID   string `json:"location_id" say:"also locationId, as all names here without the underscores"`
	Text         string `json:"q"`
	PipelineID   string `json:"pipeline_id"`
	StageID      string `json:"pipeline_stage_id"`
	ContactID    string `json:"contact_id"`
	AssignedTo   string `json:"assigned_to"`
	Status       string `json:"status" choice:"open|won|lost|abandoned|all"`
	CampaignID   string `json:"campaignId"`
	ID           string `json:"id"`
	Order        string `json:"order" say:"added_asc, added_desc, …"`
	Date         string `json:"date" say:"mm-dd-yyyy, or milliseconds since 1970"`
	EndDate      string `json:"endDate"`
	StartAfter   *int64 `json:"startAfter"`
	StartAfterID string `json:"startAfterId"`
	Country      string `json:"country"`
	Page         *int64 `json:"page" min:"1"`
	Limit        *int64 `json:"limit" min:"1" max:"100"`
	Tasks        bool   `json:"getTasks"`
	Notes        bool   `json:"getNotes"`
	Events       bool   `json:"getCalendarEvents"`
}

type removeFollowersQuery struct {
	All bool `json:"isRemoveAllFollowers"`
}

type followersBody struct {
	Followers []string `json:"followers" need:"required" max:"100"`
}

type pipelineBody struct {
	Name            string      `json:"name" max:"255"`
	Stages          []stageBody `json:"stages"`
	ShowInFunnel    bool        `json:"showInFunnel"`
	ShowInPieChart  bool        `json:"showInPieChart"`
	UseProbability  bool        `json:"useOpportunityProbability"`
	ColorRenderMode string      `json:"colorRenderMode" choice:"dot|bg-tint|none"`
}

type newPipelineBody struct {
	LocationID string `json:"locationId" need:"defined"`
	pipelineBody
}

type stageBody struct {
	ID             string   `json:"id" say:"of one that stays"`
	Name           string   `json:"name" need:"string" max:"255"`
	Position       int      `json:"position"`
	ShowInFunnel   bool     `json:"showInFunnel"`
	ShowInPieChart bool     `json:"showInPieChart"`
	WinProbability *float64 `json:"stageWinProbability"`
}

type lostReasonsQuery struct {
	LocationID string `json:"locationId"`
	Query      string `json:"query"`
	Name       string `json:"name"`
	Deleted    bool   `json:"deleted"`
	Limit      *int64 `json:"limit" min:"1" max:"500"`
	Skip       *int64 `json:"skip" min:"0"`
}

type taskBody struct {
	Title      string `json:"title" max:"1000"`
	Body       string `json:"body" max:"50000"`
	DueDate    string `json:"dueDate"`
	Completed  bool   `json:"completed"`
	AssignedTo string `json:"assignedTo" max:"64"`
}

type newTaskBody struct {
	Title      string `json:"title" need:"string" max:"1000"`
	Body       string `json:"body" max:"50000"`
	DueDate    string `json:"dueDate" need:"date"`
	Completed  bool   `json:"completed" need:"boolean"`
	AssignedTo string `json:"assignedTo" max:"64"`
}

type completedBody struct {
	Completed bool `json:"completed" need:"boolean"`
}

type taskSearchBody struct {
	ContactID  []string `json:"contactId" max:"100"`
	Completed  bool     `json:"completed"`
	AssignedTo []string `json:"assignedTo" max:"100"`
	Query      string   `json:"query" max:"200"`
	Limit      *int64   `json:"limit" min:"1" max:"500"`
	Skip       *int64   `json:"skip" min:"0"`
	BusinessID string   `json:"businessId" max:"64"`
}

type businessBody struct {
	Name        string `json:"name" max:"255"`
	Phone       string `json:"phone" max:"100"`
	Email       string `json:"email" max:"1000"`
	Website     string `json:"website" max:"2048"`
	Address     string `json:"address" max:"500"`
	City        string `json:"city" max:"255"`
	State       string `json:"state" max:"255"`
	PostalCode  string `json:"postalCode" max:"50"`
	Country     string `json:"country" max:"100"`
	Description string `json:"description" max:"10000"`
}

type newBusinessBody struct {
	LocationID string `json:"locationId" need:"defined"`
	businessBody
}

type skipQuery struct {
	LocationID string `json:"locationId"`
	Limit      *int64 `json:"limit" min:"1" max:"500"`
	Skip       *int64 `json:"skip" min:"0"`
}

type businessContactsQuery struct {
	LocationID   string `json:"locationId"`
	Query        string `json:"query"`
	Limit        *int64 `json:"limit" min:"1" max:"500"`
	Skip         *int64 `json:"skip" min:"0"`
	StartAfter   *int64 `json:"startAfter"`
	StartAfterID string `json:"startAfterId"`
}

type bulkTagsBody struct {
	LocationID    string   `json:"locationId" need:"defined"`
	Contacts      []string `json:"contacts" need:"required" max:"500"`
	Tags          []string `json:"tags" need:"required" max:"100"`
	RemoveAllTags bool     `json:"removeAllTags"`
}

// retagged is what became of one contact of a bulk update.
type retagged struct {
	ContactID string   `json:"contactId"`
	Message   string   `json:"message"`
	Type      string   `json:"type" choice:"success|error"`
	OldTags   []string `json:"oldTags,omitempty"`
	Added     []string `json:"tagsAdded,omitempty"`
	Removed   []string `json:"tagsRemoved,omitempty"`
}

type bulkBusinessBody struct {
	LocationID string   `json:"locationId" need:"defined"`
	IDs        []string `json:"ids" need:"required" max:"500"`
	BusinessID *string  `json:"businessId" need:"defined" say:"null takes them out of their business"`
}

func opportunityShapes() map[string]shape {
	one := fields{"opportunity": opportunityView{}}
	found := fields{"opportunities": []opportunityView{}, "total": int64(0), "aggregations": fields{}}
	pages := fields{"opportunities": []opportunityView{}, "meta": dealMeta{}, "aggregations": fields{}}
	gone := fields{"succeded": true, "success": true} //nolint:misspell // the vendor's spelling, which clients read
	return map[string]shape{
		"Search Opportunities":            {query: opportunitySearchQuery{}, answer: pages},
		"Search Opportunities by Filters": {body: opportunitySearchBody{}, answer: found},
		"Get Opportunity":                 {answer: one},
		"Create Opportunity":              {body: newOpportunityBody{}, answer: one},
		"Update Opportunity":              {body: opportunityBody{}, answer: one},
		"Upsert Opportunity":              {body: upsertOpportunityBody{}, answer: fields{"opportunity": opportunityView{}, "new": true}},
		"Delete Opportunity":              {answer: gone},
		"Update Opportunity Status":       {body: opportunityStatusBody{}, answer: gone},
		"Add Followers":                   {body: followersBody{}, answer: fields{"followers": []string{}, "followersAdded": []string{}}},
		"Remove Followers":                {query: removeFollowersQuery{}, body: followersBody{}, answer: fields{"followers": []string{}, "followersRemoved": []string{}}},
		"Add Contact Followers":           {body: followersBody{}, answer: fields{"followers": []string{}, "followersAdded": []string{}}},
		"Remove Contact Followers":        {query: removeFollowersQuery{}, body: followersBody{}, answer: fields{"followers": []string{}, "followersRemoved": []string{}}},
		"List Pipelines":                  {query: locationQuery{}, answer: fields{"pipelines": []pipelineView{}}},
		"Get Pipeline":                    {answer: fields{"pipeline": pipelineView{}}},
		"Create Pipeline":                 {body: newPipelineBody{}, answer: fields{"pipeline": pipelineView{}}},
		"Update Pipeline":                 {body: pipelineBody{}, answer: fields{"pipeline": pipelineView{}}},
		"Delete Pipeline":                 {answer: enrolled{}},
		"List Lost Reasons":               {query: lostReasonsQuery{}, answer: fields{"lostReasons": []lostReasonView{}, "total": 0}},

		"Get Contact Tasks":      {answer: fields{"tasks": []taskView{}}},
		"Get Contact Task by ID": {answer: fields{"task": taskView{}}},
		"Create Contact Task":    {body: newTaskBody{}, answer: fields{"task": taskView{}, "contactId": ""}},
		"Update Contact Task":    {body: taskBody{}, answer: fields{"task": taskView{}, "contactId": ""}},
		"Complete Contact Task":  {body: completedBody{}, answer: fields{"task": taskView{}, "contactId": ""}},
		"Delete Contact Task":    {answer: enrolled{}},
		"Search Tasks":           {body: taskSearchBody{}, answer: fields{"tasks": []taskView{}}},

		"Get Business":                {answer: fields{"business": businessView{}}},
		"List Businesses by Location": {query: skipQuery{}, answer: fields{"businesses": []businessView{}}},
		"Create Business":             {body: newBusinessBody{}, answer: fields{"success": true, "buiseness": businessView{}, "business": businessView{}}},
		"Update Business":             {body: businessBody{}, answer: fields{"success": true, "buiseness": businessView{}, "business": businessView{}}},
		"Delete Business":             {answer: fields{"success": true}},
		"Get Contacts by Business":    {query: businessContactsQuery{}, answer: fields{"contacts": []contactView{}, "count": int64(0), "total": int64(0)}},
		"Bulk Business Update":        {body: bulkBusinessBody{}, answer: fields{"success": true, "ids": []string{}}},
		"Bulk Update Contact Tags":    {body: bulkTagsBody{}, answer: fields{"succeded": true, "succeeded": true, "errorCount": 0, "responses": []retagged{}}}, //nolint:misspell // the vendor's spelling, which clients read
	}
}
