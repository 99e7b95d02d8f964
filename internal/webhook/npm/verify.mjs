// Checks lines of {secret, id, timestamp, signature, body, ok} with the libraries
// that receivers use: what is ok must verify, anything else must not.
import assert from 'node:assert/strict'
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { Webhook as Standard } from 'standardwebhooks'
import { Webhook as Svix } from 'svix'

let taken = 0
let refused = 0
for await (const line of createInterface({ input: createReadStream(process.argv[2]) })) {
  const { secret, id, timestamp, signature, body, ok } = JSON.parse(line)
  const payload = Buffer.from(body, 'base64')
  const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature }
  for (const Library of [Standard, Svix]) {
    let verified = true
    try {
      new Library(secret).verify(payload, headers)
    } catch {
      verified = false
    }
    assert.equal(verified, ok, `${Library.name}: ${line}`)
  }
  if (ok) taken++
  else refused++
}
console.log(`${taken} verified, ${refused} refused, by standardwebhooks and svix`)
