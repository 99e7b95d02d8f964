// The official SDK tells its stories to a Foyer, and every method of it that has
// an operation there must have its part in one.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GHLNotFoundError, HighLevel } from '@gohighlevel/api-client'
import { ghl, world, driven, services } from './sdk/world.mjs'
import { people } from './sdk/contacts.mjs'
import { tours } from './sdk/calendars.mjs'
import { deals } from './sdk/opportunities.mjs'
import { talks } from './sdk/conversations.mjs'
import { offices, setup, team } from './sdk/locations.mjs'
import { relations, blog } from './sdk/others.mjs'
import { app, limits } from './sdk/oauth.mjs'
import { hooks } from './sdk/webhooks.mjs'

for (const story of [people, tours, deals, talks, offices, setup, team, relations, blog, app, hooks, limits]) await test(story.name, story)

// address is a method and path whose parameters have no names.
const address = (method, path) => `${method.toUpperCase()} ${path.replace(/\/$/, '').replace(/\{[^}]*\}/g, '{}')}`

// callable are the SDK's methods by the address that each asks: without
// parameters it sends the path as it is documented, and here to nobody.
async function callable() {
  const ghl = new HighLevel({ privateIntegrationToken: 'none', logLevel: 'none' })
  const methods = new Map()
  let method
  ghl.getHttpClient().defaults.adapter = async (config) => {
    methods.set(method, address(config.method, config.url))
    return { data: {}, status: 200, headers: {}, config }
  }
  for (const [name, service] of services(ghl)) {
    for (const it of Object.getOwnPropertyNames(Object.getPrototypeOf(service)).filter((it) => it !== 'constructor')) {
      method = `${name}.${it}`
      try { await service[it]({}, {}, {}) } catch { /* one that is given its parameters otherwise: refreshToken */ }
    }
  }
  return methods
}

const methods = await callable()
const operations = new Set(world.operations.map((it) => address(it.method, it.path)))

// foyers are addresses that mean something else here: the message "export", and
// the files of conversations.
const foyers = ['GET /conversations/messages/export', 'GET /files/d/{}']

await test('what Foyer has no operation for is not found', async () => {
  for (const [method, at] of methods) {
    if (operations.has(at) || foyers.includes(at)) continue
    const [name, it] = method.split('.')
    await assert.rejects(ghl[name][it]({}, {}, {}), (e) => e instanceof GHLNotFoundError && e.message.startsWith('Cannot '), method)
  }
})

await test('every operation that the SDK can call was driven', () => {
  const mapped = [...methods].filter(([, at]) => operations.has(at)).map(([method]) => method)
  assert.ok(mapped.length > 150, `only ${mapped.length} methods of ${methods.size} have an operation`)
  assert.deepEqual(mapped.filter((method) => !driven.has(method)), [])
  console.log(`${mapped.length} methods of the SDK for ${new Set(mapped.map((method) => methods.get(method))).size} of ${operations.size} operations`)
})
