// Transfers long bodies to a guest: isolated-vm would copy them twice, into memory of its own and then into the isolate's.
// Invariant: this process and the guest never share memory; a buffer with other views is copied, not transferred.

import ivm from 'isolated-vm'
import { exactBuffer } from './guest-script.ts'

/** In bytes: from this length on a copy costs more than a transfer. */
export const LONG_BODY = 16 * 1024

/**
 * An argument for a function of the guest.
 * @param body transferred, and detached here, when it fills its buffer; copied when it is a view of a larger one
 */
export function handOver(body: Uint8Array): ivm.Copy<ArrayBuffer> {
  const buffer = exactBuffer(body)
  const copy = new ivm.ExternalCopy(buffer, { transferList: [buffer] })
  return copy.copyInto({ transferIn: true, release: true })
}
