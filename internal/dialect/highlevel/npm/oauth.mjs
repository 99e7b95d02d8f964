// The whole code flow of two well-known OAuth clients against a Foyer on
// loopback: discovery, PKCE, the pages as a browser sees them, refresh,
// introspection, revocation. What is needed comes in the environment.
import assert from 'node:assert/strict'
import * as openid from 'openid-client'
import * as oauth from 'oauth4webapi'

const { ISSUER, CLIENT_ID, CLIENT_SECRET, REDIRECT, PUBLIC_ID, EMAIL, PASSWORD, LOCATION } = process.env
const scope = 'contacts.readonly contacts.write'
const insecure = { [oauth.allowInsecureRequests]: true }

// browser signs in, allows what is asked, and gives the address that the app is sent to.
async function browser(address) {
  const form = (fields, cookie) => ({ method: 'POST', redirect: 'manual', body: new URLSearchParams(fields), headers: cookie ? { cookie } : {} })
  const first = await fetch(address, { redirect: 'manual' })
  assert.equal(first.status, 303)
  const next = new URL(first.headers.get('location'), ISSUER).searchParams.get('next')
  const signedIn = await fetch(`${ISSUER}/signin`, form({ email: EMAIL, password: PASSWORD, next }))
  assert.equal(signedIn.status, 303)
  const cookie = signedIn.headers.get('set-cookie').split(';')[0]
  const page = await fetch(new URL(signedIn.headers.get('location'), ISSUER), { headers: { cookie } })
  assert.equal(page.status, 200)
  const answer = await fetch(address, form({ location: LOCATION, decision: 'allow' }, cookie))
  assert.equal(answer.status, 302)
  return new URL(answer.headers.get('location'))
}

async function opens(token) {
  const res = await fetch(`${ISSUER}/contacts/?locationId=${LOCATION}`, { headers: { authorization: `Bearer ${token}`, version: '2021-07-28' } })
  return res.status === 200
}

// openid-client: a confidential app, by each way to show its secret.
for (const way of [openid.ClientSecretPost, openid.ClientSecretBasic]) {
  const config = await openid.discovery(new URL(ISSUER), CLIENT_ID, undefined, way(CLIENT_SECRET), { algorithm: 'oauth2', execute: [openid.allowInsecureRequests] })
  assert.equal(config.serverMetadata().issuer, ISSUER)
  assert.ok(config.serverMetadata().supportsPKCE())
  const verifier = openid.randomPKCECodeVerifier()
  const state = openid.randomState()
  const address = openid.buildAuthorizationUrl(config, { redirect_uri: REDIRECT, scope, state, code_challenge: await openid.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' })
  const back = await browser(address)
  const tokens = await openid.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier, expectedState: state })
  assert.equal(tokens.scope, scope)
  assert.equal(tokens.locationId, LOCATION)
  assert.ok(await opens(tokens.access_token))
  // mix-up: an answer of another server is refused by the client
  const mixed = new URL(back)
  mixed.searchParams.set('iss', 'https://evil.example')
  await assert.rejects(openid.authorizationCodeGrant(config, mixed, { pkceCodeVerifier: verifier, expectedState: state }))
  const next = await openid.refreshTokenGrant(config, tokens.refresh_token)
  assert.notEqual(next.refresh_token, tokens.refresh_token)
  const known = await openid.tokenIntrospection(config, next.access_token)
  assert.equal(known.active, true)
  assert.equal(known.client_id, CLIENT_ID)
  await openid.tokenRevocation(config, next.refresh_token)
  assert.equal((await openid.tokenIntrospection(config, next.access_token)).active, false)
  assert.equal(await opens(next.access_token), false)
  await assert.rejects(openid.refreshTokenGrant(config, next.refresh_token), (e) => e.error === 'invalid_grant')
  await assert.rejects(openid.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier, expectedState: state }), (e) => e.error === 'invalid_grant')
  const own = await openid.clientCredentialsGrant(config, { scope: 'contacts.readonly' })
  assert.equal(own.userType, 'Company')
}

// oauth4webapi: a public app, which has PKCE in place of a secret.
{
  const issuer = new URL(ISSUER)
  const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure }))
  const client = { client_id: PUBLIC_ID }
  const auth = oauth.None()
  const verifier = oauth.generateRandomCodeVerifier()
  const state = oauth.generateRandomState()
  const address = new URL(server.authorization_endpoint)
  const ask = { client_id: PUBLIC_ID, redirect_uri: REDIRECT, response_type: 'code', scope, state, code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' }
  for (const [k, v] of Object.entries(ask)) address.searchParams.set(k, v)
  const back = oauth.validateAuthResponse(server, client, await browser(address), state)
  const res = await oauth.authorizationCodeGrantRequest(server, client, auth, back, REDIRECT, verifier, insecure)
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, res)
  assert.ok(await opens(tokens.access_token))
  const next = await oauth.processRefreshTokenResponse(server, client, await oauth.refreshTokenGrantRequest(server, client, auth, tokens.refresh_token, insecure))
  assert.ok(await opens(next.access_token))
  await oauth.processRevocationResponse(await oauth.revocationRequest(server, client, auth, next.refresh_token, insecure))
  assert.equal(await opens(next.access_token), false)
  // without its verifier a code is worth nothing
  const again = oauth.validateAuthResponse(server, client, await browser(address), state)
  const wrong = await oauth.authorizationCodeGrantRequest(server, client, auth, again, REDIRECT, oauth.generateRandomCodeVerifier(), insecure)
  await assert.rejects(oauth.processAuthorizationCodeResponse(server, client, wrong), (e) => e.error === 'invalid_grant')
  // and what is protected says where its tokens are to be had
  const resource = await oauth.processResourceDiscoveryResponse(issuer, await oauth.resourceDiscoveryRequest(issuer, insecure))
  assert.deepEqual(resource.authorization_servers, [ISSUER])
}

console.log('ok')
