// The team writes to a client, who answers; they talk on the phone.
import assert from 'node:assert/strict'
import { ghl, world, locationId, storing, has, refused } from './world.mjs'

export async function talks() {
  const { contact } = await ghl.contacts.createContact({ locationId, firstName: 'Tia', lastName: 'Talks', email: 'tia.sdk@x.example', phone: '+16025550161' })
  const contactId = contact.id
  const { conversation } = await storing('conversation.created', () => ghl.conversations.createConversation({ locationId, contactId }))
  const conversationId = conversation.id
  await refused(400, 'already exists', () => ghl.conversations.createConversation({ locationId, contactId }))

  const sms = await storing('message.outbound', () => ghl.conversations.sendANewMessage({ type: 'SMS', contactId, message: 'When may we come?', subType: {}, status: 'pending' }))
  has(sms, { conversationId, status: 'pending' })
  has(await ghl.conversations.getMessage({ id: sms.messageId }), { id: sms.messageId, messageType: 'TYPE_SMS', direction: 'outbound', body: 'When may we come?', to: '+16025550161' })
  has(await storing('message.status', () => ghl.conversations.updateMessageStatus({ messageId: sms.messageId }, { status: 'delivered' })), { messageId: sms.messageId, status: 'delivered' })
  has(await ghl.conversations.getMessage({ id: sms.messageId }), { status: 'delivered' })

  const answer = await storing('message.inbound', () => ghl.conversations.addAnInboundMessage({ type: 'SMS', conversationId, message: 'Tomorrow' }))
  has(answer, { success: true, conversationId, contactId })
  has(await ghl.conversations.getConversation({ conversationId }), { id: conversationId, contactId, unreadCount: 1, starred: false })
  has(await ghl.conversations.searchConversation({ locationId, status: 'unread', contactId }), { total: 1, conversations: [{ id: conversationId, lastMessageBody: 'Tomorrow', fullName: 'Tia Talks', lastMessageType: 'TYPE_SMS' }] })
  has(await storing('conversation.unread', () => ghl.conversations.updateConversation({ conversationId }, { locationId, unreadCount: 0, starred: true })), { success: true, conversation: { unreadCount: 0, starred: true } })
  has(await ghl.conversations.searchConversation({ locationId, status: 'starred', query: 'tia', sort: 'desc', sortBy: 'last_message_date' }), { conversations: [{ id: conversationId, unreadCount: 0 }] })
  has(await ghl.conversations.liveChatAgentTyping({ locationId, isTyping: 'true', visitorId: 'visitor', conversationId }), { success: true })

  await mail(contactId)
  await later(contactId)
  await calls(conversationId)
  const { messages } = await ghl.conversations.getMessages({ conversationId, limit: 2, type: 'TYPE_SMS,TYPE_EMAIL' })
  assert.equal(messages.nextPage, true)
  assert.equal(messages.messages.length, 2)
  const next = await ghl.conversations.getMessages({ conversationId, lastMessageId: messages.lastMessageId })
  assert.ok(next.messages.messages.some((it) => it.id === sms.messageId))
  has(await storing('conversation.deleted', () => ghl.conversations.deleteConversation({ conversationId })), { success: true })
  await refused(400, 'Conversation not found', () => ghl.conversations.getConversation({ conversationId }))
}

async function mail(contactId) {
  const sent = await storing('message.outbound', () => ghl.conversations.sendANewMessage({ type: 'Email', contactId, subject: 'The plan', html: '<p>Here it is</p>', emailFrom: 'max@x.example' }))
  has(await ghl.conversations.getEmailById({ id: sent.emailMessageId }), { id: sent.emailMessageId, subject: 'The plan', body: '<p>Here it is</p>', to: ['tia.sdk@x.example'], direction: 'outbound' })
  // the SDK's own Content-Type would turn the form into JSON
  const form = new FormData()
  form.set('contactId', contactId)
  form.set('locationId', locationId)
  form.set('fileAttachment', new Blob(['a plan'], { type: 'text/plain' }), 'plan.txt')
  const { uploadedFiles } = await ghl.conversations.uploadFileAttachments(form, { headers: { 'Content-Type': 'multipart/form-data' } })
  const address = uploadedFiles['plan.txt']
  assert.equal(await (await fetch(address.replace(/^https?:\/\/[^/]+/, world.url))).text(), 'a plan')
  await refused(415, '', () => ghl.conversations.uploadFileAttachments(form))
  await storing('message.updated', () => ghl.conversations.addMessageAttachments({ messageId: sent.messageId }, { attachments: [address] }))
  has(await ghl.conversations.getMessage({ id: sent.messageId }), { messageType: 'TYPE_EMAIL', attachments: [address] })
}

async function later(contactId) {
  const scheduledTimestamp = 4102444800
  const { messageId } = await ghl.conversations.sendANewMessage({ type: 'SMS', contactId, message: 'later', scheduledTimestamp })
  has(await ghl.conversations.getMessage({ id: messageId }), { status: 'scheduled' })
  await storing('message.status', () => ghl.conversations.cancelScheduledMessage({ messageId }))
  const { emailMessageId } = await ghl.conversations.sendANewMessage({ type: 'Email', contactId, subject: 'later', message: 'x', scheduledTimestamp })
  await storing('message.status', () => ghl.conversations.cancelScheduledEmailMessage({ emailMessageId }))
  await refused(400, 'not scheduled', () => ghl.conversations.cancelScheduledMessage({ messageId }))
}

async function calls(conversationId) {
  const form = new FormData()
  form.set('conversationId', conversationId)
  form.set('fileAttachment', new Blob(['RIFF'], { type: 'audio/x-wav' }), 'call.wav')
  const { uploadedFiles } = await ghl.conversations.uploadFileAttachments(form, { headers: { 'Content-Type': 'multipart/form-data' } })
  const { messageId } = await storing('message.outbound', () => ghl.conversations.addAnOutboundMessage({
    type: 'Call', conversationId, conversationProviderId: 'provider', attachments: [uploadedFiles['call.wav']],
    call: { to: '+16025550161', from: '+16025550100', status: 'completed' },
    transcription: [{ mediaChannel: 1, sentenceIndex: 0, startTime: 0.5, endTime: 2, transcript: 'Good day', confidence: 0.9 }],
  }))
  has(await ghl.conversations.getMessage({ id: messageId }), { messageType: 'TYPE_CALL', meta: { callStatus: 'completed' } })
  assert.equal(await ghl.conversations.getMessageRecording({ locationId, messageId }), 'RIFF')
  has(await ghl.conversations.getMessageTranscription({ locationId, messageId }), [{ sentenceIndex: 0, transcript: 'Good day', confidence: 0.9 }])
  assert.match(await ghl.conversations.downloadMessageTranscription({ locationId, messageId }), /Good day/)
}
