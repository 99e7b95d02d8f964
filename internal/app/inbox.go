package app

import (
	"cmp"

	"github.com/foyer-crm/foyer/internal/hook"
	"github.com/foyer-crm/foyer/internal/message"
	"github.com/foyer-crm/foyer/internal/wire"
)

// mountInbox lets messages in: by the hooks that providers call, and out of a
// mailbox.
func (a *App) mountInbox(c Config, base wire.Base, sender *message.Sender) error {
	inbox := &message.Inbox{Base: c.PublicURL, Self: cmp.Or(sender.Address(), c.MailFrom)}
	sms, _ := a.Carry.SMS.(*message.SMS)
	hook.New(hook.Options{DB: a.DB, Vault: a.Vault, Base: base, SMS: sms, Inbox: inbox, Begun: a.Flows.Wake, Bridge: a.Bridge, Log: c.Log}).Mount(a.House)
	var err error
	a.Mail, err = message.NewMailbox(c.IMAP, message.MailboxOptions{DB: a.DB, Inbox: inbox, Location: c.IMAPLocation, Log: c.Log})
	return err
}
