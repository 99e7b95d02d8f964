package highlevel

import "maps"

// shape says of which Go types an operation's request and answer are; nil says
// nothing of it.
type shape struct {
	query  any    // what stands behind the question mark
	body   any    // the body
	answer any    // the answer without its traceId: fields with an example of each, a []byte is a file
	media  string // of the answer, "" for JSON
}

// shapes gives those of all operations by name, family by family.
func shapes() map[string]shape {
	all := map[string]shape{}
	for _, family := range []map[string]shape{contactShapes(), conversationShapes(), workflowShapes(), associationShapes(), blogShapes(),
		calendarShapes(), opportunityShapes(), companyShapes(), scheduleShapes()} {
		maps.Copy(all, family)
	}
	return all
}

func conversationShapes() map[string]shape {
	return map[string]shape{
		"Search Conversations":         {query: conversationQuery{}, answer: conversationsFound{}},
		"Get Conversation":             {answer: conversationView{}},
		"Create Conversation":          {body: newConversation{}, answer: conversationSaved{}},
		"Update Conversation":          {body: conversationChange{}, answer: conversationSaved{}},
		"Delete Conversation":          {answer: success{}},
		"Get Messages by Conversation": {query: messagesQuery{}, answer: messagePage{}},
		"Get Message by ID":            {answer: messageView{}},
		"Get Email by ID":              {answer: emailMessageView{}},
		"Send Message":                 {body: sendBody{}, answer: sentView{}},
		"Add Inbound Message":          {body: inboundBody{}, answer: processedView{}},
		"Add Outbound Call":            {body: outboundBody{}, answer: processedView{}},
		"Upload Attachments":           {body: uploadBody{}, answer: uploaded{}},
		"Add Message Attachments":      {body: attachmentsBody{}, answer: messageView{}},
		"Update Message Status":        {body: statusBody{}, answer: sentView{}},
		"Cancel Scheduled Message":     {answer: cancelled{}},
		"Cancel Scheduled Email":       {answer: cancelled{}},
		"Get Message Recording":        {answer: []byte{}, media: "audio/*"},
		"Get Message Transcription":    {answer: []sentenceView{}},
		"Download Transcription":       {answer: []byte{}, media: "text/plain"},
		"Agent Typing Indicator":       {body: typingBody{}, answer: success{}},
	}
}

func workflowShapes() map[string]shape {
	return map[string]shape{
		"List Workflows":                 {query: locationQuery{}, answer: workflowsView{}},
		"List Campaigns":                 {query: campaignsQuery{}, answer: campaignsView{}},
		"List Snapshots":                 {query: companyQuery{}, answer: snapshotsView{}},
		"Add Contact to Workflow":        {body: enrolBody{}, answer: enrolled{}},
		"Remove from Workflow":           {body: enrolBody{}, answer: enrolled{}},
		"Add Contact to Campaign":        {answer: enrolled{}},
		"Remove from Campaign":           {answer: enrolled{}},
		"Remove from All Campaigns":      {answer: enrolled{}},
		"Remove from All Campaigns (v3)": {answer: enrolled{}},
	}
}

func associationShapes() map[string]shape {
	return map[string]shape{
		"Find Associations":       {query: pageQuery{}, answer: associationsView{}},
		"Get Association":         {answer: associationView{}},
		"Get Association Key":     {query: locationQuery{}, answer: associationView{}},
		"Get Association by Keys": {query: locationQuery{}, answer: associationsView{}},
		"Create Association":      {body: newAssociation{}, answer: associationView{}},
		"Update Association":      {body: labels{}, answer: associationView{}},
		"Delete Association":      {answer: deletedView{}},
		"Get Relations by Record": {query: relationsQuery{}, answer: relationsView{}},
		"Create Relation":         {body: newRelation{}, answer: relationView{}},
		"Delete Relation":         {query: locationQuery{}, answer: relationView{}},
	}
}

func blogShapes() map[string]shape {
	return map[string]shape{
		"Check Blog URL Slug":   {query: slugQuery{}, answer: existsView{}},
		"Get Blog Authors":      {query: offsetQuery{}, answer: authorsView{}},
		"Get Blog Categories":   {query: offsetQuery{}, answer: categoriesView{}},
		"Get Blog Posts":        {query: postsQuery{}, answer: postsView{}},
		"Get Blogs by Location": {query: sitesQuery{}, answer: sitesView{}},
		"Create Blog Post":      {body: newPost{}, answer: postMade{}},
		"Update Blog Post":      {body: postChange{}, answer: postUpdated{}},
	}
}
