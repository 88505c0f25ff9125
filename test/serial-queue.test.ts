import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { SerialQueue } from '../runtime/serial-queue.ts'

test('jobs run one after the other in the order of their coming, past those that fail', async () => {
  const queue = new SerialQueue()
  const log: string[] = []
  const job = (name: string, fails = false) =>
    queue.run(async () => {
      log.push(`${name} begins`)
      await setImmediate()
      log.push(`${name} ends`)
      if (fails) throw new Error(name)
      return name
    })
  const first = job('first', true)
  const second = job('second')
  assert.equal(queue.isBusy, true)
  await assert.rejects(first, { message: 'first' })
  assert.equal(queue.isBusy, true)
  assert.equal(await second, 'second')
  assert.equal(queue.isBusy, false)
  assert.deepEqual(log, ['first begins', 'first ends', 'second begins', 'second ends'])
})
