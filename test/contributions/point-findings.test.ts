// What a manifest says of extension points, against what the application has.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkPoints } from '../../runtime/contributions/point-findings.ts'
import { Points } from '../../runtime/host/points.ts'
import type { Manifest } from '../../sdk/manifest/manifest.ts'

const TEXT = { type: 'string' }
const points = new Points({
  id: 'library',
  version: '2.3.0',
  menus: { 'events.reporting': {} },
  hooks: { 'content.title': { value: TEXT } },
  events: { 'sync.finished': { data: TEXT } },
  calls: { 'catalog.search': { args: TEXT, result: TEXT, run: () => '' } },
})

function found(manifest: Partial<Manifest>) {
  const { problems, warnings } = checkPoints({ id: 'stats', ...manifest }, points)
  const lines = (list: typeof problems) =>
    list.map(({ code, pointer, message, hint }) => ({ code, pointer, message, hint }))
  return { problems: lines(problems), warnings: lines(warnings) }
}

test('points that there are, of the host, of the runtime and below its own id, need no words', () => {
  assert.deepEqual(
    found({
      contributes: {
        menus: [{ menu: 'events.reporting', title: 'Report', path: '/' }],
        hooks: [{ hook: 'content.title' }, { hook: 'stats.rows' }],
        actions: [
          { id: 'go', title: 'Go' },
          { id: 'walk', title: 'Walk', context: 'general' },
        ],
      },
      permissions: { events: ['sync.*', 'device.connected', '*', 'stats.changed'], host: ['catalog.search'] },
    }),
    { problems: [], warnings: [] },
  )
})

test('an unknown point is a warning with the one that was probably meant', () => {
  assert.deepEqual(found({ contributes: { hooks: [{ hook: 'content.titel' }] } }), {
    problems: [],
    warnings: [
      {
        code: 'POINT_UNKNOWN',
        pointer: '/contributes/hooks/0/hook',
        message: '"library" 2.3.0 has no hook "content.titel": this part of the plugin does nothing here',
        hint: 'Did you mean "content.title"?',
      },
    ],
  })
})

test('without a near one, the hint lists what there is', () => {
  const [event] = found({ permissions: { events: ['books.*'] } }).warnings
  assert.equal(event?.pointer, '/permissions/events/0')
  assert.match(String(event?.hint), /^It has plugin\.enabled, .*sync\.finished$/)
  const [slot] = found({ contributes: { slots: [{ slot: 'dashboard', entry: 'a.html' }] } }).warnings
  assert.equal(slot?.hint, 'It has no slot at all')
})

test('a point of another kind is a problem', () => {
  const { problems, warnings } = found({ contributes: { hooks: [{ hook: 'events.reporting' }] } })
  assert.deepEqual(warnings, [])
  assert.deepEqual(
    problems.map(({ code, pointer, message }) => [code, pointer, message]),
    [
      [
        'POINT_MISMATCH',
        '/contributes/hooks/0/hook',
        '"events.reporting" is a menu of "library", and the manifest uses it as a hook',
      ],
    ],
  )
})

test("an id that names of the application begin with is taken, so that a plugin's names stay its own", () => {
  for (const id of ['content', 'device', 'general']) {
    const [problem] = found({ id }).problems
    assert.equal(problem?.code, 'POINT_NAME_TAKEN', id)
  }
  assert.deepEqual(found({ id: 'con-tent' }).problems, [])
})

test('names like members of Object.prototype are names like others', () => {
  const { warnings, problems } = found({
    contributes: { hooks: [{ hook: 'constructor' }, { hook: 'toString' }] },
  })
  assert.equal(warnings.length, 2)
  assert.deepEqual(problems, [])
})
