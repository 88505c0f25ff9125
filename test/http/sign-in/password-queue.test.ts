// The queue of password hashes: bounded, and in turn by network.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PasswordQueue } from '../../../runtime/http/sign-in/password-queue.ts'

/** Work that ends when the test says so. */
function works() {
  const begun: string[] = []
  const ends: (() => void)[] = []
  const work = (name: string) => () => {
    begun.push(name)
    return new Promise<void>((resolve) => ends.push(resolve))
  }
  const finish = async () => {
    ends.shift()?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { begun, work, finish }
}

test('networks take turns, whatever one of them sends', async () => {
  const { begun, work, finish } = works()
  const queue = new PasswordQueue()
  const add = (source: string, name: string) => queue.run({ lane: 'stranger', source }, work(name))
  const all = [add('a', 'a1'), add('a', 'a2'), add('a', 'a3'), add('b', 'b1'), add('c', 'c1')]
  for (let i = 0; i < 5; i++) await finish()
  assert.deepEqual(begun, ['a1', 'a2', 'b1', 'c1', 'a3'])
  await Promise.all(all)
})

test('who is known does not wait for strangers', async () => {
  const { begun, work, finish } = works()
  const queue = new PasswordQueue()
  const all = [
    queue.run({ lane: 'stranger', source: 'a' }, work('stranger')),
    queue.run({ lane: 'stranger', source: 'b' }, work('another')),
    queue.run({ lane: 'known', source: 'ada' }, work('ada')),
  ]
  assert.deepEqual(begun, ['stranger', 'ada'])
  for (let i = 0; i < 3; i++) await finish()
  await Promise.all(all)
})

test('what waits is bounded, and who has the most gives way', async () => {
  const { work, finish } = works()
  const queue = new PasswordQueue({ maxPerSource: 3, maxWaiting: 4 })
  const add = (source: string) =>
    queue.run({ lane: 'stranger', source }, work(source)).then(
      () => 'done',
      (error) => error.code,
    )
  // One is hashed, four wait.
  const first = add('a')
  const waiting = [add('a'), add('a'), add('a'), add('b')]
  assert.equal(await add('a'), 'TOO_MANY_ATTEMPTS')
  const late = add('c')
  assert.equal(await waiting[2], 'TOO_MANY_ATTEMPTS')
  const later = add('d')
  assert.equal(await waiting[1], 'TOO_MANY_ATTEMPTS')
  // All have one each now: none of them gives way.
  assert.equal(await add('e'), 'TOO_MANY_ATTEMPTS')
  for (let i = 0; i < 5; i++) await finish()
  assert.deepEqual(await Promise.all([first, waiting[0], waiting[3], late, later]), Array(5).fill('done'))
})

test('work that fails is the one who asked for it only', async () => {
  const queue = new PasswordQueue()
  const failing = queue.run({ lane: 'known', source: 'a' }, async () => {
    throw new Error('broken')
  })
  const next = queue.run({ lane: 'known', source: 'a' }, async () => 'fine')
  await assert.rejects(failing, /broken/)
  assert.equal(await next, 'fine')
})
