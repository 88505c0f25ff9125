// The server is stopped while a client follows events, as every open admin page does.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_CONFIG } from '../../../runtime/config/config.ts'
import { startServer } from '../../../runtime/server.ts'
import { readEvents } from '../../support/event-reader.ts'
import { ADMIN_TOKEN, temporaryFolder } from '../../support/runtime.ts'

test('an event stream comes to its end when the server stops: it is not waited for, and not broken', async (t) => {
  const data = await temporaryFolder(t)
  const server = await startServer(
    { ...DEFAULT_CONFIG, port: 0, data, logLevel: 'silent', adminToken: ADMIN_TOKEN },
    { samples: false },
  )
  const response = await fetch(`${server.url}/api/v1/events`, {
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
  })
  assert.equal(response.status, 200)
  const last = readEvents(response).next()
  const stopped = server.close()
  assert.equal(await last, undefined)
  await stopped
  assert.equal(server.runtime.isReady(), false)
})
