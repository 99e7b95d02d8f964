package conversation

import "slices"

// Types are the types of messages. The number of one is its place from 1 on:
// HighLevel tabulates no numbers, but for call, SMS, e-mail (1 to 3) and
// voicemail (10), which are so (contract.md §12).
var types = []string{
	"TYPE_CALL", "TYPE_SMS", "TYPE_EMAIL", "TYPE_SMS_REVIEW_REQUEST", "TYPE_WEBCHAT", "TYPE_SMS_NO_SHOW_REQUEST", "TYPE_CAMPAIGN_SMS", "TYPE_CAMPAIGN_CALL",
	"TYPE_CAMPAIGN_EMAIL", "TYPE_CAMPAIGN_VOICEMAIL", "TYPE_FACEBOOK", "TYPE_CAMPAIGN_FACEBOOK", "TYPE_CAMPAIGN_MANUAL_CALL", "TYPE_CAMPAIGN_MANUAL_SMS",
	"TYPE_GMB", "TYPE_CAMPAIGN_GMB", "TYPE_REVIEW", "TYPE_INSTAGRAM", "TYPE_WHATSAPP", "TYPE_CUSTOM_SMS", "TYPE_CUSTOM_EMAIL", "TYPE_CUSTOM_PROVIDER_SMS",
	"TYPE_CUSTOM_PROVIDER_EMAIL", "TYPE_IVR_CALL", "TYPE_ACTIVITY_CONTACT", "TYPE_ACTIVITY_INVOICE", "TYPE_ACTIVITY_PAYMENT", "TYPE_ACTIVITY_OPPORTUNITY",
	"TYPE_LIVE_CHAT", "TYPE_LIVE_CHAT_INFO_MESSAGE", "TYPE_ACTIVITY_APPOINTMENT", "TYPE_FACEBOOK_COMMENT", "TYPE_INSTAGRAM_COMMENT", "TYPE_CUSTOM_CALL",
	"TYPE_INTERNAL_COMMENT", "TYPE_ACTIVITY_EMPLOYEE_ACTION_LOG", "TYPE_TIKTOK", "TYPE_TIKTOK_COMMENT", "TYPE_ACTIVITY_WHATSAPP", "TYPE_FORM_SUBMISSION",
	"TYPE_SMS_REACTION", "TYPE_RCS",
}

// Types lists the types of messages.
func Types() []string { return slices.Clone(types) }

// TypeNumber gives the number of a type of message, 0 for one that is none.
func TypeNumber(typ string) int { return slices.Index(types, typ) + 1 }

// channel is a way to reach somebody.
type channel struct {
	name  string // as a request says
	typ   string // of its messages
	about string // of a conversation that begins on it
	dnd   string // whose "do not disturb" counts
}

var channels = []channel{
	{"SMS", "TYPE_SMS", TypePhone, "SMS"},
	{"RCS", "TYPE_RCS", TypePhone, "SMS"},
	{"Email", "TYPE_EMAIL", TypeEmail, "Email"},
	{"WhatsApp", "TYPE_WHATSAPP", TypePhone, "WhatsApp"},
	{"GMB", "TYPE_GMB", TypeReview, "GMB"},
	{"IG", "TYPE_INSTAGRAM", TypeMessenger, "FB"},
	{"FB", "TYPE_FACEBOOK", TypeMessenger, "FB"},
	{"Custom", "TYPE_CUSTOM_SMS", TypePhone, "SMS"},
	{"WebChat", "TYPE_WEBCHAT", TypePhone, ""},
	{"Live_Chat", "TYPE_LIVE_CHAT", TypePhone, ""},
	{"ALL_IN_ONE_CHAT", "TYPE_LIVE_CHAT", TypePhone, ""},
	{"TIKTOK", "TYPE_TIKTOK", TypeMessenger, ""},
	{"Call", Call, TypePhone, "Call"},
	{"IVR_Call", "TYPE_IVR_CALL", TypePhone, "Call"},
	{"Campaign_Call", "TYPE_CAMPAIGN_CALL", TypePhone, "Call"},
	{"Campaign_VoiceMail", "TYPE_CAMPAIGN_VOICEMAIL", TypePhone, "Call"},
	{"FORM_SUBMISSION", "TYPE_FORM_SUBMISSION", TypePhone, ""},
}

// The types of messages that behave in their own ways.
const (
	Call     = "TYPE_CALL"
	SMS      = "TYPE_SMS"
	EMail    = "TYPE_EMAIL"
	LiveChat = "TYPE_LIVE_CHAT"
	Custom   = "TYPE_CUSTOM_SMS"
)

// channelNamed gives a channel by its name in a request.
func channelNamed(name string) (channel, bool) {
	i := slices.IndexFunc(channels, func(c channel) bool { return c.name == name })
	if i < 0 {
		return channel{}, false
	}
	return channels[i], true
}

// channelOf gives the channel of a type of message.
func channelOf(typ string) channel {
	i := slices.IndexFunc(channels, func(c channel) bool { return c.typ == typ })
	if i < 0 {
		return channel{typ: typ, about: TypePhone}
	}
	return channels[i]
}

// isCall reports whether messages of a type are calls, which have recordings.
func isCall(typ string) bool {
	return slices.Contains([]string{Call, "TYPE_IVR_CALL", "TYPE_CAMPAIGN_CALL", "TYPE_CAMPAIGN_VOICEMAIL", "TYPE_CUSTOM_CALL"}, typ)
}
