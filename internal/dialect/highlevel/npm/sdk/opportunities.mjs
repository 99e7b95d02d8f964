// A house is sold: the deal moves through the pipeline.
import assert from 'node:assert/strict'
import { ghl, world, locationId, storing, has, refused } from './world.mjs'

const { vars } = world

export async function deals() {
  // pipelines are made by an address that the SDK has no method for
  const { data } = await ghl.request({ method: 'POST', url: '/opportunities/pipelines', data: { locationId, name: 'Sellers', stages: [{ name: 'New' }, { name: 'Listed' }] } })
  const [fresh, listed] = data.pipeline.stages
  const pipelineId = data.pipeline.id
  has(await ghl.opportunities.getPipelines({ locationId }), { pipelines: [{ id: pipelineId, stages: [{ id: fresh.id }, { id: listed.id, name: 'Listed' }] }] })
  const { contact: ana } = await ghl.contacts.createContact({ locationId, firstName: 'Sela', lastName: 'Sells', email: 'sela.sdk@x.example' })
  const { contact: bob } = await ghl.contacts.createContact({ locationId, firstName: 'Sol', email: 'sol.sdk@x.example' })

  const { opportunity } = await storing('opportunity.created', () => ghl.opportunities.createOpportunity({ locationId, pipelineId, pipelineStageId: fresh.id, name: 'A flat', status: 'open', contactId: ana.id, monetaryValue: 250000.5, assignedTo: vars['user.id'] }))
  const { id } = opportunity
  has(opportunity, { name: 'A flat', monetaryValue: 250000.5, status: 'open', contact: { id: ana.id, name: 'Sela Sells' } })
  await refused(400, 'Can not create duplicate opportunity for the contact.', () => ghl.opportunities.createOpportunity({ locationId, pipelineId, name: 'Again', status: 'open', contactId: ana.id }))
  has(await storing('opportunity.updated', () => ghl.opportunities.updateOpportunity({ id }, { pipelineStageId: listed.id, monetaryValue: 240000 })), { opportunity: { id, pipelineStageId: listed.id, monetaryValue: 240000 } })
  const updated = await ghl.opportunities.upsertOpportunity({ locationId, pipelineId, contactId: ana.id, name: 'A large flat', status: 'open' })
  has(updated, { new: false, opportunity: { id, name: 'A large flat' } })
  const made = await storing('opportunity.created', () => ghl.opportunities.upsertOpportunity({ locationId, pipelineId, contactId: bob.id, name: 'A lot', status: 'open', followers: [], isRemoveAllFollowers: false, followersActionType: 'add' }))
  has(made, { new: true, opportunity: { contactId: bob.id, pipelineStageId: fresh.id } })
  const other = made.opportunity.id

  const followers = [vars['mate.id']]
  has(await storing('opportunity.updated', () => ghl.opportunities.addFollowersOpportunity({ id }, { followers })), { followers, followersAdded: followers })
  has(await ghl.opportunities.removeFollowersOpportunity({ id }, { followers }), { followers: [], followersRemoved: followers })
  await ghl.opportunities.addFollowersOpportunity({ id }, { followers })
  has(await ghl.opportunities.removeFollowersOpportunity({ id, isRemoveAllFollowers: true }, { followers: [] }), { followers: [], followersRemoved: followers })

  const { lostReasons } = await ghl.opportunities.getLostReason({ locationId, query: 'dear', limit: 10 })
  has(lostReasons, [{ id: vars['reason.id'], name: 'Too dear' }])
  has(await storing('opportunity.updated', () => ghl.opportunities.updateOpportunityStatus({ id: other }, { status: 'lost', lostReasonId: lostReasons[0].id })), { succeded: true })
  has(await ghl.opportunities.getOpportunity({ id: other }), { opportunity: { status: 'lost', lostReasonId: lostReasons[0].id } })
  await finding({ id, other, pipelineId, listed, ana })
  has(await storing('opportunity.deleted', () => ghl.opportunities.deleteOpportunity({ id: other })), { succeded: true })
  await refused(400, 'Opportunity not found', () => ghl.opportunities.getOpportunity({ id: other }))
}

async function finding({ id, other, pipelineId, listed, ana }) {
  // the SDK takes locationId and sends location_id
  const found = await ghl.opportunities.searchOpportunity({ locationId, pipelineId, limit: 1, order: 'added_desc' })
  has(found, { opportunities: [{ id: other }], meta: { total: 2 } })
  has(await ghl.opportunities.searchOpportunity({ locationId, limit: 1, startAfter: found.meta.startAfter, startAfterId: found.meta.startAfterId }), { opportunities: [{ id }] })
  has(await ghl.opportunities.searchOpportunity({ locationId, q: 'large', pipelineStageId: listed.id, contactId: ana.id, assignedTo: vars['user.id'], status: 'open', getNotes: true, getTasks: true, getCalendarEvents: true }), { opportunities: [{ id, notes: [], tasks: [], calendarEvents: [] }] })
  const advanced = await ghl.opportunities.searchOpportunitiesAdvanced({ locationId, query: '', limit: 1, page: 1, searchAfter: [], additionalDetails: { notes: true, tasks: true, calendarEvents: true, unReadConversations: true } })
  has(advanced, { total: 2, opportunities: [{}] })
  assert.ok([id, other].includes(advanced.opportunities[0].id))
}
