// Drives that hang, and files processes that end: who is held up, and for how long. A stopped process stands for one that waits for
// a drive: neither answers.

import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { until } from '../support/runtime.ts'
import { names, openPlace, put, refusal, take } from './helpers.ts'

const DEADLINE_MS = 1500

test('twenty calls to a drive that hangs are given up together, and another drive serves meanwhile', async (t) => {
  const { files, root } = await openPlace(t, { deadlineMs: DEADLINE_MS })
  for (const name of ['one', 'two']) {
    await mkdir(join(root, name))
    await writeFile(join(root, name, 'a'), name)
  }
  const folderOf = (name: string, pluginId: string) =>
    files.grant({ pluginId, root: join(root, name), mode: 'readwrite' })
  const hanging = folderOf('one', 'victim')
  assert.equal(await take(hanging, ['a']), 'one')
  const [pid] = files.pids
  assert.ok(pid !== undefined)
  process.kill(pid, 'SIGSTOP')
  t.after(() => {
    try {
      process.kill(pid, 'SIGCONT')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  })
  const calls = Array.from({ length: 20 }, (_, n) => refusal(folderOf('one', `plugin-${n % 3}`).facts(['a'])))
  for (let n = 0; n < 20; n++) assert.equal(await take(folderOf('two', 'neighbour'), ['a']), 'two')
  const outcomes = new Set(await Promise.all(calls))
  assert.deepEqual(
    [...outcomes].filter((code) => code !== 'FOLDER_UNRESPONSIVE' && !code.startsWith('done')),
    [],
  )
  assert.ok(outcomes.has('FOLDER_UNRESPONSIVE'))
  assert.equal(await take(hanging, ['a']), 'one')
  assert.ok(!files.pids.includes(pid))
})

test('a files process that is killed while a file is written leaves the old content, and the stream says so', async (t) => {
  const { files, folder, granted } = await openPlace(t)
  const own = folder()
  await put(own, ['a'], 'old')
  for (let round = 0; round < 5; round++) {
    const writer = await own.openWriter(['a'], { keep: false, isExclusive: true })
    await writer.write(0, Buffer.alloc(100_000))
    const [pid] = files.pids
    assert.ok(pid !== undefined)
    const writing = Promise.all([
      refusal(writer.write(100_000, Buffer.alloc(1_000_000))),
      refusal(writer.commit()),
    ])
    process.kill(pid, 'SIGKILL')
    const [, committed] = await writing
    if (committed === 'done: undefined') await put(own, ['a'], 'old')
    else assert.match(committed, /^(?:HOST_CALL_FAILED|InvalidStateError)$/)
    assert.equal(await readFile(join(granted, 'a'), 'utf8'), 'old')
    assert.deepEqual(await names(own), ['a'])
    // Its lock has gone with it.
    await (await own.openWriter(['a'], { keep: false, isExclusive: true })).close()
  }
  const left = (await readdir(granted)).filter((name) => name !== 'a')
  assert.ok(left.every((name) => name.startsWith('.plugbay-')))
})

test('a process is ended when nothing was asked of it for a while, and its drive can be unmounted', async (t) => {
  const { files, folder } = await openPlace(t, { idleMs: 200 })
  const own = folder()
  await own.create(['a'], 'file')
  const writer = await own.openWriter(['a'], { keep: false, isExclusive: false })
  await new Promise((resolve) => setTimeout(resolve, 600))
  assert.equal(files.pids.length, 1, 'not while a file is being written')
  await writer.commit()
  await until('the process ends', () => files.pids.length === 0)
  assert.deepEqual(await names(own), ['a'])
})

test('what is under way on a drive that has gone is rejected with that, and what follows starts anew', async (t) => {
  const { files, folder, root } = await openPlace(t)
  const own = folder()
  await put(own, ['a'], 'old')
  const writer = await own.openWriter(['a'], { keep: false, isExclusive: false })
  const writing = refusal(writer.write(0, Buffer.alloc(100_000)))
  files.release(root)
  assert.equal(await writing, 'FOLDER_GONE')
  assert.equal(await refusal(writer.commit()), 'FOLDER_GONE')
  assert.equal(await take(own, ['a']), 'old')
})

test('a plugin with many calls delays another one by a few of them only', async (t) => {
  const { folder } = await openPlace(t)
  const greedy = folder({ pluginId: 'greedy' })
  const modest = folder({ pluginId: 'modest' })
  await greedy.create(['a'], 'file')
  const order: string[] = []
  const many = Array.from({ length: 300 }, () => greedy.facts(['a']).then(() => order.push('greedy')))
  const one = modest.facts(['a']).then(() => order.push('modest'))
  await Promise.all([...many, one])
  assert.ok(order.indexOf('modest') < 50, `after ${order.indexOf('modest')} of 300`)
})
