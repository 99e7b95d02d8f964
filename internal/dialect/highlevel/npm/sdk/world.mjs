// What the stories share: clients of the SDK that note which of its methods
// worked, the events that Foyer stored, and ways to compare.
import assert from 'node:assert/strict'
import { HighLevel } from '@gohighlevel/api-client'

// world is what the Go test tells: the address of Foyer, that of the back room,
// ids and tokens by name, and the table of operations.
export const world = JSON.parse(process.env.WORLD)
export const { locationId, companyId } = world.vars

// The SDK has no setting for the address (contract.md §20).
HighLevel.BASE_URL = world.url

// driven are the methods that gave an answer, as contacts.createContact.
export const driven = new Set()

// client is an SDK that notes its methods as they succeed.
export function client(config) {
  const ghl = new HighLevel({ logLevel: 'none', ...config })
  for (const [name, service] of services(ghl)) ghl[name] = noting(name, service)
  return ghl
}

export const services = (ghl) => Object.entries(ghl).filter(([, it]) => it?.client === ghl.getHttpClient())

const noting = (name, service) => new Proxy(service, {
  get: (_, method) => typeof service[method] !== 'function' ? service[method] : async (...args) => {
    const answer = await service[method](...args)
    driven.add(`${name}.${String(method)}`)
    return answer
  },
})

// The private tokens of the location and of its company.
export const ghl = client({ privateIntegrationToken: world.vars['highlevel.privateToken'] })
export const agency = client({ privateIntegrationToken: world.vars.agency })

// room asks the back room, which sees behind the API.
export async function room(path, body) {
  const res = await fetch(world.room + path, { method: body ? 'POST' : 'GET', body: body && JSON.stringify(body) })
  assert.equal(res.status, 200, `${path}: ${res.status}`)
  return res.json()
}

// storing does something, and checks which events it left: "contact.created",
// "contact.updated ×2, …", "" for none.
export async function storing(events, doing) {
  await room('/events')
  const answer = await doing()
  assert.equal(await room('/events'), events)
  return answer
}

// has checks that an answer says all that is expected; it may say more.
export function has(got, want, at = 'answer') {
  if (want === null || typeof want !== 'object') return assert.strictEqual(got, want, `${at} is ${JSON.stringify(got)}, want ${JSON.stringify(want)}`)
  assert.ok(got !== null && typeof got === 'object', `${at} is ${JSON.stringify(got)}, want ${JSON.stringify(want)}`)
  if (Array.isArray(want)) assert.equal(got.length, want.length, `${at} has ${got.length} elements, want ${want.length}: ${JSON.stringify(got)}`)
  for (const key of Object.keys(want)) has(got[key], want[key], `${at}.${key}`)
  return got
}

// refused checks the SDK's error: its status, and what its message says.
export async function refused(status, message, doing) {
  await assert.rejects(doing, (e) => {
    assert.equal(e.statusCode, status, e.message)
    assert.ok(e.message.includes(message), `${e.message}, want ${message}`)
    return true
  })
}
