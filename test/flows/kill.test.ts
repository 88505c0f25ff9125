// kill -9 of the runtime at any moment: what is stored starts again and serves one whole release; its children end with it.

import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { isRunning, startKillable } from '../support/killable.ts'
import { randomOf } from '../support/random.ts'
import { temporaryFolder, until } from '../support/runtime.ts'

const ROUNDS = 25
const ONLY_LINUX = process.platform === 'linux' ? {} : { skip: 'looks into /proc' }

test(
  `killed at ${ROUNDS} moments of its uploads, the runtime serves the old release or the new one, whole`,
  ONLY_LINUX,
  async (t) => {
    const random = randomOf(20261121)
    const data = await temporaryFolder(t)
    let done = -1
    let begun = -1
    let between = 0
    for (let round = 0; round < ROUNDS; round++) {
      const server = await startKillable(t, data)
      const [api, asset] = await Promise.all(
        ['/plugins/survivor/api/', '/plugins/survivor/v.txt'].map((path) => fetch(server.origin + path)),
      )
      assert.ok(api && asset)
      assert.equal(api.status, asset.status)
      const served = await api.text()
      if (api.status === 200) {
        assert.equal(await asset.text(), served, 'backend and asset are of one release')
        const allowed = Array.from(
          { length: begun - Math.max(done, 0) + 1 },
          (_, n) => `1.${Math.max(done, 0) + n}.0`,
        )
        assert.ok(allowed.includes(served), `round ${round}: ${served} is none of ${allowed.join(', ')}`)
      } else {
        assert.equal(api.status, 404)
        assert.equal(done, -1, 'what was acknowledged is there')
      }
      assert.deepEqual(await readdir(join(data, 'staging')), [], 'what a killed upload left is swept')
      const first = begun + 1
      server.say(`upload ${first}`)
      await new Promise((resolve) => setTimeout(resolve, random() * 600))
      await server.kill()
      if (server.begun > server.done) between++
      begun = Math.max(begun, server.begun)
      done = Math.max(done, server.done)
    }
    assert.ok(begun >= 5 && between >= ROUNDS / 3, `${begun} uploads, ${between} of them cut short`)
  },
)

for (const deed of ['nothing', 'loop', 'stuck'])
  test(`children end with a killed runtime while a plugin does "${deed}"`, ONLY_LINUX, async (t) => {
    const server = await startKillable(t, await temporaryFolder(t))
    server.say('install endless')
    await server.next('installed')
    assert.ok(server.children.length >= 3)
    if (deed !== 'nothing') {
      // The kill breaks the connection.
      fetch(`${server.origin}/plugins/endless/api/${deed}`).catch(() => undefined)
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
    const { children } = server
    assert.ok(children.every(isRunning))
    await server.kill()
    await until('every child ends', () => !children.some(isRunning), 15_000)
  })
