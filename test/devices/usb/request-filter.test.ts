import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matchesRequest } from '../../../runtime/devices/usb/request-filter.ts'
import { describe } from '../../../runtime/devices/usb/worker/describe.ts'
import { requestOf } from '../../../runtime/host-calls/usb-arguments.ts'
import { FakeDevice } from '../../support/usb-bus.ts'

const DEVICE = describe(new FakeDevice())

test('a device matches when all fields do, and class, subclass and protocol those of one interface', () => {
  const cases = [
    [{}, true],
    [{ vendorId: 0x46f4 }, true],
    [{ vendorId: 0x46f4, productId: 2 }, false],
    [{ vendorId: 0x46f4, productId: 1, serialNumber: 'ONE' }, true],
    [{ serialNumber: 'TWO' }, false],
    [{ classCode: 8 }, true],
    [{ classCode: 0 }, true],
    [{ classCode: 3, subclassCode: 0, protocolCode: 0 }, true],
    [{ classCode: 3, subclassCode: 1 }, false],
    [{ classCode: 7 }, false],
    [{ vendorId: 1, classCode: 8 }, false],
  ] as const
  for (const [filter, expected] of cases)
    assert.equal(matchesRequest(DEVICE, filter), expected, JSON.stringify(filter))
})

test('filters that WebUSB does not allow, and what is none, are refused', () => {
  const code = (value: unknown): unknown => {
    try {
      requestOf(value)
    } catch (error) {
      return (error as { readonly code: string }).code
    }
    return 'accepted'
  }
  for (const filter of [{ productId: 1 }, { subclassCode: 1 }, { classCode: 1, protocolCode: 1 }])
    assert.equal(code({ filters: [filter] }), 'TypeError')
  for (const value of [
    ...[null, 'x', {}, { filters: {} }, { filters: [null] }, { filters: [{ vendorId: -1 }] }],
    ...[{ filters: [{ vendorId: '1' }] }, { filters: [{ serialNumber: 1 }] }],
    ...[{ filters: Array.from({ length: 101 }, () => ({})) }, { filters: [], exclusionFilters: 7 }],
  ])
    assert.equal(code(value), 'HOST_CALL_INVALID', JSON.stringify(value))
  assert.equal(code({ filters: [{ vendorId: 1, productId: 2 }], exclusionFilters: [{}] }), 'accepted')
})
