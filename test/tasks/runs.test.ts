// Runs of tasks in real plugins: what a handler gets, what is kept of it, and how it ends.

import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { startTestRuntime, until } from '../support/runtime.ts'
import { installTasks, linesOf, reach, schedule, taskOf } from './task-runtime.ts'

const runtime = await startTestRuntime({ after }, { config: { tasks: { graceMs: 300 } } })

await installTasks(runtime, {
  id: 'worker',
  tasks: {
    echo: 'return { args: task.args, attempt: task.attempt, user: ctx.user, by: task.startedBy, key: task.key }',
    say: `task.log.trace('quiet'); task.log.info('hello', { a: 1 }); task.log.warn('careful'); task.log.always('loud')
      return [task.log.isKept('DEBUG'), task.log.isKept('INFO')]`,
    steps: `for (let i = 1; i <= 10000; i++) task.progress(i / 10000, 'step ' + i); task.partProgress(0.5); task.worked()`,
    warn: 'task.warning("look at me"); return 1',
    giveUp: 'task.failure("no use")',
    fail: 'throw new TypeError("the bomb")',
    resume: `if (task.state === null) { await task.checkpoint({ at: 7, __proto__: null }); throw new Error('half way') }
      return task.state`,
    obey: `await new Promise((resolve) => task.signal.addEventListener('abort', resolve)); return task.signal.reason.message`,
    hang: 'await new Promise(() => {})',
    loop: 'for (;;) {}',
  },
})

describe('a run of a task', () => {
  it('gets its arguments, its number and who started it, and leaves a result', async () => {
    const id = await schedule(runtime, 'worker', 'echo', { args: { a: [1, null] }, key: 'one' })
    const { result, state, attempts } = await reach(runtime, id, 'succeeded')
    const by = { kind: 'plugin', name: 'worker' }
    assert.deepEqual(result, { args: { a: [1, null] }, attempt: 1, user: null, by, key: 'one' })
    assert.deepEqual([state, attempts], ['succeeded', 0])
  })

  it('has the administrator who started it as its user', async () => {
    const startedBy = { kind: 'user', name: 'ada' } as const
    const { id } = await runtime.tasks.schedule('worker', 'echo', { args: null, options: null, startedBy })
    const { result } = await reach(runtime, id, 'succeeded')
    assert.deepEqual((result as { readonly user: unknown }).user, { name: 'ada', permissions: [] })
    assert.ok((await linesOf(runtime, id)).includes('Executed by user "ada"'))
  })

  it('writes lines from its level on, and the lines of the runtime', async () => {
    const id = await schedule(runtime, 'worker', 'say')
    const { result } = await reach(runtime, id, 'succeeded')
    assert.deepEqual(result, [false, true])
    assert.deepEqual(await linesOf(runtime, id), [
      'Executing task "say", attempt 1 of 25',
      'Executed by the plugin "worker"',
      'hello { a: 1 }',
      'careful',
      'loud',
      'Finished task',
    ])
  })

  it('tells its progress, of which the newest counts', async () => {
    const id = await schedule(runtime, 'worker', 'steps')
    const { progress, worked } = await reach(runtime, id, 'succeeded')
    assert.deepEqual(progress, { fraction: 1, part: 0.5, message: 'step 10000' })
    assert.equal(worked, true)
  })

  it('ends with a warning, or as failed without another attempt, when it says so', async () => {
    const warned = await reach(runtime, await schedule(runtime, 'worker', 'warn'), 'warning')
    assert.deepEqual([warned.result, warned.problem?.message], [1, 'look at me'])
    const failed = await reach(runtime, await schedule(runtime, 'worker', 'giveUp'), 'failed')
    assert.deepEqual([failed.attempts, failed.problem?.message], [1, 'no use'])
  })

  it('is tried again after attempts^4 + 5 seconds, with its error kept', async () => {
    const id = await schedule(runtime, 'worker', 'fail')
    await until('the first attempt', async () => (await taskOf(runtime, id)).attempts === 1)
    const { problem, runAtMs, state, startedAtMs } = await taskOf(runtime, id)
    assert.deepEqual(problem, { code: 'GUEST_ERROR', message: 'TypeError: the bomb' })
    assert.equal(state, 'waiting')
    assert.ok(runAtMs - (startedAtMs ?? 0) >= 6000)
    assert.ok(
      (await linesOf(runtime, id)).includes('Task failed: TypeError: the bomb; it is tried again in 6 s'),
    )
  })

  it('fails for good after its attempts', async () => {
    const backoff = { seconds: 0 }
    const { attempts } = await reach(
      runtime,
      await schedule(runtime, 'worker', 'fail', { maxAttempts: 3, backoff }),
      'failed',
    )
    assert.equal(attempts, 3)
  })

  it('goes on from its checkpoint', async () => {
    const id = await schedule(runtime, 'worker', 'resume', { backoff: { seconds: 0 } })
    const { result } = await reach(runtime, id, 'succeeded')
    assert.deepEqual(result, { at: 7 })
  })

  for (const name of ['hang', 'loop'])
    it(`that does not end when it is told to (${name}) has its backend stopped, and others run again`, async () => {
      const other = await schedule(runtime, 'worker', 'obey')
      const id = await schedule(runtime, 'worker', name, { deadlineSeconds: 1, maxAttempts: 1 })
      const { problem } = await reach(runtime, id, 'failed')
      assert.equal(problem?.code, 'TASK_DEADLINE')
      await until(
        'another run',
        async () =>
          (await linesOf(runtime, other)).filter((line) => line.startsWith('Executing')).length === 2,
      )
      assert.equal((await taskOf(runtime, other)).attempts, 0)
      await runtime.store.tasks.cancel(other, Date.now())
      runtime.tasks.run('worker', { id: other })?.stop('cancelled')
      const { result } = await reach(runtime, other, 'cancelled')
      assert.equal(result, 'The task was cancelled')
    })
})
