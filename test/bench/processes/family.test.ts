import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { knownChildren, moduleOf, watchCpu } from './family.ts'

const ONLY_LINUX = process.platform === 'linux' ? {} : { skip: 'only Linux has /proc' }

/** Starts a child that computes for so long, waits for its line, and goes on. */
const PARENT = `
  import { spawn } from 'node:child_process'
  const work = 'const end = Date.now() + 400; while (Date.now() < end); console.log("done"); setInterval(() => {}, 1e6)'
  const child = spawn(process.execPath, ['--eval', work])
  process.stdin.on('end', () => { child.kill('SIGKILL'); process.exit() }).resume()
  child.stdout.once('data', () => console.log('ready'))
`

describe('a server and its children', ONLY_LINUX, () => {
  test("the figures of the busiest child are separate from the server's", async (t) => {
    const server = spawn(process.execPath, ['--input-type=module', '--eval', PARENT])
    t.after(async () => {
      const exited = once(server, 'exit')
      server.stdin.end()
      await exited
    })
    const { use } = await watchCpu(server.pid ?? 0, () => once(server.stdout, 'data'))
    assert.ok(use?.busiestChild != null, 'no child was seen')
    assert.ok(use.busiestChild > 0)
    assert.equal(use.otherChildren, 0)
  })

  test('nothing is known of a process that has exited', async () => {
    const gone = spawn(process.execPath, ['--eval', ''])
    await once(gone, 'exit')
    const { use, result } = await watchCpu(gone.pid ?? 0, async () => 'done')
    assert.deepEqual([use, result], [null, 'done'])
    assert.deepEqual(knownChildren(gone.pid ?? 0), [])
  })
})

test('a child is called by its module, or by its program', () => {
  const node = ['/usr/bin/node', '--permission']
  assert.equal(moduleOf([...node, '/code/.cache/sandbox-588ee7c9d0565a83.mjs']), 'sandbox')
  assert.equal(moduleOf([...node, '/code/runtime/host-data-main.ts', '--option']), 'host-data-main')
  assert.equal(moduleOf(['/code/bin/esbuild', '--service']), 'esbuild')
  assert.equal(moduleOf(['/usr/bin/bwrap', ...node, '/code/sandbox.mjs']), undefined)
  assert.equal(moduleOf([]), undefined)
})
