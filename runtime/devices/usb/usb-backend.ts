// The USB devices of the machine as the parts above need them: listed and opened in processes that can be killed, and watched.
// Invariant: the runtime itself opens no device; it only listens for news of the system.

import type { Log } from '../../log.ts'
import type { Jail } from '../../processes/jail/jail.ts'
import { UsbLister } from './usb-lister.ts'
import { type Mounts, mountsOfPlace } from './usb-mounts.ts'
import { type UsbConnection, UsbProcess } from './usb-process.ts'
import type { UsbDeviceInfo, UsbPlace } from './worker/calls.ts'

export type { UsbDeviceInfo } from './worker/calls.ts'

export interface UsbBackend {
  /** Rejects on a machine without USB. */
  list(): Promise<readonly UsbDeviceInfo[]>
  /**
   * Calls `onHint` when something may have been plugged in or out; resolves with the function that unsubscribes.
   * Rejects when the system does not report such changes.
   */
  watch(onHint: () => void): Promise<() => Promise<void>>
  /** A process for one device. It starts with the first call, which must open it. */
  connect(device: UsbPlace): UsbConnection
  /** Device processes that run. */
  readonly pids: readonly number[]
  /** Resolves when no process lists devices any more. */
  close(): Promise<void>
}

type Binding = Pick<typeof import('usb/index.js'), 'Emitter'>

export function createUsbBackend({ jail, log }: { readonly jail: Jail; readonly log: Log }): UsbBackend {
  const processes = new Set<UsbProcess>()
  const start = (mounts: Mounts): UsbProcess => {
    const process = new UsbProcess({ jail, log, mounts, onEnd: () => processes.delete(process) })
    processes.add(process)
    return process
  }
  const lister = new UsbLister({ start, isConfined: jail.kind !== 'none', log })
  return {
    list: () => lister.list(),

    async watch(onHint) {
      // A CommonJS module: its members are on `default`, whatever its types say.
      const loaded: Binding & { readonly default?: Binding } = await import('usb/index.js')
      const emitter = new (loaded.default ?? loaded).Emitter()
      await emitter.addAttach(() => onHint())
      await emitter.addDetach(() => onHint())
      return async () => {
        await emitter.removeAttach()
        await emitter.removeDetach()
      }
    },

    connect: (device) => start(mountsOfPlace(device)),
    get pids() {
      return [...processes].flatMap(({ pid }) => (pid === undefined ? [] : [pid]))
    },
    close: () => lister.close(),
  }
}
