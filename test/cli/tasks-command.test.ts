// plugbay tasks, against a real server.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serve } from '../../runtime/serve.ts'
import { ADMIN_TOKEN, startTestRuntime, temporaryFolder } from '../support/runtime.ts'
import { installTasks, reach } from '../tasks/task-runtime.ts'
import { documentOf, runCli } from './harness.ts'

test('tasks are started, listed, shown, followed, changed and deleted', async (t) => {
  const runtime = await startTestRuntime(t)
  await installTasks(runtime, {
    id: 'media',
    tasks: { convert: 'task.log.info("page", task.args.book); return 3' },
  })
  const listening = await serve(runtime)
  t.after(() => listening.close(0))
  const env = { PLUGBAY_URL: `http://127.0.0.1:${listening.port}`, PLUGBAY_TOKEN: ADMIN_TOKEN }
  const cwd = await temporaryFolder(t)
  const cli = async (...args: string[]) => {
    const ran = await runCli(['tasks', ...args], { cwd, env })
    assert.equal(ran.code, 0, ran.err)
    return ran
  }
  const started = documentOf(await cli('start', 'media', 'convert', '--args', '{"book": "b1"}', '--json'))
  const { id } = started.results[0] ?? {}
  assert.ok(typeof id === 'string')
  await reach(runtime, id, 'succeeded')
  assert.match(
    (await cli('list', '--plugin', 'media', '--state', 'succeeded')).out,
    new RegExp(`${id} +media +convert +succeeded`),
  )
  assert.match((await cli('show', id)).out, /result +3/)
  assert.match((await cli('log', id)).out, /INFO page b1\n/)
  assert.match((await cli('level', id, 'DEBUG')).out, /lines from DEBUG on are kept/)
  assert.match((await cli('retry', id)).out, /runs again/)
  await reach(runtime, id, 'succeeded')
  assert.match((await cli('sweep', '--plugin', 'media')).out, /1 finished tasks deleted/)
  assert.match((await cli('list')).out, /There are none/)
  for (const [args, message] of [
    [['stop', id], /"stop" is not one of list/],
    [['cancel'], /No task is named/],
    [['level', id], /No level is named/],
    [['start', 'media', 'convert', '--args', '{'], /"--args" is not JSON/],
    [['cancel', id], /There is no task/],
  ] as const) {
    const ran = await runCli(['tasks', ...args], { cwd, env })
    assert.notEqual(ran.code, 0)
    assert.match(ran.err, message)
  }
})
