// The admin API of background tasks: lists, logs, live events, and what administrators change.

import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import type { TaskLogLine, TaskView } from '../../../sdk/api/tasks.ts'
import { api, codeOf, send, startTestRuntime, until } from '../../support/runtime.ts'
import { installTasks, linesOf, reach, schedule, taskOf } from '../../tasks/task-runtime.ts'

const runtime = await startTestRuntime({ after }, { config: { tasks: { graceMs: 200 } } })
await installTasks(runtime, {
  id: 'media',
  tasks: {
    wait: `task.log.debug('hidden'); while (!task.signal.aborted) { task.log.debug('tick'); task.progress(0.5, 'half'); await new Promise((resolve) => setTimeout(resolve, 20)) }`,
    idle: '',
    busy: 'task.worked(); return task.args',
    warn: 'task.warning("odd")',
    fail: 'task.failure("no")',
  },
})

const json = async <T>(response: Response): Promise<T> => {
  assert.ok(response.ok, `${response.status} ${await response.clone().text()}`)
  return (await response.json()) as T
}
const post = (path: string, body?: unknown) => send(runtime, 'POST', path, body)
const LATER = { delaySeconds: 1000 }

describe('the list of tasks', () => {
  it('is filtered and paginated, with everything about a task', async () => {
    const ids = [
      await schedule(runtime, 'media', 'idle', LATER),
      await schedule(runtime, 'media', 'busy', { ...LATER, key: 'k', args: 5 }),
    ]
    const page = await json<{ items: TaskView[]; nextCursor: string | null }>(
      await api(runtime, '/tasks?plugin=media&state=waiting&limit=1'),
    )
    const [newest] = page.items
    assert.ok(newest)
    assert.equal(newest.id, ids[1])
    const next = await json<{ items: TaskView[] }>(
      await api(runtime, `/tasks?plugin=media&state=waiting&limit=1&cursor=${page.nextCursor}`),
    )
    assert.equal(next.items[0]?.id, ids[0])
    const { key, args, startedBy, level, attempts, repeat } = newest
    assert.deepEqual(
      { key, args, startedBy, level, attempts, repeat },
      {
        key: 'k',
        args: 5,
        startedBy: { kind: 'plugin', name: 'media' },
        level: 'INFO',
        attempts: 0,
        repeat: null,
      },
    )
    assert.deepEqual((await json<{ items: unknown[] }>(await api(runtime, '/tasks?name=nothing'))).items, [])
    for (const id of ids)
      assert.equal((await json<TaskView>(await post(`/tasks/${id}/cancel`))).state, 'cancelled')
  })

  it('answers 404 for an unknown task, 409 for a change that its state does not allow, 422 for a task that cannot be', async () => {
    assert.equal(await codeOf(await api(runtime, '/tasks/unknown')), 'TASK_UNKNOWN')
    const id = await schedule(runtime, 'media', 'idle')
    await reach(runtime, id, 'succeeded')
    for (const verb of ['cancel', 'promote', 'run'])
      assert.equal(await codeOf(await post(`/tasks/${id}/${verb}`)), 'TASK_CONFLICT')
    const waiting = await schedule(runtime, 'media', 'idle', LATER)
    assert.equal(await codeOf(await post(`/tasks/${waiting}/retry`)), 'TASK_CONFLICT')
    assert.equal(await codeOf(await post('/tasks', { plugin: 'media', name: 'bust' })), 'TASK_INVALID')
    assert.equal(await codeOf(await post('/tasks', { plugin: 'media' })), 'BAD_REQUEST')
    assert.equal((await send(runtime, 'PATCH', `/tasks/${waiting}`, { level: '15' })).status, 400)
    await post(`/tasks/${waiting}/cancel`)
  })
})

describe('an administrator', () => {
  it('starts a task, and is named by it', async () => {
    const { id } = await json<{ id: string }>(
      await post('/tasks', { plugin: 'media', name: 'busy', args: { a: 1 } }),
    )
    const { spec, result } = await reach(runtime, id, 'succeeded')
    assert.equal(spec.startedBy.kind, 'user')
    assert.deepEqual(result, { a: 1 })
    assert.ok(
      (await linesOf(runtime, id)).some((line) => line === `Executed by user "${spec.startedBy.name}"`),
    )
    const audit = await json<{ items: { action: string; subject: string }[] }>(
      await api(runtime, '/audit?limit=1'),
    )
    assert.deepEqual(
      audit.items.map(({ action, subject }) => [action, subject]),
      [['task.schedule', 'media']],
    )
  })

  it('cancels a running one by its signal, promotes a waiting one, and runs it now', async () => {
    const running = await schedule(runtime, 'media', 'wait')
    await reach(runtime, running, 'running')
    const cancelled = await json<TaskView>(await post(`/tasks/${running}/cancel`))
    assert.ok(['cancelling', 'cancelled'].includes(cancelled.state))
    await reach(runtime, running, 'cancelled')
    assert.ok((await linesOf(runtime, running)).some((line) => line.startsWith('Cancelled by user')))
    const waiting = await schedule(runtime, 'media', 'busy', LATER)
    assert.equal((await json<TaskView>(await post(`/tasks/${waiting}/promote`))).priority, 0)
    await post(`/tasks/${waiting}/run`)
    await reach(runtime, waiting, 'succeeded')
  })

  it('runs a finished one again', async () => {
    const id = await schedule(runtime, 'media', 'busy', { args: 1 })
    await reach(runtime, id, 'succeeded')
    const { startedAtMs } = await taskOf(runtime, id)
    await post(`/tasks/${id}/retry`)
    await until('another run', async () => (await taskOf(runtime, id)).startedAtMs !== startedAtMs)
    await reach(runtime, id, 'succeeded')
  })

  it('cleans what has finished, and sweeps what did nothing and had no warning', async () => {
    const [idle, busy, warn, fail] = await Promise.all(
      ['idle', 'busy', 'warn', 'fail'].map((name) => schedule(runtime, 'media', name)),
    )
    await reach(runtime, idle ?? '', 'succeeded')
    await reach(runtime, busy ?? '', 'succeeded')
    await reach(runtime, warn ?? '', 'warning')
    await reach(runtime, fail ?? '', 'failed')
    const waiting = await schedule(runtime, 'media', 'idle', LATER)
    await post('/tasks/sweep', { plugin: 'media' })
    const left = async () =>
      (await json<{ items: TaskView[] }>(await api(runtime, '/tasks?limit=200'))).items.map(({ id }) => id)
    assert.ok(!(await left()).includes(idle ?? ''))
    for (const id of [busy, warn, fail, waiting]) assert.ok((await left()).includes(id ?? ''))
    await post('/tasks/clean')
    assert.deepEqual(await left(), [waiting])
    await post(`/tasks/${waiting}/cancel`)
  })
})

describe('the log of a task', () => {
  it('is followed live, with the level changed while it runs, and the task as it changes', async () => {
    const id = await schedule(runtime, 'media', 'wait')
    await reach(runtime, id, 'running')
    const response = await api(runtime, `/tasks/${id}/log`, { headers: { accept: 'text/event-stream' } })
    assert.equal(response.status, 200)
    assert.ok(response.body)
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    const read = async (what: RegExp): Promise<void> => {
      while (!what.test(text)) {
        const { value, done } = await reader.read()
        assert.ok(!done, text)
        text += value
      }
    }
    await read(/Executing task/)
    assert.doesNotMatch(text, /tick/)
    const changed = await json<TaskView>(await send(runtime, 'PATCH', `/tasks/${id}`, { level: 'DEBUG' }))
    assert.equal(changed.level, 'DEBUG')
    await read(/"level":"DEBUG","text":"tick"/)
    await read(/event: task\n[^\n]*\n?data: .*"message":"half"/)
    await post(`/tasks/${id}/cancel`)
    await read(/"state":"cancelled"/)
    await reader.cancel()
    const { items } = await json<{ items: TaskLogLine[] }>(await api(runtime, `/tasks/${id}/log`))
    assert.deepEqual(
      items.map(({ number }) => number),
      items.map((_, index) => index + 1),
    )
    assert.equal(items.at(-1)?.text, 'Task cancelled')
  })

  it('answers 404 for an unknown task', async () => {
    assert.equal(await codeOf(await api(runtime, '/tasks/unknown/log')), 'TASK_UNKNOWN')
  })
})
