// An error of a plugin, in the log of the plugin and in that of the server.

import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import { pino } from 'pino'
import { createErrorReporter } from '../../../runtime/lifecycle/evidence/error-reporter.ts'
import { PluginLog } from '../../../runtime/lifecycle/evidence/plugin-log.ts'
import type { StackMapper } from '../../../runtime/package/stack-mapper.ts'

interface ServerLine {
  readonly level: number
  readonly plugin: string
  readonly requestId?: string
  readonly stack?: string
  readonly msg: string
}

function logs() {
  const told: ServerLine[] = []
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      told.push(JSON.parse(chunk.toString()))
      done()
    },
  })
  return { log: new PluginLog(), serverLog: pino({ base: null }, stream), told }
}

const MAPPER: StackMapper = {
  map: async (stack) => stack.replace('plugin:///p/backend.js:9:1', 'backend/index.ts:3:5'),
  place: async () => ({}),
}
const BROKEN: StackMapper = {
  map: () => Promise.reject(new Error('no map')),
  place: async () => ({}),
}
const ERROR = {
  name: 'OutOfStock',
  message: 'no tea',
  stack: 'OutOfStock: no tea\n    at take (plugin:///p/backend.js:9:1)',
}

test('an error has the same mapped stack in both logs, and the id of its request', async () => {
  const { log, serverLog, told } = logs()
  createErrorReporter({ pluginId: 'p', log, serverLog, mapper: MAPPER })(ERROR, 'r-1')
  await log.settled()
  const [line] = log.page({}).items
  const stack = 'OutOfStock: no tea\n    at take (backend/index.ts:3:5)'
  assert.partialDeepStrictEqual(line, {
    level: 'error',
    message: 'OutOfStock: no tea',
    requestId: 'r-1',
    stack,
  })
  assert.equal(told.length, 1)
  assert.partialDeepStrictEqual(told, [
    { level: 40, plugin: 'p', requestId: 'r-1', stack, msg: 'OutOfStock: no tea' },
  ])
})

test('a map that cannot be read leaves the stack as it is', async () => {
  const { log, serverLog, told } = logs()
  createErrorReporter({ pluginId: 'p', log, serverLog, mapper: BROKEN })(ERROR)
  await log.settled()
  assert.deepEqual([log.page({}).items[0]?.stack, told[0]?.stack], [ERROR.stack, ERROR.stack])
})

test('a plugin that fails all the time keeps its own log, and writes little into that of the server', async () => {
  const { log, serverLog, told } = logs()
  const report = createErrorReporter({ pluginId: 'p', log, serverLog, mapper: undefined })
  for (let count = 0; count < 500; count++) report({ ...ERROR, message: `no tea ${count}` })
  await log.settled()
  assert.equal(log.page({ limit: 1000 }).items.length, 500)
  // A new second may begin during the reports.
  assert.ok(told.length >= 10 && told.length <= 100, `${told.length} lines`)
})

test('control characters of a plugin reach no terminal, neither by the message nor by the stack', async () => {
  const { log, serverLog } = logs()
  const report = createErrorReporter({ pluginId: 'p', log, serverLog, mapper: undefined })
  report({ name: 'E', message: 'a\u001b[31m', stack: 'E: a\u001b[31m\n    at x\u0007' })
  await log.settled()
  const [line] = log.page({}).items
  assert.deepEqual([line?.message, line?.stack], ['E: a\\u001b[31m', 'E: a\\u001b[31m\n    at x\\u0007'])
})
