// V8's code cache of the guest: created once for all starts, and recreated when it is damaged or V8 rejects it.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { keep, readKept } from '../../../runtime/bundles/kept-file.ts'
import { DEFAULT_CONFIG } from '../../../runtime/config/config.ts'
import { createLog } from '../../../runtime/log.ts'
import { openSandbox } from '../../../runtime/sandbox/placement/sandbox.ts'
import { GuestCode } from '../../../runtime/sandbox/process/guest-code.ts'
import { GUEST_SCRIPT } from '../../../sdk/protocol/sandbox-control.ts'
import { temporaryFolder, until } from '../../support/runtime.ts'

const log = createLog('silent')

function open(t: TestContext, cacheFolder: string) {
  const { sandbox: config, limits } = DEFAULT_CONFIG
  const sandbox = openSandbox({ config, memoryMb: limits.memoryMb, log, cacheFolder })
  t.after(() => sandbox.close())
  return sandbox
}

async function stage(t: TestContext) {
  const folder = await temporaryFolder(t)
  const sandbox = open(t, await temporaryFolder(t))
  let compiled = 0
  const compile = (source: Buffer) => {
    compiled++
    return sandbox.compile(source, GUEST_SCRIPT)
  }
  return {
    folder,
    compiled: () => compiled,
    /** As a start does. */
    async start(): Promise<GuestCode> {
      const guest = new GuestCode({ folder, compile, log })
      guest.ensure()
      await until('there is a cache', () => guest.bundle.cache !== undefined)
      return guest
    },
    file: () => join(folder, readdirSync(folder)[0] ?? 'none'),
  }
}

test('the first start makes the cache, the next ones read it', async (t) => {
  const { start, compiled, file } = await stage(t)
  const first = await start()
  assert.equal(compiled(), 1)
  assert.ok((first.bundle.cache?.length ?? 0) > 10_000)
  const second = await start()
  assert.equal(compiled(), 1)
  assert.deepEqual(second.bundle.cache, first.bundle.cache)
  assert.match(file(), new RegExp(`-${process.versions.v8.replaceAll('.', '\\.')}-`))
})

test('the cache holds the functions that every start calls, and V8 takes it', async (t) => {
  const { start, folder, file } = await stage(t)
  const { source, cache } = (await start()).bundle
  const sandbox = open(t, folder)
  // The same script under another name is compiled, not started.
  const compiled = await sandbox.compile(Buffer.from(source), 'plugbay:other')
  assert.ok((cache?.length ?? 0) > 1.1 * compiled.length, `${cache?.length} and ${compiled.length} bytes`)
  // A rejection is reported in the turn after the start of a process, and makes another file.
  await sandbox.compile(Buffer.from('1'), 'plugbay:other')
  assert.deepEqual(readKept(file()), cache)
  await sandbox.close()
})

test('a damaged cache is not passed to V8, but rebuilt', async (t) => {
  const { start, compiled, file } = await stage(t)
  await start()
  const damaged = readFileSync(file())
  damaged.fill(0, 1000, 2000)
  writeFileSync(file(), damaged)
  const second = await start()
  assert.equal(compiled(), 2)
  assert.deepEqual(readKept(file()), second.bundle.cache)
})

test('a cache that V8 rejects is rebuilt once, while the server runs', async (t) => {
  const { start, folder, file } = await stage(t)
  await start()
  const wrong = Buffer.alloc(20_000, 'not made by V8')
  keep(file(), wrong)
  const sandbox = open(t, folder)
  await until('the cache is another one', () => readKept(file())?.equals(wrong) === false)
  await sandbox.close()
})

test('without a folder, or with one that is gone, processes start all the same', async (t) => {
  const { compiled } = await stage(t)
  for (const folder of [undefined, '/nowhere/at/all']) {
    const guest = new GuestCode({ folder, compile: async () => Buffer.from('x'), log })
    guest.ensure()
    assert.ok(guest.bundle.source.length > 0)
  }
  assert.equal(compiled(), 0)
})
