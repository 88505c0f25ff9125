import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runCli, startServer } from './harness.ts'

test('volumes are listed, and a drive is ejected where the server does that', async (t) => {
  const { env } = await startServer(t)
  const none = await runCli(['volumes'], { env })
  assert.deepEqual([none.code, (await runCli(['volumes', 'list'], { env })).out], [0, none.out])
  const refused = await runCli(['volumes', 'eject', '0123456789ab'], { env })
  assert.equal(refused.code, 1)
  assert.match(refused.err, /volumes\.udisks/)
  assert.equal((await runCli(['volumes', 'eject'], { env })).code, 64)
  assert.equal((await runCli(['volumes', 'format', '0123456789ab'], { env })).code, 64)
})
