// A compromised sandbox process speaks the protocol as it likes: it can do no more than its plugin's grants allow, it is killed
// or refused, its neighbours keep responding, and the memory of the runtime does not grow.

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { after, type TestContext, test } from 'node:test'
import { DEFAULT_CONFIG } from '../../../runtime/config/config.ts'
import { callGuest } from '../../../runtime/guest-calls/call-guest.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import {
  backendOf,
  type Client,
  install,
  liveOf,
  rawRequest,
  send,
  startTestRuntime,
  temporaryFolder,
  until,
  WAYS,
} from '../../support/runtime.ts'
import { Closers } from '../../support/scope.ts'
import { record } from '../helpers/record.ts'

const ENTRY = new URL('./fake-sandbox.ts', import.meta.url)
/** The fake holds no isolates: this one is never run. */
const BACKEND = backendOf('return new Response()')
/** What a process may make the runtime hold for a moment (G0); what it holds afterwards is far less. */
const MOST_GROWTH = 256 * 1024 * 1024

interface Stage {
  readonly runtime: Runtime
  readonly client: Client
  /** Process id of the plugin's process; undefined when it has none. */
  pidOf(id: string): number | undefined
}

interface Seen {
  readonly requests: number
  readonly failures: readonly string[]
  /** How far the resident memory of the runtime rose. */
  readonly grown: number
}

const failures: string[] = []
let requests = 0
let mostMemory = 0
let open: Promise<Stage> | undefined
let closing = false
const scope = new Closers()
after(async () => {
  closing = true
  await scope.close()
})

/** One runtime for all, with a neighbour whose visitors come all the time. */
async function openStage(): Promise<Stage> {
  const runtime = await startTestRuntime(scope, {
    sandboxEntry: ENTRY,
    config: {
      data: await temporaryFolder(scope),
      sandbox: { ...DEFAULT_CONFIG.sandbox, maxProcesses: 50, maxFailures: 1000 },
      limits: { ...DEFAULT_CONFIG.limits, deadlineMs: 3000 },
      volumes: { roots: [await temporaryFolder(scope)] },
    },
  })
  const [way] = WAYS
  assert.ok(way)
  const client = await way.open(scope, runtime)
  await installFake(runtime, 'neighbour')
  const visit = async (): Promise<void> => {
    while (!closing) {
      requests++
      mostMemory = Math.max(mostMemory, process.memoryUsage.rss())
      const answer = await client
        .fetch('/plugins/neighbour/api/')
        .then(async (response) => `${response.status} ${await response.text()}`, String)
      if (answer !== '200 fine') failures.push(answer)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
  const visits = visit()
  scope.after(() => visits)
  return {
    runtime,
    client,
    pidOf: (id) => runtime.sandbox.processes.find(({ plugins }) => plugins.includes(id))?.pid,
  }
}

/** The attacker is there for one test. `seen()` tells what has happened to the others meanwhile. */
async function stage(
  t: TestContext,
  attack: string,
): Promise<Stage & { readonly seen: () => Promise<Seen> }> {
  open ??= openStage()
  const found = await open
  await installFake(found.runtime, attack)
  t.after(() => send(found.runtime, 'DELETE', `/plugins/${attack}?data=delete`))
  const before = { requests, failures: failures.length, memory: process.memoryUsage.rss() }
  mostMemory = before.memory
  const seen = async (): Promise<Seen> => {
    // All visitors of the time of the attack have got their responses.
    const asked = requests
    await until('the neighbour answers on', () => requests >= asked + 3)
    return {
      requests: requests - before.requests,
      failures: failures.slice(before.failures),
      grown: Math.max(0, mostMemory - before.memory),
    }
  }
  return { ...found, seen }
}

const PERMISSIONS: Readonly<Record<string, object>> = {
  handles: { database: true },
  files: { volumes: 'readwrite' },
}

function installFake(runtime: Runtime, id: string) {
  const permissions = PERMISSIONS[id] ?? { kv: true }
  return install(runtime, { id, backend: BACKEND, manifest: { permissions, access: 'public' } })
}

/** Ended for what it said, by the protocol; for what it piled up in itself, by its memory. */
const ENDED: Readonly<Record<string, string>> = {
  'frame-long': 'a length over the limit',
  'frame-short': 'a length under the header',
  'frame-head': 'a head longer than its frame',
  'frame-kind': 'a kind that does not exist',
  'call-shapeless': 'a host call of another shape',
  'call-unread': 'a host call whose arguments are no JSON',
  'call-long': 'a host call with arguments over the limit',
  'frame-nested': 'a million open brackets',
  'frame-bytes': 'text that is not UTF-8',
  'control-call': 'a call of the process itself',
  'control-event': 'an event that is no JSON',
  'control-other': 'an event about no slot',
  'control-runs': 'more runs than there are slots',
  'figures-none': 'figures of no kind',
  'id-twice': 'a call id used twice',
  'reply-twice': 'two answers with bodies',
  'credit-negative': 'negative credit',
  'credit-none': 'credit that is no number',
  'chunks-empty': 'chunks without bytes',
  'flood-calls': 'host calls without end',
  'flood-unknown': 'unknown host calls without end',
  'flood-logs': 'log lines without end',
  'flood-replies': 'answers to nothing without end',
  'flood-slots': 'frames of other slots without end',
  'flood-runs': 'runs without end',
  'flood-cancels': 'cancelled calls without end',
}

for (const [attack, title] of Object.entries(ENDED)) {
  test(`${title}: the process is killed, and nothing else notices`, async (t) => {
    const { runtime, client, pidOf, seen } = await stage(t, attack)
    const kills = () => {
      const { protocol, memory, crash } = runtime.sandbox.kills
      return protocol + memory + crash
    }
    const before = kills()
    const answer = client.fetch(`/plugins/${attack}/api/`, { method: 'POST', body: 'x'.repeat(300_000) })
    let pid: number | undefined
    await until('it is ended', () => {
      const isEnded = kills() > before
      // Afterwards it may be the next one, which nothing has been asked yet.
      if (!isEnded) pid = pidOf(attack) ?? pid
      return isEnded
    })
    await until('its process has gone', () => pid === undefined || !existsSync(`/proc/${pid}`))
    const { status } = await answer.then(
      (response) => response,
      // Its answer had begun, or its body was still being sent.
      () => ({ status: 0 }),
    )
    assert.ok([0, 200, 502, 503, 504].includes(status), `answered ${status}`)
    const { requests, failures, grown } = await seen()
    assert.deepEqual(failures, [])
    assert.ok(grown < MOST_GROWTH, `the runtime grew by ${grown} bytes`)
    record({
      id: `W-${attack}`,
      area: 'walls',
      title,
      culprit: status === 0 ? 'ended' : `${status}, ended`,
      neighbour: { requests, failed: failures.length },
      runtime: { pidUnchanged: true, grewMb: Math.round(grown / 1_048_576) },
    })
  })
}

/** Their answer does not come, or is cut, by the deadline; the process may go on. */
const CUT: Readonly<Record<string, string>> = {
  'frame-part': 'part of a frame, and then nothing',
  'frame-drops': 'a frame byte by byte',
  'chunks-unread': 'a body over the cap',
  'chunks-tiny': 'a body of single bytes',
  'flood-abandoned': 'host calls that are cancelled at once',
  'flood-streams': 'bodies of refused calls',
}

for (const [attack, title] of Object.entries(CUT)) {
  test(`${title}: the response is cut off, and nothing else notices`, async (t) => {
    const { client, seen } = await stage(t, attack)
    const outcome = await client
      .fetch(`/plugins/${attack}/api/`)
      .then(async (response) => {
        if (response.status !== 200) return String(response.status)
        // A visitor who reads nothing, for as long as a few seconds.
        await new Promise((resolve) => setTimeout(resolve, 2000))
        await response.body?.cancel()
        return 'cut'
      })
      .catch(() => 'cut')
    assert.ok(['cut', '504', '502'].includes(outcome), outcome)
    const { requests, failures, grown } = await seen()
    assert.deepEqual(failures, [])
    assert.ok(grown < MOST_GROWTH, `the runtime grew by ${grown} bytes`)
    record({
      id: `W-${attack}`,
      area: 'walls',
      title,
      culprit: outcome,
      neighbour: { requests, failed: failures.length },
      runtime: { pidUnchanged: true, grewMb: Math.round(grown / 1_048_576) },
    })
  })
}

const HARMLESS: Readonly<Record<string, string>> = {
  'reply-unasked': 'answers to calls that were never made',
  'credit-huge': 'credit beyond every number',
  'runs-wild': 'runs of slots that are none',
  'figures-wild': 'figures beyond every number',
}

for (const [attack, title] of Object.entries(HARMLESS)) {
  test(`${title}: nothing comes of it`, async (t) => {
    const { runtime, client, pidOf, seen } = await stage(t, attack)
    for (let round = 0; round < 3; round++) {
      const response = await client.fetch(`/plugins/${attack}/api/`, {
        method: 'POST',
        body: 'x'.repeat(300_000),
      })
      assert.deepEqual([response.status, await response.text()], [200, 'fine'])
    }
    const pid = pidOf(attack)
    await new Promise((resolve) => setTimeout(resolve, 1000))
    assert.equal(pidOf(attack), pid, 'it goes on')
    const { resources } = await runtime.plugins.get(attack)
    for (const [name, value] of Object.entries(resources))
      if (typeof value === 'number') assert.ok(Number.isFinite(value) && value >= 0, `${name} ${value}`)
    assert.deepEqual((await seen()).failures, [])
    record({ id: `W-${attack}`, area: 'walls', title, culprit: 'ignored', runtime: { pidUnchanged: true } })
  })
}

test('host calls beyond the grants are refused, whatever they are called and in whose name', async (t) => {
  const { runtime, client, seen } = await stage(t, 'asks')
  await until('the neighbour has its secret', async () => {
    const { hostCalls } = (await runtime.plugins.get('neighbour')).resources as {
      hostCalls?: Record<string, number>
    }
    return (hostCalls?.['kv.put'] ?? 0) > 0
  })
  const told = (await (await client.fetch('/plugins/asks/api/')).json()) as Record<string, string>
  assert.deepEqual(Object.fromEntries(Object.entries(told).filter(([name]) => !name.includes('key'))), {
    'a row without a grant': 'error PERMISSION_DENIED',
    'a device': 'error PERMISSION_DENIED',
    'the network': 'error PERMISSION_DENIED',
    'no such row': 'error HOST_CALL_UNKNOWN',
    'a name of objects': 'error HOST_CALL_UNKNOWN',
    'another name of objects': 'error HOST_CALL_UNKNOWN',
    'a row of the data process': 'error HOST_CALL_UNKNOWN',
    'a row with a space': 'error HOST_CALL_UNKNOWN',
    'arguments without end': 'error HOST_CALL_INVALID',
    'arguments that are no JSON': 'error HOST_CALL_INVALID',
    'arguments that go on': 'error HOST_CALL_INVALID',
    'arguments of no kind': 'error HOST_CALL_INVALID',
  })
  for (const name of ['the key of a neighbour', 'a key with the name of a neighbour'])
    assert.match(told[name] ?? '', /"found":false/, name)
  assert.equal(told['keys of objects'], 'error HOST_CALL_INVALID')
  assert.equal(({} as { polluted?: unknown }).polluted, undefined)
  assert.deepEqual((await seen()).failures, [])
  record({
    id: 'W-asks',
    area: 'walls',
    title: 'host calls beyond the grants',
    culprit: 'each refused by its code',
    runtime: { pidUnchanged: true },
  })
})

test('forged results of a guest call are failures of the plugin', async (t) => {
  const { runtime, seen } = await stage(t, 'results')
  const live = liveOf(runtime, 'results')
  const ask = (result: string) =>
    callGuest(live, 'lifecycle.enable', { args: [result], user: null, requestId: 'r1' })
  assert.deepEqual(await ask('honest'), { ok: true, value: { a: [1] } })
  for (const result of [
    ...['no json', 'nothing', 'undefined', 'giant', 'deep', 'deep in objects', 'stream'],
    'an error of a code that there is not',
  ]) {
    const outcome = await ask(result)
    assert.deepEqual([result, outcome.ok, !outcome.ok && outcome.code], [result, false, 'GUEST_ERROR'])
  }
  assert.deepEqual(await ask('honest'), { ok: true, value: { a: [1] } })
  assert.deepEqual((await seen()).failures, [])
})

test('a process reaches the folders that it was given, by their handles, and nothing above them', async (t) => {
  const { client, seen } = await stage(t, 'files')
  const told = (await (await client.fetch('/plugins/files/api/')).json()) as Record<string, string>
  assert.match(told.none ?? '', /^reply \{"error":"NotFoundError"/)
  assert.match(told.opened ?? '', /^reply \{"handle":1,/)
  assert.equal(told['opened again'], told.opened)
  for (const [name, answer] of Object.entries(told)) {
    if (/^(?:find|write|commit|next|move) /.test(name)) assert.match(answer, /^error HANDLE_CLOSED/, name)
    if (name.startsWith('other ')) assert.match(answer, /^error (?:HANDLE_CLOSED|PERMISSION_DENIED)/, name)
    if (name.startsWith('path ')) assert.match(answer, /^error HOST_CALL_INVALID/, name)
    if (/^writer/.test(name)) assert.match(answer, /^reply \{"writer":\d/, name)
  }
  for (const name of ['sizes', 'negative']) assert.match(told[name] ?? '', /^error HOST_CALL_INVALID/, name)
  assert.equal(told.create, 'reply null')
  for (const name of ['far', 'long'])
    assert.match(told[name] ?? '', /QuotaExceededError|HOST_CALL_INVALID/, name)
  assert.match(told['one too many'] ?? '', /^error QUOTA_EXCEEDED/)
  assert.deepEqual((await seen()).failures, [])
})

test('a process can name only the handles that it was given, and no more than its plugin may have', async (t) => {
  const { client, seen } = await stage(t, 'handles')
  const told = (await (await client.fetch('/plugins/handles/api/')).json()) as Record<string, string>
  for (const [name, answer] of Object.entries(told)) {
    if (name.startsWith('next ') && name !== 'next twice') assert.match(answer, /^error HANDLE_CLOSED/, name)
    if (name.startsWith('close ')) assert.match(answer, /^reply null/, name)
    if (/^open \d/.test(name)) assert.match(answer, /^reply \{"handle":\d/, name)
  }
  assert.match(told.opened ?? '', /^reply \{"handle":1\}/)
  assert.match(told['next twice'] ?? '', /^reply false/)
  assert.match(told['one too many'] ?? '', /^error QUOTA_EXCEEDED/)
  assert.match(told['after closing'] ?? '', /^error HANDLE_CLOSED/)
  assert.match(told.again ?? '', /^reply \{"handle":9\}/)
  assert.match(told['no statement'] ?? '', /^error QUOTA_EXCEEDED|^error HOST_CALL_INVALID/)
  assert.deepEqual((await seen()).failures, [])
})

test('forged heads of responses are refused', async (t) => {
  const { client, seen } = await stage(t, 'heads')
  const modes = [
    ...['status-99', 'status-101', 'status-1000', 'status-text', 'status-none', 'value-crlf', 'name-crlf'],
    ...[
      'name-pseudo',
      'name-upper',
      'names-object',
      'names-odd',
      'names-many',
      'array',
      'nothing',
      'garbage',
    ],
  ]
  for (const mode of modes) {
    const { status, headers } = await rawRequest(client.origin, `/plugins/heads/api/?mode=${mode}`)
    assert.deepEqual([mode, status, headers['set-cookie']], [mode, 500, undefined])
  }
  const told = await rawRequest(client.origin, '/plugins/heads/api/?mode=text-crlf')
  assert.deepEqual([told.status, told.headers['set-cookie']], [200, undefined])
  assert.deepEqual((await seen()).failures, [])
  record({
    id: 'W-heads',
    area: 'walls',
    title: 'forged heads of answers',
    culprit: '500',
    runtime: { pidUnchanged: true },
  })
})
