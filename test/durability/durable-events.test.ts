// Durable events while the runtime, a sandbox process or a data process is killed at random moments: each event whose storing was promised
// reaches the other plugin, those of one key in order.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commandOf } from '../../runtime/processes/process-figures.ts'
import { descendantsOf } from '../support/jail.ts'
import { type Killable, startKillable } from '../support/killable.ts'
import { randomOf } from '../support/random.ts'
import { ADMIN_TOKEN, type PluginSource, pluginZip, temporaryFolder, until } from '../support/runtime.ts'

const ROUNDS = 12
const ONLY_LINUX = process.platform === 'linux' ? {} : { skip: 'looks into /proc' }
const VICTIMS = ['runtime', 'sandbox', 'data'] as const
const KEYS = 4
const AUTHORITY = { authorization: `Bearer ${ADMIN_TOKEN}` }

const SENDER: PluginSource = {
  id: 'sender',
  manifest: { permissions: { events: ['sender.*'] } },
  backend: `export default { async fetch(request, env) {
    const n = Number(new URL(request.url).searchParams.get('n'))
    await env.events.emit('sender.counted', n, { key: 'key-' + n % ${KEYS}, durable: true })
    return new Response('stored')
  } }`,
}
/** Keeps what it gets, in order; a number that comes again is kept again. */
const RECEIVER: PluginSource = {
  id: 'receiver',
  manifest: { permissions: { events: ['sender.*'], database: true } },
  files: {
    'backend/migrations/1.sql':
      'CREATE TABLE got (place INTEGER PRIMARY KEY AUTOINCREMENT, n INTEGER NOT NULL);',
  },
  backend: `export default {
    events: { 'sender.*': async ({ data }, env) => { await env.db.prepare('INSERT INTO got (n) VALUES (?)').bind(data).run() } },
    async fetch(request, env) {
      const { results } = await env.db.prepare('SELECT n FROM got ORDER BY place').all()
      return Response.json(results.map(({ n }) => n))
    },
  }`,
}

test(`${ROUNDS} kills lose no durable event, and change no order`, ONLY_LINUX, async (t) => {
  const data = await temporaryFolder(t)
  const random = randomOf(20261129)
  let server = await startKillable(t, data)
  for (const source of [SENDER, RECEIVER]) await upload(server, source)
  const promised: number[] = []
  let next = 0
  for (let round = 0; round < ROUNDS; round++) {
    const victim = VICTIMS[round % VICTIMS.length]
    const load = startLoad(server, () => next++, promised)
    await new Promise((resolve) => setTimeout(resolve, 200 + random() * 600))
    const pids = descendantsOf(server.pid).filter((pid) =>
      commandOf(pid).some((word) => new RegExp(`/${victim}(?:-[0-9a-f]+)?\\.mjs$`).test(word)),
    )
    if (victim === 'runtime' || pids.length === 0) {
      await server.kill()
      await load.stop()
      server = await startKillable(t, data)
    } else {
      kill(pids[Math.floor(random() * pids.length)] ?? 0)
      await load.stop()
    }
  }
  await until('nothing waits', async () => {
    const response = await fetch(`${server.origin}/api/v1/deliveries?limit=1`, { headers: AUTHORITY })
    const { items } = (await response.json()) as { readonly items: readonly unknown[] }
    return items.length === 0
  })
  const got = (await (await fetch(`${server.origin}/plugins/receiver/api/`)).json()) as readonly number[]
  t.diagnostic(`${promised.length} events promised, ${got.length} handled`)
  assert.ok(promised.length > 50, String(promised.length))
  const seen = new Set(got)
  assert.deepEqual(
    promised.filter((n) => !seen.has(n)),
    [],
    'lost',
  )
  for (let key = 0; key < KEYS; key++) {
    // A delivery that was cut off comes once more; its first time counts.
    const firsts = [...new Set(got.filter((n) => n % KEYS === key))]
    assert.deepEqual(
      firsts,
      firsts.toSorted((a, b) => a - b),
      `order of key-${key}`,
    )
  }
})

interface Load {
  stop(): Promise<void>
}

/** One after the other for each key, so that their order is known. */
function startLoad({ origin }: Killable, number: () => number, promised: number[]): Load {
  let isOn = true
  const send = async () => {
    while (isOn) {
      const n = number()
      const response = await fetch(`${origin}/plugins/sender/api/?n=${n}`).catch(() => undefined)
      if (response?.status === 200) promised.push(n)
      await response?.arrayBuffer().catch(() => undefined)
    }
  }
  const running = send()
  return {
    async stop() {
      isOn = false
      await running
    },
  }
}

async function upload({ origin }: Killable, source: PluginSource): Promise<void> {
  const response = await fetch(`${origin}/api/v1/plugins`, {
    method: 'POST',
    headers: { ...AUTHORITY, 'content-type': 'application/zip' },
    body: pluginZip(source),
  })
  assert.equal(response.status, 201, await response.text())
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended meanwhile.
  }
}
