package judge

import "strings"

// Deviation is a place where an answer of Foyer is not as HighLevel's document
// has it, because HighLevel's own servers do not answer so either, or because the
// document names what Foyer has nothing of. The reason names the section of the
// collected contract (contract.md).
type Deviation struct {
	Operation string // GET /contacts/{contactId}; * is any
	Place     string // a JSON pointer, and all below it; "status 404"
	Why       string
}

func (d Deviation) covers(operation, place string) bool {
	return (d.Operation == "*" || d.Operation == operation) && (place == d.Place || strings.HasPrefix(place, d.Place+"/"))
}

// deviations is the only list of them.
func deviations() []Deviation {
	const (
		isText      = "documented as an object, live a text (§17)"
		isTime      = "documented as an object, live a text (§9.1)"
		isField     = "documented as a text; in practice text, number, list or object (§8.2)"
		isObject    = "documented as a list, live an object (§10)"
		isFollower  = "documented as a list; the operations on followers have texts (§10)"
		isScopes    = "documented as one of many texts, live a list (§11)"
		isRelation  = "the document shows an association, the answer is a relation (§17)"
		isList      = "the document shows one association, the answer is a list of them (§17)"
		isRelations = "the document shows one association, the answer is a list of relations (§17)"
		unseen      = "in none of the answers that were seen (§8.2)"
		optional    = "optional, and Foyer has nothing of the kind"
	)
	list := []Deviation{
		// What any operation may answer.
		{"*", "status 401", "missing in a few lists of statuses; the door answers so everywhere (§6, §22.13)"},
		{"*", "status 403", "of another location (§6)"},
		{"*", "status 404", "no such address in this version, no such file (§2, §6)"},
		{"*", "status 413", "too long a body (§6)"},
		{"*", "status 422", "in few lists of statuses; the validator answers so everywhere (§6)"},
		{"*", "status 429", "too many requests (§5)"},
		{"POST /contacts/bulk/business", "status 400", "an unknown business (§6)"},
		{"GET /conversations/messages/email/{id}", "status 400", "an unknown e-mail (§6)"},
		{"DELETE /conversations/messages/email/{emailMessageId}/schedule", "status 400", "an unknown e-mail (§6)"},

		// What is documented with another type than live answers have.
		{"GET /associations/", "", isList},
		{"GET /associations/objectKey/{objectKey}", "", isList},
		{"GET /associations/relations/{recordId}", "", isRelations},
		{"POST /associations/relations", "", isRelation},
		{"DELETE /associations/relations/{relationId}", "", isRelation},
		{"GET /calendars/blocked-slots", "/events/*/dateAdded", isTime},
		{"GET /calendars/blocked-slots", "/events/*/dateUpdated", isTime},
		{"GET /calendars/blocked-slots", "/events/*/endTime", isTime},
		{"GET /calendars/blocked-slots", "/events/*/startTime", isTime},
		{"GET /calendars/events", "/events/*/dateAdded", isTime},
		{"GET /calendars/events", "/events/*/dateUpdated", isTime},
		{"GET /calendars/events", "/events/*/endTime", isTime},
		{"GET /calendars/events", "/events/*/startTime", isTime},
		{"GET /calendars/events/appointments/{eventId}", "/event/dateAdded", isTime},
		{"GET /calendars/events/appointments/{eventId}", "/event/dateUpdated", isTime},
		{"GET /calendars/events/appointments/{eventId}", "/event/endTime", isTime},
		{"GET /calendars/events/appointments/{eventId}", "/event/startTime", isTime},
		{"POST /calendars/events/block-slots", "/endTime", isTime},
		{"POST /calendars/events/block-slots", "/startTime", isTime},
		{"PUT /calendars/events/block-slots/{eventId}", "/endTime", isTime},
		{"PUT /calendars/events/block-slots/{eventId}", "/startTime", isTime},
		{"GET /calendars/{calendarId}/free-slots", "/traceId", "stands among the dates, which are objects (§9.2)"},
		{"GET /contacts/", "/contacts/*/customFields/*/value", isField},
		{"GET /contacts/business/{businessId}", "/contacts/*/customFields/*/value", isField},
		{"GET /contacts/{contactId}", "/contact/customFields/*/value", isField},
		{"POST /contacts/", "/contact/customFields/*/value", isField},
		{"POST /contacts/upsert", "/contact/customFields/*/value", isField},
		{"PUT /contacts/{contactId}", "/contact/customFields/*/value", isField},
		{"POST /contacts/bulk/tags/update/{type}", "/responses/*", "documented as a text, live an object (§8.4)"},
		{"GET /conversations/locations/{locationId}/messages/{messageId}/transcription", "", "the document shows one sentence, the answer is a list of them (§12)"},
		{"GET /conversations/{conversationId}/messages", "/lastMessageId", "below messages (§12, §22.7)"},
		{"GET /conversations/{conversationId}/messages", "/messages", "an object that has the list (§12, §22.7)"},
		{"GET /conversations/{conversationId}/messages", "/nextPage", "below messages (§12, §22.7)"},
		{"POST /locations/{locationId}/tasks/search", "/tasks/*", "documented as a list, live an object (§15)"},
		{"POST /oauth/token", "/error", "documented as a text, in version 3 an object (§2)"},
		{"POST /oauth/token", "/userId", "client_credentials has no user (§3)"},
		{"GET /opportunities/pipelines", "/pipelines/*/stages/*", isObject},
		{"GET /opportunities/search", "/opportunities/*/calendarEvents/*", isObject},
		{"GET /opportunities/search", "/opportunities/*/followers/*", isFollower},
		{"GET /opportunities/{id}", "/opportunity/followers/*", isFollower},
		{"PUT /opportunities/{id}", "/opportunity/followers/*", isFollower},
		{"GET /opportunities/search", "/opportunities/*/notes/*", isObject},
		{"GET /opportunities/search", "/opportunities/*/tasks/*", isObject},
		{"POST /opportunities/search", "/opportunities/*/calendarEvents/*", isObject},
		{"POST /opportunities/search", "/opportunities/*/followers/*", isFollower},
		{"POST /opportunities/search", "/opportunities/*/notes/*", isObject},
		{"POST /opportunities/search", "/opportunities/*/tasks/*", isObject},
		{"GET /users/", "/users/*/scopes", isScopes},
		{"GET /users/search", "/users/*/scopes", isScopes},
		{"GET /users/{userId}", "/scopes", isScopes},
		{"POST /users/", "/scopes", isScopes},
		{"POST /users/search/filter-by-email", "/users/*/scopes", isScopes},
		{"PUT /users/{userId}", "/scopes", isScopes},
	}
	for _, o := range []string{"GET /associations/{associationId}", "GET /associations/key/{key_name}", "POST /associations/", "PUT /associations/{associationId}"} {
		list = append(list, several(o, "", isText, "associationType", "firstObjectKey", "firstObjectLabel", "secondObjectKey", "secondObjectLabel")...)
	}

	// What no answer has.
	list = append(list, several("GET /companies/{companyId}", "/company", "of HighLevel's own trade with agencies; "+optional+" (§15)",
		"address", "affiliatePolicyAcceptedBy", "affiliatePolicyAcceptedDate", "affiliatePolicyVersion", "autoSuspendEnabled", "businessAffinityGroup", "businessCategory",
		"businessNiche", "cancelEnabledForClients", "city", "country", "currency", "customerType", "disableEmailService", "domain", "email", "enableDepreciatedFeatures",
		"enableNewSubAccountDefaultData", "isEnterpriseAccount", "isReselling", "isSandboxAccount", "logoUrl", "onboardingInfo", "phone", "plan", "postalCode",
		"premiumUpgraded", "privacyPolicy", "privacyPolicyAcceptedBy", "privacyPolicyAcceptedDate", "privacyPolicyVersion", "referralId", "relationshipNumber",
		"saasSettings", "spareDomain", "state", "status", "stripeConnectId", "subdomain", "termsConditions", "termsOfServiceAcceptedBy", "termsOfServiceAcceptedDate",
		"termsOfServiceVersion", "timezone", "twilioFreeCredits", "twilioTrialMode", "upgradeEnabledForClients", "website")...)
	list = append(list, several("POST /contacts/", "/contact", unseen, "attachments", "bounceEmail", "deleted", "keyword", "lastSessionActivityAt", "offers", "products", "ssn", "unsubscribeEmail", "visitorId")...)
	list = append(list, several("POST /contacts/upsert", "/contact", unseen, "attachments", "keyword", "ssn", "visitorId")...)
	list = append(list, several("GET /oauth/installedLocations", "/locations/*", "apps have no versions here; "+optional+" (§3)", "versionId")...)
	list = append(list, several("GET /oauth/installed-locations", "", "not in the shape that §2 has; "+optional, "metadata", "items/*/versionId")...)
	list = append(list, several("POST /oauth/locationToken", "", "apps have no plans and no versions here; "+optional+" (§3)", "planId", "versionId")...)
	list = append(list, several("POST /oauth/location-token", "", "apps have no plans and no versions here; "+optional+" (§3)", "planId", "versionId")...)
	list = append(list, several("POST /opportunities/", "/opportunity", "of forecasts; "+optional+" (§2)", "forecastDaysSlipped", "forecastExpectedCloseDate", "forecastLastSlippedAt",
		"forecastOriginalCloseDate", "forecastProbability", "forecastSlippageCount")...)
	return append(list,
		Deviation{"POST /contacts/", "/contact/businessId", "a new contact is of no business yet (§8.4)"},
		Deviation{"GET /oauth/installed-locations", "/pagination/estimatedTotalRecords", "totalRecords is exact; not in the shape that §2 has"},
		Deviation{"POST /oauth/token", "/planId", "apps have no plans here; " + optional + " (§3)"},
		Deviation{"POST /conversations/messages", "/forwardData", "of forwarded e-mails; " + optional + " (§12)"},
		Deviation{"POST /conversations/messages/upload", "/twilioMediaSids", "of one provider; " + optional + " (§12)"},
		Deviation{"GET /conversations/messages/{id}", "/chatWidgetId", "of HighLevel's chat widget; " + optional + " (§12)"},
		Deviation{"PUT /conversations/{conversationId}", "/conversation/userId", "assignedTo says whose it is; " + optional + " (§12)"},
		Deviation{"GET /locations/{locationId}", "/location/reseller", "of HighLevel's own trade with agencies; " + optional + " (§15)"},
		Deviation{"GET /locations/{locationId}/customFields", "/customFields/*/picklistImageOptions", "options have no pictures; " + optional + " (§16)"},
		Deviation{"POST /opportunities/", "/opportunity/externalObjectId", optional + " (§10)"},
		Deviation{"POST /opportunities/", "/opportunity/effectiveProbability", "of forecasts; " + optional + " (§2)"},
		Deviation{"POST /opportunities/search", "/stageAggregations", optional + "; not in the shape that §10 has"},
		Deviation{"POST /users/", "/roles/restrictSubAccount", "locationIds say where a user of the agency works; " + optional + " (§11)"},
		Deviation{"GET /users/", "/users/*/roles/restrictSubAccount", "locationIds say where a user of the agency works; " + optional + " (§11)"},
	)
}

// several are deviations of one operation for one reason, at some names below a
// place.
func several(operation, place, why string, names ...string) (list []Deviation) {
	for _, name := range names {
		list = append(list, Deviation{operation, place + "/" + name, why})
	}
	return list
}
