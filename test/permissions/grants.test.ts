import assert from 'node:assert/strict'
import { test } from 'node:test'
import { difference, isNothing, isWithin, narrowTo } from '../../runtime/permissions/grants.ts'
import type { Permissions } from '../../sdk/permissions/permissions.ts'

const asked: Permissions = {
  kv: true,
  network: ['https://api.example.org', 'https://b.example.org'],
  usb: [{ vendorId: 18164 }, { classCode: 8 }],
  volumes: 'readwrite',
  events: ['content.*'],
  host: ['data.snapshot'],
}

test('isWithin() takes in nothing, the same, and everything narrower', () => {
  const within: Permissions[] = [
    {},
    asked,
    { kv: true },
    { network: ['https://b.example.org'] },
    { network: ['https://B.example.org:443/'] },
    { usb: [{ vendorId: 18164, productId: 2 }] },
    { usb: [{ classCode: 8, serialNumber: 'x' }] },
    { usb: [] },
    { volumes: 'read' },
    { events: ['content.changed', 'content.*'] },
  ]
  for (const granted of within) assert.equal(isWithin(granted, asked), true, JSON.stringify(granted))
})

test('isWithin() refuses what was not asked and what is wider', () => {
  const beyond: Permissions[] = [
    { database: true },
    { network: ['https://c.example.org'] },
    { network: ['http://api.example.org'] },
    { network: ['https://api.example.org:8443'] },
    { usb: [{}] },
    { usb: [{ productId: 2 }] },
    { usb: [{ vendorId: 18164 }, { vendorId: 2 }] },
    { events: ['*'] },
    { events: ['content'] },
    { host: ['data.snapshot', 'data.restore'] },
  ]
  for (const granted of beyond) assert.equal(isWithin(granted, asked), false, JSON.stringify(granted))
  assert.equal(isWithin({ volumes: 'readwrite' }, { volumes: 'read' }), false)
})

test('difference() names what is asked beyond, and nothing else', () => {
  assert.deepEqual(difference(asked, asked), {})
  assert.deepEqual(difference(asked, {}), asked)
  assert.deepEqual(difference({}, asked), {})
  assert.deepEqual(
    difference(
      {
        kv: true,
        tasks: true,
        network: ['https://c.example.org', 'https://b.example.org'],
        usb: [{ vendorId: 18164, productId: 1 }, {}],
      },
      asked,
    ),
    { tasks: true, network: ['https://c.example.org'], usb: [{}] },
  )
  assert.deepEqual(difference({ volumes: 'readwrite' }, { volumes: 'read' }), { volumes: 'readwrite' })
  assert.deepEqual(difference({ volumes: 'read' }, { volumes: 'readwrite' }), {})
})

test('difference() counts what the table does not know as beyond', () => {
  const unknown: Permissions = JSON.parse('{"teleport": true, "constructor": true, "volumes": "all"}')
  assert.deepEqual(difference(unknown, unknown), unknown)
  assert.deepEqual(narrowTo(unknown, unknown), {})
})

test('narrowTo() keeps the part of a grant that is still asked for', () => {
  const one = { vendorId: 1 }
  const two = { vendorId: 2 }
  assert.deepEqual(narrowTo({ kv: true, usb: [one, two] }, { usb: [two] }), { usb: [two] })
  assert.deepEqual(narrowTo({ usb: [one] }, { usb: [two] }), {})
  assert.deepEqual(narrowTo({ volumes: 'readwrite' }, { volumes: 'read' }), { volumes: 'read' })
  assert.deepEqual(narrowTo({}, { kv: true }), {})
})

test('isNothing() sees through empty lists', () => {
  assert.equal(isNothing({}), true)
  assert.equal(isNothing({ usb: [], network: [] }), true)
  assert.equal(isNothing({ kv: true }), false)
  assert.equal(isNothing({ volumes: 'read' }), false)
})
