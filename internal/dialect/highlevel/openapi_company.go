package highlevel

// Requests of users, locations and what a location sets up are read field by
// field; these types describe them.

type userBody struct {
	FirstName        string            `json:"firstName" max:"255"`
	LastName         string            `json:"lastName" max:"255"`
	Email            string            `json:"email" max:"1000"`
	EmailChangeOTP   string            `json:"emailChangeOTP" say:"nobody asks for it here"`
	Password         string            `json:"password" max:"1000" say:"8 characters at least"`
	Phone            string            `json:"phone" max:"100"`
	Type             string            `json:"type" choice:"account|agency"`
	Role             string            `json:"role" choice:"admin|user"`
	CompanyID        string            `json:"companyId"`
	LocationIDs      []string          `json:"locationIds" max:"500"`
	Permissions      map[string]bool   `json:"permissions"`
	Scopes           []string          `json:"scopes" max:"500"`
	AssignedScopes   []string          `json:"scopesAssignedToOnly" max:"500"`
	ProfilePhoto     string            `json:"profilePhoto" max:"2048"`
	TwilioPhone      map[string]string `json:"twilioPhone" say:"by location"`
	PlatformLanguage string            `json:"platformLanguage" choice:"en_US|es|fr_CA|fr_FR|nl|de|pt_PT|pt_BR|it|sv|da|fi|no"`
}

type usersQuery struct {
	CompanyID     string   `json:"companyId" need:"defined"`
	Query         string   `json:"query"`
	Skip          *int64   `json:"skip" min:"0"`
	Limit         *int64   `json:"limit" min:"1" max:"500"`
	LocationID    string   `json:"locationId"`
	Type          string   `json:"type" choice:"account|agency"`
	Role          string   `json:"role" choice:"admin|user"`
	IDs           []string `json:"ids"`
	Sort          string   `json:"sort" choice:"dateAdded|dateUpdated|name|email"`
	SortDirection string   `json:"sortDirection" choice:"asc|desc"`
}

type userEmailsBody struct {
	CompanyID  string `json:"companyId" need:"string"`
	Emails     string `json:"emails" need:"string" say:"with commas between them"`
	Deleted    bool   `json:"deleted"`
	Skip       *int64 `json:"skip" min:"0"`
	Limit      *int64 `json:"limit" min:"1" max:"500"`
	Projection string `json:"projection" say:"all shows whole users"`
}

// foundUser is a user whom a search by e-mail finds: the id and the e-mail, or all.
type foundUser struct {
	ID               string            `json:"id"`
	Email            string            `json:"email"`
	Name             string            `json:"name,omitempty"`
	FirstName        string            `json:"firstName,omitempty"`
	LastName         string            `json:"lastName,omitempty"`
	Phone            string            `json:"phone,omitempty"`
	Extension        string            `json:"extension,omitempty"`
	Permissions      map[string]bool   `json:"permissions,omitempty"`
	Scopes           []string          `json:"scopes,omitempty"`
	AssignedScopes   []string          `json:"scopesAssignedToOnly,omitempty"`
	Roles            *roles            `json:"roles,omitempty"`
	ProfilePhoto     string            `json:"profilePhoto,omitempty"`
	Phones           map[string]string `json:"lcPhone,omitempty"`
	PlatformLanguage string            `json:"platformLanguage,omitempty"`
	Deleted          bool              `json:"deleted,omitempty"`
	DateAdded        string            `json:"dateAdded,omitempty"`
	DateUpdated      string            `json:"dateUpdated,omitempty"`
}

type locationBody struct {
	CompanyID    string            `json:"companyId" need:"string"`
	Name         string            `json:"name" max:"255"`
	Timezone     string            `json:"timezone" max:"100" say:"IANA name"`
	Phone        string            `json:"phone" max:"100"`
	Email        string            `json:"email" max:"1000"`
	Website      string            `json:"website" max:"2048"`
	Domain       string            `json:"domain" max:"255"`
	LogoURL      string            `json:"logoUrl" max:"2048"`
	Address      string            `json:"address" max:"500"`
	City         string            `json:"city" max:"255"`
	State        string            `json:"state" max:"255"`
	PostalCode   string            `json:"postalCode" max:"50"`
	Country      string            `json:"country" max:"100" say:"ISO 3166, two letters"`
	ProspectInfo prospectBody      `json:"prospectInfo"`
	Settings     locationSettings  `json:"settings"`
	Twilio       map[string]any    `json:"twilio" say:"left out: Foyer has its own settings for sending"`
	Mailgun      map[string]any    `json:"mailgun" say:"left out: Foyer has its own settings for sending"`
	SnapshotID   string            `json:"snapshotId" say:"not applied here"`
	Snapshot     map[string]any    `json:"snapshot" say:"not applied here"`
	Social       map[string]string `json:"social" say:"facebookUrl, googlePlus, linkedIn, foursquare, twitter, yelp, instagram, youtube, pinterest, blogRss, googlePlacesId"`
}

type prospectBody struct {
	FirstName string `json:"firstName" max:"255"`
	LastName  string `json:"lastName" max:"255"`
	Email     string `json:"email" max:"1000"`
}

type locationsQuery struct {
	CompanyID string `json:"companyId"`
	Skip      *int64 `json:"skip" min:"0"`
	Limit     *int64 `json:"limit" min:"1" max:"1000"`
	Order     string `json:"order" choice:"asc|desc"`
	Email     string `json:"email"`
}

type deleteLocationQuery struct {
	DeleteTwilioAccount bool `json:"deleteTwilioAccount" need:"boolean"`
}

type definitionBody struct {
	Name            string   `json:"name" need:"string" max:"255"`
	DataType        string   `json:"dataType" max:"40"`
	Placeholder     string   `json:"placeholder" max:"255"`
	Model           string   `json:"model" choice:"contact|opportunity"`
	Position        int      `json:"position"`
	AcceptedFormat  []string `json:"acceptedFormat"`
	IsMultipleFile  bool     `json:"isMultipleFile"`
	MostFiles       int      `json:"maxNumberOfFiles"`
	CustomOption    bool     `json:"isAllowedCustomOption"`
	Options         []string `json:"options" max:"100"`
	PicklistOptions []string `json:"picklistOptions" max:"100"`
	TextBoxes       []any    `json:"textBoxListOptions" max:"100" say:"texts, or objects with a label"`
}

type definitionsQuery struct {
	Model string `json:"model" choice:"contact|opportunity|all"`
}

type nameBody struct {
	Name string `json:"name" need:"string" max:"255"`
}

type customValueBody struct {
	Name  string `json:"name" need:"string" max:"255"`
	Value string `json:"value" need:"string" max:"50000"`
}

type locationTokenBody struct {
	CompanyID  string `json:"companyId" need:"defined"`
	LocationID string `json:"locationId" need:"defined"`
}

type installedQuery struct {
	CompanyID   string `json:"companyId" need:"required"`
	AppID       string `json:"appId" need:"required"`
	Skip        *int64 `json:"skip" min:"0"`
	Limit       *int64 `json:"limit" min:"1" max:"500"`
	Query       string `json:"query"`
	IsInstalled bool   `json:"isInstalled"`
	LocationID  string `json:"locationId"`
	OnTrial     bool   `json:"onTrial"`
	PlanID      string `json:"planId"`
}

type installedPageQuery struct {
	CompanyID   string `json:"companyId" need:"required"`
	AppID       string `json:"appId" need:"required"`
	PageSize    *int64 `json:"pageSize" min:"1" max:"500"`
	PageToken   string `json:"pageToken" say:"of the page before"`
	Query       string `json:"query"`
	IsInstalled bool   `json:"isInstalled"`
	LocationID  string `json:"locationId"`
}

func companyShapes() map[string]shape {
	return map[string]shape{
		"Search Users":           {query: usersQuery{}, answer: fields{"users": []userView{}, "count": int64(0)}},
		"Filter Users by Email":  {body: userEmailsBody{}, answer: fields{"users": []foundUser{}, "count": int64(0)}},
		"Get User":               {answer: userView{}},
		"List Users by Location": {query: locationQuery{}, answer: fields{"users": []userView{}}},
		"Create User":            {body: userBody{}, answer: userView{}},
		"Update User":            {body: userBody{}, answer: userView{}},
		"Delete User":            {answer: fields{"succeded": true, "succeeded": true, "message": ""}}, //nolint:misspell // the vendor's spelling, which clients read
		"List Locations":         {query: locationsQuery{}, answer: fields{"locations": []locationView{}}},
		"Find Location by ID":    {answer: fields{"location": locationView{}}},
		"Create Location":        {body: locationBody{}, answer: locationView{}},
		"Update Location":        {body: locationBody{}, answer: locationView{}},
		"Delete Location":        {query: deleteLocationQuery{}, answer: fields{"success": true, "message": ""}},
		"Get Company":            {answer: fields{"company": companyView{}}},
		"List Timezones":         {answer: fields{"timeZones": []string{}}},
		"List Custom Fields":     {query: definitionsQuery{}, answer: fields{"customFields": []definitionView{}}},
		"Get Custom Field":       {answer: fields{"customField": definitionView{}}},
		"Create Custom Field":    {body: definitionBody{}, answer: fields{"customField": definitionView{}}},
		"Update Custom Field":    {body: definitionBody{}, answer: fields{"customField": definitionView{}}},
		"Delete Custom Field":    {answer: enrolled{}},
		"List Custom Values":     {answer: fields{"customValues": []customValueView{}}},
		"Get Custom Value":       {answer: fields{"customValue": customValueView{}}},
		"Create Custom Value":    {body: customValueBody{}, answer: fields{"customValue": customValueView{}}},
		"Update Custom Value":    {body: customValueBody{}, answer: fields{"customValue": customValueView{}}},
		"Delete Custom Value":    {answer: enrolled{}},
		"List Tags":              {answer: fields{"tags": []tagView{}}},
		"Get Tag":                {answer: fields{"tag": tagView{}}},
		"Create Tag":             {body: nameBody{}, answer: fields{"tag": tagView{}}},
		"Update Tag":             {body: nameBody{}, answer: fields{"tag": tagView{}}},
		"Delete Tag":             {answer: enrolled{}},

		"Get Location Token":           {body: locationTokenBody{}, answer: tokenAnswer{}},
		"Get Location Token (v3)":      {body: locationTokenBody{}, answer: tokenAnswerV3{}},
		"Get Installed Locations":      {query: installedQuery{}, answer: fields{"locations": []installedView{}, "count": 0, "installToFutureLocations": true}},
		"Get Installed Locations (v3)": {query: installedPageQuery{}, answer: fields{"items": []installedView{}, "pagination": installedPages{}, "installToFutureLocations": true}},
	}
}

// tokenAnswer is an answer with tokens (contract.md §3).
type tokenAnswer struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int64  `json:"expires_in"`
	RefreshToken string `json:"refresh_token,omitempty"`
	tokenRest
}

// tokenAnswerV3 is the same in version 3.
type tokenAnswerV3 struct {
	AccessToken  string `json:"accessToken"`
	TokenType    string `json:"tokenType"`
	ExpiresIn    int64  `json:"expiresIn"`
	RefreshToken string `json:"refreshToken,omitempty"`
	tokenRest
}

type tokenRest struct {
	RefreshTokenID     string `json:"refreshTokenId,omitempty"`
	Scope              string `json:"scope"`
	UserType           string `json:"userType"`
	CompanyID          string `json:"companyId"`
	LocationID         string `json:"locationId"`
	UserID             string `json:"userId,omitempty"`
	AppID              string `json:"appId"`
	IsBulkInstallation bool   `json:"isBulkInstallation"`
}

type installedView struct {
	ID          string `json:"_id"`
	Name        string `json:"name"`
	Address     string `json:"address"`
	IsInstalled bool   `json:"isInstalled"`
	InstalledAt string `json:"installedAt,omitempty"`
}

type installedPages struct {
	Total       int64  `json:"totalRecords"`
	HasNext     bool   `json:"hasNextPage"`
	HasPrevious bool   `json:"hasPrevPage"`
	Size        int64  `json:"currentPageSize"`
	Next        string `json:"nextPageToken,omitempty"`
	Previous    string `json:"prevPageToken,omitempty"`
}
