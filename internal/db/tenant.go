package db

import (
	"fmt"
	"regexp"
	"strings"
)

// systemTables are the tables that no location owns. Every other table is a
// tenant's, and a statement on it must name location_id.
var systemTables = map[string]bool{
	"companies": true, "locations": true, "users": true, "api_keys": true, "schema_migrations": true, "json_each": true,
	"oauth_apps": true, "oauth_codes": true, "oauth_tokens": true, "sessions": true, "sign_in_tries": true,
	"user_links": true, "second_factors": true, "recovery_codes": true, // a person's
	"server_keys":       true,
	"snapshots":         true,                             // a company's
	"rate_limits":       true,                             // an app's or a token's
	"mail_places":       true,                             // the server's
	"pragma_table_info": true, "information_schema": true, // the schema itself
	"contact_search": true, // its words carry the tenant; see crm's search
}

var (
	tableName = regexp.MustCompile(`(?i)(?:\b(?:FROM|JOIN|INTO)|^\s*UPDATE)\s+([a-z_]+)`)
	// In an INSERT it is a column, elsewhere a condition: that it is among the
	// columns a SELECT reads does not limit the rows.
	tenantNamed = regexp.MustCompile(`(?is)^\s*INSERT\b.*\blocation_id\b|\blocation_id\s*(?:=|IN\b)`)
)

// checkTenant refuses a statement on a tenant's table that does not say which tenant's.
func checkTenant(query string) error {
	for _, m := range tableName.FindAllStringSubmatch(query, -1) {
		if !systemTables[strings.ToLower(m[1])] && !tenantNamed.MatchString(query) {
			return fmt.Errorf("statement on %s does not name location_id: %s", m[1], short(query))
		}
	}
	return nil
}
