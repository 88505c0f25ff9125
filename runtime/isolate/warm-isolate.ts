// An isolate in which the guest bundle has run, and no plugin has yet: the part of a start that is the same for every plugin.
// Invariant: a warm isolate knows nothing of a plugin, and becomes the isolate of one at most.

import ivm from 'isolated-vm'
import { compile, type ScriptSource } from './guest-script.ts'

export class WarmIsolate {
  readonly memoryMb: number
  readonly isolate: ivm.Isolate
  readonly context: ivm.Context
  /** Makes the globals and returns the function that frames are delivered to (see guest/main.ts). */
  readonly boot: ivm.Reference
  /** V8 did not take the code cache of the guest. */
  readonly isCacheRejected: boolean
  #failure: string | undefined
  #onCatastrophe: ((message: string) => void) | undefined

  /** Throws when the guest does not compile or fails while it starts. */
  constructor(guest: ScriptSource, memoryMb: number) {
    this.memoryMb = memoryMb
    this.isolate = new ivm.Isolate({
      memoryLimit: memoryMb,
      onCatastrophicError: (message) => {
        this.#failure = message
        this.#onCatastrophe?.(message)
      },
    })
    this.context = this.isolate.createContextSync()
    // Its types leave it out.
    const script: ivm.Script & { readonly cachedDataRejected?: boolean } = compile(this.isolate, guest)
    this.isCacheRejected = script.cachedDataRejected === true
    this.boot = script.runSync(this.context, { reference: true })
  }

  /** An isolate that fails so cannot be saved, and its thread is lost: whoever owns this process has to end it. */
  onCatastrophe(tell: (message: string) => void): void {
    this.#onCatastrophe = tell
    if (this.#failure !== undefined) tell(this.#failure)
  }
}
