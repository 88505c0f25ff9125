import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FilterableDevice, matches } from '../../../runtime/devices/usb/usb-filter.ts'

const STICK: FilterableDevice = {
  vendorId: 0x46f4,
  productId: 1,
  deviceClass: 0,
  serialNumber: 'FIRST-0001',
  interfaceClasses: [8],
}
const NAMELESS: FilterableDevice = { ...STICK, serialNumber: null, deviceClass: 3, interfaceClasses: [] }

test('no filters match nothing, a filter without members everything', () => {
  assert.equal(matches(STICK, []), false)
  assert.equal(matches(STICK, [{}]), true)
})

test('all members of a filter must be equal, of one filter at least', () => {
  assert.equal(matches(STICK, [{ vendorId: 0x46f4 }]), true)
  assert.equal(
    matches(STICK, [{ vendorId: 0x46f4, productId: 1, classCode: 8, serialNumber: 'FIRST-0001' }]),
    true,
  )
  assert.equal(matches(STICK, [{ vendorId: 0x46f5 }]), false)
  assert.equal(matches(STICK, [{ vendorId: 0x46f4, productId: 2 }]), false)
  assert.equal(matches(STICK, [{ vendorId: 0x46f4, serialNumber: 'OTHER' }]), false)
  assert.equal(matches(STICK, [{ productId: 2 }, { serialNumber: 'OTHER' }, { productId: 1 }]), true)
  assert.equal(
    matches(STICK, [
      { vendorId: 0x46f4, productId: 2 },
      { vendorId: 1, productId: 1 },
    ]),
    false,
  )
})

test('zero is a value, not an absent member', () => {
  assert.equal(matches(STICK, [{ productId: 0 }]), false)
  assert.equal(matches({ ...STICK, productId: 0 }, [{ productId: 0 }]), true)
  assert.equal(matches(NAMELESS, [{ classCode: 0 }]), false)
})

test('a class is that of the device or of one of its interfaces', () => {
  assert.equal(matches(STICK, [{ classCode: 8 }]), true)
  assert.equal(matches(STICK, [{ classCode: 3 }]), false)
  assert.equal(matches(NAMELESS, [{ classCode: 3 }]), true)
  assert.equal(matches(NAMELESS, [{ classCode: 8 }]), false)
})

test('a device without a serial number is matched by no filter that asks for one', () => {
  assert.equal(matches(NAMELESS, [{ serialNumber: 'FIRST-0001' }]), false)
  assert.equal(matches(NAMELESS, [{ serialNumber: '' }]), false)
})
