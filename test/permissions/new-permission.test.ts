// A permission that does not exist, with one row of its own: every place that decides about permissions knows it.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import {
  allPieces,
  grantedPieces,
  grantsOf,
} from '../../runtime/admin-ui/src/features/permissions/grant-set.ts'
import { notYetActive } from '../../runtime/package/worker/manifest/inactive-features.ts'
import { authorizeGuest } from '../../runtime/permissions/authorize.ts'
import { difference, isNothing, isWithin, narrowTo } from '../../runtime/permissions/grants.ts'
import { mayShare } from '../../runtime/permissions/may-share.ts'
import { describePermissions, permissionLine } from '../../sdk/permissions/describe.ts'
import { namePatterns } from '../../sdk/permissions/kinds/name-patterns.ts'
import { PERMISSIONS } from '../../sdk/permissions/permissions.ts'
import type { PermissionsOf, PermissionTable } from '../../sdk/permissions/row.ts'
import { schemaOf } from '../../sdk/permissions/schema.ts'

const table = {
  ...PERMISSIONS,
  lamps: {
    kind: namePatterns('dottedName', 'Name of a lamp, or of a room'),
    description: 'Lamps that env.lamps switches',
    words: {
      title: 'Switch lamps',
      sentence: 'It switches the lamps in this list on and off.',
      danger: 'It can leave people in the dark.',
      risk: 'medium',
      icon: 'server',
    },
    sharing: 'reaches-out',
    isActive: false,
  },
} as const satisfies PermissionTable

type Asked = PermissionsOf<typeof table>

const asked: Asked = { kv: true, lamps: ['hall.*', 'cellar'] }

describe('a new permission is one row', () => {
  test('a manifest asks for it, in its form', () => {
    const isAsked = new Ajv2020({ strict: true }).compile(schemaOf(table, 'asked'))
    assert.equal(isAsked({ ...asked, lamps: ['hall.ceiling'] }), true)
    for (const lamps of [true, [], ['not a name'], [1]]) assert.equal(isAsked({ lamps }), false)
    assert.equal(new Ajv2020({ strict: true }).compile(schemaOf(PERMISSIONS, 'asked'))(asked), false)
  })

  test('it is granted, or less of it, and nothing wider', () => {
    const isGrant = new Ajv2020({ strict: true }).compile(schemaOf(table, 'granted'))
    const within: readonly Asked[] = [{ lamps: [] }, { lamps: ['cellar'] }, { lamps: ['hall.ceiling'] }]
    for (const granted of within) {
      assert.equal(isGrant(granted), true)
      assert.equal(isWithin(granted, asked, table), true, JSON.stringify(granted))
    }
    assert.equal(isWithin({ lamps: ['attic'] } as Asked, asked, table), false)
    assert.equal(isNothing({ lamps: [] } as Asked, table), true)
  })

  test('a release that asks for more of it is found out, and a grant is narrowed to what is asked', () => {
    const next: Asked = { ...asked, lamps: ['hall.*', 'attic'] }
    assert.deepEqual(difference(next, asked, table), { lamps: ['attic'] })
    assert.deepEqual(narrowTo(asked, next, table), { kv: true, lamps: ['hall.*'] })
  })

  test('a call passes with a grant that covers it, and is refused without', () => {
    authorizeGuest(asked, { permission: 'lamps', value: ['hall.ceiling'] }, table)
    authorizeGuest(asked, { permission: 'lamps' }, table)
    const attic = { permission: 'lamps', value: ['attic'] } as const
    assert.throws(() => authorizeGuest(asked, attic, table), {
      code: 'PERMISSION_DENIED',
      message: /"attic"/,
    })
    assert.throws(() => authorizeGuest({ kv: true }, { permission: 'lamps' }, table), {
      code: 'PERMISSION_DENIED',
      message: /"permissions\.lamps" in manifest\.json/,
    })
  })

  test('it is shown in its words, on the admin page and in a terminal', () => {
    const [lamps] = describePermissions(asked, table)
    assert.equal(lamps?.words.title, 'Switch lamps')
    assert.deepEqual(lamps.details, ['hall.*', 'cellar'])
    assert.equal(permissionLine(asked, table), 'lamps (hall.*, cellar), kv')
  })

  test('its parts are switches of their own on the admin page', () => {
    assert.deepEqual([...allPieces(asked, table)], ['kv:true', 'lamps:["hall.*"]', 'lamps:["cellar"]'])
    const chosen = grantedPieces(asked, { lamps: ['cellar'] } as Asked, table)
    assert.deepEqual(grantsOf(asked, chosen, table), { lamps: ['cellar'] })
  })

  test('it keeps a plugin from sharing a process, and only a row that says so lets it', () => {
    assert.equal(mayShare(asked, table), false)
    assert.equal(mayShare({ kv: true }, table), true)
    const own = {
      ...table,
      lamps: { ...table.lamps, sharing: 'own-data' },
    } as const satisfies PermissionTable
    assert.equal(mayShare(asked, own), true)
    assert.equal(mayShare(asked), false)
  })

  test('it is reported as not active until its row says that it is', () => {
    const manifest = {
      manifestVersion: 1,
      id: 'lamp',
      name: 'L',
      version: '1.0.0',
      permissions: asked,
    } as const
    assert.deepEqual(notYetActive(manifest, table), ['permissions.lamps'])
    const active = { ...table, lamps: { ...table.lamps, isActive: true } } as const satisfies PermissionTable
    assert.deepEqual(notYetActive(manifest, active), [])
  })
})
