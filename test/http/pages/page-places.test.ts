import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PagePlaces, type Place, type PlaceSeeker } from '../../../runtime/http/pages/page-places.ts'
import { QueueMemory } from '../../../runtime/sandbox/runner/queue-memory.ts'

const LIMITS = { maxInFlight: 2, maxQueued: 3, deadlineMs: 60_000, memory: new QueueMemory(64_000_000) }

class Seeker implements PlaceSeeker {
  place: Place | undefined
  refused: number | undefined

  start(place: Place): void {
    this.place = place
  }

  refuse(retryAfterMs: number): void {
    this.refused = retryAfterMs
  }

  get state(): 'started' | 'refused' | 'waits' {
    return this.place !== undefined ? 'started' : this.refused !== undefined ? 'refused' : 'waits'
  }
}

const seekers = (count: number): Seeker[] => Array.from({ length: count }, () => new Seeker())
const statesOf = (all: readonly Seeker[]) => all.map(({ state }) => state)

test('requests get the places, wait in order, and are refused beyond the queue', () => {
  const places = new PagePlaces(LIMITS)
  const all = seekers(6)
  const leaves = all.map((each) => places.admit(each))
  assert.deepEqual(statesOf(all), ['started', 'started', 'waits', 'waits', 'waits', 'refused'])
  leaves[2]?.()
  all[0]?.place?.release()
  all[0]?.place?.release()
  assert.deepEqual(statesOf(all), ['started', 'started', 'waits', 'started', 'waits', 'refused'])
  for (const each of all) each.place?.release()
  for (const each of all) each.place?.release()
  assert.equal(all[4]?.state, 'started')
  assert.equal(all[2]?.state, 'waits', 'it has left')
  assert.equal(LIMITS.memory.used, 0)
})

test('a request that waits beyond the deadline is refused with the time to come again', async () => {
  const places = new PagePlaces({ ...LIMITS, deadlineMs: 150 })
  const all = seekers(3)
  for (const each of all) places.admit(each)
  while (all[2]?.state === 'waits') await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal(all[2]?.state, 'refused')
  for (const each of all) each.place?.release()
})

test('answers hold memory until they are sent, and no plugin gets more than the others leave free', () => {
  const memory = new QueueMemory(4_000_000)
  const limits = { ...LIMITS, maxInFlight: 100, memory }
  const first = new PagePlaces(limits)
  const small = seekers(20)
  for (const each of small) {
    first.admit(each)
    each.place?.keep(1000)
  }
  assert.equal(memory.used, 20_000)
  const large = seekers(100)
  for (const each of large) first.admit(each)
  const started = large.filter(({ state }) => state === 'started').length
  assert.ok(started >= 6 && started <= 8, `${started}`)
  const second = new PagePlaces(limits)
  const other = new Seeker()
  second.admit(other)
  assert.equal(other.state, 'started')
  for (const each of [...small, ...large, other]) each.place?.release()
  assert.equal(memory.used, 0)
})
