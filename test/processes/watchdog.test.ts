import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parentArgument } from '../../runtime/processes/child/parent-argument.ts'

const WORKER = fileURLToPath(new URL('./worker-fixture.ts', import.meta.url))

/** Its channel stays open, as that of a child whose main thread is busy would. */
function startWith(t: TestContext, parent: number): ChildProcess {
  const child = spawn(process.execPath, [WORKER, parentArgument(parent)], {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  return child
}

test('a child whose runtime died before it looked for it ends', async (t) => {
  const { pid } = spawnSync(process.execPath, ['--version'])
  const [code, signal] = await once(startWith(t, pid), 'exit')
  assert.deepEqual([code, signal], [null, 'SIGKILL'])
})

test('a child stays as long as its runtime', async (t) => {
  const child = startWith(t, process.pid)
  const ended = once(child, 'exit').then(() => 'ended')
  assert.equal(await Promise.race([ended, setTimeout(2000, 'stays')]), 'stays')
})
