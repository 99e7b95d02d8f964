// A team opens its calendar, and somebody books a tour of a house. Monday is
// 18 June 2035; the location keeps UTC.
import assert from 'node:assert/strict'
import { ghl, world, locationId, storing, has, refused } from './world.mjs'

const { vars } = world
const day = { startDate: Date.parse('2035-06-18T00:00:00Z'), endDate: Date.parse('2035-06-18T23:59:59Z') }
const range = { locationId, startTime: String(day.startDate), endTime: String(day.endDate) }
const taken = 'The slot you have selected is no longer available.'

export async function tours() {
  const { contact } = await ghl.contacts.createContact({ locationId, firstName: 'Tim', lastName: 'Tour', email: 'tim.sdk@x.example' })
  const groupId = await group()
  const { calendar } = await storing('calendar.created', () => ghl.calendars.createCalendar({
    locationId, name: 'Tour', groupId, calendarType: 'round_robin', slotDuration: 60, slotInterval: 60, isActive: false,
    teamMembers: [{ userId: vars['user.id'], priority: 1 }, { userId: vars['mate.id'], priority: 0.5 }],
    openHours: [{ daysOfTheWeek: [1], hours: [{ openHour: 9, openMinute: 0, closeHour: 12, closeMinute: 0 }] }],
  }))
  const calendarId = calendar.id
  has(await ghl.calendars.getCalendars({ locationId, groupId, showDrafted: false }), { calendars: [] })
  has(await storing('calendar.updated', () => ghl.calendars.updateCalendar({ calendarId }, { isActive: true, description: 'An hour in the house' })), { calendar: { id: calendarId, isActive: true, appoinmentPerSlot: 1 } })
  has(await ghl.calendars.getCalendar({ calendarId }), { calendar: { name: 'Tour', description: 'An hour in the house', teamMembers: [{ userId: vars['user.id'] }, { priority: 0.5 }] } })
  has(await ghl.calendars.getCalendars({ locationId, groupId }), { calendars: [{ id: calendarId }] })

  await booking(calendarId, contact.id)
  await resources(calendarId)
  await schedules(calendarId)
  await notifications(calendarId)
  has(await storing('calendar.deleted', () => ghl.calendars.deleteCalendar({ calendarId })), { success: true })
  await refused(400, 'Calendar not found', () => ghl.calendars.getCalendar({ calendarId }))
  has(await storing('calendar_group.deleted', () => ghl.calendars.deleteGroup({ groupId })), { success: true })
  has(await ghl.calendars.getGroups({ locationId }), { groups: [] })
}

async function group() {
  has(await ghl.calendars.validateGroupsSlug({ locationId, slug: 'tours' }), { available: true })
  const { group } = await storing('calendar_group.created', () => ghl.calendars.createCalendarGroup({ locationId, name: 'Tours', description: 'of houses', slug: 'tours' }))
  const groupId = group.id
  has(await ghl.calendars.validateGroupsSlug({ locationId, slug: 'tours' }), { available: false })
  has(await storing('calendar_group.updated', () => ghl.calendars.editGroup({ groupId }, { name: 'House tours', description: 'of houses', slug: 'house-tours' })), { group: { id: groupId, slug: 'house-tours' } })
  has(await storing('calendar_group.updated', () => ghl.calendars.disableGroup({ groupId }, { isActive: false })), { success: true })
  has(await ghl.calendars.getGroups({ locationId }), { groups: [{ id: groupId, name: 'House tours', isActive: false }] })
  return groupId
}

async function booking(calendarId, contactId) {
  const free = async (more) => (await ghl.calendars.getSlots({ calendarId, ...day, ...more }))['2035-06-18']?.slots
  assert.deepEqual(await free(), ['2035-06-18T09:00:00+00:00', '2035-06-18T10:00:00+00:00', '2035-06-18T11:00:00+00:00'])
  assert.deepEqual((await free({ timezone: 'America/Phoenix' }))[0], '2035-06-18T02:00:00-07:00')

  const book = (more) => ghl.calendars.createAppointment({ locationId, calendarId, contactId, startTime: '2035-06-18T09:00:00Z', ...more })
  const first = await storing('appointment.created', () => book({ title: 'Tour with Tim', appointmentStatus: 'new' }))
  has(first, { calendarId, contactId, title: 'Tour with Tim', appointmentStatus: 'new', assignedUserId: vars['user.id'], endTime: '2035-06-18T10:00:00+00:00' })
  assert.deepEqual(await free({ userId: vars['user.id'] }), ['2035-06-18T10:00:00+00:00', '2035-06-18T11:00:00+00:00'])
  assert.deepEqual((await free({ userIds: [vars['user.id'], vars['mate.id']] })).length, 3) // sent as userIds[]
  has(await book({}), { assignedUserId: vars['mate.id'], appointmentStatus: 'confirmed' })
  await refused(400, taken, () => book({}))
  const over = await book({ ignoreFreeSlotValidation: true })

  const eventId = first.id
  has(await storing('appointment.status, appointment.updated', () => ghl.calendars.editAppointment({ eventId }, { appointmentStatus: 'showed', title: 'Toured' })), { id: eventId, appointmentStatus: 'showed', contactId })
  has(await ghl.calendars.getAppointment({ eventId }), { event: { id: eventId, title: 'Toured', startTime: '2035-06-18T09:00:00+00:00' }, appointment: { id: eventId } })
  has(await ghl.calendars.getCalendarEvents({ ...range, calendarId }), { events: [{}, {}, {}] })
  has(await ghl.calendars.getCalendarEvents({ ...range, userId: vars['mate.id'] }), { events: [{ calendarId, assignedUserId: vars['mate.id'] }] })
  has(await ghl.contacts.getAppointmentsForContact({ contactId }), { events: [{}, {}, {}] })
  await notes(eventId, contactId)
  await blocks(calendarId)
  // with a body, as the SDK wants one, and with none
  has(await storing('appointment.deleted', () => ghl.calendars.deleteEvent({ eventId: over.id }, {})), { succeeded: true })
  has(await ghl.calendars.deleteEvent({ eventId }), { succeeded: true })
  has(await ghl.calendars.getCalendarEvents({ ...range, calendarId }), { events: [{}] })
}

async function notes(appointmentId, contactId) {
  const { note } = await storing('appointment_note.created', () => ghl.calendars.createAppointmentNote({ appointmentId }, { userId: vars['user.id'], body: 'bring the keys' }))
  const noteId = note.id
  has(await storing('appointment_note.updated', () => ghl.calendars.updateAppointmentNote({ appointmentId, noteId }, { userId: vars['user.id'], body: 'bring both keys' })), { note: { id: noteId, body: 'bring both keys' } })
  has(await ghl.calendars.getAppointmentNotes({ appointmentId, limit: 10, offset: 0 }), { notes: [{ id: noteId, contactId }], hasMore: false })
  has(await storing('appointment_note.deleted', () => ghl.calendars.deleteAppointmentNote({ appointmentId, noteId })), { success: true })
  has(await ghl.calendars.getAppointmentNotes({ appointmentId, limit: 10, offset: 0 }), { notes: [] })
}

async function blocks(calendarId) {
  const block = await storing('block.created', () => ghl.calendars.createBlockSlot({ locationId, calendarId, title: 'Painters', startTime: '2035-06-18T10:00:00Z', endTime: '2035-06-18T11:00:00Z' }))
  const eventId = block.id
  has(await storing('block.updated', () => ghl.calendars.editBlockSlot({ eventId }, { locationId, calendarId, endTime: '2035-06-18T12:00:00Z' })), { id: eventId, title: 'Painters', endTime: '2035-06-18T12:00:00+00:00' })
  has(await ghl.calendars.getBlockedSlots({ ...range, calendarId }), { events: [{ id: eventId, title: 'Painters' }] })
  has(await ghl.calendars.getSlots({ calendarId, ...day }), { '2035-06-18': undefined })
  has(await storing('block.deleted', () => ghl.calendars.deleteEvent({ eventId }, {})), { succeeded: true })
  has(await ghl.calendars.getBlockedSlots({ ...range, calendarId }), { events: [] })
}

async function resources(calendarId) {
  const resourceType = 'rooms'
  const room = await storing('calendar_resource.created', () => ghl.calendars.createCalendarResource({ resourceType }, { locationId, name: 'Blue room', description: '', quantity: 1, outOfService: 0, capacity: 2, calendarIds: [calendarId] }))
  const { id } = room
  has(await storing('calendar_resource.updated', () => ghl.calendars.updateCalendarResource({ resourceType, id }, { name: 'Blue hall', capacity: 20 })), { name: 'Blue hall', capacity: 20 })
  has(await ghl.calendars.getCalendarResource({ resourceType, id }), { id, resourceType, name: 'Blue hall', calendarIds: [calendarId] })
  has(await ghl.calendars.fetchCalendarResources({ resourceType, locationId, limit: 10, skip: 0 }), [{ id }])
  has(await storing('calendar_resource.deleted', () => ghl.calendars.deleteCalendarResource({ resourceType, id })), { success: true })
  has(await ghl.calendars.fetchCalendarResources({ resourceType, locationId, limit: 10, skip: 0 }), [])
}

// A member who comes later than the calendar opens.
async function schedules(calendarId) {
  const userId = vars['mate.id']
  const { schedule } = await storing('calendar_schedule.created', () => ghl.calendars.createSchedule({ locationId, userId, name: 'Late', timezone: 'Etc/UTC', rules: [{ type: 'wday', day: 'monday', intervals: [{ from: '11:00', to: '12:00' }] }] }))
  const { id } = schedule
  has(await storing('calendar_schedule.updated', () => ghl.calendars.addCalendarToSchedule({ id, calendarId })), { success: true })
  has(await ghl.calendars.getScheduleById({ id }), { schedule: { id, name: 'Late', userId, calendarIds: [calendarId] } })
  has(await ghl.calendars.getAllSchedules({ locationId }), { schedules: [{ id }] })
  has(await storing('calendar_schedule.updated', () => ghl.calendars.updateSchedule({ id }, { name: 'Later' })), { schedule: { id, name: 'Later' } })
  has(await storing('calendar_schedule.updated', () => ghl.calendars.removeCalendarFromSchedule({ id, calendarId })), { success: true })
  has(await storing('calendar_schedule.deleted', () => ghl.calendars.deleteSchedule({ id })), { success: true })
  has(await ghl.calendars.getAllSchedules({ locationId }), { schedules: [] })
}

async function notifications(calendarId) {
  const [made] = await storing('calendar_notification.created', () => ghl.calendars.createEventNotification({ calendarId }, [{ receiverType: 'contact', channel: 'email', notificationType: 'booked', subject: 'See you', body: 'Hello' }]))
  const notificationId = made._id
  has(await storing('calendar_notification.updated', () => ghl.calendars.updateEventNotification({ calendarId, notificationId }, { isActive: false })), { message: 'Notification updated successfully' })
  has(await ghl.calendars.findEventNotification({ calendarId, notificationId }), { _id: notificationId, subject: 'See you', isActive: false })
  has(await ghl.calendars.getEventNotification({ calendarId, isActive: false, limit: 10, skip: 0 }), [{ _id: notificationId }])
  await storing('calendar_notification.deleted', () => ghl.calendars.deleteEventNotification({ calendarId, notificationId }))
  has(await ghl.calendars.getEventNotification({ calendarId, deleted: false }), [])
}
