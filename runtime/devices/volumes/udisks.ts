// Mounts, unmounts and powers drives off by udisks2, whose rules decide what the user of the server may do.
// Invariant: no argument comes from a plugin or a request: the path of a device is the kernel's.

import { execFile } from 'node:child_process'
import { PlugbayError } from '../../errors.ts'

export interface Udisks {
  /** Each rejects with DRIVE_FAILED, and what udisksctl says. */
  mount(device: string): Promise<void>
  unmount(device: string): Promise<void>
  /** The whole disk, once nothing of it is mounted. */
  powerOff(device: string): Promise<void>
}

/** A slow stick may have to write what the system's memory has taken. */
const DEADLINE_MS = 120_000
const MAX_TEXT = 400

export function createUdisks(): Udisks {
  return {
    mount: (device) => run('mount', device),
    unmount: (device) => run('unmount', device),
    powerOff: (device) => run('power-off', device),
  }
}

function run(verb: string, device: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const args = [verb, '--block-device', device, '--no-user-interaction']
  const env = { PATH: process.env.PATH, LC_ALL: 'C' }
  execFile('udisksctl', args, { env, timeout: DEADLINE_MS }, (error, _stdout, stderr) => {
    if (error === null) return resolve()
    const said =
      error.code === 'ENOENT' ? 'udisksctl is not installed (udisks2)' : stderr.trim() || error.message
    reject(new PlugbayError('DRIVE_FAILED', said.slice(0, MAX_TEXT), { cause: error }))
  })
  return promise
}
