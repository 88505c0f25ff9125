// Host calls of one instance: parses them as hostile input, enforces their limits, executes them and replies.
// Invariant: each call gets one reply, and a failing handler never causes an unhandled rejection.

import type { IncomingCall } from '../../../sdk/protocol/channel.ts'
import type { WireError } from '../../../sdk/protocol/wire.ts'
import { ERROR_CODES, PlugbayError } from '../../errors.ts'
import type { HostCallStreams, InstanceSpec } from '../types.ts'
import { HostCallAdmission } from './host-call-admission.ts'
import { CallStreams, type Given, sendStream } from './host-streams.ts'
import { type HostCallRequest, parseHostCall } from './parse-guest-messages.ts'
import { PassedStreams } from './passed-streams.ts'

/** The guest enforces its limit itself; calls that it has just cancelled may still be in flight. */
const CANCELLED_CALLS = 16
/** A call to an unknown host call costs more work than an ignored frame, and counts as several. */
const UNKNOWN_CALL_FRAMES = 20

export interface GuestFaults {
  /** An honest guest never does this: its process is killed. */
  readonly onViolation: (reason: string) => void
  /** Called for a frame without effect, or with the number of frames that a worse one counts as. */
  readonly onIgnored: (frames?: number) => void
}

export interface HostCallParts extends Pick<HostCallStreams, 'handles' | 'userOf'> {
  readonly faults: GuestFaults
}

export class HostCallService {
  readonly #spec: InstanceSpec
  readonly #given: Given
  readonly #faults: GuestFaults
  readonly #admission: HostCallAdmission
  readonly #passed = new PassedStreams()
  #made = 0
  #effects = 0

  constructor(spec: InstanceSpec, { handles, userOf, faults }: HostCallParts) {
    this.#spec = spec
    this.#given = { handles, userOf, charge: (ms) => spec.meter.owe(ms), passed: this.#passed }
    this.#faults = faults
    this.#admission = new HostCallAdmission(spec.limits.maxHostCalls + CANCELLED_CALLS)
  }

  /** Calls so far. */
  get made(): number {
    return this.#made
  }

  /** Calls so far that may have changed something. */
  get effects(): number {
    return this.#effects
  }

  /** @param open calls of the guest that are not fully answered, this one included */
  receive(call: IncomingCall, open: number): void {
    const request = parseHostCall(call.head)
    if (request === undefined) return this.#faults.onViolation('malformed host call')
    if (open > this.#spec.limits.maxHostCalls + CANCELLED_CALLS)
      return this.#faults.onViolation('flood of host calls')
    const { row } = request
    if (row === undefined || row.effect) this.#effects++
    this.#made++
    if (row !== undefined) this.#spec.meter.countHostCall(row.name)
    // Every host call catches its errors: this function never rejects.
    this.#carryOut(call, request)
  }

  #carryOut(call: IncomingCall, { name, row, args, requestId }: HostCallRequest): void {
    if (row === undefined) {
      // The guest bundle calls known names only.
      this.#faults.onIgnored(UNKNOWN_CALL_FRAMES)
      const message = `There is no host call "${name.slice(0, 64)}"`
      return call.fail(toWireError(new PlugbayError('HOST_CALL_UNKNOWN', message)))
    }
    let release: () => void
    try {
      release = this.#admission.take({
        bytes: call.body?.byteLength ?? 0,
        isStreaming: call.stream !== undefined,
      })
    } catch (error) {
      return call.fail(toWireError(error))
    }
    const streams = new CallStreams(call, this.#given, requestId)
    const done = this.#spec.hostCall(row, args, call.body, streams)
    done.then(release, release)
    done.then(
      (answer) => {
        if ('text' in answer) return call.reply(answer.text, answer.body)
        const { head, body, stream, until } = answer
        const text = JSON.stringify(head ?? null)
        if (stream === undefined) call.reply(text, body)
        else {
          const { signal } = streams
          const source = this.#passed.open(call.id, stream, until === undefined ? [signal] : [signal, until])
          void sendStream(call, text, { source, signal, until, toWireError })
        }
      },
      (error: unknown) => call.fail(toWireError(error)),
    )
  }
}

function toWireError(error: unknown): WireError {
  if (!(error instanceof PlugbayError))
    return { code: 'HOST_CALL_FAILED', message: ERROR_CODES.HOST_CALL_FAILED.title }
  return { code: error.code, message: error.message, hint: error.row.hint }
}
