// Unhandled rejections in an isolate, as the sandbox process hosts it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { guestBundle } from '../../runtime/bundles/guest-bundle.ts'
import { PoolTurns } from '../../runtime/isolate/pool-turns.ts'
import { Slot } from '../../runtime/isolate/slot.ts'
import { WarmIsolate } from '../../runtime/isolate/warm-isolate.ts'

const code = guestBundle()
const CONFIG = {
  ...{ pluginId: 'p', version: '1.0.0', grants: {}, settings: {}, secrets: {} },
  ...{ maxHostCalls: 10, maxTimers: 10 },
}

/** Events of an isolate whose plugin runs `source`, until there are `count` of them. */
async function eventsOf(source: string, count: number): Promise<Record<string, unknown>[]> {
  const events: Record<string, unknown>[] = []
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const slot = new Slot({
    catalog: () => undefined,
    load: {
      ...{
        m: 'load',
        slot: 1,
        memoryMb: 64,
        runMs: 1000,
        logLinesPerSecond: 100,
        shared: false,
        poolThreads: 4,
        sourceBytes: 0,
      },
      config: CONFIG,
    },
    warm: new WarmIsolate({ code, cache: undefined, filename: 'plugbay:guest' }, 64),
    plugin: {
      code: `__plugbay_load(async (register) => { register({ default: { fetch() {} } }) }); ${source}`,
      cache: undefined,
      filename: '',
    },
    send(_kind, _id, head) {
      const event = JSON.parse(head) as Record<string, unknown>
      if (event.e === 'loaded') return
      events.push(event)
      if (events.length >= count) resolve()
    },
    seat: new PoolTurns(4).seat({ threads: 4 }),
    onFailed: (failure) => reject(new Error(failure.message)),
  })
  try {
    await promise
  } finally {
    slot.dispose()
  }
  return events
}

test('an unhandled rejection is an event first, then a report', async () => {
  const events = await eventsOf(
    `addEventListener('unhandledrejection', (event) => { console.log(event.isTrusted, event.promise instanceof Promise, event.reason instanceof TypeError, event.reason.message ?? event.reason) })
    setTimeout(() => { Promise.reject(new TypeError('lost')) }, 1)`,
    2,
  )
  assert.deepEqual(events[0], { e: 'log', level: 'info', text: 'true true true lost' })
  const { error } = events[1] as { error: { name: string; message: string; stack: string } }
  assert.deepEqual([events[1]?.e, error.name, error.message], ['unhandled', 'TypeError', 'lost'])
  assert.match(error.stack, /plugin:\/\/\/p\/backend\.js/)
})

test('preventDefault() prevents the report, also for values that are not errors', async () => {
  const events = await eventsOf(
    `addEventListener('unhandledrejection', (event) => { event.preventDefault(); console.log(event.reason) })
    setTimeout(() => { Promise.reject(42) }, 1)
    setTimeout(() => console.log('end'), 20)`,
    2,
  )
  assert.deepEqual(
    events.map((event) => event.text),
    ['42', 'end'],
  )
})

test('a listener that leaves a rejection itself is reported, not asked again', async () => {
  const events = await eventsOf(
    `addEventListener('unhandledrejection', (event) => { event.preventDefault(); Promise.reject(new Error('second')) })
    setTimeout(() => { Promise.reject(new Error('first')) }, 1)`,
    1,
  )
  const { e, error } = events[0] as { e: string; error: { message: string } }
  assert.deepEqual([e, error.message], ['unhandled', 'second'])
})

test('the reason is the very error: its class, cause and members are there', async () => {
  const events = await eventsOf(
    `class Lost extends Error {}
    const thrown = new Lost('away', { cause: new RangeError('why') })
    addEventListener('unhandledrejection', (event) => console.log(event.reason === thrown))
    setTimeout(async () => { throw thrown }, 1)`,
    2,
  )
  assert.equal(events[0]?.text, 'true')
  const { error } = events[1] as { error: { name: string; stack: string } }
  assert.equal(error.name, 'Lost')
  assert.match(error.stack, /^Lost: away\n[\s\S]+\nCaused by: RangeError: why/)
})

test('a plugin that prepares stacks itself is reported from a copy', async () => {
  const events = await eventsOf(
    `Error.prepareStackTrace = () => 'my own'
    setTimeout(async () => { throw new TypeError('lost') }, 1)`,
    1,
  )
  const { error } = events[0] as { error: { name: string; message: string } }
  assert.deepEqual([error.name, error.message], ['TypeError', 'lost'])
})

test('stacks read as V8 writes them', async () => {
  const events = await eventsOf(
    `const outer = () => { throw new Error('x') }
    setTimeout(() => {
      try { outer() } catch (error) { console.log(error.stack.split('\\n').slice(0, 2).join('|')) }
      const thing = {}; Error.captureStackTrace(thing); console.log(thing.stack.split('\\n')[0])
      console.log(new Error('y', { cause: 1 }).stack.startsWith('Error: y\\n    at '))
    }, 1)`,
    3,
  )
  assert.match(String(events[0]?.text), /^Error: x\| {4}at outer \(plugin:\/\/\/p\/backend\.js:\d+:\d+\)$/)
  assert.deepEqual([events[1]?.text, events[2]?.text], ['Error', 'true'])
})
