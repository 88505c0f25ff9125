// Runs inside the virtual machine: the services of a desktop that udisks2 needs, and udisks2 itself, from Debian's packages.

import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/** Resolves when udisks2 answers. */
export async function startUdisks(): Promise<void> {
  // The files of the host are read-only here.
  for (const folder of ['/media', '/var/lib']) execFileSync('mount', ['-t', 'tmpfs', 'none', folder])
  mkdirSync('/run/dbus', { recursive: true })
  execFileSync('/lib/systemd/systemd-udevd', ['--daemon'])
  execFileSync('udevadm', ['trigger', '--subsystem-match=block'])
  execFileSync('udevadm', ['settle'])
  execFileSync('dbus-daemon', ['--system', '--fork'])
  spawn('/usr/libexec/udisks2/udisksd', [], { stdio: 'ignore' }).unref()
  for (let i = 0; i < 100; i++) {
    try {
      execFileSync('udisksctl', ['status'], { stdio: 'pipe' })
      return
    } catch (error) {
      if (i === 99) throw error
      await delay(100)
    }
  }
}
