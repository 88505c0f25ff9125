// The inspectors of the instances of a process, in development: what they say is joined from its pieces.
// Invariant: only an instance that was loaded for an inspector has one.

import type { InspectorEvent } from '../../../sdk/protocol/sandbox-control.ts'
import type { Debugger, InspectInstance } from '../types.ts'

/** Bytes of a message; the content of a large file is one. */
const MAX_MESSAGE = 64 * 1024 * 1024

interface Inspected {
  readonly end: Debugger
  pieces: Uint8Array[]
  bytes: number
}

export class InspectedInstances {
  readonly #send: (slot: number, message: string) => void
  readonly #instances = new Map<number, Inspected>()

  constructor(send: (slot: number, message: string) => void) {
    this.#send = send
  }

  add(slot: number, inspect: InspectInstance): void {
    const end = inspect({ send: (message) => this.#send(slot, message) })
    this.#instances.set(slot, { end, pieces: [], bytes: 0 })
  }

  /** False: no honest process sends it. */
  receive({ slot, more }: InspectorEvent, piece: Uint8Array = new Uint8Array(0)): boolean {
    const inspected = this.#instances.get(slot)
    // It may have been unloaded.
    if (inspected === undefined) return false
    inspected.pieces.push(piece)
    inspected.bytes += piece.byteLength
    if (inspected.bytes > MAX_MESSAGE) return false
    if (more) return true
    const message = Buffer.concat(inspected.pieces).toString('utf8')
    inspected.pieces = []
    inspected.bytes = 0
    inspected.end.receive(message)
    return true
  }

  remove(slot: number): void {
    const inspected = this.#instances.get(slot)
    this.#instances.delete(slot)
    inspected?.end.ended()
  }
}
