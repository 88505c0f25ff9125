// The runtime is killed in the middle of upgrades and replacements: the next start serves the old release with the old data, or the
// new one with the new data, whole.

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { type Killable, startKillable } from '../support/killable.ts'
import { randomOf } from '../support/random.ts'
import { ADMIN_TOKEN, pluginZip, temporaryFolder, until } from '../support/runtime.ts'
import { examineDatabases } from './examine.ts'

const ROUNDS = 6
const ONLY_LINUX = process.platform === 'linux' ? {} : { skip: 'looks into /proc' }
const AUTHORITY = { authorization: `Bearer ${ADMIN_TOKEN}` }

/** Every key and every row holds the version of the data, so that a mixture shows. Version `n` is <n>.0.0. */
function counterZip(id: string, n: number, replaces: readonly string[] = []): Uint8Array<ArrayBuffer> {
  const sql = (version: number) =>
    version === 1
      ? 'CREATE TABLE version (n INTEGER); INSERT INTO version VALUES (1)'
      : `UPDATE version SET n = ${version}`
  return pluginZip({
    id,
    version: `${n}.0.0`,
    backend: `
      const put = async (env) => { for (let i = 0; i < 30; i++) await env.kv.put('key' + i, '${n}') }
      export default {
        async fetch(request, env) {
          const { keys } = await env.kv.list()
          const values = await Promise.all(keys.map(({ name }) => env.kv.get(name)))
          const row = (await env.db.prepare('SELECT n FROM version').all()).results
          return Response.json({ code: '${n}', keys: keys.length, values: [...new Set(values)], rows: row.map(({ n }) => String(n)) })
        },
        lifecycle: { install: put, upgrade: [{ from: '<${n}.0.0', run: put }] },
      }`,
    files: Object.fromEntries(
      Array.from({ length: n }, (_, index) => [
        `backend/migrations/${String(index + 1).padStart(4, '0')}.sql`,
        sql(index + 1),
      ]),
    ),
    manifest: { permissions: { kv: true, database: true }, ...(replaces.length > 0 && { replaces }) },
  })
}

async function upload({ origin }: Killable, zip: Uint8Array<ArrayBuffer>): Promise<Response> {
  const headers = { ...AUTHORITY, 'content-type': 'application/zip' }
  return await fetch(`${origin}/api/v1/plugins`, { method: 'POST', headers, body: zip })
}

/** The version that serves, after a look at all that it has stored. */
async function servedVersion({ origin }: Killable, id: string): Promise<number | undefined> {
  let status = 0
  const text = await until(`"${id}" answers`, async () => {
    const response = await fetch(`${origin}/plugins/${id}/api/`)
    status = response.status
    const body = await response.text()
    return status === 502 || (status === 503 && !body.includes('"waiting')) ? undefined : `${status} ${body}`
  })
  if (status === 404) return undefined
  assert.equal(status, 200, text)
  const { code, keys, values, rows } = JSON.parse(text.slice(4)) as Record<string, unknown>
  assert.deepEqual({ keys, values, rows }, { keys: 30, values: [code], rows: [code] }, 'data of one version')
  return Number(code)
}

/** Kills the runtime while the work is under way, at a moment that `part` of its usual time chooses. */
async function killDuring(server: Killable, work: () => Promise<unknown>, ms: number): Promise<void> {
  const done = work().catch(() => undefined)
  await setTimeout(ms)
  await server.kill()
  await done
}

async function nothingIsLeft(data: string): Promise<void> {
  const folder = join(data, 'plugin-data')
  for (const name of ['.checkpoints', '.transfers'])
    if (existsSync(join(folder, name))) assert.deepEqual(await readdir(join(folder, name)), [])
}

test(
  `${ROUNDS} kills in the middle of upgrades leave the old version or the new one, whole`,
  ONLY_LINUX,
  async (t) => {
    const data = await temporaryFolder(t)
    const random = randomOf(20261128)
    let server = await startKillable(t, data)
    assert.equal((await upload(server, counterZip('counter', 1))).status, 201)
    const began = performance.now()
    assert.equal((await upload(server, counterZip('counter', 2))).status, 200)
    const usual = performance.now() - began
    let version = 2
    const seen = new Set<string>()
    for (let round = 0; round < ROUNDS; round++) {
      const next = counterZip('counter', version + 1)
      const victim = server
      await killDuring(victim, () => upload(victim, next), (0.2 + random()) * usual)
      assert.deepEqual(await examineDatabases(data), [])
      server = await startKillable(t, data)
      const served = await servedVersion(server, 'counter')
      assert.ok(served === version || served === version + 1, `${served} is served behind ${version}`)
      seen.add(served === version ? 'old' : 'new')
      await nothingIsLeft(data)
      version = served
    }
    t.diagnostic([...seen].join(', '))
  },
)

test(
  `${ROUNDS} kills in the middle of replacements leave the old plugin or the new one, with the data`,
  ONLY_LINUX,
  async (t) => {
    const data = await temporaryFolder(t)
    const random = randomOf(20261129)
    let server = await startKillable(t, data)
    assert.equal((await upload(server, counterZip('plugin-1', 1))).status, 201)
    let n = 1
    let usual = 0
    const replace = ({ origin }: Killable): Promise<Response> =>
      fetch(`${origin}/api/v1/plugins/plugin-${n + 1}/replace`, {
        method: 'POST',
        headers: { ...AUTHORITY, 'content-type': 'application/json' },
        body: JSON.stringify({ from: `plugin-${n}` }),
      })
    const seen = new Set<string>()
    for (let round = 0; round <= ROUNDS; round++) {
      const [old, fresh] = [`plugin-${n}`, `plugin-${n + 1}`]
      const uploaded = await upload(server, counterZip(fresh, n + 1, [old]))
      assert.ok(uploaded.ok, await uploaded.clone().text())
      if (round === 0) {
        const began = performance.now()
        const response = await replace(server)
        assert.equal(response.status, 200, await response.text())
        usual = performance.now() - began
        n++
        continue
      }
      const victim = server
      await killDuring(victim, () => replace(victim), random() * 1.2 * usual)
      assert.deepEqual(await examineDatabases(data), [])
      server = await startKillable(t, data)
      const taken = (await servedVersion(server, old)) === undefined
      seen.add(taken ? 'new' : 'old')
      if (taken) {
        assert.equal(await servedVersion(server, fresh), n + 1)
        assert.equal(existsSync(join(data, 'plugin-data', old)), false, 'the old plugin leaves no data')
        n++
      } else {
        const state = await fetch(`${server.origin}/api/v1/plugins/${fresh}`, { headers: AUTHORITY })
        assert.equal(((await state.json()) as { state: string }).state, 'waiting-approval')
      }
      await nothingIsLeft(data)
    }
    t.diagnostic([...seen].join(', '))
  },
)
