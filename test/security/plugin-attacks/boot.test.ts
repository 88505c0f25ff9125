// Case 41: plugins that do not load, at install and when the server starts. The others answer as if they were not there.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { ADMIN_TOKEN, backendOf, pluginZip, temporaryFolder, until } from '../../support/runtime.ts'
import { record } from '../helpers/record.ts'
import { type HostProcess, startHost } from './host-process.ts'
import { ONLY_LINUX } from './suite.ts'

const GOOD = 10
const BAD: Readonly<Record<string, string>> = {
  loops: 'for (;;) {}',
  waits: 'await new Promise(() => {})',
  throws: 'throw new Error("at the start")',
}
const LIMITS = { deadlineMs: 1500, cpuMs: 500 }

test('41: plugins that loop, wait and throw while they load', ONLY_LINUX, async (t) => {
  const data = await temporaryFolder(t)
  const first = await start(t, data)
  const installed = [
    ...Array.from({ length: GOOD }, (_, n) =>
      upload(first, `good-${n}`, backendOf(`return new Response('well')`)),
    ),
    ...Object.entries(BAD).map(([id, code]) =>
      upload(first, id, `${code}\n${backendOf(`return new Response('never')`)}`, LIMITS),
    ),
  ]
  for (const { status, text } of await Promise.all(installed)) assert.ok(status < 300, `${status} ${text}`)
  await check(first)
  await first.end()

  const started = performance.now()
  const second = await start(t, data)
  const bootMs = performance.now() - started
  await check(second)
  assert.deepEqual(second.complaints, [])
  record({
    id: '41',
    area: 'plugins',
    title: 'plugins that loop, wait and throw while they load',
    culprit: `503, failed; the server starts in ${Math.round(bootMs)} ms`,
    neighbour: { requests: 2 * GOOD, failed: 0 },
    runtime: { pidUnchanged: second.isAlive() },
  })
  await second.end()
})

function start(t: TestContext, data: string): Promise<HostProcess> {
  const config = { data, port: 0, logLevel: 'info', adminToken: ADMIN_TOKEN }
  return startHost(t, new URL('./real-host.ts', import.meta.url), { args: [JSON.stringify(config)] })
}

/** `limits`: the good ones have the usual time, in which the start of their process counts. */
async function upload(host: HostProcess, id: string, backend: string, limits = {}) {
  const response = await fetch(`${host.origin}/api/v1/plugins`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/zip' },
    body: pluginZip({ id, backend, manifest: { limits } }),
  })
  return { status: response.status, text: await response.text() }
}

/** The good ones answer while the bad ones are asked; these are refused, and the administrator sees why. */
async function check(host: HostProcess): Promise<void> {
  const ask = async (id: string) => {
    const response = await fetch(`${host.origin}/plugins/${id}/api/`)
    return { status: response.status, text: await response.text() }
  }
  const bad = Object.keys(BAD).map(async (id) => {
    const { status, text } = await ask(id)
    assert.ok([503, 504].includes(status), `${id}: ${status} ${text}`)
  })
  const good = Array.from({ length: GOOD }, async (_, n) =>
    assert.deepEqual(await ask(`good-${n}`), { status: 200, text: 'well' }),
  )
  await Promise.all([...bad, ...good])
  const view = async (id: string) => {
    const response = await fetch(`${host.origin}/api/v1/plugins/${id}`, {
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    })
    return (await response.json()) as { state: string; problem: { message: string } | null }
  }
  for (const id of Object.keys(BAD)) {
    // A request is refused at its deadline, which may be before the start is given up.
    const failed = await until(`"${id}" has failed`, async () => {
      const { state, problem } = await view(id)
      return state === 'failed' ? { problem } : undefined
    })
    assert.ok((failed.problem?.message ?? '').length > 10, id)
  }
}
