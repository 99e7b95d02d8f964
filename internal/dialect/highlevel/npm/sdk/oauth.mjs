// An app is let in: its tokens are exchanged, kept and renewed by the SDK.
import assert from 'node:assert/strict'
import { MemorySessionStorage } from '@gohighlevel/api-client'
import { client, world, locationId, companyId, has, refused, room } from './world.mjs'

const { vars } = world
const clientId = vars.clientId
const clientSecret = vars['highlevel.clientSecret']
const redirect = vars.redirectUri
const scope = 'contacts.readonly contacts.write oauth.readonly oauth.write'

// fresh is the SDK of an app that knows nobody yet.
function fresh(more) {
  const sessionStorage = new MemorySessionStorage()
  const ghl = client({ clientId, clientSecret, sessionStorage, ...more })
  ghl.oauth.MARKETPLACE_URL = world.url
  return { ghl, sessionStorage }
}

// code signs in at the address that the SDK gives, allows what is asked, and
// gives the code that the app is sent. For the company, where is "company".
async function code(ghl, where) {
  const address = await ghl.oauth.getAuthorizationUrl(clientId, redirect, scope)
  const post = (to, fields, cookie = '') => fetch(new URL(to, world.url), { method: 'POST', redirect: 'manual', body: new URLSearchParams(fields), headers: { cookie } })
  const first = await fetch(address, { redirect: 'manual' })
  const next = new URL(first.headers.get('location'), world.url).searchParams.get('next')
  const signedIn = await post('/signin', { email: vars['user.email'], password: vars.password, next })
  const cookie = signedIn.headers.get('set-cookie').split(';')[0]
  const answer = await post(address, { location: where, decision: 'allow' }, cookie)
  assert.equal(answer.status, 302)
  return new URL(answer.headers.get('location')).searchParams.get('code')
}

const exchange = async (ghl, where, userType) => ghl.oauth.getAccessToken({
  client_id: clientId, client_secret: clientSecret, grant_type: 'authorization_code', code: await code(ghl, where), redirect_uri: redirect, user_type: userType,
})

const search = (ghl) => ghl.contacts.getContacts({ locationId, limit: 1 })

// counting notes how often the app goes for tokens.
function counting(ghl) {
  const asked = []
  ghl.addRequestInterceptor({ onFulfilled: (config) => { asked.push(config.url); return config } })
  return (url) => asked.splice(0).filter((it) => it === url).length
}

export async function app() {
  const { ghl, sessionStorage } = fresh()
  await assert.rejects(search(ghl), /token required/i) // before anybody let it in
  const tokens = await exchange(ghl, locationId, 'Location')
  has(tokens, { token_type: 'Bearer', expires_in: 86399, userType: 'Location', locationId, companyId, userId: vars['user.id'], scope })
  await sessionStorage.setSession(locationId, tokens)
  assert.equal((await search(ghl)).contacts.length, 1)
  await refused(401, 'not authorized for this scope', () => ghl.calendars.getCalendars({ locationId }))
  await refused(401, 'UnAuthorized!', () => ghl.oauth.getAccessToken({ client_id: clientId, client_secret: clientSecret, grant_type: 'authorization_code', code: 'none' }))

  const asked = counting(ghl)
  await soon(ghl, sessionStorage, asked)
  await expired(ghl, sessionStorage, asked)
  await company()
}

// soon: a token that ends within half a minute is renewed before it is used,
// once, however many requests wait for it.
async function soon(ghl, sessionStorage, asked) {
  const before = await sessionStorage.getSession(locationId)
  await sessionStorage.setSession(locationId, { ...before, expires_in: 5 })
  await Promise.all(Array.from({ length: 5 }, () => search(ghl)))
  assert.equal(asked('/oauth/token'), 1)
  const now = await sessionStorage.getSession(locationId)
  assert.notEqual(now.access_token, before.access_token)
  assert.notEqual(now.refresh_token, before.refresh_token)
  has(now, { userType: 'Location', locationId, scope })
}

// expired: what Foyer refuses with 401 is asked again with a new token.
async function expired(ghl, sessionStorage, asked) {
  const before = await sessionStorage.getSession(locationId)
  await room('/expire', {})
  assert.equal((await search(ghl)).contacts.length, 1)
  assert.equal(asked('/oauth/token'), 1)
  assert.notEqual((await sessionStorage.getSession(locationId)).access_token, before.access_token)
  // a body says its location too late for the SDK; a header says it in time
  await room('/expire', {})
  const body = { locationId, email: 'late.sdk@x.example' }
  await refused(401, 'Invalid token', () => ghl.contacts.createContact(body))
  const { contact } = await ghl.contacts.createContact(body, { headers: { locationId } })
  assert.equal(contact.email, body.email)
  // a token whose refresh token is used up stays refused
  await sessionStorage.setSession(locationId, { ...before, refresh_token: 'none' })
  await room('/expire', {})
  await refused(401, 'Invalid token', () => search(ghl))
}

// company: a company's token finds its locations and is exchanged for theirs.
async function company() {
  const { ghl, sessionStorage } = fresh()
  const tokens = await exchange(ghl, 'company', 'Company')
  has(tokens, { userType: 'Company', companyId, locationId: undefined, approvedLocations: [locationId] })
  await sessionStorage.setSession(companyId, tokens)
  has(await ghl.oauth.getInstalledLocation({ companyId, appId: clientId.split('-')[0], isInstalled: true, limit: 10, skip: 0 }), { count: 1, locations: [{ _id: locationId, isInstalled: true }] })
  const theirs = await ghl.oauth.getLocationAccessToken({ companyId, locationId })
  has(theirs, { userType: 'Location', locationId, companyId, token_type: 'Bearer', expires_in: 86400 })
  await sessionStorage.setSession(locationId, theirs)
  assert.equal((await search(ghl)).contacts.length, 1)

  // the company's own is renewed as the company's, and a location's that cannot
  // be is fetched anew
  await room('/expire', {})
  has(await ghl.oauth.getInstalledLocation({ companyId, appId: clientId.split('-')[0] }), { count: 1 })
  await sessionStorage.setSession(locationId, { ...theirs, refresh_token: 'none' })
  assert.equal((await search(ghl)).contacts.length, 1)
  assert.notEqual((await sessionStorage.getSession(locationId)).access_token, theirs.access_token)
  assert.equal((await sessionStorage.getSession(companyId)).userType, 'Company')
}

// limits: the SDK waits as long as Foyer's 429 says, and asks again.
export async function limits() {
  const token = { privateIntegrationToken: vars['highlevel.privateToken'] }
  const impatient = client(token)
  const patient = client({ ...token, rateLimitRetry: { maxRetries: 2, maxDelayMs: 11_000 } })
  for (const it of [impatient, patient]) it.getHttpClient().defaults.baseURL = world.limited
  const answers = await Promise.allSettled(Array.from({ length: 130 }, () => search(impatient)))
  const late = answers.filter((it) => it.status === 'rejected').map((it) => it.reason)
  assert.ok(late.length > 0)
  has(late[0], { statusCode: 429, code: 'RATE_LIMIT', message: 'Too Many Requests', rateLimit: { scope: 'burst', max: 100, intervalMs: 10_000, remaining: 0, dailyLimit: 200_000 } })
  const retries = counting(patient)
  assert.equal((await search(patient)).contacts.length, 1)
  assert.ok(retries('/contacts/') > 1)
}
