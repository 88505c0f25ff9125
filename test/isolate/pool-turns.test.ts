import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type PoolSeat, PoolTurns } from '../../runtime/isolate/pool-turns.ts'

/** Operations by name; each ends when its name is ended. */
function work() {
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  return {
    begun,
    leave(seat: PoolSeat, ...names: string[]) {
      for (const name of names)
        seat.take((done) => {
          begun.push(name)
          ends.set(name, done)
        })
    },
    end: (name: string) => ends.get(name)?.(),
  }
}

test('a guest occupies the threads of its seat, never one more, and its operations begin in order', () => {
  const { begun, leave, end } = work()
  const seat = new PoolTurns(64).seat({ threads: 2 })
  leave(seat, 'a1', 'a2', 'a3', 'a4')
  assert.deepEqual(begun, ['a1', 'a2'])
  assert.deepEqual([seat.busy, seat.queued], [2, 2])
  end('a2')
  assert.deepEqual(begun, ['a1', 'a2', 'a3'])
  // A second call frees no thread.
  end('a2')
  assert.equal(seat.busy, 2)
  end('a1')
  end('a3')
  end('a4')
  assert.deepEqual([begun.length, seat.busy, seat.queued], [4, 0, 0])
})

test('with threads for every seat an operation begins at once, whatever the others have left', () => {
  const { begun, leave } = work()
  const turns = new PoolTurns(2 * 32)
  for (let n = 0; n < 31; n++) leave(turns.seat({ threads: 2 }), `${n}a`, `${n}b`, `${n}c`, `${n}d`)
  leave(turns.seat({ threads: 2 }), 'digest')
  assert.equal(begun.at(-1), 'digest')
  assert.equal(begun.length, 63)
})

test('where threads are scarce guests take turns, one operation each', () => {
  const { begun, leave, end } = work()
  const turns = new PoolTurns(2)
  const [a, b, c] = [turns.seat({ threads: 2 }), turns.seat({ threads: 2 }), turns.seat({ threads: 2 })]
  leave(a, 'a1', 'a2', 'a3', 'a4')
  leave(b, 'b1', 'b2')
  leave(c, 'c1')
  for (const name of ['a1', 'a2', 'a3', 'b1', 'c1', 'a4']) end(name)
  assert.deepEqual(begun, ['a1', 'a2', 'a3', 'b1', 'c1', 'a4', 'b2'])
})

test('a closed seat begins nothing more; what is on a thread counts until it ends', () => {
  const changes: boolean[] = []
  const { begun, leave, end } = work()
  const turns = new PoolTurns(1)
  const seat = turns.seat({ threads: 1, onWork: (isUnderWay) => void changes.push(isUnderWay) })
  leave(seat, 'a1', 'a2')
  seat.close()
  leave(seat, 'a3')
  leave(turns.seat({ threads: 1 }), 'b1')
  assert.deepEqual([begun, seat.busy, seat.queued], [['a1'], 1, 0])
  assert.deepEqual(changes, [true])
  end('a1')
  assert.deepEqual([begun, seat.busy], [['a1', 'b1'], 0])
  assert.deepEqual(changes, [true, false])
  assert.ok(seat.ms > 0)
})
