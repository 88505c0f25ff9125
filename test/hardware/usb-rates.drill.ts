// Control transfers per second of a plugin, and of the "usb" package alone, on the same emulated device. Run by `npm run bench:usb`;
// docs/usb.md has the figures.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { boot } from './boot.ts'

test('control transfers per second: a plugin, and the "usb" package alone', {
  timeout: 3_600_000,
}, async (t) => {
  const args = ['-device', 'qemu-xhci,id=xhci', '-device', 'usb-tablet,bus=xhci.0']
  const guest = await boot(t, { main: 'usb-rates.ts', modules: ['xhci-pci'], args, countsInstructions: true })
  if (guest === undefined) return
  const rounds = await guest.said<readonly (readonly [plugin: number, alone: number])[]>('rates')
  const lines = rounds.map(([plugin, alone]) =>
    [plugin.toFixed(0), alone.toFixed(0), (plugin / alone).toFixed(2)].join(' | '),
  )
  process.stdout.write(
    `\n| plugin/s | alone/s | ratio |\n|---|---|---|\n${lines.map((line) => `| ${line} |\n`).join('')}\n`,
  )
  assert.ok(
    rounds.every(([plugin, alone]) => plugin > 0 && alone > 0),
    'each made its transfers',
  )
})
