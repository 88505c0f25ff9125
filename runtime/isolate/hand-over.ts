// Long bodies go to a guest as the memory that they lie in: isolated-vm would copy them twice, into its own and into the isolate's.
// Invariant: this process and the guest never share memory, and what others have views of stays theirs.

import ivm from 'isolated-vm'
import { exactBuffer } from './guest-script.ts'

/** From here on, in bytes, copies cost more than handing over. */
export const LONG_BODY = 16 * 1024

/**
 * An argument for a function of the guest.
 * @param body what fills its buffer is lost to this process; what is a view of more is copied
 */
export function handOver(body: Uint8Array): ivm.Copy<ArrayBuffer> {
  const buffer = exactBuffer(body)
  const copy = new ivm.ExternalCopy(buffer, { transferList: [buffer] })
  return copy.copyInto({ transferIn: true, release: true })
}
