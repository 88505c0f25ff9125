import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { type Basis, Revocations } from '../../runtime/permissions/revocations.ts'

function principal(revocations: Revocations, basis: Partial<Basis> = {}) {
  return { basis: { credentials: ['token:1'], since: revocations.moment, until: null, ...basis } }
}

test('a principal is over when one of its credentials has ended since it was identified', () => {
  const revocations = new Revocations()
  const early = principal(revocations, { credentials: ['token:1', 'session:2'] })
  assert.equal(revocations.isOver(early), false)
  revocations.end('session:1')
  assert.equal(revocations.isOver(early), false)
  revocations.end('session:2')
  assert.equal(revocations.isOver(early), true)
  const later = principal(revocations, { credentials: ['token:1', 'session:2'] })
  assert.equal(revocations.isOver(later), false, 'the same name, vouched for again')
  assert.equal(revocations.isOver({}), false)
})

test('watch() tells once, at once when it is late, and never after it was stopped', () => {
  const revocations = new Revocations()
  const told: string[] = []
  const watched = principal(revocations, { credentials: ['token:1', 'session:2'] })
  revocations.watch(watched, () => told.push('first'))
  revocations.watch(watched, () => told.push('stopped'))()
  revocations.end('token:1')
  revocations.end('session:2')
  revocations.watch(watched, () => told.push('late'))
  assert.deepEqual(told, ['first', 'late'])
})

test('a credential that expires ends what rests on it, however far away that is', () => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000_000 })
  try {
    const revocations = new Revocations()
    const until = Date.now() + 30 * 86_400_000
    const watched = principal(revocations, { until })
    let told = 0
    revocations.watch(watched, () => told++)
    mock.timers.tick(30 * 86_400_000 - 1)
    assert.deepEqual([told, revocations.isOver(watched)], [0, false])
    mock.timers.tick(1)
    assert.deepEqual([told, revocations.isOver(watched)], [1, true])
  } finally {
    mock.timers.reset()
  }
})
