// An app is told of a contact, and its SDK checks who says so.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { HighLevel } from '@gohighlevel/api-client'
import { world } from './world.mjs'

const { vars, hook } = world

export async function hooks() {
  const keys = await (await fetch(`${world.url}/.well-known/webhook-keys`)).json()
  const app = new HighLevel({ clientId: vars.clientId, clientSecret: vars['highlevel.clientSecret'], webhookPublicKey: keys['X-GHL-Signature'], logLevel: 'none' })

  const told = async (body, signature) => {
    const req = { method: 'POST', url: '/hooks', headers: { 'x-ghl-signature': signature }, rawBody: Buffer.from(body), body: JSON.parse(body) }
    const failure = await new Promise((done) => app.webhooks.subscribe()(req, {}, done))
    assert.equal(failure, undefined)
    assert.equal(req.skippedSignatureVerification, false)
    return req.isSignatureValid
  }
  assert.equal(await told(hook.body, hook.ed), true)
  assert.equal(await told(hook.body.replace('Zoë', 'Zoe'), hook.ed), false)
  assert.equal(await told(hook.body, hook.rsa), false)
  assert.equal(app.webhooks.verifySignature(hook.body, hook.rsa, keys['X-WH-Signature']), true)
  const many = JSON.parse(readFileSync(hook.many, 'utf8'))
  assert.equal(many.length, 1000)
  for (const { body, ed } of many) {
    assert.equal(await told(body, ed), true)
    const altered = Buffer.from(body)
    altered[Math.floor(Math.random() * altered.length)] ^= 1 << Math.floor(Math.random() * 8)
    assert.equal(app.webhooks.verifyEd25519Signature(altered, ed, keys['X-GHL-Signature']), false)
  }
  assert.equal(app.webhooks.verifySignature(`${hook.body} `, hook.rsa, keys['X-WH-Signature']), false)
}
