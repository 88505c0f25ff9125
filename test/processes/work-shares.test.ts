import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WorkShares } from '../../runtime/processes/work-shares.ts'

function shares() {
  const charged: [string, number][] = []
  return { charged, shares: new WorkShares((pluginId, ms) => void charged.push([pluginId, ms])) }
}

test('the CPU time of the process is divided by how long the calls of each plugin took', () => {
  const { charged, shares: divided } = shares()
  divided.begin(1000)
  divided.add('a', 60)
  divided.add('b', 30)
  divided.add('a', 30)
  divided.divide(1060)
  assert.deepEqual(charged.splice(0), [
    ['a', 45],
    ['b', 15],
  ])
  // Only b has called since.
  divided.add('b', 10)
  divided.divide(1065)
  assert.deepEqual(charged, [['b', 5]])
})

test('no plugin is charged for more than its calls lasted, nor for what the process did before', () => {
  const { charged, shares: divided } = shares()
  divided.add('a', 500)
  divided.begin(2000)
  divided.divide(2100)
  assert.deepEqual(charged.splice(0), [])
  divided.add('a', 20)
  divided.divide(2300)
  assert.deepEqual(charged, [['a', 20]])
})

test('where the system reports no CPU time, the time of the calls counts; a successor begins anew', () => {
  const { charged, shares: divided } = shares()
  divided.begin(undefined)
  divided.add('a', 20)
  divided.divide(undefined)
  assert.deepEqual(charged.splice(0), [['a', 20]])
  divided.begin(500)
  divided.add('a', 20)
  divided.divide(10)
  assert.deepEqual(charged, [['a', 0]])
})
