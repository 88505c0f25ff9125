// The pure decisions of the lifecycle: what an upload means, what a log keeps.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { InstallationRecord, ReleaseRecord } from '../../../plugin-store/records.ts'
import { changeFor, isUnchanged } from '../../../runtime/lifecycle/commands/decide.ts'
import { PluginLog } from '../../../runtime/lifecycle/evidence/plugin-log.ts'
import { RuntimeEvents } from '../../../runtime/lifecycle/runtime-events.ts'

const CURRENT: InstallationRecord = {
  id: 'x',
  enabled: true,
  activeVersion: '1.0.0',
  candidateVersion: null,
  access: null,
  grants: { kv: true },
  reviewed: { kv: true },
} as InstallationRecord
const release = (version: string, sha256: string) => ({ version, sha256 }) as ReleaseRecord
const USER = { asked: 'user', before: 'user' } as const

describe('changeFor()', () => {
  test('grants a new plugin what it requests, unless asked to wait', () => {
    const asked = { kv: true } as const
    assert.deepEqual(changeFor({ version: '1.0.0', asked, access: USER }, undefined, {}), {
      enabled: true,
      activeVersion: '1.0.0',
      candidateVersion: null,
      grants: asked,
      reviewed: asked,
    })
    const waits = changeFor({ version: '1.0.0', asked, access: USER }, undefined, { grant: 'none' })
    assert.deepEqual([waits.activeVersion, waits.candidateVersion, waits.grants], [null, '1.0.0', {}])
    const asksNothing = changeFor({ version: '1.0.0', asked: {}, access: USER }, undefined, {
      grant: 'none',
    })
    assert.equal(asksNothing.activeVersion, '1.0.0', 'there is nothing to wait for')
  })

  test('lets an update wait when it asks beyond what was reviewed, however little was granted of that', () => {
    const narrowed = { ...CURRENT, grants: {} }
    const same = changeFor({ version: '2.0.0', asked: { kv: true }, access: USER }, narrowed, {})
    assert.deepEqual([same.activeVersion, same.grants], ['2.0.0', {}])
    const more = changeFor(
      { version: '2.0.0', asked: { kv: true, usb: [{ vendorId: 1 }] }, access: USER },
      narrowed,
      {},
    )
    assert.deepEqual(more, { enabled: true, candidateVersion: '2.0.0' })
  })

  test('lets in no more people by an update than before, until an operator allows it', () => {
    const opens = { version: '2.0.0', asked: {}, access: { asked: 'public', before: 'user' } } as const
    assert.equal(changeFor(opens, CURRENT, {}).access, 'user')
    assert.deepEqual(changeFor(opens, { ...CURRENT, access: ['a'] }, {}).access, ['a'])
    assert.equal(changeFor(opens, CURRENT, { grant: 'all' }).access, null)
    const was = { ...opens, access: { asked: 'public', before: 'public' } } as const
    const narrowed = { ...CURRENT, access: 'user' } as const
    assert.ok(!Object.hasOwn(changeFor(was, narrowed, {}), 'access'))
    assert.equal(changeFor(was, narrowed, { grant: 'all' }).access, null)
  })

  test('opens a new plugin to everyone only if what it asks is granted', () => {
    const asks = { version: '1.0.0', asked: {}, access: { asked: 'public', before: undefined } } as const
    assert.ok(!Object.hasOwn(changeFor(asks, undefined, {}), 'access'))
    assert.equal(changeFor(asks, undefined, { grant: 'none' }).access, 'user')
  })

  test('keeps a disabled plugin disabled', () => {
    const change = changeFor(
      { version: '2.0.0', asked: {}, access: USER },
      { ...CURRENT, enabled: false },
      {},
    )
    assert.equal(change.enabled, false)
  })
})

describe('isUnchanged()', () => {
  const installed = { current: CURRENT, releases: [release('1.0.0', 'aa'), release('0.9.0', 'bb')] }

  test('tells the same content from other content and from a lower version', () => {
    assert.equal(isUnchanged({ version: '1.0.0', sha256: 'aa' }, installed, {}), true)
    assert.equal(isUnchanged({ version: '1.0.1', sha256: 'cc' }, installed, {}), false)
    assert.throws(() => isUnchanged({ version: '1.0.0', sha256: 'cc' }, installed, {}), {
      code: 'VERSION_EXISTS',
    })
    assert.throws(() => isUnchanged({ version: '0.9.0', sha256: 'cc' }, installed, { downgrade: true }), {
      code: 'VERSION_EXISTS',
    })
    assert.throws(() => isUnchanged({ version: '0.9.0', sha256: 'bb' }, installed, {}), { code: 'DOWNGRADE' })
    assert.equal(isUnchanged({ version: '0.9.0', sha256: 'bb' }, installed, { downgrade: true }), false)
  })

  test('counts a release that waits for approval as the newest', () => {
    const waiting = {
      current: { ...CURRENT, candidateVersion: '2.0.0' },
      releases: [release('2.0.0', 'dd'), ...installed.releases],
    }
    assert.equal(isUnchanged({ version: '2.0.0', sha256: 'dd' }, waiting, {}), true)
    assert.throws(() => isUnchanged({ version: '1.5.0', sha256: 'ee' }, waiting, {}), { code: 'DOWNGRADE' })
  })
})

describe('PluginLog', () => {
  test('keeps the last thousand lines, and gives them newest first in pages', () => {
    const log = new PluginLog()
    for (let n = 1; n <= 1200; n++) log.write({ level: n % 2 === 0 ? 'info' : 'error', message: `line ${n}` })
    const first = log.page({ limit: 2 })
    assert.deepEqual(
      first.items.map(({ message }) => message),
      ['line 1200', 'line 1199'],
    )
    const second = log.page({ limit: 2, ...(first.nextCursor !== null && { cursor: first.nextCursor }) })
    assert.deepEqual(
      second.items.map(({ seq }) => seq),
      [1198, 1197],
    )
    assert.equal(log.page({ limit: 5000 }).items.length, 1000)
    assert.ok(log.page({ limit: 5000, level: 'error' }).items.every(({ level }) => level === 'error'))
  })

  test('tells followers until they stop', () => {
    const log = new PluginLog()
    const heard: string[] = []
    const stop = log.follow(({ message }) => heard.push(message))
    log.write({ level: 'info', message: 'a' })
    stop()
    log.write({ level: 'info', message: 'b' })
    assert.deepEqual(heard, ['a'])
  })
})

test('RuntimeEvents replays what a reader has missed, then continues live', () => {
  const events = new RuntimeEvents()
  const ids: number[] = []
  const stop = events.follow(({ id }) => ids.push(id))
  for (const id of ['a', 'b', 'c']) events.emit('plugin.removed', { id })
  stop()
  events.emit('plugin.removed', { id: 'd' })
  const [first = 0] = ids
  const resumed: string[] = []
  events.follow(({ data }) => resumed.push(data.id), first)
  events.emit('plugin.removed', { id: 'e' })
  assert.deepEqual([ids.length, resumed], [3, ['b', 'c', 'd', 'e']])
})
