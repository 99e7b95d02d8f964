package crm

import "slices"

// The types of users: who works for the whole company, and who in locations.
const (
	AgencyUser  = "agency"
	AccountUser = "account"
)

// The roles of users.
const (
	AdminRole = "admin" // of the company or of their locations; may do everything there
	UserRole  = "user"
)

// UserProfile is what no list of users sorts or filters by.
type UserProfile struct {
	Extension      string            `json:"extension,omitempty"`
	Photo          string            `json:"photo,omitempty"`
	Language       string            `json:"language,omitempty"`       // en_US, fr_CA, …
	Permissions    map[string]bool   `json:"permissions,omitempty"`    // by name, where it was said
	Scopes         []string          `json:"scopes,omitempty"`         // HighLevel's scopes of users, kept as they were said
	AssignedScopes []string          `json:"assignedScopes,omitempty"` // the same, for what is assigned to them
	Phones         map[string]string `json:"phones,omitempty"`         // by location
	Views          map[string][]View `json:"views,omitempty"`          // lists of contacts that they saved, by location
	Columns        []string          `json:"columns,omitempty"`        // that their lists of contacts show
	ReadOnly       bool              `json:"readOnly,omitempty"`       // sees, and changes nothing: see Actor
}

// The permissions that are asked for by name. The others of permissionDefaults
// are kept and shown.
const (
	AssignedOnly = "assignedDataOnly" // sees contacts and what hangs on them only where they are assigned
	LeadValue    = "leadValueEnabled" // sees what opportunities are worth
)

// permissionDefaults are HighLevel's permissions, each as it is where nothing
// was said (contract.md §11).
var permissionDefaults = map[string]bool{
	"campaignsEnabled": true, "campaignsReadOnly": false, "contactsEnabled": true, "workflowsEnabled": true, "workflowsReadOnly": false, "triggersEnabled": true,
	"funnelsEnabled": true, "websitesEnabled": false, "opportunitiesEnabled": true, "dashboardStatsEnabled": true, "bulkRequestsEnabled": true, "appointmentsEnabled": true,
	"reviewsEnabled": true, "onlineListingsEnabled": true, "phoneCallEnabled": true, "conversationsEnabled": true, "assignedDataOnly": false, "adwordsReportingEnabled": false,
	"membershipEnabled": false, "facebookAdsReportingEnabled": false, "attributionsReportingEnabled": false, "settingsEnabled": true, "tagsEnabled": true, "leadValueEnabled": true,
	"marketingEnabled": true, "agentReportingEnabled": true, "botService": false, "socialPlanner": true, "bloggingEnabled": true, "invoiceEnabled": true,
	"affiliateManagerEnabled": true, "contentAiEnabled": true, "refundsEnabled": true, "recordPaymentEnabled": true, "cancelSubscriptionEnabled": true, "paymentsEnabled": true,
	"communitiesEnabled": true, "exportPaymentsEnabled": true,
}

// Permissions gives all permissions of a user, with the defaults of those that
// nobody spoke of.
func (u *User) Permissions() map[string]bool {
	all := make(map[string]bool, len(permissionDefaults))
	for name, v := range permissionDefaults {
		if said, ok := u.Profile.Permissions[name]; ok {
			v = said
		}
		all[name] = v
	}
	return all
}

// IsPermission reports whether there is a permission of a name.
func IsPermission(name string) bool {
	_, ok := permissionDefaults[name]
	return ok
}

// Has reports whether a user has a permission. An admin has all that let
// something, and none that restrict.
func (u *User) Has(permission string) bool {
	restricts := slices.Contains([]string{AssignedOnly, "campaignsReadOnly", "workflowsReadOnly"}, permission)
	if u.Role == AdminRole {
		return !restricts
	}
	if v, ok := u.Profile.Permissions[permission]; ok {
		return v
	}
	return permissionDefaults[permission]
}

// rank brings a user's type, role and the company's admin in line.
func (u *User) rank() {
	if u.Type == "" && u.Role == "" && u.Admin {
		u.Type, u.Role = AgencyUser, AdminRole
	}
	if u.Type == "" {
		u.Type = AccountUser
	}
	if u.Role == "" {
		u.Role = UserRole
	}
	u.Admin = u.Type == AgencyUser && u.Role == AdminRole
}
