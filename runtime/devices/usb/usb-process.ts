// One device process, as the runtime sees it.
// Invariant: a call settles by its deadline; a process that misses one is killed.

import { isDeepStrictEqual } from 'node:util'
import { UsbError } from '../../../sdk/protocol/usb-error.ts'
import { childEntry } from '../../bundles/children.ts'
import type { Log } from '../../log.ts'
import type { Jail } from '../../processes/jail/jail.ts'
import { cpuMsOf } from '../../processes/process-figures.ts'
import { WorkerClient } from '../../processes/worker-client.ts'
import type { Mounts } from './usb-mounts.ts'
import type { UsbCall, UsbMethod, UsbReplyHead, UsbResults } from './worker/calls.ts'

export interface UsbReply<Method extends UsbMethod> {
  readonly result: UsbResults[Method]
  readonly bytes: Uint8Array | undefined
}

export interface UsbCallOptions {
  readonly data?: Uint8Array | undefined
  readonly deadlineMs: number
}

/** A process for one device, or something like it. */
export interface UsbConnection {
  /** Rejects with a UsbError, or with DEADLINE, PROCESS_CRASHED or INTERNAL. */
  call<Method extends UsbMethod>(
    call: Extract<UsbCall, { readonly m: Method }>,
    options: UsbCallOptions,
  ): Promise<UsbReply<Method>>
  /** CPU time of the process, in milliseconds; undefined where it is not known. */
  cpuMs(): number | undefined
  /** Kills the process; resolves when it has ended. Idempotent. */
  end(): Promise<void>
}

export interface UsbProcessOptions {
  readonly jail: Jail
  readonly log: Log
  readonly mounts: Mounts
  /** Called whenever it has been ended. */
  readonly onEnd: () => void
}

const HEAP_MB = 64

const entry = childEntry('usb')

export class UsbProcess implements UsbConnection {
  readonly #mounts: Mounts
  readonly #onEnd: () => void
  readonly #worker: WorkerClient

  constructor({ jail, log, mounts, onEnd }: UsbProcessOptions) {
    this.#mounts = mounts
    this.#onEnd = onEnd
    this.#worker = new WorkerClient({
      name: 'usb',
      entry,
      rights: { ...mounts, addons: true, heapMb: HEAP_MB },
      jail,
      log,
    })
  }

  sees(mounts: Mounts): boolean {
    return isDeepStrictEqual(mounts, this.#mounts)
  }

  async call<Method extends UsbMethod>(
    call: Extract<UsbCall, { readonly m: Method }>,
    { data, deadlineMs }: UsbCallOptions,
  ): Promise<UsbReply<Method>> {
    const { head, body } = await this.#worker.call(JSON.stringify(call), data, deadlineMs)
    const reply = JSON.parse(head) as UsbReplyHead<Method>
    if ('error' in reply) throw new UsbError(reply.error, reply.message)
    return { result: reply.result, bytes: body }
  }

  /** Undefined before its first call, and when it has ended. */
  get pid(): number | undefined {
    return this.#worker.pid
  }

  cpuMs(): number | undefined {
    const { pid } = this.#worker
    return pid === undefined ? undefined : cpuMsOf(pid)
  }

  async end(): Promise<void> {
    await this.#worker.close()
    this.#onEnd()
  }
}
