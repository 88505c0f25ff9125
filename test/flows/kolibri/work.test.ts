// What Kolibri's users know of tasks, drives, backups and probing, row by row: each test begins with the name of its row in the table of
// Kolibri's capabilities.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { createApp } from '../../../runtime/app.ts'
import { defineHost, type Runtime } from '../../../runtime/index.ts'
import type { ProblemDocument } from '../../../sdk/api/problems.ts'
import type { TaskView } from '../../../sdk/api/tasks.ts'
import { TASK_STATES } from '../../../sdk/protocol/task-states.ts'
import {
  api,
  backendOf,
  codeOf,
  install,
  liveOf,
  type PluginSource,
  send,
  startTestRuntime,
  temporaryFolder,
  until,
} from '../../support/runtime.ts'
import { sharedScope } from '../../support/scope.ts'

const host = defineHost({
  id: 'school',
  version: '1.0.0',
  calls: { 'share.file': { args: { type: 'string' }, result: { type: 'boolean' }, run: () => true } },
})

const scope = sharedScope()
let runtime: Runtime<typeof host>
let drive: string
before(async () => {
  drive = await temporaryFolder(scope)
  runtime = await startTestRuntime(scope, {
    host,
    config: { volumes: { roots: [drive, join(drive, 'unplugged')] } },
  })
})

const post = async (path: string, body?: unknown) => await send(runtime, 'POST', path, body)
const taskOf = async (id: string) => (await (await api(runtime, `/tasks/${id}`)).json()) as TaskView
const finished = (id: string) =>
  until('the task has finished', async () => {
    const task = await taskOf(id)
    return task.finishedAt === null ? undefined : task
  })
const scheduled = async (request: object) => {
  const response = await post('/tasks', { plugin: 'works', ...request })
  assert.equal(response.status, 201)
  return ((await response.json()) as { id: string }).id
}

const works: PluginSource = {
  id: 'works',
  backend: `export default { tasks: {
    async import(task) { task.progress(0.5, 'half of it'); task.worked(); return { rows: task.args.rows, of: task.attempt } },
    async failing() { throw new Error('no such channel') },
    async long(task) { await new Promise((end) => task.signal.addEventListener('abort', end)); throw new Error('stopped') },
  } }`,
  manifest: {
    permissions: { tasks: true },
    contributes: {
      tasks: [
        {
          id: 'import',
          onDemand: true,
          arguments: { type: 'object', properties: { rows: { type: 'integer' } }, required: ['rows'] },
        },
        { id: 'failing', onDemand: true, maxAttempts: 1 },
        { id: 'long', onDemand: true },
      ],
    },
  },
}

test('Tasks: a manifest declares them, arguments are checked against their schema, and only who may manage plugins starts them', async () => {
  await install(runtime, works)
  const wrong = await post('/tasks', { plugin: 'works', name: 'import', args: { rows: 'x' } })
  assert.equal(wrong.status, 422)
  assert.match(((await wrong.json()) as ProblemDocument).detail ?? '', /rows/)
  assert.equal(await codeOf(await post('/tasks', { plugin: 'works', name: 'imprt' })), 'TASK_INVALID')
  const task = await finished(await scheduled({ name: 'import', args: { rows: 7 } }))
  assert.deepEqual([task.state, task.result, task.worked], ['succeeded', { rows: 7, of: 1 }, true])
  assert.deepEqual([task.progress?.fraction, task.progress?.message], [0.5, 'half of it'])
  assert.deepEqual(task.startedBy, { kind: 'user', name: 'admin' })
  const anonymous = await createApp(runtime).request('http://127.0.0.1:3000/api/v1/tasks')
  assert.equal(anonymous.status, 401)
})

test('Task states: each is one of a fixed list, kept with times, problem and arguments; cancelling a running one is one, too', async () => {
  const failed = await finished(await scheduled({ name: 'failing' }))
  assert.deepEqual([failed.state, failed.attempts], ['failed', 1])
  assert.match(failed.problem?.message ?? '', /no such channel/)
  const waiting = await scheduled({ name: 'import', args: { rows: 1 }, options: { delaySeconds: 600 } })
  assert.equal((await taskOf(waiting)).state, 'waiting')
  await post(`/tasks/${waiting}/cancel`)
  assert.equal((await taskOf(waiting)).state, 'cancelled')
  const running = await scheduled({ name: 'long' })
  await until('it runs', async () => (await taskOf(running)).state === 'running')
  await post(`/tasks/${running}/cancel`)
  const ended = await finished(running)
  assert.equal(ended.state, 'cancelled')
  for (const state of [failed.state, ended.state]) assert.ok(TASK_STATES.includes(state))
  assert.ok(Date.parse(ended.finishedAt ?? '') >= Date.parse(ended.startedAt ?? ''))
})

test('Schedule/repeat/retry: a delay, a time, a cron expression and an end; a failure keeps the repetition and is tried again', async () => {
  const at = new Date(Date.now() + 3_600_000).toISOString()
  const once = await taskOf(await scheduled({ name: 'import', args: { rows: 1 }, options: { at } }))
  assert.deepEqual([once.runAt, once.repeat], [at, null])
  const nightly = { cron: '0 3 * * *', timeZone: 'Africa/Cairo' }
  const repeated = await taskOf(await scheduled({ name: 'import', args: { rows: 2 }, options: nightly }))
  assert.deepEqual(repeated.repeat, nightly)
  const wrong = await post('/tasks', {
    plugin: 'works',
    name: 'import',
    args: { rows: 1 },
    options: { cron: 'often' },
  })
  assert.equal(wrong.ok, false)
  const retried = await scheduled({ name: 'failing', options: { maxAttempts: 3, repeatSeconds: 7200 } })
  const after = await until('it has failed once', async () => {
    const task = await taskOf(retried)
    return task.attempts === 1 && task.state === 'waiting' ? task : undefined
  })
  assert.deepEqual(after.repeat, { seconds: 7200 })
  const waits = Date.parse(after.runAt) - Date.parse(after.scheduledFor)
  assert.ok(waits >= 6000 && waits < 60_000, `attempts^4 + 5 seconds, not ${waits} ms`)
})

test('Drives: a plugin sees what it may use of a drive and no path; one that is unplugged is left out, and the operator sees why', async () => {
  await install(runtime, {
    id: 'drives',
    backend: backendOf(`
      const list = await env.volumes.list()
      const folder = await env.volumes.open(list[0].id)
      const file = await folder.getFileHandle('copy.txt', { create: true })
      const stream = await file.createWritable()
      await stream.write('a copy'); await stream.close()
      return Response.json(list)`),
    manifest: { permissions: { volumes: 'readwrite' } },
  })
  const response = await createApp(runtime).request('http://127.0.0.1:3000/plugins/drives/api/')
  const [seen, ...others] = (await response.json()) as Record<string, unknown>[]
  assert.deepEqual(others, [])
  assert.deepEqual(
    Object.entries(seen ?? {})
      .map(([name, value]) => `${name}: ${typeof value}`)
      .toSorted(),
    [
      'filesystem: string',
      'freeBytes: number',
      'id: string',
      'kind: string',
      'metadata: object',
      'name: string',
      'totalBytes: number',
      'writable: boolean',
    ],
  )
  assert.equal(JSON.stringify(seen).includes(drive), false)
  assert.equal(await readFile(join(drive, 'plugbay/drives/copy.txt'), 'utf8'), 'a copy')
  const { items } = (await (await api(runtime, '/volumes')).json()) as {
    items: readonly { path: string; problem: { code: string } | null }[]
  }
  assert.deepEqual(
    items.map(({ problem }) => problem?.code ?? null),
    [null, 'FOLDER_GONE'],
  )
})

test('Backup conventions: the data of a plugin is saved while it runs, with version and time, and only a plugin of that id gets it back', async () => {
  const keeping = (id: string): PluginSource => ({
    id,
    version: '1.2.0',
    backend: backendOf(`
      if (request.method === 'POST') await env.kv.put('text', await request.text())
      return new Response(await env.kv.get('text'))`),
    manifest: { permissions: { kv: true } },
  })
  for (const id of ['keeps', 'other']) await install(runtime, keeping(id))
  const ask = async (id: string, body?: string) => {
    const init = body === undefined ? {} : { method: 'POST', body }
    return await (await createApp(runtime).request(`http://127.0.0.1:3000/plugins/${id}/api/`, init)).text()
  }
  await ask('keeps', 'tea')
  const { runner } = liveOf(runtime, 'keeps')
  const saved = await api(runtime, '/plugins/keeps/data')
  assert.match(saved.headers.get('content-disposition') ?? '', /keeps-\d{4}-\d\d-\d\d[^"]*\.plugbay-data/)
  const snapshot = await saved.arrayBuffer()
  assert.match(
    Buffer.from(snapshot).toString('latin1'),
    /"plugin":"keeps","version":"1\.2\.0","createdAt":"20/,
  )
  assert.equal(liveOf(runtime, 'keeps').runner, runner, 'it goes on')
  await ask('keeps', 'milk')
  const restore = (id: string) =>
    api(runtime, `/plugins/${id}/data`, {
      method: 'PUT',
      headers: { 'content-type': 'application/vnd.plugbay.data' },
      body: snapshot,
    })
  assert.equal(await codeOf(await restore('other')), 'STATE_CONFLICT')
  assert.equal((await restore('keeps')).ok, true)
  assert.deepEqual([await ask('keeps'), await ask('other')], ['tea', ''])
})

test('Capability probing: what is not granted or not there is absent or an error with a code, never undefined behaviour', async () => {
  await install(runtime, {
    id: 'probes',
    backend: backendOf(`
      const code = async (name) => {
        try { return await env.host.call(name, 'a.pdf') } catch (error) { return error.code }
      }
      return Response.json({
        host: env.has('host'), usb: env.has('usb'), member: typeof env.usb,
        shared: await code('share.file'), metered: await code('network.metered'), user: await code('os.user'),
      })`),
    manifest: { permissions: { host: ['share.file', 'network.metered'] } },
  })
  const response = await createApp(runtime).request('http://127.0.0.1:3000/plugins/probes/api/')
  assert.deepEqual(await response.json(), {
    host: true,
    usb: false,
    member: 'undefined',
    shared: true,
    metered: 'POINT_UNKNOWN',
    user: 'PERMISSION_DENIED',
  })
})
