package workflow_test

import "github.com/foyer-crm/foyer/internal/message"

// kept is where e-mails go in tests.
func (b *bed) kept() *message.Kept { return b.Carry.Email.(*message.Kept) }

// texts is where SMS go in tests.
func (b *bed) texts() *message.Kept { return b.Carry.SMS.(*message.Kept) }
