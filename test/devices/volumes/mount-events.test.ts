import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { watchMounts } from '../../../runtime/devices/volumes/mount-events.ts'
import { descendantsOf } from '../../support/jail.ts'
import { processesEnd, watchProcesses } from '../../support/processes-end.ts'
import { temporaryFolder, until } from '../../support/runtime.ts'

const WATCHER = fileURLToPath(new URL('mount-watcher.ts', import.meta.url))
const canMount = spawnSync('unshare', ['-rm', 'true']).status === 0
const skip = canMount ? false : 'no user namespaces, or no unshare(1), on this machine'

test('a mount is told by findmnt, which ends with a runtime that is killed', { skip }, async (t) => {
  const folder = await temporaryFolder(t)
  const watcher = spawn('unshare', ['-rm', process.execPath, WATCHER])
  t.after(() => watcher.kill('SIGKILL'))
  const lines = createInterface({ input: watcher.stdout })[Symbol.asyncIterator]()
  assert.equal((await lines.next()).value, 'watching')
  const below = await until('findmnt runs', () => {
    const pids = descendantsOf(watcher.pid ?? 0)
    return pids.length > 0 ? watchProcesses(pids) : undefined
  })
  // findmnt compares with what was mounted when it began; until then a mount is none of its business.
  const mounted = (async () => {
    for (let i = 0; ; i++) {
      const target = join(folder, `${i}`)
      spawnSync('mkdir', [target])
      spawnSync('nsenter', [
        '-t',
        `${watcher.pid}`,
        '-U',
        '-m',
        '--preserve-credentials',
        'mount',
        '-t',
        'tmpfs',
        'none',
        target,
      ])
      const line = await Promise.race([lines.next(), new Promise((resolve) => setTimeout(resolve, 500))])
      if (line !== undefined) return line
    }
  })()
  assert.deepEqual(await mounted, { value: 'hint', done: false })
  await kill(watcher)
  await processesEnd('findmnt ends', below)
})

test('where findmnt is missing, there is a hint at intervals', async (t) => {
  const dev = await temporaryFolder(t)
  let hints = 0
  const stop = watchMounts(() => hints++, { command: ['/nowhere/findmnt'], pollMs: 5, dev })
  t.after(stop)
  await until('a hint', () => hints > 3)
  stop()
  const seen = hints
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.equal(hints, seen)
})

test('a device that comes or goes is a hint, and many at once are one', async (t) => {
  const dev = await temporaryFolder(t)
  let hints = 0
  t.after(watchMounts(() => hints++, { command: ['sleep', '100'], pollMs: 1_000_000, dev }))
  await Promise.all(['sdb', 'sdb1', 'sdb2'].map((name) => writeFile(join(dev, name), '')))
  await until('a hint', () => hints > 0)
  assert.ok(hints < 3, `${hints} hints`)
})

test('a record of udev is a hint', async (t) => {
  const [dev, udev] = [await temporaryFolder(t), await temporaryFolder(t)]
  let hints = 0
  t.after(watchMounts(() => hints++, { command: ['sleep', '100'], pollMs: 1_000_000, dev, udev }))
  await writeFile(join(udev, 'b8:17'), '')
  await until('a hint', () => hints > 0)
})

async function kill(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}
