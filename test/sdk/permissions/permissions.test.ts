import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describePermissions, permissionLine } from '../../../sdk/permissions/describe.ts'
import { isNearby } from '../../../sdk/permissions/kinds/origins.ts'
import { describeUsbFilter } from '../../../sdk/permissions/kinds/usb-filters.ts'
import { PERMISSIONS, type Permissions } from '../../../sdk/permissions/permissions.ts'
import { grantsSchema, permissionsSchema } from '../../../sdk/permissions/schema.ts'

const EVERYTHING = {
  kv: true,
  database: true,
  files: true,
  tasks: true,
  network: ['https://a.example', 'https://b.example'],
  credentials: ['authorization', 'x-api-key'],
  serviceWorker: true,
  hostPages: true,
  secrets: { apiKey: ['https://a.example', 'https://b.example'], other: ['https://a.example'] },
  usb: [{ vendorId: 1, productId: 2 }, {}],
  volumes: 'readwrite',
  folders: 'readwrite',
  images: 'build',
  events: ['content.*'],
  applyHooks: ['content.*', 'sync.before'],
  host: ['data.snapshot'],
} as const satisfies Required<Permissions>

describe('origins', () => {
  test('an address of this machine or its network is said to be one, and no other is', () => {
    const near = [
      ...[
        'http://localhost:3000',
        'http://a.localhost',
        'http://nas',
        'http://nas.local',
        'https://db.internal',
      ],
      ...[
        'http://router.home.arpa',
        'http://printer.lan',
        'http://localhost.',
        'http://[::1]:80',
        'http://[fd00::1]',
      ],
      ...[
        'http://[::ffff:7f00:1]',
        'http://127.0.0.1:4390',
        'http://0.0.0.0',
        'http://10.1.2.3',
        'http://172.16.0.1',
      ],
      ...[
        'http://172.31.255.1',
        'http://192.168.1.1',
        'http://169.254.169.254',
        'http://100.64.0.1',
        'http://2130706433',
      ],
    ]
    const far = [
      ...[
        'https://api.example.org',
        'https://localhost.example.org',
        'https://10.example.org',
        'https://local.example',
      ],
      ...[
        'http://172.15.0.1',
        'http://172.32.0.1',
        'http://100.63.0.1',
        'http://100.128.0.1',
        'http://11.0.0.1',
      ],
      ...['http://[2001:db8::1]', 'http://[2606:4700::1111]', 'http://192.169.0.1', 'not an origin'],
    ]
    assert.deepEqual(
      [...near, ...far].filter((origin) => isNearby(origin)),
      near,
    )
    const sentence = (network: string[]) => describePermissions({ network })[0]?.words.sentence ?? ''
    assert.match(sentence(['https://api.example.org', 'http://127.0.0.1:1']), /this machine/)
    assert.doesNotMatch(sentence(['https://api.example.org']), /this machine/)
  })
})

describe('the table', () => {
  test('every kind says of its values what its schema says, and takes a value apart and together again', () => {
    const ajv = new Ajv2020({ strict: true, allErrors: true })
    const isAsked = ajv.compile(permissionsSchema)
    assert.deepEqual(Object.keys(EVERYTHING), Object.keys(PERMISSIONS))
    assert.ok(isAsked(EVERYTHING), ajv.errorsText(isAsked.errors))
    for (const [name, value] of Object.entries(EVERYTHING)) {
      const { kind } = (PERMISSIONS as Readonly<Record<string, AnyRow>>)[name] ?? assert.fail(name)
      const [first, ...rest] = kind.pieces(value)
      assert.ok(first !== undefined, name)
      assert.deepEqual(kind.join([first, ...rest]), value, name)
      for (const piece of kind.pieces(value)) {
        assert.ok(kind.covers(value, piece), name)
        assert.ok(isAsked({ [name]: piece }), `${name}: ${JSON.stringify(piece)}`)
      }
      assert.equal(isAsked({ [name]: 'odd' }), false, name)
      for (const odd of ['odd', 1, null, [], {}]) {
        assert.equal(
          kind.pieces(odd).some((piece) => kind.covers(odd, piece)),
          false,
          `${name}: ${odd}`,
        )
      }
    }
  })

  test('an empty list may be granted, and is not worth asking for', () => {
    const ajv = new Ajv2020({ strict: true })
    for (const name of ['network', 'credentials', 'usb', 'events', 'host']) {
      assert.equal(ajv.validate(permissionsSchema, { [name]: [] }), false, name)
      assert.equal(ajv.validate(grantsSchema, { [name]: [] }), true, name)
    }
    assert.equal(ajv.validate(grantsSchema, EVERYTHING), true)
    assert.equal(ajv.validate(grantsSchema, { 'launch-rockets': true }), false)
  })

  test('taking interfaces from the system is wider than the same devices without', () => {
    const { covers } = PERMISSIONS.usb.kind
    const plain = [{ vendorId: 1 }]
    const detaching = [{ vendorId: 1, detachKernelDriver: true }]
    assert.equal(covers(detaching, plain), true)
    assert.equal(covers(plain, detaching), false)
    assert.equal(covers([{ vendorId: 1, detachKernelDriver: false }], plain), true)
    assert.equal(covers(plain, [{ vendorId: 1, detachKernelDriver: false }]), true)
    assert.equal(covers([{ detachKernelDriver: true }], [{ vendorId: 2, detachKernelDriver: true }]), true)
    assert.equal(covers(detaching, [{ vendorId: 2, detachKernelDriver: true }]), false)
    assert.equal(
      describeUsbFilter({ vendorId: 1, detachKernelDriver: true }),
      'vendor 0x0001, also while the system uses it',
    )
  })

  test('what has no code yet is not trusted to share a process', () => {
    for (const [name, { isActive, sharing }] of Object.entries(PERMISSIONS))
      if (!isActive) assert.equal(sharing, 'reaches-out', name)
  })
})

describe('permissions in words', () => {
  test('every permission has words of its own, and the riskiest comes first', () => {
    const described = describePermissions(EVERYTHING)
    assert.deepEqual(described.map(({ name }) => name).sort(), Object.keys(PERMISSIONS).sort())
    assert.equal(new Set(described.map(({ words }) => words.title)).size, described.length)
    assert.deepEqual([described.at(0)?.words.risk, described.at(-1)?.words.risk], ['high', 'low'])
  })

  test('a wider value has other words', () => {
    const [read] = describePermissions({ volumes: 'read' })
    const [write] = describePermissions({ volumes: 'readwrite' })
    assert.deepEqual([read?.words.risk, write?.words.risk], ['low', 'medium'])
    assert.match(write?.words.danger ?? '', /fill/)
    assert.deepEqual(read?.details, ['Read files'])
  })

  test('a permission that is not in the table is shown as high risk', () => {
    const [unknown] = describePermissions(JSON.parse('{"launch-rockets": true}'))
    assert.equal(unknown?.words.risk, 'high')
    assert.match(unknown?.words.title ?? '', /launch-rockets/)
  })

  test('an empty USB filter is said to be every device', () => {
    assert.equal(describeUsbFilter({}), 'every USB device')
    assert.equal(describeUsbFilter({ vendorId: 0x46d, classCode: 7 }), 'vendor 0x046D, printers')
  })

  test('one line names the parts as well', () => {
    assert.equal(
      permissionLine({ kv: true, network: ['https://a.example'], usb: [{}] }),
      'network (https://a.example), usb (every USB device), kv',
    )
    assert.equal(permissionLine({}), '')
  })
})

type AnyRow = import('../../../sdk/permissions/row.ts').PermissionRow
