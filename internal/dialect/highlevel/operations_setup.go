package highlevel

// setUp are the operations beside the catalogue with which clients set up what
// opportunities, contacts and messages of a location refer to (contract.md §10, §15).
func setUp() []Operation {
	const (
		pipeline = "/opportunities/pipelines/{pipelineId}"
		field    = "/locations/{locationId}/customFields/{id}"
		values   = "/locations/{locationId}/customValues"
		value    = values + "/{id}"
		tags     = "/locations/{locationId}/tags"
		tag      = tags + "/{tagId}"
	)
	return []Operation{
		{"Search Opportunities by Filters", Trigger, opportunities, "POST", "/opportunities/search", "opportunities.readonly", Location, july, 200, searchOpportunities},
		{"List Lost Reasons", Trigger, opportunities, "GET", "/opportunities/lost-reason", "opportunities.readonly", Location, july, 200, listLostReasons},
		{"Get Pipeline", Trigger, opportunities, "GET", pipeline, "opportunities.readonly", Location, "v3", 200, getPipeline},
		{"Create Pipeline", Action, opportunities, "POST", "/opportunities/pipelines", "opportunities.write", Location, "v3", 201, createPipeline},
		{"Update Pipeline", Action, opportunities, "PUT", pipeline, "opportunities.write", Location, "v3", 200, updatePipeline},
		{"Delete Pipeline", Action, opportunities, "DELETE", pipeline, "opportunities.write", Location, "v3", 200, deletePipeline},

		{"Get Custom Field", Trigger, other, "GET", field, "locations/customFields.readonly", Location, july, 200, getCustomField},
		{"Create Custom Field", Action, other, "POST", "/locations/{locationId}/customFields", "locations/customFields.write", Location, july, 201, createCustomField},
		{"Update Custom Field", Action, other, "PUT", field, "locations/customFields.write", Location, july, 200, updateCustomField},
		{"Delete Custom Field", Action, other, "DELETE", field, "locations/customFields.write", Location, july, 200, deleteCustomField},
		{"List Custom Values", Trigger, other, "GET", values, "locations/customValues.readonly", Location, july, 200, listCustomValues},
		{"Get Custom Value", Trigger, other, "GET", value, "locations/customValues.readonly", Location, july, 200, getCustomValue},
		{"Create Custom Value", Action, other, "POST", values, "locations/customValues.write", Location, july, 201, createCustomValue},
		{"Update Custom Value", Action, other, "PUT", value, "locations/customValues.write", Location, july, 200, updateCustomValue},
		{"Delete Custom Value", Action, other, "DELETE", value, "locations/customValues.write", Location, july, 200, deleteCustomValue},
		{"List Tags", Trigger, other, "GET", tags, "locations/tags.readonly", Location, july, 200, listLocationTags},
		{"Get Tag", Trigger, other, "GET", tag, "locations/tags.readonly", Location, july, 200, getLocationTag},
		{"Create Tag", Action, other, "POST", tags, "locations/tags.write", Location, july, 200, createLocationTag},
		{"Update Tag", Action, other, "PUT", tag, "locations/tags.write", Location, july, 200, updateLocationTag},
		{"Delete Tag", Action, other, "DELETE", tag, "locations/tags.write", Location, july, 200, deleteLocationTag},
		{"Search Tasks", Trigger, other, "POST", "/locations/{locationId}/tasks/search", "locations/tasks.readonly", Location, july, 200, searchTasks},
		{"List Timezones", Trigger, other, "GET", "/locations/{locationId}/timezones", "locations.readonly", Location, july, 200, listTimezones},
	}
}
