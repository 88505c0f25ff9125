import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { openStore } from '../../plugin-store/open-store.ts'
import { audit, tempFolder } from './temp-store.ts'

const HOLDER = `
  import { openStore } from ${JSON.stringify(new URL('../../plugin-store/open-store.ts', import.meta.url).href)}
  const store = await openStore(process.argv[1])
  await store.audit.append('holder', { actor: 'holder', action: 'open' })
  process.stdout.write('open')
  setInterval(() => store, 1000)
`

async function startHolder(folder: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', HOLDER, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  return child
}

test('a second process on the same folder is refused, with the name of the holder', async (t) => {
  const folder = await tempFolder(t)
  const holder = await startHolder(folder)
  t.after(() => holder.kill('SIGKILL'))
  await assert.rejects(openStore(folder), {
    name: 'StoreError',
    code: 'STORE_LOCKED',
    message: new RegExp(`in use by process ${holder.pid} since \\d{4}-`),
  })
})

test('a holder that was killed leaves no lock and loses nothing that it had written', async (t) => {
  const folder = await tempFolder(t)
  const holder = await startHolder(folder)
  const exit = once(holder, 'exit')
  holder.kill('SIGKILL')
  await exit
  const store = await openStore(folder)
  t.after(() => store.close())
  assert.equal((await store.audit.list({})).items[0]?.subject, 'holder')
})

test('the same process cannot open a folder twice, and a refused try leaves the lock in place', async (t) => {
  const folder = await tempFolder(t)
  const store = await openStore(folder)
  await assert.rejects(openStore(folder), { code: 'STORE_LOCKED' })
  // Were the lock lost by the refused try (POSIX drops it when any descriptor closes), another process would get in.
  const intruder = spawn(process.execPath, ['--input-type=module', '--eval', HOLDER, folder], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  t.after(() => intruder.kill('SIGKILL'))
  let output = ''
  intruder.stderr.on('data', (chunk) => {
    output += chunk
  })
  const [code] = await once(intruder, 'close')
  assert.equal(code, 1)
  assert.match(output, /STORE_LOCKED/)
  await store.audit.append('x', audit('still here'))
  await store.close()
  await (await openStore(folder)).close()
})

test('of many that start at once exactly one gets the folder', async (t) => {
  const folder = await tempFolder(t)
  const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => openStore(folder)))
  const opened = outcomes.filter((outcome) => outcome.status === 'fulfilled')
  for (const outcome of opened) await outcome.value.close()
  assert.equal(opened.length, 1)
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') assert.equal(outcome.reason.code, 'STORE_LOCKED')
  }
})
