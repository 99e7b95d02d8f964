// A lead comes in, is called, and becomes a client.
import assert from 'node:assert/strict'
import { ghl, world, locationId, storing, has, refused, room } from './world.mjs'

const { vars } = world

export async function people() {
  const { contact: ana } = await storing('contact.created', () => ghl.contacts.createContact({
    locationId, firstName: 'Ana', lastName: 'Lang', email: 'ana.sdk@x.example', phone: '+1 602-555-0147', tags: ['open house'], source: 'public api',
    address1: '3535 1st St N', city: 'Phoenix', state: 'AZ', postalCode: '85018', country: 'US', dateOfBirth: '1990-09-25', companyName: 'DGS VolMAX',
    dndSettings: { SMS: { status: 'active', message: 'no' } }, customFields: [{ id: vars['field.budget'], field_value: 850000 }],
  }))
  has(ana, { locationId, firstName: 'Ana', firstNameLowerCase: 'ana', phone: '+16025550147', type: 'lead', tags: ['open house'], customFields: [{ id: vars['field.budget'], value: 850000 }] })
  has(await room(`/contacts/${ana.id}`), { firstName: 'Ana', email: 'ana.sdk@x.example', phone: '+16025550147', tags: ['open house'], customFields: { [vars['field.budget']]: 850000 } })
  await refused(400, 'This location does not allow duplicated contacts.', () => ghl.contacts.createContact({ locationId, email: 'ANA.sdk@x.example' }))
  await refused(422, 'email must be an email', () => ghl.contacts.createContact({ locationId, email: 'nobody' }))

  const again = await storing('contact.updated', () => ghl.contacts.upsertContact({ locationId, phone: '(602) 555-0147', city: 'Tempe' }))
  has(again, { new: false, contact: { id: ana.id, city: 'Tempe', state: 'AZ' } })
  const { new: isNew, contact: bob } = await storing('contact.created', () => ghl.contacts.upsertContact({ locationId, email: 'bob.sdk@x.example', name: 'Bob Bell' }))
  assert.equal(isNew, true)
  has(await storing('contact.updated', () => ghl.contacts.updateContact({ contactId: ana.id }, { city: null, tags: ['buyer', 'vip'], dnd: false })),
    { succeded: true, contact: { id: ana.id, tags: ['buyer', 'vip'] } })
  has((await ghl.contacts.getContact({ contactId: ana.id })).contact, { id: ana.id, name: 'Ana Lang', companyName: 'DGS VolMAX', dateOfBirth: '1990-09-25', city: undefined })
  await refused(400, 'Contact not found', () => ghl.contacts.getContact({ contactId: 'nobody00000000000000' }))

  has(await ghl.contacts.getDuplicateContact({ locationId, number: '+16025550147' }), { contact: { id: ana.id } })
  has(await ghl.contacts.getDuplicateContact({ locationId, email: 'nobody@x.example' }), { contact: null })
  await finding(ana, bob)
  await tagging(ana, bob)
  await notes(ana)
  await tasks(ana)
  await belonging(ana, bob)
  await flows(ana)
  has(await storing('contact.deleted', () => ghl.contacts.deleteContact({ contactId: bob.id })), { succeded: true })
  await refused(400, 'Contact not found', () => ghl.contacts.getContact({ contactId: bob.id }))
}

async function finding(ana, bob) {
  const filters = [{ group: 'OR', filters: [{ field: 'tags', operator: 'eq', value: 'vip' }, { field: 'email', operator: 'eq', value: 'bob.sdk@x.example' }] }]
  const sort = [{ field: 'firstNameLowerCase', direction: 'asc' }]
  const first = await ghl.contacts.searchContactsAdvanced({ locationId, pageLimit: 1, filters, sort })
  has(first, { total: 2, contacts: [{ id: ana.id, address: '3535 1st St N', tags: ['buyer', 'vip'] }] })
  const second = await ghl.contacts.searchContactsAdvanced({ locationId, pageLimit: 1, filters, sort, searchAfter: first.contacts[0].searchAfter })
  has(second, { contacts: [{ id: bob.id }] })
  await refused(422, 'pageLimit', () => ghl.contacts.searchContactsAdvanced({ locationId, pageLimit: 501 }))

  const page = await ghl.contacts.getContacts({ locationId, limit: 1, query: 'sdk' })
  has(page, { contacts: [{ id: bob.id }], count: 2, meta: { total: 2 } })
  has(await ghl.contacts.getContacts({ locationId, limit: 1, query: 'sdk', startAfter: page.meta.startAfter, startAfterId: page.meta.startAfterId }), { contacts: [{ id: ana.id }] })
}

async function tagging(ana, bob) {
  const { contactId } = { contactId: ana.id }
  has(await storing('contact.updated', () => ghl.contacts.addTags({ contactId }, { tags: ['seller', 'vip'] })), { tags: ['buyer', 'vip', 'seller'] })
  has(await storing('contact.updated', () => ghl.contacts.removeTags({ contactId }, { tags: ['vip'] })), { tags: ['buyer', 'seller'] })
  // bulk tags are called createAssociation, with and without the path's {type}
  has(await storing('contact.updated ×2', () => ghl.contacts.createAssociation({ type: 'add' }, { locationId, contacts: [ana.id, bob.id], tags: ['spring'] })), { succeded: true, errorCount: 0, responses: [{ type: 'success' }, { contactId: bob.id, tagsAdded: ['spring'] }] })
  has(await ghl.contacts.createAssociation({ type: 'remove' }, { locationId, contacts: [ana.id, 'x'], tags: ['spring'] }), { errorCount: 1, responses: [{ tagsRemoved: ['spring'] }, { type: 'error' }] })
  has(await ghl.contacts.createAssociation({}, { locationId, contacts: [ana.id], tags: ['autumn'] }), { responses: [{ tagsAdded: ['autumn'] }] })
  has(await room(`/contacts/${ana.id}`), { tags: ['buyer', 'seller', 'autumn'] })
}

async function notes({ id: contactId }) {
  const { note } = await storing('note.created', () => ghl.contacts.createNote({ contactId }, { body: 'Called, wants to sell.', title: 'First call', userId: vars['user.id'] }))
  has(await storing('note.updated', () => ghl.contacts.updateNote({ contactId, id: note.id }, { body: 'Called again.', pinned: true })), { note: { id: note.id, title: 'First call', pinned: true } })
  has(await ghl.contacts.getNote({ contactId, id: note.id }), { note: { body: 'Called again.', contactId } })
  has(await ghl.contacts.getAllNotes({ contactId }), { notes: [{ id: note.id }] })
  has(await storing('note.deleted', () => ghl.contacts.deleteNote({ contactId, id: note.id })), { succeded: true })
  has(await ghl.contacts.getAllNotes({ contactId }), { notes: [] })
}

async function tasks({ id: contactId }) {
  const { task } = await storing('task.created', () => ghl.contacts.createTask({ contactId }, { title: 'Call Ana', body: 'about the flat', dueDate: '2026-10-25T11:00:00Z', completed: false, assignedTo: vars['user.id'] }))
  has(task, { contactId, dueDate: '2026-10-25T11:00:00.000Z', completed: false, assignedTo: vars['user.id'] })
  const taskId = task.id
  has(await storing('task.updated', () => ghl.contacts.updateTask({ contactId, taskId }, { title: 'Call Ana at noon' })), { task: { id: taskId, title: 'Call Ana at noon', body: 'about the flat' } })
  has(await storing('task.completed', () => ghl.contacts.updateTaskCompleted({ contactId, taskId }, { completed: true })), { task: { completed: true } })
  has(await ghl.contacts.getTask({ contactId, taskId }), { task: { id: taskId, completed: true } })
  has(await ghl.contacts.getAllTasks({ contactId }), { tasks: [{ id: taskId }] })
  has(await ghl.locations.taskSearch({ locationId }, { contactId: [contactId], completed: true, query: 'noon' }), { tasks: [{ id: taskId }] })
  has(await storing('task.deleted', () => ghl.contacts.deleteTask({ contactId, taskId })), { succeded: true })
  has(await ghl.contacts.getAllTasks({ contactId }), { tasks: [] })
}

async function belonging(ana, bob) {
  const { buiseness: acme } = await storing('business.created', () => ghl.businesses.createBusiness({ locationId, name: 'Acme Homes', city: 'Phoenix' }))
  const { businessId } = { businessId: acme.id }
  has(await storing('business.updated', () => ghl.businesses.updateBusiness({ businessId }, { name: 'Acme Houses' })), { success: true, buiseness: { name: 'Acme Houses', city: 'Phoenix' } })
  has(await ghl.businesses.getBusiness({ businessId }), { business: { id: businessId, name: 'Acme Houses', locationId } })
  has(await ghl.businesses.getBusinessesByLocation({ locationId }), { businesses: [{ id: businessId }] })
  has(await storing('contact.updated ×2', () => ghl.contacts.addRemoveContactFromBusiness({ locationId, ids: [ana.id, bob.id], businessId })), { success: true, ids: [ana.id, bob.id] })
  has(await ghl.contacts.getContactsByBusinessId({ businessId, locationId, query: 'ana' }), { contacts: [{ id: ana.id, businessId }], count: 1 })
  has(await ghl.contacts.addRemoveContactFromBusiness({ locationId, ids: [bob.id], businessId: null }), { success: true })
  has(await ghl.contacts.getContactsByBusinessId({ businessId }), { contacts: [{ id: ana.id }] })
  has(await storing('business.deleted, contact.updated', () => ghl.businesses.deleteBusiness({ businessId })), { success: true })
  has(await ghl.businesses.getBusinessesByLocation({ locationId }), { businesses: [] })
}

async function flows({ id: contactId }) {
  const followers = [vars['mate.id']]
  has(await storing('contact.updated', () => ghl.contacts.addFollowersContact({ contactId }, { followers })), { followers, followersAdded: followers })
  has(await storing('contact.updated', () => ghl.contacts.removeFollowersContact({ contactId }, { followers })), { followers: [], followersRemoved: followers })

  const workflowId = vars['workflow.live']
  const campaignId = vars['campaign.live']
  const { workflows } = await ghl.workflows.getWorkflow({ locationId })
  assert.equal(workflows.find((it) => it.id === workflowId).status, 'published')
  has(await storing('workflow.enrolled', () => ghl.contacts.addContactToWorkflow({ contactId, workflowId }, { eventStartTime: '2026-06-23T03:30:00+01:00' })), { succeded: true })
  has(await storing('workflow.removed', () => ghl.contacts.deleteContactFromWorkflow({ contactId, workflowId }, {})), { succeded: true })
  await refused(400, 'not published', () => ghl.contacts.addContactToWorkflow({ contactId, workflowId: vars['workflow.draft'] }, {}))

  has(await ghl.campaigns.getCampaigns({ locationId, status: 'published' }), { campaigns: [{ id: campaignId, name: 'Spring' }] })
  has(await storing('campaign.enrolled', () => ghl.contacts.addContactToCampaign({ contactId, campaignId }, {})), { succeded: true })
  has(await storing('campaign.removed', () => ghl.contacts.removeContactFromCampaign({ contactId, campaignId })), { succeded: true })
  await ghl.contacts.addContactToCampaign({ contactId, campaignId }, {})
  has(await storing('campaign.removed', () => ghl.contacts.removeContactFromEveryCampaign({ contactId })), { succeded: true })
  has(await storing('', () => ghl.contacts.removeContactFromEveryCampaign({ contactId })), { succeded: true })
}
