// Control transfers per second of a plugin, and of the "usb" package alone, on the same emulated device. Run by `npm run bench:usb`;
// docs/usb.md has the figures.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { boot } from './boot.ts'
import type { UsbRate } from './guest/usb-rates.ts'

test('control transfers per second: a plugin, and the "usb" package alone', {
  timeout: 3_600_000,
}, async (t) => {
  const args = ['-device', 'qemu-xhci,id=xhci', '-device', 'usb-tablet,bus=xhci.0']
  const guest = await boot(t, { main: 'usb-rates.ts', modules: ['xhci-pci'], args, countsInstructions: true })
  if (guest === undefined) return
  const rates = await guest.said<readonly UsbRate[]>('rates')
  const lines = rates.map(({ atOnce, plugin, alone }) =>
    [atOnce, plugin.toFixed(0), alone.toFixed(0), (plugin / alone).toFixed(2)].join(' | '),
  )
  const head = ['| at once | plugin/s | alone/s | ratio |', '|---|---|---|---|']
  process.stdout.write(`\n${[...head, ...lines.map((line) => `| ${line} |`)].join('\n')}\n`)
  assert.ok(
    rates.every(({ plugin, alone }) => plugin > 0 && alone > 0),
    'each made its transfers',
  )
})
