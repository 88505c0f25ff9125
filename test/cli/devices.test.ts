// plugbay devices, against a real server. It has no USB devices: what was chosen is away.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { install } from '../support/runtime.ts'
import { documentOf, runCli, startServer } from './harness.ts'

test('devices are chosen for a plugin, listed, and taken back', async (t) => {
  const { runtime, env } = await startServer(t)
  await install(runtime, { id: 'reader', manifest: { permissions: { usb: [{ vendorId: 0x0781 }] } } })
  const all = await runCli(['devices', 'list'], { env })
  assert.equal(all.code, 0)

  const chosen = await runCli(['devices', 'choose', 'reader', '0781:5591:A1', '0781:0001'], { env })
  assert.equal(chosen.code, 0)
  assert.match(chosen.out, /^DEVICE +NAME +STATE +CHOSEN +IN USE BY/)
  assert.match(chosen.out, /^0781:5591:A1 +– +away +yes +–$/m)
  const { results } = documentOf(await runCli(['devices', 'list', 'reader', '--json'], { env }))
  assert.deepEqual(
    results.map(({ id, isConnected, isChosen }) => [id, isConnected, isChosen]),
    [
      ['0781:5591:A1', false, true],
      ['0781:0001', false, true],
    ],
  )
  const none = await runCli(['devices', 'choose', 'reader'], { env })
  assert.match(none.out, /There are no devices/)

  assert.equal((await runCli(['devices', 'choose', 'reader', 'stick'], { env })).code, 64)
  assert.equal((await runCli(['devices', 'choose'], { env })).code, 64)
  assert.equal((await runCli(['devices', 'eject'], { env })).code, 64)
  assert.equal((await runCli(['devices', 'list', 'missing'], { env })).code, 1)
})
