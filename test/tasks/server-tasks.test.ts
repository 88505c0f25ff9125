// Tasks of the server itself: run, followed, cancelled and cut off, beside those of plugins and shown with them.

import assert from 'node:assert/strict'
import { after, describe, it, test } from 'node:test'
import { openClient } from '../../runtime/cli/api-client.ts'
import { followTask, taskResult } from '../../runtime/cli/follow-task.ts'
import { PlugbayError } from '../../runtime/errors.ts'
import type { ServerRun } from '../../runtime/tasks/server-tasks.ts'
import type { TaskView } from '../../sdk/api/tasks.ts'
import { runCli, startServer } from '../cli/harness.ts'
import { startKillable } from '../support/killable.ts'
import { api, codeOf, send, startTestRuntime, temporaryFolder, until } from '../support/runtime.ts'
import { linesOf, reach, taskOf } from './task-runtime.ts'

const BY_ADA = { startedBy: { kind: 'user', name: 'ada' } } as const
const server = await startServer({ after }, undefined, { tasks: { graceMs: 200 } })
const { runtime } = server

/** Its runs wait until the test lets them go. */
const gate = { open: Promise.withResolvers<void>(), begun: [] as string[] }
const copy = runtime.tasks.define<{ readonly name: string }, { readonly copied: string }>({
  name: 'copies.make',
  deadlineSeconds: 60,
  async run({ name }, run) {
    gate.begun.push(name)
    run.log.debug('too fine')
    run.log.info(`copying ${name}`)
    run.progress(0.5, 'half of it')
    await gate.open.promise
    if (name === 'odd') run.warning('one was odd')
    return { copied: name }
  },
})
const work = runtime.tasks.define<'refuse' | 'break' | 'obey' | 'ignore', null>({
  name: 'work',
  deadlineSeconds: 60,
  async run(how, run) {
    if (how === 'refuse') throw new PlugbayError('TASK_INVALID', 'not like this')
    if (how === 'break') throw new TypeError('the bomb')
    if (how === 'obey') await aborted(run)
    else await new Promise(() => undefined)
    return null
  },
})

function aborted({ signal }: ServerRun): Promise<never> {
  return new Promise((_resolve, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
  )
}

const view = async (id: string): Promise<TaskView> =>
  (await (await api(runtime, `/tasks/${id}`)).json()) as TaskView

describe('a task of the server', () => {
  it('runs, one of its queue at a time, and is seen where those of plugins are', async () => {
    const first = await copy.schedule({ name: 'one' }, { ...BY_ADA, key: 'one' })
    assert.deepEqual(await copy.schedule({ name: 'one' }, { ...BY_ADA, key: 'one' }), {
      id: first.id,
      outcome: 'skipped',
    })
    const second = await copy.schedule({ name: 'odd' }, BY_ADA)
    await until('it has begun', () => gate.begun.length === 1)
    const { plugin, name, state, startedBy, progress, queue } = await until('its progress', async () => {
      const task = await view(first.id)
      return task.progress === null ? undefined : task
    })
    assert.deepEqual(
      { plugin, name, state, startedBy, progress, queue },
      {
        ...{ plugin: null, name: 'copies.make', state: 'running', queue: 'copies' },
        startedBy: BY_ADA.startedBy,
        progress: { fraction: 0.5, part: null, message: 'half of it' },
      },
    )
    assert.equal((await view(second.id)).state, 'waiting')
    const listed = await runCli(['tasks', 'list'], server)
    assert.match(listed.out, new RegExp(`${first.id} +\\(server\\) +copies.make +running +50 %`))
    const io = { ...QUIET, env: server.env }
    const printed: string[] = []
    const following = followTask({ ...io, out: (text) => void printed.push(text) }, openClient(io, {}), {
      id: second.id,
      json: false,
    })
    gate.open.resolve()
    const ended = await following
    assert.equal(ended.state, 'warning')
    assert.deepEqual([taskResult(ended).ok, ended.result], [true, { copied: 'odd' }])
    assert.deepEqual(printed.join('').split('\n'), [
      'Executing task "copies.make", attempt 1 of 1',
      'Executed by user "ada"',
      'copying odd',
      'Finished task, with a warning: one was odd',
      '',
    ])
    assert.equal((await view(first.id)).state, 'succeeded')
    assert.deepEqual(gate.begun, ['one', 'odd'])
  })

  it('fails with the code of what it throws, once, and is not run again by those who manage tasks', async () => {
    const refused = await reach(runtime, (await work.schedule('refuse', BY_ADA)).id, 'failed')
    assert.deepEqual(refused.problem, { code: 'TASK_INVALID', message: 'not like this' })
    const broken = await reach(runtime, (await work.schedule('break', BY_ADA)).id, 'failed')
    assert.deepEqual(broken.problem, { code: 'INTERNAL', message: 'the bomb' })
    assert.equal(await codeOf(await send(runtime, 'POST', `/tasks/${broken.id}/retry`)), 'TASK_CONFLICT')
    assert.equal(taskResult(await view(broken.id)).ok, false)
  })

  it('is told to end when it is cancelled, and given up when it does not', async () => {
    for (const how of ['obey', 'ignore'] as const) {
      const { id } = await work.schedule(how, BY_ADA)
      await reach(runtime, id, 'running')
      await send(runtime, 'POST', `/tasks/${id}/cancel`)
      await reach(runtime, id, 'cancelled')
    }
    const { items } = await runtime.store.audit.list({ limit: 2 })
    assert.deepEqual(
      items.map(({ action, subject }) => [action, subject]),
      [
        ['task.cancel', 'server'],
        ['task.cancel', 'server'],
      ],
    )
  })

  it('cannot be asked for like one of a plugin', async () => {
    assert.equal(
      await codeOf(await send(runtime, 'POST', '/tasks', { plugin: 'server', name: 'work' })),
      'PLUGIN_UNAVAILABLE',
    )
    assert.equal(
      await codeOf(await send(runtime, 'POST', '/tasks', { plugin: null, name: 'work' })),
      'BAD_REQUEST',
    )
  })
})

test('a task of the server that a stop cuts off has failed, one that waited runs after the next start, and one that is unknown fails', async (t) => {
  const data = await temporaryFolder(t)
  const first = await startTestRuntime(t, { config: { data } })
  const hang = first.tasks.define({
    name: 'jobs.hang',
    deadlineSeconds: 60,
    run: (_: null, run) => aborted(run),
  })
  const next = { name: 'jobs.next', deadlineSeconds: 60, run: async (text: string) => text }
  const gone = first.tasks.define({ ...next, name: 'jobs.gone' })
  const [cut, waiting, unknown] = [
    await hang.schedule(null, BY_ADA),
    await first.tasks.define(next).schedule('later', BY_ADA),
    await gone.schedule('never', BY_ADA),
  ]
  await reach(first, cut.id, 'running')
  await first.close()
  const second = await startTestRuntime(t, { config: { data } })
  second.tasks.define(next)
  second.tasks.wake(null)
  const { problem } = await taskOf(second, cut.id)
  assert.deepEqual(problem, { code: 'TASK_INTERRUPTED', message: 'The server stopped while it ran' })
  assert.equal((await reach(second, waiting.id, 'succeeded')).result, 'later')
  assert.equal((await reach(second, unknown.id, 'failed')).problem?.code, 'HANDLER_MISSING')
})

test('a task of the server that a kill cuts off has failed, with its log, and does not begin again', async (t) => {
  const data = await temporaryFolder(t)
  const killable = await startKillable(t, data)
  killable.say('task')
  const { scheduled } = await killable.next('scheduled')
  await killable.kill()
  const next = await startTestRuntime(t, { config: { data } })
  next.tasks.define({ name: 'test.hang', deadlineSeconds: 60, run: async () => null })
  next.tasks.wake(null)
  const task = await taskOf(next, String(scheduled))
  assert.deepEqual([task.state, task.problem?.code], ['failed', 'TASK_INTERRUPTED'])
  assert.notEqual(task.finishedAtMs, null)
  assert.deepEqual(await linesOf(next, task.id), [
    'Executing task "test.hang", attempt 1 of 1',
    'Executed by user "ada"',
    'begun',
  ])
})

const QUIET = {
  cwd: process.cwd(),
  out: () => undefined,
  outBytes: async () => undefined,
  err: () => undefined,
  readSecret: async () => '',
  onSignal: () => () => undefined,
  exitNow: () => undefined,
}
