package highlevel

import "github.com/foyer-crm/foyer/internal/conversation"

// conversationOperations are those that real clients of conversations need
// beside the catalogue (contract.md §12).
func conversationOperations() []Operation {
	return []Operation{
		{"Create Conversation", Action, conversations, "POST", "/conversations/", "conversations.write", Location, april, 201, createConversation},
		{"Update Conversation", Action, conversations, "PUT", "/conversations/{conversationId}", "conversations.write", Location, april, 200, updateConversation},
		{"Delete Conversation", Action, conversations, "DELETE", "/conversations/{conversationId}", "conversations.write", Location, april, 200, deleteConversation},
		{"Send Message", Action, conversations, "POST", "/conversations/messages", "conversations/message.write", Location, april, 200, sendMessage},
		{"Add Inbound Message", Action, conversations, "POST", "/conversations/messages/inbound", "conversations/message.write", Location, april, 200, addInbound},
		{"Add Outbound Call", Action, conversations, "POST", "/conversations/messages/outbound", "conversations/message.write", Location, april, 200, addOutbound},
		{"Upload Attachments", Action, conversations, "POST", "/conversations/messages/upload", "conversations/message.write", Location, april, 200, uploadFiles},
		{"Add Message Attachments", Action, conversations, "PUT", "/conversations/messages/{messageId}/attachments", "conversations/message.write", Location, april, 200, addAttachments},
		{"Cancel Scheduled Message", Action, conversations, "DELETE", "/conversations/messages/{messageId}/schedule", "conversations/message.write", Location, april, 200, cancelMessage},
		{"Cancel Scheduled Email", Action, conversations, "DELETE", "/conversations/messages/email/{emailMessageId}/schedule", "conversations/message.write", Location, "", 200, cancelEmail},
		{"Remove from All Campaigns (v3)", Action, contacts, "DELETE", "/contacts/{contactId}/campaigns/remove-all", "contacts.write", Location, "v3", 200, onlyV3(removeFromCampaigns)},
	}
}

// takesFiles reports whether the operation's body is files and not JSON.
func (o Operation) takesFiles() bool { return o.Path == "/conversations/messages/upload" }

// maxBody is how long the operation's body may be, 0 for the usual.
func (o Operation) maxBody() int64 {
	if o.takesFiles() {
		return 2*conversation.MaxFile + 1<<20
	}
	return 0
}
