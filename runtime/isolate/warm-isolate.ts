// An isolate in which the guest bundle has run, but no plugin yet: the part of a start that is the same for every plugin.
// Invariant: a warm isolate has no data of a plugin, and is used for one plugin at most.

import ivm from 'isolated-vm'
import { compile, type ScriptSource } from './guest-script.ts'

export class WarmIsolate {
  readonly memoryMb: number
  readonly isolate: ivm.Isolate
  readonly context: ivm.Context
  /** Creates the globals and returns the function that receives frames (see guest/main.ts). */
  readonly boot: ivm.Reference
  /** V8 rejected the code cache of the guest. */
  readonly isCacheRejected: boolean
  #failure: string | undefined
  #onCatastrophe: ((message: string) => void) | undefined

  /** Throws when the guest does not compile or fails while it starts. */
  constructor(guest: ScriptSource, memoryMb: number, { inspector = false } = {}) {
    this.memoryMb = memoryMb
    this.isolate = new ivm.Isolate({
      memoryLimit: memoryMb,
      inspector,
      onCatastrophicError: (message) => {
        this.#failure = message
        this.#onCatastrophe?.(message)
      },
    })
    this.context = this.isolate.createContextSync({ inspector })
    // Missing in its types.
    const script: ivm.Script & { readonly cachedDataRejected?: boolean } = compile(this.isolate, guest)
    this.isCacheRejected = script.cachedDataRejected === true
    this.boot = script.runSync(this.context, { reference: true })
  }

  /** An isolate that fails so cannot be recovered, and its thread is lost: the owner of this process must end it. */
  onCatastrophe(report: (message: string) => void): void {
    this.#onCatastrophe = report
    if (this.#failure !== undefined) report(this.#failure)
  }
}
