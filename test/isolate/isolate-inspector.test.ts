// Only an isolate that was loaded for an inspector has one: nothing that production loads can be paused or read.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { guestBundle } from '../../runtime/bundles/guest-bundle.ts'
import { CONFIG_KEYS } from '../../runtime/config/config-keys.ts'
import { IsolateInspector } from '../../runtime/isolate/isolate-inspector.ts'
import { PoolTurns } from '../../runtime/isolate/pool-turns.ts'
import { Slot } from '../../runtime/isolate/slot.ts'
import { WarmIsolate } from '../../runtime/isolate/warm-isolate.ts'
import { PluginRunner } from '../../runtime/sandbox/runner/plugin-runner.ts'
import { runCli } from '../cli/harness.ts'
import { backendOf, install, startTestRuntime, until } from '../support/runtime.ts'

const GUEST = { code: guestBundle(), cache: undefined, filename: 'plugbay:guest' }

test('an isolate that was not made for an inspector refuses one', () => {
  const warm = new WarmIsolate(GUEST, 64)
  assert.throws(() => new IsolateInspector(warm, () => assert.fail('it speaks')), /Inspector is not enabled/)
  warm.isolate.dispose()
})

test('a slot that was not loaded for an inspector has none, and one that was speaks in whole messages', async () => {
  const said: string[] = []
  const open = (inspect: boolean) => {
    let message = ''
    return new Slot({
      catalog: () => undefined,
      load: {
        ...{ m: 'load', slot: 1, memoryMb: 64, runMs: 10_000, logLinesPerSecond: 100, shared: false },
        ...{ poolThreads: 4, sourceBytes: 0, inspect },
        config: {
          ...{ pluginId: 'p', version: '1.0.0', settings: {}, secrets: {}, grants: {} },
          ...{ maxHostCalls: 10, maxTimers: 10 },
        },
      },
      warm: new WarmIsolate(GUEST, 64, { inspector: inspect }),
      plugin: {
        code: `__plugbay_load(async (register) => { register({ default: { fetch() {} } }) })`,
        ...{ cache: undefined, filename: '' },
      },
      send: () => undefined,
      sendInspector: (piece, more) => {
        message += Buffer.from(piece).toString()
        if (more) return
        said.push(message)
        message = ''
      },
      seat: new PoolTurns(4).seat({ threads: 4 }),
      onFailed: (failure) => assert.fail(failure.message),
    })
  }
  const plain = open(false)
  assert.equal(plain.isInspected, false)
  plain.inspect('{"id":1,"method":"Runtime.enable"}')
  plain.dispose()
  assert.equal(said.length, 0)

  const inspected = open(true)
  inspected.inspect('{"id":1,"method":"Runtime.enable"}')
  inspected.inspect(
    '{"id":2,"method":"Runtime.evaluate","params":{"contextId":1,"expression":"\\"€\\".repeat(400000)"}}',
  )
  await inspected.start()
  const answer = await until('it answers', async () => said.find((text) => text.startsWith('{"id":2,')))
  inspected.dispose()
  assert.equal(JSON.parse(answer).result.result.value, '€'.repeat(400_000))
})

test('no server has a way to it: no option, no key, no variable; and what it loads has no inspector', async (t) => {
  for (const args of [
    ['serve', '--inspect'],
    ['serve', '--inspect=9229'],
  ]) {
    const ran = await runCli(args)
    assert.deepEqual([ran.code, /unknown option '--inspect/.test(ran.err)], [64, true], ran.err)
  }
  assert.deepEqual(
    Object.keys(CONFIG_KEYS).filter((key) => /inspect|debug/i.test(key)),
    [],
  )
  const runtime = await startTestRuntime(t)
  await install(runtime, { id: 'hello', backend: backendOf('return new Response("")') })
  const serving = runtime.live.get('hello')
  assert.ok(serving?.kind === 'serving' && serving.runner instanceof PluginRunner)
  assert.equal(serving.runner.spec.inspect, undefined)
  // The one place that gives it: the server of "plugbay dev".
  const own = await readFile(new URL('../../runtime/dev-server.ts', import.meta.url), 'utf8')
  assert.match(own, /import\('\.\/dev\/inspector\/inspector-server\.ts'\)/)
})
