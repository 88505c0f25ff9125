// The admin API of a server of "plugbay dev", as its developer has it.

import assert from 'node:assert/strict'
import type { DevPlugin } from '../dev/dev-plugin.ts'

export type AskApi = (path: string, init?: RequestInit) => Promise<Response>

export async function signIn(dev: DevPlugin): Promise<AskApi> {
  const ready = dev.events.find((event) => event.event === 'ready')
  assert.ok(ready?.event === 'ready')
  const code = new URL(ready.adminUrl).hash.slice('#code='.length)
  const base = `http://127.0.0.1:${dev.port}/api/v1`
  const headers = { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' }
  const signed = await fetch(`${base}/session`, { method: 'POST', headers, body: JSON.stringify({ code }) })
  assert.equal(signed.status, 204)
  const cookie = signed.headers.getSetCookie()[0]?.split(';', 1)[0] ?? ''
  return (path, init = {}) =>
    fetch(`${base}${path}`, {
      ...init,
      headers: { origin: new URL(base).origin, ...init.headers, cookie },
    })
}
