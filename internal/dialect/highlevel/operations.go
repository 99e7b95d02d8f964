package highlevel

import "slices"

// The categories of the catalogue.
const (
	contacts      = "Contacts"
	calendars     = "Calendars & Appointments"
	opportunities = "Opportunities"
	users         = "Users"
	conversations = "Conversations & Messages"
	businesses    = "Businesses"
	workflows     = "Workflows & Campaigns"
	other         = "Other Operations"
)

// The versions that HighLevel documents its operations under. Every published
// one is accepted on every path (contract.md §2).
const (
	july  = "2021-07-28"
	april = "2021-04-15"
)

// Operations gives the table of operations: all of the catalogue, and what
// clients use beside it. It drives the routes, the scopes and the documents. A
// row without a handler is still to come, and is not routed.
func Operations() []Operation {
	return slices.Concat(Catalogue(), setUp(), conversationOperations(), calendarOperations())
}

// Catalogue gives the operations of HighLevel's catalogue, and the two that
// change and delete a location.
func Catalogue() []Operation {
	return []Operation{
		{"Get Contact", Trigger, contacts, "GET", "/contacts/{contactId}", "contacts.readonly", Location, july, 200, getContact},
		{"Search Contacts", Trigger, contacts, "POST", "/contacts/search", "contacts.readonly", Location, july, 200, searchContacts},
		{"Get Contacts by Business", Trigger, contacts, "GET", "/contacts/business/{businessId}", "contacts.readonly", Location, july, 200, listContactsOfBusiness},
		{"Get Duplicate Contact", Trigger, contacts, "GET", "/contacts/search/duplicate", "contacts.readonly", Location, july, 200, getDuplicate},
		{"Get Contact Appointments", Trigger, contacts, "GET", "/contacts/{contactId}/appointments", "contacts.readonly", Location, july, 200, contactAppointments},
		{"Get Contact Tasks", Trigger, contacts, "GET", "/contacts/{contactId}/tasks", "contacts.readonly", Location, july, 200, listTasks},
		{"Get Contact Task by ID", Trigger, contacts, "GET", "/contacts/{contactId}/tasks/{taskId}", "contacts.readonly", Location, july, 200, getTask},
		{"Get Contact Notes", Trigger, contacts, "GET", "/contacts/{contactId}/notes", "contacts.readonly", Location, july, 200, listNotes},
		{"Get Contact Note by ID", Trigger, contacts, "GET", "/contacts/{contactId}/notes/{id}", "contacts.readonly", Location, july, 200, getNote},
		{"List Contacts (Deprecated)", Trigger, contacts, "GET", "/contacts/", "contacts.readonly", Location, july, 200, listContacts},
		{"Create Contact", Action, contacts, "POST", "/contacts/", "contacts.write", Location, july, 201, createContact},
		{"Update Contact", Action, contacts, "PUT", "/contacts/{contactId}", "contacts.write", Location, july, 200, updateContact},
		{"Find Contact", Action, contacts, "POST", "/contacts/search", "contacts.readonly", Location, july, 200, searchContacts},
		{"Delete Contact", Action, contacts, "DELETE", "/contacts/{contactId}", "contacts.write", Location, july, 200, deleteContact},
		{"Upsert Contact", Action, contacts, "POST", "/contacts/upsert", "contacts.write", Location, july, 200, upsertContact},
		{"Add Tags to Contact", Action, contacts, "POST", "/contacts/{contactId}/tags", "contacts.write", Location, july, 201, addTags},
		{"Remove Tags from Contact", Action, contacts, "DELETE", "/contacts/{contactId}/tags", "contacts.write", Location, july, 200, removeTags},
		{"Bulk Update Contact Tags", Action, contacts, "POST", "/contacts/bulk/tags/update/{type}", "contacts.write", Location, july, 201, bulkTags},
		{"Create Contact Task", Action, contacts, "POST", "/contacts/{contactId}/tasks", "contacts.write", Location, july, 201, createTask},
		{"Update Contact Task", Action, contacts, "PUT", "/contacts/{contactId}/tasks/{taskId}", "contacts.write", Location, july, 200, updateTask},
		{"Complete Contact Task", Action, contacts, "PUT", "/contacts/{contactId}/tasks/{taskId}/completed", "contacts.write", Location, july, 200, completeTask},
		{"Delete Contact Task", Action, contacts, "DELETE", "/contacts/{contactId}/tasks/{taskId}", "contacts.write", Location, july, 200, deleteTask},
		{"Create Contact Note", Action, contacts, "POST", "/contacts/{contactId}/notes", "contacts.write", Location, july, 201, createNote},
		{"Update Contact Note", Action, contacts, "PUT", "/contacts/{contactId}/notes/{id}", "contacts.write", Location, july, 200, updateNote},
		{"Delete Contact Note", Action, contacts, "DELETE", "/contacts/{contactId}/notes/{id}", "contacts.write", Location, july, 200, deleteNote},
		{"Add Contact to Campaign", Action, contacts, "POST", "/contacts/{contactId}/campaigns/{campaignId}", "contacts.write", Location, july, 201, addToCampaign},
		{"Remove from Campaign", Action, contacts, "DELETE", "/contacts/{contactId}/campaigns/{campaignId}", "contacts.write", Location, july, 200, removeFromCampaign},
		{"Remove from All Campaigns", Action, contacts, "DELETE", "/contacts/{contactId}/campaigns/removeAll", "contacts.write", Location, july, 200, removeFromCampaigns},

		{"List Calendar Groups", Trigger, calendars, "GET", "/calendars/groups", "calendars/groups.readonly", Location, april, 200, listGroups},
		{"List Calendars", Trigger, calendars, "GET", "/calendars/", "calendars.readonly", Location, april, 200, listCalendars},
		{"Get Calendar by ID", Trigger, calendars, "GET", "/calendars/{calendarId}", "calendars.readonly", Location, april, 200, getCalendar},
		{"Get Free Slots", Trigger, calendars, "GET", "/calendars/{calendarId}/free-slots", "calendars.readonly", Location, april, 200, freeSlots},
		{"List Calendar Events", Trigger, calendars, "GET", "/calendars/events", "calendars/events.readonly", Location, april, 200, listEvents},
		{"List Blocked Slots", Trigger, calendars, "GET", "/calendars/blocked-slots", "calendars/events.readonly", Location, april, 200, listBlocks},
		{"Get Appointment", Trigger, calendars, "GET", "/calendars/events/appointments/{eventId}", "calendars/events.readonly", Location, april, 200, getAppointment},
		{"List Appointment Notes", Trigger, calendars, "GET", "/calendars/appointments/{appointmentId}/notes", "calendars/events.readonly", Location, april, 200, listAppointmentNotes},
		{"List Calendar Notifications", Trigger, calendars, "GET", "/calendars/{calendarId}/notifications", "calendars/events.readonly", Location, april, 200, listNotifications},
		{"Get Calendar Notification", Trigger, calendars, "GET", "/calendars/{calendarId}/notifications/{notificationId}", "calendars/events.readonly", Location, april, 200, getNotification},
		{"List Calendar Resources", Trigger, calendars, "GET", "/calendars/resources/{resourceType}", "calendars/resources.readonly", Location, april, 200, listResources},
		{"Get Calendar Resource", Trigger, calendars, "GET", "/calendars/resources/{resourceType}/{id}", "calendars/resources.readonly", Location, april, 200, getResource},
		{"Create Calendar Group", Action, calendars, "POST", "/calendars/groups", "calendars/groups.write", Location, april, 201, createGroup},
		{"Update Calendar Group", Action, calendars, "PUT", "/calendars/groups/{groupId}", "calendars/groups.write", Location, april, 200, updateGroup},
		{"Update Group Status", Action, calendars, "PUT", "/calendars/groups/{groupId}/status", "calendars/groups.write", Location, april, 200, updateGroupStatus},
		{"Delete Calendar Group", Action, calendars, "DELETE", "/calendars/groups/{groupId}", "calendars/groups.write", Location, april, 200, deleteGroup},
		{"Validate Group Slug", Action, calendars, "POST", "/calendars/groups/validate-slug", "calendars/groups.write", Location, april, 200, validateSlug},
		{"Create Calendar", Action, calendars, "POST", "/calendars/", "calendars.write", Location, april, 200, createCalendar},
		{"Update Calendar", Action, calendars, "PUT", "/calendars/{calendarId}", "calendars.write", Location, april, 200, updateCalendar},
		{"Delete Calendar", Action, calendars, "DELETE", "/calendars/{calendarId}", "calendars.write", Location, april, 200, deleteCalendar},
		{"Create Appointment", Action, calendars, "POST", "/calendars/events/appointments", "calendars/events.write", Location, april, 200, createAppointment},
		{"Update Appointment", Action, calendars, "PUT", "/calendars/events/appointments/{eventId}", "calendars/events.write", Location, april, 200, updateAppointment},
		{"Delete Event", Action, calendars, "DELETE", "/calendars/events/{eventId}", "calendars/events.write", Location, april, 201, deleteEvent},
		{"Create Block Slot", Action, calendars, "POST", "/calendars/events/block-slots", "calendars/events.write", Location, april, 201, createBlock},
		{"Update Block Slot", Action, calendars, "PUT", "/calendars/events/block-slots/{eventId}", "calendars/events.write", Location, april, 201, updateBlock},
		{"Create Appointment Note", Action, calendars, "POST", "/calendars/appointments/{appointmentId}/notes", "calendars/events.write", Location, april, 201, createAppointmentNote},
		{"Update Appointment Note", Action, calendars, "PUT", "/calendars/appointments/{appointmentId}/notes/{noteId}", "calendars/events.write", Location, april, 200, updateAppointmentNote},
		{"Delete Appointment Note", Action, calendars, "DELETE", "/calendars/appointments/{appointmentId}/notes/{noteId}", "calendars/events.write", Location, april, 200, deleteAppointmentNote},
		{"Create Calendar Notification", Action, calendars, "POST", "/calendars/{calendarId}/notifications", "calendars/events.write", Location, april, 200, createNotifications},
		{"Update Notification", Action, calendars, "PUT", "/calendars/{calendarId}/notifications/{notificationId}", "calendars/events.write", Location, april, 200, updateNotification},
		{"Delete Notification", Action, calendars, "DELETE", "/calendars/{calendarId}/notifications/{notificationId}", "calendars/events.write", Location, april, 200, deleteNotification},
		{"Create Calendar Resource", Action, calendars, "POST", "/calendars/resources/{resourceType}", "calendars/resources.write", Location, april, 201, createResource},
		{"Update Calendar Resource", Action, calendars, "PUT", "/calendars/resources/{resourceType}/{id}", "calendars/resources.write", Location, april, 200, updateResource},
		{"Delete Calendar Resource", Action, calendars, "DELETE", "/calendars/resources/{resourceType}/{id}", "calendars/resources.write", Location, april, 200, deleteResource},

		{"Search Opportunities", Trigger, opportunities, "GET", "/opportunities/search", "opportunities.readonly", Location, july, 200, findOpportunities},
		{"Get Opportunity", Trigger, opportunities, "GET", "/opportunities/{id}", "opportunities.readonly", Location, july, 200, getOpportunity},
		{"List Pipelines", Trigger, opportunities, "GET", "/opportunities/pipelines", "opportunities.readonly", Location, july, 200, listPipelines},
		{"Create Opportunity", Action, opportunities, "POST", "/opportunities/", "opportunities.write", Location, july, 201, createOpportunity},
		{"Update Opportunity", Action, opportunities, "PUT", "/opportunities/{id}", "opportunities.write", Location, july, 200, updateOpportunity},
		{"Delete Opportunity", Action, opportunities, "DELETE", "/opportunities/{id}", "opportunities.write", Location, july, 200, deleteOpportunity},
		{"Update Opportunity Status", Action, opportunities, "PUT", "/opportunities/{id}/status", "opportunities.write", Location, july, 200, updateOpportunityStatus},
		{"Upsert Opportunity", Action, opportunities, "POST", "/opportunities/upsert", "opportunities.write", Location, july, 200, upsertOpportunity},
		{"Add Followers", Action, opportunities, "POST", "/opportunities/{id}/followers", "opportunities.write", Location, july, 201, followOpportunity},
		{"Remove Followers", Action, opportunities, "DELETE", "/opportunities/{id}/followers", "opportunities.write", Location, july, 200, unfollowOpportunity},

		{"Search Users", Trigger, users, "GET", "/users/search", "users.readonly", AnyToken, july, 200, searchUsers},
		{"Filter Users by Email", Trigger, users, "POST", "/users/search/filter-by-email", "users.readonly", Agency, july, 200, filterUsers},
		{"Get User", Trigger, users, "GET", "/users/{userId}", "users.readonly", AnyToken, july, 200, getUser},
		{"List Users by Location", Trigger, users, "GET", "/users/", "users.readonly", Location, july, 200, listUsers},
		{"Create User", Action, users, "POST", "/users/", "users.write", AnyToken, july, 201, createUser},
		{"Update User", Action, users, "PUT", "/users/{userId}", "users.write", AnyToken, july, 200, updateUser},
		{"Delete User", Action, users, "DELETE", "/users/{userId}", "users.write", AnyToken, july, 200, deleteUser},

		{"Search Conversations", Trigger, conversations, "GET", "/conversations/search", "conversations.readonly", Location, april, 200, searchConversations},
		{"Get Conversation", Trigger, conversations, "GET", "/conversations/{conversationId}", "conversations.readonly", Location, april, 200, getConversation},
		{"Get Email by ID", Trigger, conversations, "GET", "/conversations/messages/email/{id}", "conversations/message.readonly", Location, "", 200, getEmail},
		{"Get Message by ID", Trigger, conversations, "GET", "/conversations/messages/{id}", "conversations/message.readonly", Location, april, 200, getMessage},
		{"Get Messages by Conversation", Trigger, conversations, "GET", "/conversations/{conversationId}/messages", "conversations/message.readonly", Location, april, 200, listMessages},
		{"Get Message Recording", Trigger, conversations, "GET", "/conversations/messages/{messageId}/locations/{locationId}/recording", "conversations/message.readonly", Location, april, 200, getRecording},
		{"Get Message Transcription", Trigger, conversations, "GET", "/conversations/locations/{locationId}/messages/{messageId}/transcription", "conversations/message.readonly", Location, april, 200, getTranscription},
		{"Download Transcription", Trigger, conversations, "GET", "/conversations/locations/{locationId}/messages/{messageId}/transcription/download", "conversations/message.readonly", Location, april, 200, downloadTranscription},
		{"Update Message Status", Action, conversations, "PUT", "/conversations/messages/{messageId}/status", "conversations/message.write", Location, april, 200, updateMessageStatus},
		{"Agent Typing Indicator", Action, conversations, "POST", "/conversations/providers/live-chat/typing", "conversations/livechat.write", Location, april, 201, showTyping},

		{"Get Business", Trigger, businesses, "GET", "/businesses/{businessId}", "businesses.readonly", Location, july, 200, getBusiness},
		{"List Businesses by Location", Trigger, businesses, "GET", "/businesses/", "businesses.readonly", Location, july, 200, listBusinesses},
		{"Create Business", Action, businesses, "POST", "/businesses/", "businesses.write", Location, july, 201, createBusiness},
		{"Update Business", Action, businesses, "PUT", "/businesses/{businessId}", "businesses.write", Location, july, 200, updateBusiness},
		{"Delete Business", Action, businesses, "DELETE", "/businesses/{businessId}", "businesses.write", Location, july, 200, deleteBusiness},

		{"List Workflows", Trigger, workflows, "GET", "/workflows/", "workflows.readonly", Location, july, 200, listWorkflows},
		{"List Snapshots", Trigger, workflows, "GET", "/snapshots/", "snapshots.readonly", Agency, july, 200, listSnapshots},
		{"List Campaigns", Trigger, workflows, "GET", "/campaigns/", "campaigns.readonly", Location, july, 200, listCampaigns},
		{"Add Contact to Workflow", Action, workflows, "POST", "/contacts/{contactId}/workflow/{workflowId}", "contacts.write", Location, july, 200, addToWorkflow},
		{"Remove from Workflow", Action, workflows, "DELETE", "/contacts/{contactId}/workflow/{workflowId}", "contacts.write", Location, july, 200, removeFromWorkflow},
		{"Add Contact Followers", Action, workflows, "POST", "/contacts/{contactId}/followers", "contacts.write", Location, july, 201, followContact},
		{"Remove Contact Followers", Action, workflows, "DELETE", "/contacts/{contactId}/followers", "contacts.write", Location, july, 200, unfollowContact},
		{"Bulk Business Update", Action, workflows, "POST", "/contacts/bulk/business", "contacts.write", Location, july, 200, bulkBusiness},

		{"List Locations", Trigger, other, "GET", "/locations/search", "locations.readonly", AnyToken, july, 200, searchLocations},
		{"List Custom Fields", Trigger, other, "GET", "/locations/{locationId}/customFields", "locations/customFields.readonly", Location, july, 200, listCustomFields},
		{"Get Company", Trigger, other, "GET", "/companies/{companyId}", "companies.readonly", Agency, july, 200, getCompany},
		{"Find Associations", Trigger, other, "GET", "/associations/", "associations.readonly", Location, july, 200, listAssociations},
		{"Get Association", Trigger, other, "GET", "/associations/{associationId}", "associations.readonly", Location, july, 200, getAssociation},
		{"Get Association Key", Trigger, other, "GET", "/associations/key/{key_name}", "associations.readonly", Location, july, 200, getAssociationByKey},
		{"Get Association by Keys", Trigger, other, "GET", "/associations/objectKey/{objectKey}", "associations.readonly", Location, july, 200, listAssociationsOf},
		{"Get Relations by Record", Trigger, other, "GET", "/associations/relations/{recordId}", "associations/relation.readonly", Location, july, 200, listRelations},
		{"Check Blog URL Slug", Trigger, other, "GET", "/blogs/posts/url-slug-exists", "blogs/check-slug.readonly", Location, july, 200, checkBlogSlug},
		{"Get Blog Authors", Trigger, other, "GET", "/blogs/authors", "blogs/author.readonly", Location, july, 200, listBlogAuthors},
		{"Get Blog Categories", Trigger, other, "GET", "/blogs/categories", "blogs/category.readonly", Location, july, 200, listBlogCategories},
		{"Get Blog Posts", Trigger, other, "GET", "/blogs/posts/all", "blogs/posts.readonly", Location, july, 200, listBlogPosts},
		{"Get Blogs by Location", Trigger, other, "GET", "/blogs/site/all", "blogs/list.readonly", Location, july, 200, listBlogs},
		{"Find Location by ID", Action, other, "GET", "/locations/{locationId}", "locations.readonly", AnyToken, july, 200, getLocation},
		{"Create Location", Action, other, "POST", "/locations/", "locations.write", Agency, july, 200, createLocation},
		{"Update Location", Action, other, "PUT", "/locations/{locationId}", "locations.write", Agency, july, 200, updateLocation},
		{"Delete Location", Action, other, "DELETE", "/locations/{locationId}", "locations.write", Agency, july, 200, deleteLocation},
		{"Create Association", Action, other, "POST", "/associations/", "associations.write", Location, july, 201, createAssociation},
		{"Update Association", Action, other, "PUT", "/associations/{associationId}", "associations.write", Location, july, 200, updateAssociation},
		{"Delete Association", Action, other, "DELETE", "/associations/{associationId}", "associations.write", Location, july, 200, deleteAssociation},
		{"Create Relation", Action, other, "POST", "/associations/relations", "associations/relation.write", Location, july, 201, createRelation},
		{"Delete Relation", Action, other, "DELETE", "/associations/relations/{relationId}", "associations/relation.write", Location, july, 200, deleteRelation},
		{"Create Blog Post", Action, other, "POST", "/blogs/posts", "blogs/post.write", Location, july, 200, createBlogPost},
		{"Update Blog Post", Action, other, "PUT", "/blogs/posts/{postId}", "blogs/post-update.write", Location, july, 200, updateBlogPost},
	}
}
