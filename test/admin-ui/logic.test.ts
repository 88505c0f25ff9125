import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pluginHref } from '../../runtime/admin-ui/src/app/addresses.ts'
import { summarise } from '../../runtime/admin-ui/src/features/install/manifest-summary.ts'
import { mergeLines } from '../../runtime/admin-ui/src/features/log/log-lines.ts'
import {
  allPieces,
  grantedPieces,
  grantsOf,
  togglePiece,
} from '../../runtime/admin-ui/src/features/permissions/grant-set.ts'
import { bytes, usageRows } from '../../runtime/admin-ui/src/features/plugin/usage-rows.ts'
import { fieldSchema } from '../../runtime/admin-ui/src/features/settings/field-schema.ts'
import { UsageMeter } from '../../runtime/sandbox/usage/usage-meter.ts'
import type { Resources } from '../../sdk/api/resources.ts'
import type { Permissions } from '../../sdk/permissions/permissions.ts'

/** Of a plugin that does its work. */
const FIGURES: Resources = {
  ...new UsageMeter().figures,
  peakMemoryMb: 9.1,
  cpuPercent: 0.4,
  hostCalls: { 'kv.get': 2210, 'kv.put': 96, 'db.query': 0 },
  sockets: 0,
  storageBytes: 69_856,
  logLines: 31,
}

const EVERYTHING = {
  kv: true,
  database: true,
  tasks: true,
  network: ['https://a.example', 'https://b.example'],
  usb: [{ vendorId: 1, productId: 2 }, {}],
  volumes: 'readwrite',
  events: ['content.*'],
  host: ['data.snapshot'],
} as const satisfies Permissions

const line = (seq: number) =>
  ({ seq, time: '2026-11-20T10:00:00Z', level: 'info', message: `${seq}` }) as const

describe('grants from switches', () => {
  it('all pieces make what was asked, none make nothing', () => {
    assert.deepEqual(grantsOf(EVERYTHING, allPieces(EVERYTHING)), EVERYTHING)
    assert.deepEqual(grantsOf(EVERYTHING, new Set()), {})
  })

  it('grants read back are the same switches, whatever the order of keys in a filter', () => {
    const grants = {
      usb: [{ productId: 2, vendorId: 1 }],
      network: ['https://b.example'],
      volumes: 'read',
    } as const
    const chosen = grantedPieces(EVERYTHING, grants)
    assert.deepEqual([...chosen].sort(), [
      'network:["https://b.example"]',
      'usb:[{"productId":2,"vendorId":1}]',
      'volumes:"read"',
    ])
    assert.deepEqual(grantsOf(EVERYTHING, chosen), { ...grants, usb: [{ vendorId: 1, productId: 2 }] })
  })

  it('a grant that is no longer requested has no switch', () => {
    assert.deepEqual(grantedPieces({ volumes: 'read' }, EVERYTHING), new Set(['volumes:"read"']))
  })

  it('a switch is on when a wider grant covers it', () => {
    const asked = { events: ['content.*', 'content.changed'], usb: [{ vendorId: 1, productId: 2 }] }
    assert.deepEqual(
      grantedPieces(asked, { events: ['content.*'], usb: [{ vendorId: 1 }] }),
      allPieces(asked),
    )
    assert.deepEqual(
      grantedPieces(asked, { events: ['content.changed'] }),
      new Set(['events:["content.changed"]']),
    )
  })

  it('what a piece covers is switched on with it, what covers it is switched off with it', () => {
    const both = togglePiece(EVERYTHING, { chosen: new Set(), key: 'volumes:"readwrite"' })
    assert.deepEqual(both, new Set(['volumes:"readwrite"', 'volumes:"read"']))
    assert.deepEqual(togglePiece(EVERYTHING, { chosen: both, key: 'volumes:"read"' }), new Set())
    const one = togglePiece(EVERYTHING, {
      chosen: new Set(['kv:true']),
      key: 'network:["https://a.example"]',
    })
    assert.deepEqual(one, new Set(['kv:true', 'network:["https://a.example"]']))
  })
})

describe('addresses inside the page', () => {
  it('hold the id of a plugin, whatever it is, and the tab that is not the first', () => {
    assert.equal(pluginHref('a-b', 'log'), '#/plugins/a-b/log')
    assert.equal(pluginHref('a-b'), '#/plugins/a-b')
    assert.equal(pluginHref('a/../b#c'), '#/plugins/a%2F..%2Fb%23c')
  })
})

describe('log lines', () => {
  it('are held once each, oldest first, however they arrive', () => {
    const merged = mergeLines(mergeLines([line(3)], [line(5), line(4), line(3)]), [line(1), line(2)])
    assert.deepEqual(
      merged.map(({ seq }) => seq),
      [1, 2, 3, 4, 5],
    )
  })

  it('are held up to a number, the newest', () => {
    const merged = mergeLines(
      [],
      Array.from({ length: 12_000 }, (_, index) => line(index + 1)),
    )
    assert.equal(merged.length, 10_000)
    assert.equal(merged.at(-1)?.seq, 12_000)
  })
})

describe('the summary of a manifest', () => {
  it('names the settings of others that it changes, whatever shape the manifest has', () => {
    const { changes } = summarise({
      settingDefaults: { guestbook: { title: 'x', perPage: 5 }, broken: 5 },
      settingAppends: { library: { folders: ['x'] } },
    })
    assert.deepEqual(changes, ['guestbook (title, perPage)', 'library (folders)'])
    for (const manifest of [null, 5, { settingDefaults: [] }, { settingAppends: 'x' }])
      assert.deepEqual(summarise(manifest).changes, [])
  })
})

describe('fields of settings', () => {
  it('follow the schema, and fall back to JSON', () => {
    const kinds: readonly [unknown, string][] = [
      [{ type: 'string' }, 'text'],
      [{ type: 'string', format: 'secret' }, 'secret'],
      [{ type: 'integer' }, 'number'],
      [{ type: 'boolean' }, 'switch'],
      [{ enum: ['a', 1, null] }, 'choice'],
      [{ enum: [{}] }, 'json'],
      [{ type: 'array' }, 'json'],
      [{ type: 'array', items: { type: 'string' } }, 'list'],
      [{ type: 'integer', format: 'bytes' }, 'amount'],
      [{ type: 'integer', format: 'duration' }, 'amount'],
      [{ type: 'integer', format: 'port' }, 'number'],
      [{ type: 'string', format: 'origin' }, 'text'],
      [null, 'json'],
    ]
    for (const [schema, kind] of kinds)
      assert.equal(fieldSchema('key', schema).kind, kind, JSON.stringify(schema))
  })

  it('are named by their title or by their key in words', () => {
    assert.equal(fieldSchema('mailPort_number', {}).title, 'Mail port number')
    assert.equal(fieldSchema('x', { title: 'The X' }).title, 'The X')
  })
})

describe('usage in words', () => {
  const number = (value: number) => new Intl.NumberFormat().format(value)
  const rowOf = (resources: Parameters<typeof usageRows>[0], label: string) =>
    usageRows(resources).find((row) => row.label === label)

  it('shows what a quota cut off, and marks it', () => {
    const fine = FIGURES
    assert.deepEqual(
      usageRows(fine).filter(({ bad }) => bad),
      [],
    )
    assert.equal(rowOf(fine, 'Calls to the server')?.value, `kv.get ${number(2210)}, kv.put 96`)
    assert.equal(rowOf(fine, 'Storage')?.value, `${number(69.9)} kB`)
    const cut = { ...fine, throttled: 3, logLinesDropped: 4200, hostCalls: {} }
    assert.deepEqual(
      usageRows(cut).flatMap(({ label, bad }) => (bad ? [label] : [])),
      ['Requests refused for that', 'Log lines'],
    )
    assert.equal(rowOf(cut, 'Log lines')?.value, `31, ${number(4200)} dropped`)
    assert.equal(rowOf(cut, 'Calls to the server')?.value, 'none')
    assert.equal(rowOf({ ...fine, sockets: 2 }, 'Open WebSockets')?.value, '2')
  })

  it('writes sizes in the unit that suits them', () => {
    assert.deepEqual([0, 999, 1000, 2_480_000, 5e9, 3e15].map(bytes), [
      '0 bytes',
      '999 bytes',
      '1 kB',
      `${number(2.5)} MB`,
      '5 GB',
      `${number(3000)} TB`,
    ])
  })
})
