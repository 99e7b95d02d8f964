// An agency opens an office for a customer, sets it up, and closes it again;
// and people come and go.
import assert from 'node:assert/strict'
import { ghl, agency, world, locationId, companyId, storing, has, refused } from './world.mjs'

const { vars } = world

export async function offices() {
  has(await agency.companies.getCompany({ companyId }), { company: { id: companyId, locationCount: 1 } })
  const made = await agency.locations.createLocation({ companyId, name: 'Mark Shoes', country: 'US', timezone: 'US/Central', prospectInfo: { firstName: 'John', lastName: 'Doe', email: 'john.sdk@x.example' } })
  has(made, { companyId, name: 'Mark Shoes', timezone: 'US/Central' })
  const at = { locationId: made.id }
  has(await agency.locations.putLocation(at, { companyId, name: "Mark's Shoes", settings: { allowDuplicateContact: true } }), { id: made.id, name: "Mark's Shoes", settings: { allowDuplicateContact: true } })
  has(await agency.locations.getLocation(at), { location: { id: made.id, name: "Mark's Shoes", business: { name: "Mark's Shoes" } } })
  has(await agency.locations.searchLocations({ companyId, email: 'john.sdk@x.example', limit: 10, skip: 0, order: 'asc' }), { locations: [{ id: made.id }] })
  await refused(401, "Token's user type mismatch!", () => ghl.locations.createLocation({ companyId, name: 'x' }))
  await refused(403, 'does not have access', () => ghl.locations.getLocation(at))
  has(await agency.locations.deleteLocation({ ...at, deleteTwilioAccount: true }), { success: true })
  has(await agency.companies.getCompany({ companyId }), { company: { locationCount: 1 } })
  has(await agency.snapshots.getCustomSnapshots({ companyId }), { snapshots: [{ id: vars['snapshot.id'], name: 'Start', type: 'own' }] })
  const { timeZones } = await ghl.locations.getTimezones({ locationId })
  assert.ok(timeZones.includes('America/Phoenix'))
}

export async function setup() {
  const { customField } = await storing('custom_field.created', () => ghl.locations.createCustomField({ locationId }, { name: 'Garden', dataType: 'TEXT', placeholder: 'How large?', model: 'contact' }))
  const { id } = customField
  assert.equal(customField.fieldKey, 'contact.garden')
  has(await storing('custom_field.updated', () => ghl.locations.updateCustomField({ locationId, id }, { name: 'Garden in acres' })), { customField: { id, name: 'Garden in acres', fieldKey: 'contact.garden' } })
  has(await ghl.locations.getCustomField({ locationId, id }), { customField: { id, dataType: 'TEXT', placeholder: 'How large?' } })
  const { customFields } = await ghl.locations.getCustomFields({ locationId, model: 'contact' })
  assert.ok(customFields.some((it) => it.id === id))
  has(await storing('custom_field.deleted', () => ghl.locations.deleteCustomField({ locationId, id })), { succeded: true })
  await refused(400, 'Custom field not found', () => ghl.locations.getCustomField({ locationId, id }))
  await values()
  await tags()
}

async function values() {
  const { customValue } = await storing('custom_value.created', () => ghl.locations.createCustomValue({ locationId }, { name: 'Greeting', value: 'Hello' }))
  const { id } = customValue
  has(await storing('custom_value.updated', () => ghl.locations.updateCustomValue({ locationId, id }, { name: 'Greeting', value: 'Good day' })), { customValue: { id, value: 'Good day', fieldKey: '{{ custom_values.greeting }}' } })
  has(await ghl.locations.getCustomValue({ locationId, id }), { customValue: { value: 'Good day' } })
  has(await ghl.locations.getCustomValues({ locationId }), { customValues: [{ id }] })
  has(await storing('custom_value.deleted', () => ghl.locations.deleteCustomValue({ locationId, id })), { succeded: true })
  has(await ghl.locations.getCustomValues({ locationId }), { customValues: [] })
}

async function tags() {
  const { tag } = await storing('tag.created', () => ghl.locations.createTag({ locationId }, { name: 'Waiting list' }))
  const tagId = tag.id
  has(await storing('tag.updated', () => ghl.locations.updateTag({ locationId, tagId }, { name: 'Waiting' })), { tag: { id: tagId, name: 'Waiting', locationId } })
  has(await ghl.locations.getTagById({ locationId, tagId }), { tag: { name: 'Waiting' } })
  const { tags } = await ghl.locations.getLocationTags({ locationId })
  assert.ok(tags.some((it) => it.id === tagId))
  has(await storing('tag.deleted', () => ghl.locations.deleteTag({ locationId, tagId })), { succeded: true })
  await refused(400, 'Tag not found', () => ghl.locations.getTagById({ locationId, tagId }))
}

export async function team() {
  const john = await storing('user.created', () => agency.users.createUser({ companyId, firstName: 'John', lastName: 'Deo', email: 'john.deo.sdk@x.example', password: 'long enough 1', type: 'account', role: 'user', locationIds: [locationId], scopes: ['contacts.write'], permissions: { tagsEnabled: false } }))
  const userId = john.id
  has(john, { name: 'John Deo', roles: { type: 'account', role: 'user', locationIds: [locationId] }, permissions: { tagsEnabled: false, contactsEnabled: true } })
  has(await storing('user.updated', () => ghl.users.updateUser({ userId }, { firstName: 'Johnny', permissions: { assignedDataOnly: true } })), { id: userId, name: 'Johnny Deo', permissions: { assignedDataOnly: true, tagsEnabled: false } })
  has(await ghl.users.getUser({ userId }), { id: userId, email: 'john.deo.sdk@x.example' })
  has(await ghl.users.searchUsers({ companyId, locationId, query: 'deo', type: 'account', role: 'user', skip: 0, limit: 10 }), { users: [{ id: userId }], count: 1 })
  has(await agency.users.searchUsers({ companyId, ids: userId }), { users: [{ id: userId }] })
  has(await agency.users.filterUsersByEmail({ companyId, emails: 'john.deo.sdk@x.example,nobody@x.example', projection: 'all' }), { users: [{ id: userId, firstName: 'Johnny' }], count: 1 })
  const { users } = await ghl.users.getUserByLocation({ locationId })
  assert.ok(users.some((it) => it.id === userId))
  await refused(400, 'already exists', () => ghl.users.createUser({ companyId, firstName: 'J', lastName: 'D', email: 'JOHN.deo.sdk@x.example', password: 'long enough 1', type: 'account', role: 'user', locationIds: [locationId] }))
  has(await storing('user.deleted', () => agency.users.deleteUser({ userId })), { succeded: true })
  await refused(400, 'User not found', () => ghl.users.getUser({ userId }))
}
