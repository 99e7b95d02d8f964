package highlevel

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/association"
	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/webhook"
)

// Webhooks writes what apps are told, as HighLevel does (contract.md §19). It is
// the webhook.Vendor of HighLevel's apps.
type Webhooks struct {
	keys *webhook.Keys
	tell map[string]told
}

// NewWebhooks gives the writer, who signs with the server's keys.
func NewWebhooks(keys *webhook.Keys) Webhooks { return Webhooks{keys: keys, tell: tellers()} }

// told makes the messages of one kind of event.
type told func(ctx context.Context, tx *db.Tx, e *crm.Event) ([]webhook.Message, error)

// tellers are the events that HighLevel has a webhook for.
func tellers() map[string]told {
	return map[string]told{
		"app.installed": toldOfApp("INSTALL"), "app.uninstalled": toldOfApp("UNINSTALL"),
		"contact.created": toldOfContact, "contact.updated": toldOfContact, "contact.merged": toldOfContact, "contact.unmerged": toldOfContact, "contact.restored": toldOfContact, "contact.deleted": toldOfContact,
		"note.created": toldOfNote("NoteCreate"), "note.updated": toldOfNote("NoteUpdate"), "note.deleted": toldOfNote("NoteDelete"),
		"task.created": toldOfTask("TaskCreate"), "task.completed": toldOfTask("TaskComplete"), "task.deleted": toldOfTask("TaskDelete"),
		"appointment.created": toldOfAppointment("AppointmentCreate"), "appointment.updated": toldOfAppointment("AppointmentUpdate"),
		"appointment.status": toldOfAppointment("AppointmentUpdate"), "appointment.deleted": toldOfAppointment("AppointmentDelete"),
		"opportunity.created": toldOfOpportunity, "opportunity.updated": toldOfOpportunity, "opportunity.deleted": toldOfOpportunity,
		"message.inbound": toldOfMessage("InboundMessage"), "message.outbound": toldOfMessage("OutboundMessage"),
		"conversation.unread": toldOfConversation,
		"association.created": toldOfAssociation("AssociationCreate"), "association.updated": toldOfAssociation("AssociationUpdate"), "association.deleted": toldOfAssociation("AssociationDelete"),
		"relation.created": toldOfRelation("RelationCreate"), "relation.deleted": toldOfRelation("RelationDelete"),
		"location.created": toldOfLocation("LocationCreate"), "location.updated": toldOfLocation("LocationUpdate"),
		"user.created": toldOfUser("UserCreate"), "user.updated": toldOfUser("UserUpdate"), "user.deleted": toldOfUser("UserDelete"),
		"campaign.enrolled": toldOfCampaign, "campaign.removed": toldOfCampaign,
	}
}

// Messages gives what an event is told as: none for what HighLevel has no word for,
// and for what is no longer there.
func (w Webhooks) Messages(ctx context.Context, tx *db.Tx, e *crm.Event) ([]webhook.Message, error) {
	tell := w.tell[e.Type]
	if tell == nil {
		return nil, nil
	}
	list, err := tell(ctx, tx, e)
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	return list, err
}

// Seal adds the envelope, flat beside the rest (contract.md §19.1).
func (w Webhooks) Seal(m webhook.Message, e *crm.Event, clientID, message string) ([]byte, error) {
	app, _, _ := strings.Cut(clientID, "-")
	body := map[string]any{"type": m.Type, "locationId": e.LocationID, "appId": app, "versionId": app, "timestamp": moment(e.At()), "webhookId": message}
	maps.Copy(body, m.Body)
	return json.Marshal(body)
}

// Sign signs a body with both keys (contract.md §19.2).
func (w Webhooks) Sign(ctx context.Context, body []byte) (http.Header, error) {
	old, err := w.keys.RSA(ctx, body)
	if err != nil {
		return nil, err
	}
	return http.Header{"X-Ghl-Signature": {w.keys.Ed25519(body)}, "X-Wh-Signature": {old}}, nil
}

// Last reports whether a type is the farewell of an app that was shown out.
func (w Webhooks) Last(typ string) bool { return typ == "UNINSTALL" }

// one is a single message.
func one(typ, scope string, body fields) []webhook.Message {
	return []webhook.Message{{Type: typ, Scope: scope, Body: body}}
}

// recordOf gives what an event is about: what was deleted as it was, anything else
// as find finds it.
func recordOf[T any](e *crm.Event, find func() (*T, error)) (*T, error) {
	if !strings.HasSuffix(e.Type, ".deleted") {
		return find()
	}
	if len(e.Data.Was) == 0 {
		return nil, errs.New(errs.NotFound, "nothing was kept of what was deleted")
	}
	v := new(T)
	return v, json.Unmarshal(e.Data.Was, v)
}

func toldOfApp(typ string) told {
	return func(ctx context.Context, tx *db.Tx, e *crm.Event) ([]webhook.Message, error) {
		l, err := crm.LocationByID(ctx, tx, e.LocationID)
		if err != nil {
			return nil, err
		}
		body := fields{"companyId": l.CompanyID}
		if typ == "INSTALL" {
			company, err := crm.CompanyByID(ctx, tx, l.CompanyID)
			if err != nil {
				return nil, err
			}
			maps.Copy(body, fields{"userId": e.UserID, "planId": "", "trial": fields{"onTrial": false}, "isWhitelabelCompany": false, "whitelabelDetails": fields{}, "companyName": company.Name})
		}
		return one(typ, "", body), nil
	}
}

const readsContacts = "contacts.readonly"

// toldOfContact tells of a contact. A change of tags or of do-not-disturb has a
// word of its own, beside that of a change of anything else.
func toldOfContact(ctx context.Context, tx *db.Tx, e *crm.Event) ([]webhook.Message, error) {
	c, err := recordOf(e, func() (*crm.Contact, error) { return crm.ContactByID(ctx, tx, e.LocationID, e.ContactID) })
	if err != nil {
		return nil, err
	}
	body := toldContact(c)
	switch e.Type {
	case "contact.created":
		return one("ContactCreate", readsContacts, body), nil
	case "contact.deleted":
		return one("ContactDelete", readsContacts, body), nil
	}
	var list []webhook.Message
	var tags, dnd bool
	other := len(e.Data.Changes) == 0
	for _, ch := range e.Data.Changes {
		switch {
		case ch.Field == "tags":
			tags = true
		case strings.HasPrefix(ch.Field, "dnd"):
			dnd = true
		default:
			other = true
		}
	}
	if other {
		list = append(list, one("ContactUpdate", readsContacts, body)...)
	}
	if tags {
		list = append(list, one("ContactTagUpdate", readsContacts, body)...)
	}
	if dnd {
		with := maps.Clone(body)
		with["dndSettings"] = c.Details.DNDSettings
		list = append(list, one("ContactDndUpdate", readsContacts, with)...)
	}
	return list, nil
}

func toldContact(c *crm.Contact) fields {
	v := viewContact(c)
	born := v.DateOfBirth
	if born != "" {
		born += "T00:00:00.000Z"
	}
	return fields{"id": v.ID, "address1": v.Address1, "city": v.City, "state": v.State, "companyName": v.CompanyName, "country": v.Country, "source": v.Source, "dateAdded": v.DateAdded,
		"dateOfBirth": born, "dnd": v.DND, "email": v.Email, "name": v.Name, "firstName": v.FirstName, "lastName": v.LastName, "phone": v.Phone, "phoneLabel": v.PhoneLabel, "postalCode": v.PostalCode,
		"tags": v.Tags, "website": v.Website, "attachments": []any{}, "assignedTo": v.AssignedTo, "customFields": v.CustomFields}
}

func toldOfNote(typ string) told {
	return func(ctx context.Context, tx *db.Tx, e *crm.Event) ([]webhook.Message, error) {
		n, err := recordOf(e, func() (*crm.Note, error) { return crm.NoteByID(ctx, tx, e.LocationID, e.ContactID, e.ObjectID) })
		if err != nil {
			return nil, err
		}
		return one(typ, readsContacts, fields{"id": n.ID, "body": n.Body, "contactId": n.ContactID, "dateAdded": moment(n.CreatedAt)}), nil
	}
}

func toldOfTask(typ string) told {
	return func(ctx context.Context, tx *db.Tx, e *crm.Event) ([]webhook.Message, error) {
		t, err := recordOf(e, func() (*crm.Task, error) { return crm.TaskByID(ctx, tx, e.LocationID, e.ContactID, e.ObjectID) })
		if err != nil {
			return nil, err
		}
		return one(typ, readsContacts, fields{"id": t.ID, "assignedTo": t.AssignedTo, "body": t.Body, "contactId": t.ContactID, "title": t.Title, "dateAdded": moment(t.CreatedAt), "dueDate": moment(t.DueAt)}), nil
	}
}

// toldOfAppointment tells of an appointment, unless whoever made it asked for
// silence (toNotify, contract.md §9.1).
func toldOfAppointment(typ string) told {
	return func(ctx context.Context, tx *db.Tx, e *crm.Event) ([]webhook.Message, error) {
		if e.Data.Kind == "quiet" {
			return nil, nil
		}
		a, err := recordOf(e, func() (*calendar.Appointment, error) {
			return calendar.AppointmentByID(ctx, tx, e.LocationID, e.ObjectID)
		})
		if err != nil {
			return nil, err
		}
		l, err := crm.LocationByID(ctx, tx, e.LocationID)
		if err != nil {
			return nil, err
		}
		group := ""
		if c, err := calendar.ByID(ctx, tx, e.LocationID, a.CalendarID); err == nil {
			group = c.GroupID
		} else if !errs.Is(err, errs.NotFound) {
			return nil, err
		}
		zone, err := time.LoadLocation(l.Timezone)
		if err != nil {
			zone = time.UTC
		}
		v := viewEvent(a, group, zone)
		return one(typ, "calendars/events.readonly", fields{"appointment": fields{"id": v.ID, "address": v.Address, "title": v.Title, "calendarId": v.CalendarID, "contactId": v.ContactID, "groupId": v.GroupID,
			"appointmentStatus": v.AppointmentStatus, "assignedUserId": v.AssignedUserID, "users": v.Users, "notes": v.Notes, "source": a.Source, "startTime": v.StartTime, "endTime": v.EndTime,
			"dateAdded": v.DateAdded, "dateUpdated": v.DateUpdated}}), nil
	}
}

// toldOfOpportunity tells of an opportunity: a change of some fields has a word of
// its own beside that of the change.
func toldOfOpportunity(ctx context.Context, tx *db.Tx, e *crm.Event) ([]webhook.Message, error) {
	o, err := recordOf(e, func() (*crm.Opportunity, error) { return crm.OpportunityByID(ctx, tx, e.LocationID, e.ObjectID) })
	if err != nil {
		return nil, err
	}
	const scope = "opportunities.readonly"
	body := fields{"id": o.ID, "assignedTo": o.AssignedTo, "contactId": o.ContactID, "monetaryValue": o.MonetaryValue, "name": o.Name, "pipelineId": o.PipelineID, "pipelineStageId": o.StageID,
		"source": o.Source, "status": o.Status, "dateAdded": moment(o.CreatedAt)}
	switch e.Type {
	case "opportunity.created":
		return one("OpportunityCreate", scope, body), nil
	case "opportunity.deleted":
		return one("OpportunityDelete", scope, body), nil
	}
	list := one("OpportunityUpdate", scope, body)
	for field, typ := range map[string]string{"status": "OpportunityStatusUpdate", "pipelineStageId": "OpportunityStageUpdate", "monetaryValue": "OpportunityMonetaryValueUpdate", "assignedTo": "OpportunityAssignedToUpdate"} {
		if slices.ContainsFunc(e.Data.Changes, func(c crm.Change) bool { return c.Field == field }) {
			list = append(list, one(typ, scope, body)...)
		}
	}
	return list, nil
}

func toldOfMessage(typ string) told {
	return func(ctx context.Context, tx *db.Tx, e *crm.Event) ([]webhook.Message, error) {
		m, err := conversation.MessageByID(ctx, tx, e.LocationID, e.ObjectID)
		if err != nil {
			return nil, err
		}
		body := fields{"attachments": append([]string{}, m.Attachments...), "body": m.Body, "contactId": m.ContactID, "contentType": m.ContentType, "conversationId": m.ConversationID, "dateAdded": moment(m.CreatedAt),
			"direction": m.Direction, "messageType": strings.TrimPrefix(m.Type, "TYPE_"), "status": m.Status, "messageId": m.ID, "userId": m.UserID, "conversationProviderId": m.ProviderID}
		if typ == "OutboundMessage" {
			body["source"] = m.Source
		}
		if m.Details.CallStatus != "" || m.Details.Duration > 0 {
			body["callDuration"], body["callStatus"] = m.Details.Duration, m.Details.CallStatus
		}
		if m.EmailID != "" {
			mail, err := conversation.EmailByID(ctx, tx, e.LocationID, m.EmailID)
			if err != nil {
				return nil, err
			}
			maps.Copy(body, fields{"body": mail.Body(), "emailMessageId": mail.ID, "threadId": mail.ThreadID, "provider": "", "from": mail.From, "to": mail.Recipients.To, "cc": mail.Recipients.Cc, "bcc": mail.Recipients.Bcc, "subject": mail.Subject})
		}
		return one(typ, "conversations/message.readonly", body), nil
	}
}

func toldOfConversation(ctx context.Context, tx *db.Tx, e *crm.Event) ([]webhook.Message, error) {
	c, err := conversation.ByID(ctx, tx, e.LocationID, e.ObjectID)
	if err != nil {
		return nil, err
	}
	return one("ConversationUnreadUpdate", "conversations.readonly", fields{"id": c.ID, "contactId": c.ContactID, "unreadCount": c.UnreadCount, "inbox": c.Inbox, "starred": c.Starred, "deleted": false}), nil
}

func toldOfAssociation(typ string) told {
	return func(ctx context.Context, tx *db.Tx, e *crm.Event) ([]webhook.Message, error) {
		a, err := recordOf(e, func() (*association.Association, error) { return association.ByID(ctx, tx, e.LocationID, e.ObjectID) })
		if err != nil {
			return nil, err
		}
		return one(typ, "associations.readonly", fields{"id": a.ID, "associationType": a.Type, "firstObjectKey": a.FirstKey, "firstObjectLabel": a.FirstLabel, "firstObjectToSecondObjectCardinality": a.Cardinality,
			"secondObjectKey": a.SecondKey, "secondObjectLabel": a.SecondLabel, "secondObjectToFirstObjectCardinality": association.Mirror(a.Cardinality), "key": a.Key}), nil
	}
}

func toldOfRelation(typ string) told {
	return func(ctx context.Context, tx *db.Tx, e *crm.Event) ([]webhook.Message, error) {
		r, err := recordOf(e, func() (*association.Relation, error) {
			return association.RelationByID(ctx, tx, e.LocationID, e.ObjectID)
		})
		if err != nil {
			return nil, err
		}
		a, err := association.ByID(ctx, tx, e.LocationID, r.AssociationID)
		if err != nil {
			return nil, err
		}
		return one(typ, "associations/relation.readonly", fields{"id": r.ID, "firstObjectKey": a.FirstKey, "firstRecordId": r.FirstID, "secondObjectKey": a.SecondKey, "secondRecordId": r.SecondID, "associationId": a.ID}), nil
	}
}

func toldOfLocation(typ string) told {
	return func(ctx context.Context, tx *db.Tx, e *crm.Event) ([]webhook.Message, error) {
		l, err := crm.LocationByID(ctx, tx, e.LocationID)
		if err != nil {
			return nil, err
		}
		return one(typ, "locations.readonly", fields{"id": l.ID, "name": l.Name, "email": l.Profile.Email, "stripeProductId": "", "companyId": l.CompanyID}), nil
	}
}

func toldOfUser(typ string) told {
	return func(ctx context.Context, tx *db.Tx, e *crm.Event) ([]webhook.Message, error) {
		u, err := crm.UserByID(ctx, tx, e.ObjectID)
		if err != nil {
			return nil, err
		}
		return one(typ, "users.readonly", fields{"id": u.ID, "companyId": u.CompanyID, "firstName": u.FirstName, "lastName": u.LastName, "email": u.Email, "phone": u.Phone, "extension": u.Profile.Extension,
			"role": u.Role, "permissions": u.Permissions(), "scopes": append([]string{}, u.Profile.Scopes...), "locations": []string{e.LocationID}}), nil
	}
}

// toldOfCampaign tells where a contact stands in a campaign.
func toldOfCampaign(_ context.Context, _ *db.Tx, e *crm.Event) ([]webhook.Message, error) {
	status := "active"
	if e.Type == "campaign.removed" {
		status = "removed"
	}
	return one("CampaignStatusUpdate", "campaigns.readonly", fields{"id": e.Data.Kind, "contactId": e.ContactID, "status": status, "templateId": "", "replied": false, "dateAdded": moment(e.At())}), nil
}

// WebhookTypes lists the types of events that apps can be told of.
func WebhookTypes() []string {
	return []string{"INSTALL", "UNINSTALL", "AppointmentCreate", "AppointmentDelete", "AppointmentUpdate", "AssociationCreate", "AssociationDelete", "AssociationUpdate", "CampaignStatusUpdate",
		"ContactCreate", "ContactDelete", "ContactDndUpdate", "ContactTagUpdate", "ContactUpdate", "ConversationUnreadUpdate", "InboundMessage", "LocationCreate", "LocationUpdate", "NoteCreate", "NoteDelete", "NoteUpdate",
		"OpportunityAssignedToUpdate", "OpportunityCreate", "OpportunityDelete", "OpportunityMonetaryValueUpdate", "OpportunityStageUpdate", "OpportunityStatusUpdate", "OpportunityUpdate", "OutboundMessage",
		"RelationCreate", "RelationDelete", "TaskComplete", "TaskCreate", "TaskDelete", "UserCreate", "UserDelete", "UserUpdate"}
}
