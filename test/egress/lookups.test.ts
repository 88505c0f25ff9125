import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Lookups, lookupsAtOnce } from '../../runtime/egress/lookups.ts'

/** A system that answers when the test says so. */
function system(atOnce: number) {
  const asked: string[] = []
  const answers = new Map<string, (() => void)[]>()
  const lookups = new Lookups((hostname) => {
    asked.push(hostname)
    return new Promise((resolve, reject) => {
      const answer = () => {
        if (hostname.startsWith('dead')) reject(new Error(hostname))
        else resolve([{ address: '192.0.2.1', family: 4 }])
      }
      answers.set(hostname, [...(answers.get(hostname) ?? []), answer])
    })
  }, atOnce)
  return {
    asked,
    lookups,
    async answer(hostname: string) {
      for (const each of answers.get(hostname) ?? []) each()
      answers.delete(hostname)
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

test('names of one plugin that get no answer occupy one thread, and the others have theirs', async () => {
  const { asked, lookups, answer } = system(2)
  const culprit = lookups.for('culprit')
  const dead = Array.from({ length: 32 }, (_, n) => assert.rejects(culprit(`dead-${n}.test`)))
  const found = lookups.for('neighbour')('alive.test')
  await answer('')
  assert.deepEqual(asked, ['dead-0.test', 'alive.test'])
  await answer('alive.test')
  assert.deepEqual(await found, [{ address: '192.0.2.1', family: 4 }])
  for (let n = 0; n < 32; n++) await answer(`dead-${n}.test`)
  await Promise.all(dead)
})

test('plugins take turns, one name each', async () => {
  const { asked, lookups, answer } = system(1)
  const all = ['a', 'b'].flatMap((id) => ['1', '2', '3'].map((n) => lookups.for(id)(`${id}${n}`)))
  all.push(lookups.for('c')('c1'))
  await answer('')
  for (const name of ['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'b3']) await answer(name)
  await Promise.all(all)
  assert.deepEqual(asked, ['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'b3'])
})

test('connections of a plugin that are opened together look a name up once; later ones again', async () => {
  const { asked, lookups, answer } = system(2)
  const own = lookups.for('a')
  const together = Promise.all([own('same.test'), own('same.test'), lookups.for('b')('same.test')])
  await answer('')
  assert.deepEqual(asked, ['same.test', 'same.test'])
  await answer('same.test')
  await together
  const later = own('same.test')
  await answer('')
  assert.equal(asked.length, 3)
  await answer('same.test')
  assert.equal((await later).length, 1)
})

test('the system carries out as many as half of the threads', () => {
  assert.deepEqual([4, 1, 16, 64].map(lookupsAtOnce), [2, 1, 8, 32])
})
