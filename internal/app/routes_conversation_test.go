package app_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/association"
	"github.com/foyer-crm/foyer/internal/blog"
	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/id"
	"github.com/foyer-crm/foyer/internal/snapshot"
	"github.com/foyer-crm/foyer/internal/workflow"
)

// conversationThings are the names of the ids of what ownConversation makes.
var conversationThings = []string{"friend", "conversation", "later", "laterEmail", "call", "mail", "emailMessage", "file", "flow", "campaign", "association", "relation", "blog", "author", "category", "post"}

// conversationNames are those of the ids and of what else it makes.
var conversationNames = append([]string{"associationKey", "postSlug"}, conversationThings...)

// ownConversation makes a contact's conversation and what else HighLevel's other
// families have, one of each; what it says of itself has the tenant's canary in
// it.
func (x *tenant) ownConversation(ctx context.Context, tx *db.Tx, o owned) error {
	friend, err := crm.SaveContact(ctx, tx, x.actor, crm.Save{Input: crm.Input{Contact: crm.Contact{FirstName: x.canary, LastName: "Friend", AssignedTo: x.actor.UserID}}})
	if err != nil {
		return err
	}
	talk, _, err := conversation.Open(ctx, tx, x.actor, o["contact"], "")
	if err != nil {
		return err
	}
	file, err := conversation.AddFile(ctx, tx, x.actor, conversation.Upload{ConversationID: talk.ID, Name: x.canary + ".wav", ContentType: "audio/wav", Content: []byte("RIFF" + x.canary)})
	if err != nil {
		return err
	}
	call, err := conversation.ReceiveMessage(ctx, tx, x.actor, conversation.Receive{Channel: "Call", Direction: conversation.Inbound, ConversationID: talk.ID, Attachments: []string{file.Path()},
		Transcription: []conversation.Sentence{{Transcript: x.canary}}})
	if err != nil {
		return err
	}
	email, err := conversation.ReceiveMessage(ctx, tx, x.actor, conversation.Receive{Channel: "Email", Direction: conversation.Inbound, ConversationID: talk.ID, From: o["email"], Subject: x.canary, Body: x.canary})
	if err != nil {
		return err
	}
	later, err := conversation.SendMessage(ctx, tx, x.actor, conversation.Send{Channel: "Email", ContactID: o["contact"], Subject: x.canary, Body: x.canary, At: time.Date(2035, 6, 18, 9, 0, 0, 0, time.UTC), Source: "api"})
	if err != nil {
		return err
	}
	o["friend"], o["conversation"], o["file"], o["fileToken"], o["call"] = friend.Contact.ID, talk.ID, file.ID, file.Token, call.ID
	o["mail"], o["emailMessage"], o["later"], o["laterEmail"] = email.ID, email.EmailID, later.ID, later.EmailID
	if err := x.ownFlows(ctx, tx, o); err != nil {
		return err
	}
	if err := x.ownRelation(ctx, tx, o); err != nil {
		return err
	}
	return x.ownBlog(ctx, tx, o)
}

// ownFlows makes a workflow and a campaign, with the contact in them.
func (x *tenant) ownFlows(ctx context.Context, tx *db.Tx, o owned) error {
	for kind, name := range map[string]string{workflow.Flow: "flow", workflow.Campaign: "campaign"} {
		w, err := workflow.Add(ctx, tx, x.actor, workflow.Workflow{Kind: kind, Name: x.canary + " " + o["serial"], Status: workflow.Published})
		if err != nil {
			return err
		}
		if _, err := workflow.Enrol(ctx, tx, x.actor, workflow.Entry{Kind: kind, WorkflowID: w.ID, ContactID: o["contact"]}); err != nil {
			return err
		}
		o[name] = w.ID
	}
	return nil
}

// ownRelation relates the contact to an opportunity.
func (x *tenant) ownRelation(ctx context.Context, tx *db.Tx, o owned) error {
	o["associationKey"] = "sells_" + o["serial"]
	a, err := association.Add(ctx, tx, x.actor, association.Association{Key: o["associationKey"], FirstKey: "contact", FirstLabel: x.canary, SecondKey: "opportunity", SecondLabel: x.canary})
	if err != nil {
		return err
	}
	r, _, err := association.Relate(ctx, tx, x.actor, a.ID, o["contact"], o["opportunity"])
	if err != nil {
		return err
	}
	o["association"], o["relation"] = a.ID, r.ID
	return nil
}

// ownBlog makes a blog with a post.
func (x *tenant) ownBlog(ctx context.Context, tx *db.Tx, o owned) error {
	site, err := blog.AddSite(ctx, tx, x.actor, x.canary, "site-"+o["serial"])
	if err != nil {
		return err
	}
	author, err := blog.AddAuthor(ctx, tx, x.actor, x.canary, "")
	if err != nil {
		return err
	}
	category, err := blog.AddCategory(ctx, tx, x.actor, x.canary, "about-"+o["serial"], "")
	if err != nil {
		return err
	}
	o["postSlug"] = "post-" + o["serial"]
	post, err := blog.AddPost(ctx, tx, x.actor, blog.Post{BlogID: site.ID, Slug: o["postSlug"], Title: x.canary, Description: x.canary, ImageURL: "https://x.example/a.png", ImageAlt: x.canary,
		Status: blog.Published, AuthorID: author.ID, Categories: []string{category.ID}, PublishedAt: tx.Now(), HTML: "<p>" + x.canary + "</p>"})
	if err != nil {
		return err
	}
	o["blog"], o["author"], o["category"], o["post"] = site.ID, author.ID, category.ID, post.ID
	return nil
}

// ownSnapshot makes a snapshot of the tenant's company.
func (x *tenant) ownSnapshot(ctx context.Context, tx *db.Tx) error {
	_, err := snapshot.Take(ctx, tx, x.actor, x.canary)
	return err
}

// strangeConversation completes a stranger's ids.
func strangeConversation(o owned, n int64) {
	o["fileToken"] = id.UUID()
	o["associationKey"], o["postSlug"] = fmt.Sprintf("sells_x%d", n), fmt.Sprintf("post-x%d", n)
}

const (
	storedFile  = `/files/{location}/<file>/<fileToken>/canary.wav`
	postBody    = `{"locationId":"{location}","blogId":"{blog}","title":"On doors","description":"of houses","imageUrl":"https://x.example/b.png","imageAltText":"a door","rawHTML":"<p>hello</p>","status":"DRAFT","categories":["{category}"],"tags":["doors"],"author":"{author}","urlSlug":"on-{serial}","publishedAt":"2026-06-18T09:00:00Z"}`
	friendsBody = `{"locationId":"{location}","key":"knows_{serial}","firstObjectLabel":"friend","firstObjectKey":"contact","secondObjectLabel":"friend","secondObjectKey":"contact"}`

	sendFields = `type contactId message html subject attachments emailFrom emailTo emailCc emailBcc emailReplyMode replyMessageId threadId scheduledTimestamp conversationProviderId fromNumber
		toNumber userId subType status appointmentId templateId customSubtypeId forward usesNativeSchedulingAi optimizationPeriod`
	saidFields = `type conversationId contactId conversationProviderId altId date attachments call transcription message html subject emailFrom emailTo emailCc emailBcc emailMessageId direction`
	postFields = `locationId blogId title description imageUrl imageAltText rawHTML status categories tags author urlSlug canonicalLink publishedAt`
)

// instead gives a body with another value of a member.
func instead(body, mine, others string) string {
	return strings.Replace(body, mine, others, 1)
}

// conversationRoutes are the rows of conversations, workflows, associations and
// blogs; see routes.
var conversationRoutes = map[string]route{
	"highlevel GET /conversations/search": {carries: samples(at("/conversations/search?locationId=<location>"), at("/conversations/search?locationId={location}&contactId=<contact>"),
		at("/conversations/search?locationId={location}&id=<conversation>"), at("/conversations/search?locationId={location}&assignedTo=<user>&followers=<user>"),
		at("/conversations/search?locationId={location}&query=<email>"))},
	"highlevel GET /conversations/{}": {carries: at("/conversations/<conversation>")},
	"highlevel POST /conversations": {
		plain:   sample{body: `{"locationId":"{location}","contactId":"{friend}"}`},
		carries: at("", `{"locationId":"<location>","contactId":"{friend}"}`, `{"locationId":"{location}","contactId":"<contact>"}`, `{"locationId":"{location}","contactId":"<friend>"}`),
		fields:  "locationId contactId", once: true,
	},
	"highlevel PUT /conversations/{}": {
		plain:   sample{path: "/conversations/{conversation}", body: `{"locationId":"{location}","unreadCount":3}`},
		carries: samples(at("/conversations/<conversation>", `{"locationId":"{location}","unreadCount":0}`), at("/conversations/{conversation}", `{"locationId":"<location>","unreadCount":0}`)),
		fields:  "locationId unreadCount starred feedback",
	},
	"highlevel DELETE /conversations/{}":             {carries: at("/conversations/<conversation>")},
	"highlevel GET /conversations/messages/email/{}": {carries: samples(at("/conversations/messages/email/<emailMessage>"), at("/conversations/messages/email/<mail>"))},
	"highlevel GET /conversations/messages/{}":       {carries: samples(at("/conversations/messages/<call>"), at("/conversations/messages/<mail>"), at("/conversations/messages/<emailMessage>"))},
	"highlevel GET /conversations/{}/messages":       {carries: samples(at("/conversations/<conversation>/messages"), at("/conversations/{conversation}/messages?lastMessageId=<call>"))},
	"highlevel GET /conversations/messages/{}/locations/{}/recording": {file: "audio/", carries: samples(at("/conversations/messages/<call>/locations/<location>/recording"),
		at("/conversations/messages/<call>/locations/{location}/recording"), at("/conversations/messages/{call}/locations/<location>/recording"))},
	"highlevel GET /conversations/locations/{}/messages/{}/transcription": {carries: samples(at("/conversations/locations/<location>/messages/<call>/transcription"),
		at("/conversations/locations/{location}/messages/<call>/transcription"), at("/conversations/locations/<location>/messages/{call}/transcription"))},
	"highlevel GET /conversations/locations/{}/messages/{}/transcription/download": {file: "text/plain", carries: samples(at("/conversations/locations/<location>/messages/<call>/transcription/download"),
		at("/conversations/locations/{location}/messages/<call>/transcription/download"))},
	"highlevel PUT /conversations/messages/{}/status": {
		plain: sample{path: "/conversations/messages/{later}/status", body: `{"status":"delivered"}`},
		carries: samples(at("/conversations/messages/<later>/status", `{"status":"delivered"}`, `{"status":"failed","error":{"code":"1","type":"saas","message":"no"}}`),
			at("/conversations/messages/{later}/status", `{"status":"read","emailMessageId":"<laterEmail>"}`)),
		fields: "status error emailMessageId recipients",
	},
	"highlevel POST /conversations/providers/live-chat/typing": {
		plain: sample{body: `{"locationId":"{location}","isTyping":true,"visitorId":"v1","conversationId":"{conversation}"}`},
		carries: at("", `{"locationId":"{location}","isTyping":true,"visitorId":"v1","conversationId":"<conversation>"}`,
			`{"locationId":"<location>","isTyping":true,"visitorId":"v1","conversationId":"{conversation}"}`, `{"locationId":"{location}","isTyping":"true","visitorId":"<contact>","conversationId":"{conversation}"}`),
		fields: "locationId isTyping visitorId conversationId",
	},
	"highlevel POST /conversations/messages": {
		plain: sample{body: `{"type":"SMS","contactId":"{contact}","message":"hello"}`},
		carries: samples(at("", `{"type":"SMS","contactId":"<contact>","message":"hello"}`, `{"type":"SMS","contactId":"{contact}","message":"hello","userId":"<user>"}`,
			`{"type":"SMS","contactId":"{contact}","message":"hello","attachments":["`+storedFile+`"]}`, `{"type":"SMS","contactId":"{contact}","message":"hello","replyMessageId":"<call>"}`,
			`{"type":"Email","contactId":"{contact}","html":"<p>hi","subject":"hi","replyMessageId":"<emailMessage>","emailReplyMode":"reply_all"}`,
			`{"type":"Email","contactId":"{contact}","html":"<p>hi","subject":"hi","threadId":"<emailMessage>"}`,
			`{"type":"Email","contactId":"{contact}","html":"<p>hi","subject":"hi","emailTo":"<email>","appointmentId":"<appointment>"}`),
			[]sample{{body: `{"type":"SMS","contactId":"{contact}","message":"hello"}`, header: idempotent}}),
		fields: sendFields,
	},
	"highlevel POST /conversations/messages/inbound": {
		plain: sample{body: `{"type":"SMS","conversationId":"{conversation}","message":"hello"}`},
		carries: at("", `{"type":"SMS","conversationId":"<conversation>","message":"hello"}`, `{"type":"SMS","contactId":"<contact>","message":"hello"}`,
			`{"type":"SMS","conversationId":"{conversation}","contactId":"<contact>","message":"hello"}`, `{"type":"Email","conversationId":"{conversation}","html":"<p>hi","emailMessageId":"<emailMessage>"}`,
			`{"type":"Call","conversationId":"{conversation}","attachments":["`+storedFile+`"]}`, `{"type":"SMS","conversationId":"{conversation}","message":"hello","altId":"<call>"}`),
		fields: saidFields,
	},
	"highlevel POST /conversations/messages/outbound": {
		plain: sample{body: `{"type":"Call","conversationId":"{conversation}","call":{"to":"+16025550147","status":"completed","duration":20}}`},
		carries: at("", `{"type":"Call","conversationId":"<conversation>","call":{"status":"completed"}}`, `{"type":"Call","contactId":"<contact>","call":{"status":"completed"}}`,
			`{"type":"Call","conversationId":"{conversation}","attachments":["`+storedFile+`"]}`),
		fields: saidFields,
	},
	"highlevel POST /conversations/messages/upload": {
		elsewhere: "highlevel: TestARecordingIsAFileOfACall",
		carries:   []sample{form("conversationId", "<conversation>"), form("contactId", "<contact>"), form("contactId", "{contact}", "locationId", "<location>")},
	},
	"highlevel PUT /conversations/messages/{}/attachments": {
		plain: sample{path: "/conversations/messages/{call}/attachments", body: `{"attachments":["https://x.example/a.png"]}`},
		carries: samples(at("/conversations/messages/<call>/attachments", `{"attachments":["https://x.example/a.png"]}`),
			at("/conversations/messages/{call}/attachments", `{"attachments":["`+storedFile+`"]}`, `{"attachments":["/files/<location>/<file>/<fileToken>/canary.wav"]}`)),
		fields: "attachments",
	},
	"highlevel DELETE /conversations/messages/{}/schedule":       {carries: at("/conversations/messages/<later>/schedule")},
	"highlevel DELETE /conversations/messages/email/{}/schedule": {carries: at("/conversations/messages/email/<laterEmail>/schedule")},

	"highlevel GET /workflows": {carries: at("/workflows/?locationId=<location>")},
	"highlevel GET /campaigns": {carries: at("/campaigns/?locationId=<location>")},
	"highlevel GET /snapshots": {agency: true, carries: at("/snapshots/?companyId=<company>")},
	"highlevel POST /contacts/{}/workflow/{}": {
		plain: sample{path: "/contacts/{contact}/workflow/{flow}", body: `{"eventStartTime":"2026-06-18T09:00:00Z"}`},
		carries: samples(at("/contacts/<contact>/workflow/<flow>", `{}`), at("/contacts/{contact}/workflow/<flow>", `{}`), at("/contacts/<contact>/workflow/{flow}", `{}`),
			at("/contacts/{contact}/workflow/<campaign>", `{}`)),
		fields: "eventStartTime",
	},
	"highlevel DELETE /contacts/{}/workflow/{}": {carries: samples(at("/contacts/<contact>/workflow/<flow>"), at("/contacts/{contact}/workflow/<flow>"), at("/contacts/<contact>/workflow/{flow}"))},
	"highlevel POST /contacts/{}/campaigns/{}": {
		plain:   sample{path: "/contacts/{contact}/campaigns/{campaign}", body: `{"name":"x"}`},
		carries: samples(at("/contacts/<contact>/campaigns/<campaign>", `{}`), at("/contacts/{contact}/campaigns/<campaign>", `{}`), at("/contacts/<contact>/campaigns/{campaign}", `{}`)),
	},
	"highlevel DELETE /contacts/{}/campaigns/{}":         {carries: samples(at("/contacts/<contact>/campaigns/<campaign>"), at("/contacts/{contact}/campaigns/<campaign>"), at("/contacts/<contact>/campaigns/{campaign}"))},
	"highlevel DELETE /contacts/{}/campaigns/removeAll":  {carries: at("/contacts/<contact>/campaigns/removeAll")},
	"highlevel DELETE /contacts/{}/campaigns/remove-all": {carries: []sample{{path: "/contacts/<contact>/campaigns/remove-all", header: map[string]string{"Version": "v3"}}}},

	"highlevel GET /associations":              {carries: at("/associations/?locationId=<location>")},
	"highlevel GET /associations/{}":           {carries: at("/associations/<association>")},
	"highlevel GET /associations/key/{}":       {carries: at("/associations/key/<associationKey>")},
	"highlevel GET /associations/objectKey/{}": {carries: samples(at("/associations/objectKey/contact?locationId=<location>"), at("/associations/objectKey/<associationKey>"))},
	"highlevel POST /associations": {
		plain: sample{body: friendsBody},
		carries: at("", instead(friendsBody, `"locationId":"{location}"`, `"locationId":"<location>"`), instead(friendsBody, "knows_{serial}", "<associationKey>"),
			instead(friendsBody, `{"locationId"`, `{"id":"<association>","locationId"`)),
		fields: "locationId key firstObjectLabel firstObjectKey secondObjectLabel secondObjectKey firstObjectToSecondObjectCardinality secondObjectToFirstObjectCardinality",
	},
	"highlevel PUT /associations/{}": {
		plain:   sample{path: "/associations/{association}", body: `{"firstObjectLabel":"seller","secondObjectLabel":"house"}`},
		carries: at("/associations/<association>", `{"firstObjectLabel":"seller","secondObjectLabel":"house"}`),
		fields:  "firstObjectLabel secondObjectLabel",
	},
	"highlevel DELETE /associations/{}":        {carries: at("/associations/<association>")},
	"highlevel GET /associations/relations/{}": {carries: samples(at("/associations/relations/<contact>"), at("/associations/relations/{contact}?associationIds=<association>"), at("/associations/relations/<opportunity>?locationId=<location>"))},
	"highlevel POST /associations/relations": {
		plain: sample{body: `{"locationId":"{location}","associationId":"{association}","firstRecordId":"{friend}","secondRecordId":"{opportunity}"}`},
		carries: at("", `{"locationId":"<location>","associationId":"{association}","firstRecordId":"{friend}","secondRecordId":"{opportunity}"}`,
			`{"locationId":"{location}","associationId":"<association>","firstRecordId":"{friend}","secondRecordId":"{opportunity}"}`,
			`{"locationId":"{location}","associationId":"{association}","firstRecordId":"<contact>","secondRecordId":"{opportunity}"}`,
			`{"locationId":"{location}","associationId":"{association}","firstRecordId":"{friend}","secondRecordId":"<opportunity>"}`),
		fields: "locationId associationId firstRecordId secondRecordId", once: true,
	},
	"highlevel DELETE /associations/relations/{}": {carries: at("/associations/relations/<relation>")},

	"highlevel GET /blogs/posts/url-slug-exists": {carries: samples(at("/blogs/posts/url-slug-exists?locationId=<location>&urlSlug={postSlug}"), at("/blogs/posts/url-slug-exists?locationId={location}&urlSlug=<postSlug>"),
		at("/blogs/posts/url-slug-exists?locationId={location}&urlSlug={postSlug}&postId=<post>"))},
	"highlevel GET /blogs/authors":    {carries: at("/blogs/authors?locationId=<location>")},
	"highlevel GET /blogs/categories": {carries: at("/blogs/categories?locationId=<location>")},
	"highlevel GET /blogs/posts/all":  {carries: samples(at("/blogs/posts/all?locationId=<location>&blogId={blog}"), at("/blogs/posts/all?locationId={location}&blogId=<blog>"))},
	"highlevel GET /blogs/site/all":   {carries: at("/blogs/site/all?locationId=<location>")},
	"highlevel POST /blogs/posts": {
		plain: sample{body: postBody},
		carries: at("", instead(postBody, `"locationId":"{location}"`, `"locationId":"<location>"`), instead(postBody, "{blog}", "<blog>"), instead(postBody, "{category}", "<category>"),
			instead(postBody, "{author}", "<author>"), instead(postBody, "on-{serial}", "<postSlug>")),
		fields: postFields,
	},
	"highlevel PUT /blogs/posts/{}": {
		plain: sample{path: "/blogs/posts/{post}", body: `{"title":"On windows"}`},
		carries: samples(at("/blogs/posts/<post>", `{"title":"On windows"}`),
			at("/blogs/posts/{post}", `{"blogId":"<blog>"}`, `{"categories":["<category>"]}`, `{"author":"<author>"}`, `{"urlSlug":"<postSlug>"}`, `{"locationId":"<location>","title":"x"}`)),
		fields: postFields,
	},
}

// form is an upload of a file, with fields and their values beside it.
func form(fields ...string) sample {
	const begin, line = "--frontier\r\nContent-Disposition: form-data; ", "\r\n"
	body := ""
	for i := 0; i < len(fields); i += 2 {
		body += begin + fmt.Sprintf("name=%q", fields[i]) + line + line + fields[i+1] + line
	}
	body += begin + `name="fileAttachment"; filename="a.png"` + line + "Content-Type: image/png" + line + line + "png" + line + "--frontier--" + line
	return sample{body: body, header: map[string]string{"Content-Type": "multipart/form-data; boundary=frontier"}}
}
