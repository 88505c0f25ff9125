// What users of a media server know of its tasks, row by row: each test begins with the name of its row in the table of that server's
// capabilities, and the last one with three of its known bugs. docs/tasks.md describes what is promised here.

import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { defineHost } from '../../../runtime/index.ts'
import { createRuntime, type Runtime } from '../../../runtime/runtime.ts'
import type { TaskLogLine, TaskView } from '../../../sdk/api/tasks.ts'
import { ADMIN_TOKEN, api, codeOf, install, send, temporaryFolder, until } from '../../support/runtime.ts'

const data = await temporaryFolder({ after })
const OBJECTS = ['a', 'b', 'c', 'd']
const host = defineHost({
  id: 'media-server',
  version: '1.0.0',
  contexts: {
    'media-folder': {
      data: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] },
      find: (id: string) => (OBJECTS.includes(id) ? { id } : undefined),
      folders: (folder) => ({ primary: join(data, 'media', (folder as { readonly id: string }).id) }),
    },
  },
})
const config = {
  data,
  port: 0,
  logLevel: 'silent',
  adminToken: ADMIN_TOKEN,
  tasks: { graceMs: 3000, maxRunningPerPlugin: 5 },
} as const

async function start(): Promise<Runtime> {
  const started = await createRuntime({ host, config, environment: {} })
  after(() => started.close())
  return started as unknown as Runtime
}
const runtime = await start()

/** Tasks that wait for a file, so that a test decides when they end. */
const TASKS = {
  wait: `task.log.info('begins ' + ctx.action.object.id)
    for (;;) {
      if (task.signal.aborted) return 'told to end'
      const names = []
      for await (const name of ctx.folders.primary.keys()) names.push(name)
      if (names.includes('go')) { task.worked(); return 'went' }
      await new Promise((resolve) => setTimeout(resolve, 20))
    }`,
  say: `for (const level of ['trace', 'debug', 'info', 'warn', 'error', 'critical', 'always']) task.log[level](level)
    return { user: ctx.user?.name, by: task.startedBy, debug: task.log.isKept('DEBUG') }`,
  steps: `task.progress(0.25, 'first'); task.partProgress(0.5); task.worked()
    for (;;) { if (task.signal.aborted) return; await new Promise((resolve) => setTimeout(resolve, 20)) }`,
  idle: '',
  warn: "task.worked(); task.warning('Look at this')",
  fail: "task.failure('It is not possible')",
  throw: "throw new Error('broken ' + 5)",
  hang: 'for (;;) await new Promise(() => {})',
}
const PLUGIN = {
  id: 'tools',
  manifest: {
    permissions: { tasks: true, folders: 'read' },
    contributes: {
      actions: [
        {
          id: 'start',
          title: 'Start',
          context: 'media-folder',
          arguments: { type: 'object', properties: { tasks: { type: 'string' } } },
        },
      ],
      tasks: Object.keys(TASKS).map((id) => ({ id, onDemand: true, maxAttempts: 1 })),
    },
  },
  // The action starts the tasks that its argument names, as JSON.
  backend: `export default {
    actions: { start: { run: (args) => JSON.parse(args.tasks) } },
    tasks: { ${Object.entries(TASKS)
      .map(([name, body]) => `${name}: async (task, env, ctx) => { ${body} }`)
      .join()} },
  }`,
}
before(async () => {
  for (const id of OBJECTS) mkdirSync(join(data, 'media', id), { recursive: true })
  await install(runtime, PLUGIN)
})

type Asked = { readonly task: keyof typeof TASKS; readonly [option: string]: unknown }

/** Starts tasks by the action, as the administrator; their ids. */
async function begin(object: string, tasks: readonly Asked[], args: object = {}): Promise<readonly string[]> {
  const body = { object, arguments: { tasks: JSON.stringify(tasks), ...args } }
  const response = await send(runtime, 'POST', '/actions/tools/start/run', body)
  assert.equal(response.status, 200, await response.clone().text())
  return ((await response.json()) as { readonly added: readonly { readonly id: string }[] }).added.map(
    ({ id }) => id,
  )
}
const taskOf = async (id = '', of = runtime) => (await (await api(of, `/tasks/${id}`)).json()) as TaskView
const reach = (id: string | undefined, state: TaskView['state'], of = runtime) =>
  until(`the task is ${state}`, async () => {
    const task = await taskOf(id, of)
    return task.state === state ? task : undefined
  })
const change = async (id = '', verb: string, body: object = {}) =>
  (await send(runtime, 'POST', `/tasks/${id}/${verb}`, body)).status
const linesOf = async (id = '') =>
  ((await (await api(runtime, `/tasks/${id}/log`)).json()) as { readonly items: readonly TaskLogLine[] })
    .items
const go = (object: string) => mkdirSync(join(data, 'media', object, 'go'), { recursive: true })

test('Queue: the smaller priority first, in order inside; weights add up to a hundred; and a restart of the server loses nothing', async (t) => {
  // A weight of 100 keeps all others waiting.
  const [heavy] = await begin('a', [{ task: 'wait', weight: 100, key: 'heavy' }])
  await reach(heavy, 'running')
  const waiting = await begin('a', [
    { task: 'say', key: '1', weight: 100, priority: 9 },
    { task: 'say', key: '2', weight: 100 },
    { task: 'say', key: '3', weight: 100 },
    { task: 'say', key: '4', priority: 0, exclusive: true },
  ])
  for (const id of waiting) assert.equal((await taskOf(id)).state, 'waiting')
  go('a')
  await reach(heavy, 'succeeded')
  const done = await Promise.all(waiting.map((id) => reach(id, 'succeeded')))
  const begun = done.toSorted((a, b) => String(a.startedAt).localeCompare(String(b.startedAt)))
  assert.deepEqual(
    begun.map(({ key }) => key),
    ['4', '2', '3', '1'],
  )
  assert.deepEqual(
    done.map(({ exclusive }) => exclusive),
    [false, false, false, true],
  )

  // Another server with the same data has the tasks that waited here, with their ids.
  const folder = await temporaryFolder(t)
  const elsewhere = { ...config, data: folder }
  const first = (await createRuntime({ host, config: elsewhere, environment: {} })) as unknown as Runtime
  await install(first, PLUGIN)
  const later = await first.tasks.schedule('tools', 'idle', {
    args: null,
    options: { delaySeconds: 3600, key: 'later' },
    startedBy: { kind: 'plugin', name: 'tools' },
  })
  await first.close()
  const second = (await createRuntime({ host, config: elsewhere, environment: {} })) as unknown as Runtime
  t.after(() => second.close())
  assert.deepEqual(
    [(await taskOf(later.id, second)).state, (await taskOf(later.id, second)).key],
    ['waiting', 'later'],
  )
})

test('Run: the log says that it begins, for whom, and that it ends; the user is known to the task', async () => {
  const [id] = await begin('b', [{ task: 'say' }])
  const { result, startedBy } = await reach(id, 'succeeded')
  assert.equal(startedBy.kind, 'user')
  assert.deepEqual(result, { user: startedBy.name, by: startedBy, debug: false })
  const always = await until('the last line is stored', async () => {
    const lines = (await linesOf(id)).filter(({ level, text }) => level === 'ALWAYS' && text !== 'always')
    return lines.length > 2 ? lines : undefined
  })
  assert.deepEqual(
    always.map(({ text }) => text),
    ['Executing task "say", attempt 1 of 1', `Executed by user "${startedBy.name}"`, 'Finished task'],
  )
})

test('Logging: seven levels, that of the task chosen at its start and changed while it runs', async () => {
  const kept = async (level: number) => {
    const [id] = await begin('b', [{ task: 'say' }], { _logging_level: level })
    await reach(id, 'succeeded')
    const texts = await until('the last line is stored', async () => {
      const all = (await linesOf(id)).map(({ text }) => text)
      return all.includes('Finished task') ? all : undefined
    })
    return texts.filter((text) => !text.includes(' '))
  }
  const all = ['trace', 'debug', 'info', 'warn', 'error', 'critical', 'always']
  for (const [index, level] of [0, 10, 20, 30, 40, 50].entries())
    assert.deepEqual(await kept(level), all.slice(index), String(level))
  const [id] = await begin('b', [{ task: 'wait' }])
  await reach(id, 'running')
  const level = (to: unknown) => send(runtime, 'PATCH', `/tasks/${id}`, { level: to })
  assert.equal((await level('DEBUG')).status, 200)
  assert.equal((await taskOf(id)).level, 'DEBUG')
  for (const wrong of ['ALWAYS', 'LOUD', 15, null]) assert.equal((await level(wrong)).status, 400)
  await change(id, 'cancel')
  await reach(id, 'cancelled')
})

test('Status: what a task says of itself while it runs, what it was run on, and how it ended', async () => {
  const [id] = await begin('c', [{ task: 'steps', key: 'steps', weight: 7 }])
  const running = await until('it has reported', async () => {
    const task = await taskOf(id)
    return task.progress?.part === 0.5 && task.worked ? task : undefined
  })
  assert.deepEqual(running.progress, { fraction: 0.25, part: 0.5, message: 'first' })
  const { name, key, plugin, state, priority, weight, attempts, maxAttempts, action } = running
  assert.deepEqual(
    { name, key, plugin, state, priority, weight, attempts, maxAttempts, action },
    {
      ...{
        name: 'steps',
        key: 'steps',
        plugin: 'tools',
        state: 'running',
        priority: 5,
        weight: 7,
        attempts: 0,
        maxAttempts: 1,
      },
      action: { id: 'start', context: 'media-folder', object: { id: 'c' } },
    },
  )
  assert.deepEqual([running.finishedAt, running.startedAt === null], [null, false])
  await change(id, 'cancel')
  const ended = await reach(id, 'cancelled')
  assert.ok(Date.parse(ended.finishedAt ?? '') >= Date.parse(ended.createdAt))
  const [warn, fail, idle] = await begin('c', [{ task: 'warn' }, { task: 'fail' }, { task: 'idle' }])
  assert.equal((await reach(warn, 'warning')).problem?.message, 'Look at this')
  assert.equal((await reach(fail, 'failed')).problem?.message, 'It is not possible')
  assert.equal((await reach(idle, 'succeeded')).worked, false)
  // The object stands in the answer for one task: lists stay small.
  const { items } = (await (await api(runtime, '/tasks?name=steps')).json()) as {
    readonly items: readonly TaskView[]
  }
  assert.deepEqual(items[0]?.action, { id: 'start', context: 'media-folder' })
})

test('Cancel: one that waits at once, one that runs by its signal, one that does not listen after the time of grace', async () => {
  const [later] = await begin('c', [{ task: 'idle', delaySeconds: 3600 }])
  assert.equal(await change(later, 'cancel'), 200)
  const cancelled = await taskOf(later)
  assert.deepEqual([cancelled.state, cancelled.startedAt], ['cancelled', null])
  const [running] = await begin('c', [{ task: 'wait' }])
  await reach(running, 'running')
  assert.equal(await change(running, 'cancel'), 200)
  assert.equal((await reach(running, 'cancelled')).result, 'told to end')
  assert.ok((await linesOf(running)).some(({ text }) => /^Cancelled by user "/.test(text)))
  const [hanging] = await begin('c', [{ task: 'hang' }])
  await reach(hanging, 'running')
  assert.equal(await change(hanging, 'cancel'), 200)
  await reach(hanging, 'cancelled')
  assert.equal(await change(hanging, 'cancel'), 409)
})

test('Other ops: listed by pages, promoted, run now, cleaned and swept, by those who may', async () => {
  const clean = async (verb: string) =>
    (
      (await (await send(runtime, 'POST', `/tasks/${verb}`, { plugin: 'tools' })).json()) as {
        readonly deleted: number
      }
    ).deleted
  await clean('clean')
  const ids = await begin('d', [
    { task: 'idle', key: '1', delaySeconds: 3600 },
    { task: 'idle', key: '2', delaySeconds: 3600, priority: 9 },
    { task: 'warn', key: '3' },
  ])
  await reach(ids[2], 'warning')
  const page = async (query: string) =>
    (await (await api(runtime, `/tasks?${query}`)).json()) as {
      readonly items: readonly TaskView[]
      readonly nextCursor: string | null
    }
  const one = await page('limit=2')
  const two = await page(`limit=2&cursor=${one.nextCursor}`)
  assert.deepEqual(
    [...one.items, ...two.items].map(({ key }) => key),
    ['3', '2', '1'],
  )
  assert.deepEqual(
    (await page('state=waiting')).items.map(({ key }) => key),
    ['2', '1'],
  )
  assert.equal(await change(ids[1], 'promote'), 200)
  assert.equal((await taskOf(ids[1])).priority, 0)
  assert.equal(await change(ids[1], 'run'), 200)
  await reach(ids[1], 'succeeded')
  // The second did nothing, and had no warning; the third has done something.
  assert.equal(await clean('sweep'), 1)
  assert.equal(await clean('clean'), 1)
  assert.deepEqual(
    (await page('plugin=tools')).items.map(({ key }) => key),
    ['1'],
  )

  const created = await send(runtime, 'POST', '/tokens', { name: 'viewer', permissions: ['tasks.view'] })
  const { token } = (await created.json()) as { readonly token: string }
  const { createApp } = await import('../../../runtime/app.ts')
  const as = async (method: string, path: string) =>
    (
      await createApp(runtime).request(`http://127.0.0.1:3000/api/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${token}` },
      })
    ).status
  assert.deepEqual([await as('GET', '/tasks'), await as('POST', `/tasks/${ids[0]}/cancel`)], [200, 403])
  await change(ids[0], 'cancel')
})

test('Chaining: a follow-up runs after the task that it names has succeeded, and not after one that failed', async () => {
  const [first] = await begin('d', [{ task: 'wait', key: 'first' }])
  const [second] = await begin('d', [{ task: 'idle', key: 'second', runAfter: first }])
  await reach(first, 'running')
  assert.deepEqual([(await taskOf(second)).state, (await taskOf(second)).runAfter], ['waiting', first])
  go('d')
  const [before, after] = [await reach(first, 'succeeded'), await reach(second, 'succeeded')]
  assert.ok(Date.parse(String(after.startedAt)) >= Date.parse(String(before.finishedAt)))
  const [bad] = await begin('d', [{ task: 'fail', key: 'bad', delaySeconds: 3600 }])
  const [never] = await begin('d', [{ task: 'idle', key: 'never', runAfter: bad }])
  await change(bad, 'run')
  await reach(bad, 'failed')
  await reach(never, 'cancelled')
})

test('Known bugs: a task that throws ends no worker, one that runs is not promoted into a second run, and the list needs no suffix', async () => {
  const thrown = await begin(
    'b',
    Array.from({ length: 10 }, (_, index) => ({ task: 'throw', key: `throw-${index}` })),
  )
  for (const id of thrown) assert.equal((await reach(id, 'failed')).problem?.message, 'Error: broken 5')
  const [running] = await begin('b', [{ task: 'wait', key: 'once' }])
  await reach(running, 'running')
  assert.equal(await codeOf(await send(runtime, 'POST', `/tasks/${running}/promote`)), 'TASK_CONFLICT')
  assert.equal(await codeOf(await send(runtime, 'POST', `/tasks/${running}/run`)), 'TASK_CONFLICT')
  go('b')
  await reach(running, 'succeeded')
  assert.equal((await linesOf(running)).filter(({ text }) => text === 'begins b').length, 1)
  const { items } = (await (await api(runtime, '/tasks')).json()) as { readonly items: readonly TaskView[] }
  assert.ok(items.length >= 11)
})
