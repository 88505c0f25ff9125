import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type NewLine, PluginLog } from '../../../runtime/lifecycle/evidence/plugin-log.ts'

const line = (message: string): NewLine => ({ level: 'info', message })
const messages = (log: PluginLog) =>
  log
    .page({ limit: 2000 })
    .items.map(({ message }) => message)
    .reverse()

test('lines keep the order and the time of their calls, while one of them is prepared', async () => {
  const log = new PluginLog()
  const { promise, resolve } = Promise.withResolvers<NewLine>()
  log.write(line('1'))
  log.writePrepared(line('2 raw'), promise)
  const called = Date.now()
  log.write(line('3'))
  log.writePrepared(line('4 raw'), Promise.reject(new Error('cannot be prepared')))
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.deepEqual(messages(log), ['1'])
  resolve(line('2'))
  await log.settled()
  assert.deepEqual(messages(log), ['1', '2', '3', '4 raw'])
  const [, third] = log.page({}).items
  assert.ok(Date.parse(third?.time ?? '') <= called + 1)
})

test('a preparation that takes too long holds a bounded number of lines, and none is lost', async () => {
  const log = new PluginLog()
  const { promise, resolve } = Promise.withResolvers<NewLine>()
  log.writePrepared(line('raw'), promise)
  for (let count = 1; count <= 200; count++) log.write(line(`${count}`))
  assert.equal(messages(log).length, 201)
  assert.deepEqual(messages(log).slice(0, 2), ['raw', '1'])
  resolve(line('late'))
  await log.settled()
  assert.equal(messages(log)[0], 'raw')
})

test('the last lines are kept up to a number and a size', () => {
  const log = new PluginLog()
  for (let count = 0; count < 1500; count++) log.write(line(`${count}`))
  assert.deepEqual([messages(log).length, messages(log)[0]], [1000, '500'])
  for (let count = 0; count < 100; count++) log.write({ ...line(`${count}`), stack: 'x'.repeat(100_000) })
  assert.ok(messages(log).length < 41)
  assert.equal(messages(log).at(-1), '99')
  log.write({ ...line('huge'), stack: 'x'.repeat(5_000_000) })
  assert.deepEqual(messages(log), ['huge'])
})
