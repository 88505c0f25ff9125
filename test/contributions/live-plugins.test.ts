import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type LivePlugin, refusalOf } from '../../runtime/contributions/live-plugin.ts'
import { type LiveChange, LivePlugins } from '../../runtime/contributions/live-plugins.ts'
import { servingPlugin } from './serving-plugin.ts'

const idsOf = (plugins: Iterable<{ readonly id: string }>): string[] => [...plugins].map(({ id }) => id)

function unavailable(id: string, reason: 'disabled' | 'failed' = 'failed'): LivePlugin {
  return { kind: 'unavailable', id, reason, problem: null }
}

test('all that serve are in order: the priority of the manifest, then the id', () => {
  const live = new LivePlugins()
  for (const [id, priority] of [
    ['zebra', 10],
    ['bee', 50],
    ['ant', undefined],
    ['cat', 51],
  ] as const)
    live.swap(servingPlugin(id, priority === undefined ? {} : { priority }))
  live.swap(unavailable('aardvark'))
  assert.deepEqual(idsOf(live.current()), ['zebra', 'ant', 'bee', 'cat'])
})

test('a snapshot is not changed by later swaps', () => {
  const live = new LivePlugins()
  live.swap(servingPlugin('ant'))
  const before = live.current()
  live.swap(servingPlugin('bee'))
  live.remove('ant')
  assert.deepEqual(idsOf(before), ['ant'])
  assert.deepEqual(idsOf(live.current()), ['bee'])
  assert.equal(live.get('ant'), undefined)
})

test('subscribers hear what came and what went, with all that serve, when lookups say the same', () => {
  const live = new LivePlugins()
  const heard: (Omit<LiveChange, 'all'> & { readonly all: string[] })[] = []
  const stop = live.subscribe(({ added, removed, all }) => {
    for (const plugin of all) assert.equal(live.get(plugin.id), plugin)
    assert.equal(all, live.current())
    heard.push({ added, removed, all: idsOf(all) })
  })
  const [first, second, other] = [
    servingPlugin('ant'),
    servingPlugin('ant', { version: '2.0.0' }),
    servingPlugin('bee'),
  ]
  live.swap(first)
  live.swap(other)
  live.swap(second)
  live.swap(unavailable('ant'))
  // Another reason for the same nothing.
  live.swap(unavailable('ant', 'disabled'))
  live.swap(unavailable('cat'))
  live.remove('cat')
  live.remove('bee')
  stop()
  live.swap(first)
  assert.deepEqual(heard, [
    { added: [first], removed: [], all: ['ant'] },
    { added: [other], removed: [], all: ['ant', 'bee'] },
    { added: [second], removed: [first], all: ['ant', 'bee'] },
    { added: [], removed: [second], all: ['bee'] },
    { added: [], removed: [other], all: [] },
  ])
})

test('what does not serve is found with its reason, which decides the answer', () => {
  const live = new LivePlugins()
  live.swap(unavailable('ant', 'disabled'))
  live.swap(unavailable('bee', 'failed'))
  const answerOf = (id: string) => {
    const found = live.get(id)
    return found?.kind === 'serving' ? 'serving' : refusalOf(found)
  }
  assert.equal(answerOf('ant'), 'NOT_FOUND')
  assert.equal(answerOf('bee'), 'PLUGIN_UNAVAILABLE')
  assert.equal(answerOf('cat'), 'NOT_FOUND')
})
