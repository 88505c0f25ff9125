// Tasks of hostile plugins: held to their quotas, with a clear problem, and without a neighbour that notices.

import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { createApp } from '../../runtime/app.ts'
import { startTestRuntime, until } from '../support/runtime.ts'
import { installTasks, linesOf, reach, schedule, taskOf, tasksOf } from './task-runtime.ts'

const config = {
  tasks: { graceMs: 200, maxOpen: 300, cpuMs: 1000 },
  limits: { logLinesPerSecond: 20, memoryMb: 32 },
}
const runtime = await startTestRuntime({ after }, { config })

await installTasks(runtime, {
  id: 'neighbour',
  tasks: { fine: 'return "fine"' },
  fetch: 'return new Response("here")',
})
await installTasks(runtime, {
  id: 'hostile',
  tasks: {
    flood:
      'for (let i = 0; i < 50000; i++) task.log.info("x".repeat(10000) + i); await new Promise((resolve) => setTimeout(resolve, 300)); task.log.info("end")',
    hurry: `for (let i = 0; i < 10000; i++) { task.progress(i / 10000, 'm'.repeat(5000)); if (i % 100 === 0) await null }; task.progress(Infinity); task.progress(NaN); task.progress('half'); task.progress(-1)`,
    many: `let made = 0; try { for (;; made++) await env.tasks.schedule('idle', null, { delaySeconds: 1000 }) } catch (error) { return { made, code: error.code, message: error.message } }`,
    idle: '',
    memory: 'const all = []; for (;;) all.push(new Array(1e5).fill(all.length))',
    spin: 'for (;;) {}',
    burn: 'for (;;) { for (let i = 0; i < 1e6; i++); await new Promise((resolve) => setTimeout(resolve, 0)) }',
    large: 'return "x".repeat(600000)',
    circle: 'const a = {}; a.a = a; return a',
    deep: 'let a = []; for (let i = 0; i < 200; i++) a = [a]; return a',
    proto: `return JSON.parse('{"__proto__": {"polluted": true}}')`,
    state: `const errors = []; const a = {}; a.a = a
      for (const state of ['x'.repeat(70000), a, 1n]) try { await task.checkpoint(state) } catch (error) { errors.push(error.name) }
      return errors`,
    thrower: 'throw { get message() { throw new Error("inner") } }',
    patched: `Array.prototype.push = () => { throw new Error('patched') }; Promise.prototype.then = () => { throw new Error('patched') }; JSON.stringify = () => 'patched'; task.log.info('still')`,
  },
  fetch: 'return new Response("still here")',
})

const once = { maxAttempts: 1, deadlineSeconds: 28 }
const answer = async (id: string) =>
  (await createApp(runtime).request(`http://127.0.0.1:3000/plugins/${id}/api/`)).text()

async function neighboursDoNotNotice(): Promise<void> {
  assert.equal(await answer('neighbour'), 'here')
  assert.equal(await answer('hostile'), 'still here')
  assert.equal(
    (await reach(runtime, await schedule(runtime, 'neighbour', 'fine'), 'succeeded')).result,
    'fine',
  )
}

describe('a task of a hostile plugin', () => {
  it('that floods its log is cut, and the log says so', async () => {
    const id = await schedule(runtime, 'hostile', 'flood', once)
    await reach(runtime, id, 'succeeded')
    const lines = await linesOf(runtime, id)
    assert.ok(lines.length < 200, String(lines.length))
    assert.ok(
      lines.some((line) => /^\d+ lines were left out: a task may write 20 a second$/.test(line)),
      lines.at(-2) ?? '',
    )
    assert.ok(lines.every((line) => line.length <= 500))
    await neighboursDoNotNotice()
  })

  it('that reports its progress 10,000 times is reported in steps, with the last within its range', async () => {
    const { progress } = await reach(runtime, await schedule(runtime, 'hostile', 'hurry', once), 'succeeded')
    assert.equal(progress?.fraction, 0)
    assert.equal(progress?.message?.length, 500)
    await neighboursDoNotNotice()
  })

  it('that schedules without end is held to its number of open tasks', async () => {
    const { result } = await reach(runtime, await schedule(runtime, 'hostile', 'many', once), 'succeeded')
    assert.deepEqual(result, {
      made: 299,
      code: 'QUOTA_EXCEEDED',
      message: 'The plugin has 300 tasks that have not finished: no more can be scheduled',
    })
    await neighboursDoNotNotice()
    for (
      let page = await tasksOf(runtime, 'hostile');
      page.some(({ state }) => state === 'waiting');
      page = await tasksOf(runtime, 'hostile')
    )
      await Promise.all(page.map(({ id }) => runtime.store.tasks.cancel(id, Date.now())))
  })

  for (const [name, code] of [
    ['memory', 'GUEST_CRASHED'],
    ['spin', 'GUEST_DEADLINE'],
    ['burn', 'GUEST_DEADLINE'],
  ] as const)
    it(`that uses more than its share (${name}) is stopped, and its plugin goes on serving`, async () => {
      const id = await schedule(runtime, 'hostile', name, once)
      const { problem } = await reach(runtime, id, 'failed')
      assert.equal(problem?.code, code)
      await neighboursDoNotNotice()
    })

  it('that returns what cannot be kept fails, with the reason', async () => {
    for (const [name, reason] of [
      ['large', /more than 524288 characters/],
      ['circle', /circular/i],
      ['deep', /not one that a handler can give/],
      ['proto', /not one that a handler can give/],
      ['thrower', /Thrown/],
    ] as const) {
      const { problem } = await reach(runtime, await schedule(runtime, 'hostile', name, once), 'failed')
      assert.match(String(problem?.message), reason, name)
    }
    assert.equal(({} as { polluted?: unknown }).polluted, undefined)
  })

  it('cannot store a checkpoint that is too large or no JSON', async () => {
    const id = await schedule(runtime, 'hostile', 'state', once)
    const { result } = await reach(runtime, id, 'succeeded')
    assert.deepEqual(result, ['RangeError', 'TypeError', 'TypeError'])
    assert.equal((await taskOf(runtime, id)).checkpoint, null)
  })

  it('that patches built-ins harms only its own isolate', async () => {
    const id = await schedule(runtime, 'hostile', 'patched', once)
    await until('its end', async () => (await taskOf(runtime, id)).finishedAtMs !== null)
    assert.ok((await linesOf(runtime, id)).includes('still'))
    await neighboursDoNotNotice()
  })
})
