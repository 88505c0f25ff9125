// Which addresses are public: every range that is not, and its spellings.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isLoopback, isPublicAddress, literalAddress } from '../../runtime/egress/addresses.ts'

const PUBLIC = [
  '1.1.1.1',
  '9.9.9.9',
  '172.15.255.255',
  '172.32.0.1',
  '100.63.255.255',
  '2606:4700::1111',
  '2a00::1',
]

const NOT_PUBLIC = [
  ...['0.0.0.0', '0.1.2.3', '10.0.0.1', '100.64.0.1', '100.127.255.255', '127.0.0.1', '127.255.255.254'],
  ...[
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.1',
    '192.0.0.192',
    '192.0.2.1',
    '192.168.0.1',
  ],
  ...['198.18.0.1', '198.19.255.255', '198.51.100.1', '203.0.113.1', '224.0.0.1', '239.1.1.1', '240.0.0.1'],
  // The machine host of a cloud, and its metadata by IPv6.
  ...['255.255.255.255', '168.63.129.16', 'fd00:ec2::254'],
  ...['::', '::1', '::ffff:127.0.0.1', '::ffff:1.1.1.1', '::127.0.0.1', '::1.1.1.1', '64:ff9b::7f00:1'],
  ...[
    '64:ff9b:1::1',
    '2002:7f00:1::',
    '2001::1',
    '2001:db8::1',
    'fc00::1',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
  ],
  ...['ff02::1', '100::1', '4000::1', 'e000::1', '3fff::1', '5f00::1'],
  ...['', 'localhost', '1.1.1', '0x7f000001', '127.1', '1.1.1.1 '],
]

for (const address of PUBLIC) {
  test(`${address} is public`, () => assert.equal(isPublicAddress(address), true))
}
for (const address of NOT_PUBLIC) {
  test(`"${address}" is not public`, () => assert.equal(isPublicAddress(address), false))
}

test('addresses of the machine itself are known in every form', () => {
  for (const address of [
    '127.0.0.1',
    '127.8.9.1',
    '0.0.0.0',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:0.0.0.0',
  ])
    assert.equal(isLoopback(address), true, address)
  for (const address of ['10.0.0.1', '1.1.1.1', 'fe80::1%eth0', 'localhost'])
    assert.equal(isLoopback(address), false, address)
})

test('the host of a URL is an address or a name', () => {
  const hostOf = (url: string) => literalAddress(new URL(url).hostname)
  assert.equal(hostOf('http://[::1]:80/'), '::1')
  assert.equal(hostOf('http://2130706433/'), '127.0.0.1')
  assert.equal(hostOf('http://localhost/'), undefined)
  assert.equal(hostOf('http://1.1.1.1.example/'), undefined)
})
