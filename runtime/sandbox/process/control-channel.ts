// The channel to a sandbox process itself, as opposed to those to its isolates: boot, compile, load, unload, ping.
// Invariant: its messages are parsed as hostile input.

import type { Channel } from '../../../sdk/protocol/channel.ts'
import type {
  ControlCall,
  InspectorEvent,
  LoadCall,
  SlotEvent,
  SlotFigures,
} from '../../../sdk/protocol/sandbox-control.ts'
import type { WireError } from '../../../sdk/protocol/wire.ts'
import { parseClockReply, parseControlEvent, parsePingReply } from '../instance/parse-guest-messages.ts'
import type { BackendCode, CatalogBytes } from '../types.ts'

export interface ControlHandlers {
  /** A slot cannot continue. */
  readonly onSlotFailed: (event: SlotEvent) => void
  /** Slots with a run in progress. */
  readonly onRuns: (slots: readonly number[]) => void
  /** A piece of what the inspector of an isolate says. */
  readonly onInspector: (event: InspectorEvent, piece: Uint8Array | undefined) => void
  /** V8 rejected the code cache of the guest. */
  readonly onGuestRejected: () => void
  readonly onViolation: (reason: string) => void
  readonly onIgnored: () => void
}

export class ControlChannel {
  readonly #channel: Channel
  readonly #handlers: ControlHandlers

  /** @param channel the channel of slot 0; pass its events to receiveEvent() */
  constructor(channel: Channel, handlers: ControlHandlers) {
    this.#channel = channel
    this.#handlers = handlers
  }

  receiveEvent(head: string, body: Uint8Array | undefined): void {
    const event = parseControlEvent(head)
    if (event === undefined) return this.#handlers.onViolation('malformed event on the control channel')
    if (event.e === 'slot-failed') return this.#handlers.onSlotFailed(event)
    if (event.e === 'inspector') return this.#handlers.onInspector(event, body)
    if (event.e === 'runs') this.#handlers.onRuns(event.slots)
    else this.#handlers.onGuestRejected()
    // An honest process sends these far less often than the budget of ignored frames allows.
    this.#handlers.onIgnored()
  }

  async boot(guest: BackendCode, warmMb: number | undefined): Promise<void> {
    await this.#request({ m: 'boot', sourceBytes: guest.source.length, warmMb }, joined(guest))
  }

  /** Compiles a script without running it; resolves with V8's code cache. */
  async compile(source: Buffer, filename: string): Promise<Uint8Array> {
    return (await this.#request({ m: 'compile', filename }, source)) ?? new Uint8Array(0)
  }

  async load(call: LoadCall, code: BackendCode, catalogs: readonly CatalogBytes[] = []): Promise<void> {
    await this.#request(call, joined(code, catalogs))
  }

  /** A message for the inspector of an isolate; without one, its script may run. */
  inspect(slot: number, message: string | undefined): void {
    const call: ControlCall = { m: 'inspect', slot, ...(message === undefined && { run: true }) }
    const body = message === undefined ? undefined : Buffer.from(message)
    // An isolate that has ended meanwhile needs no answer.
    this.#request(call, body).catch(() => undefined)
  }

  /** In tests of plugins: sets the clock, and resolves with the time when the next timer is due. A process that has ended has none. */
  setClock(aheadMs: number): Promise<number | undefined> {
    const { promise, resolve } = Promise.withResolvers<number | undefined>()
    this.#channel.call(JSON.stringify({ m: 'clock', aheadMs } satisfies ControlCall), undefined, {
      reply: (head) => resolve(parseClockReply(head)),
      error: () => resolve(undefined),
    })
    return promise
  }

  /** A process that exits meanwhile has unloaded it, too. */
  unload(slot: number): void {
    this.#request({ m: 'unload', slot }).catch(() => undefined)
  }

  /** @param done called with the figures of its slots when the process has answered, or without when it has exited */
  ping(done: (slots: readonly SlotFigures[] | undefined) => void): void {
    this.#channel.call(JSON.stringify({ m: 'ping' } satisfies ControlCall), undefined, {
      reply: (head) => {
        const slots = parsePingReply(head)
        if (slots === undefined) this.#handlers.onViolation('malformed figures')
        done(slots)
      },
      error: () => done(undefined),
    })
  }

  /** Fails all open and all later calls. */
  close(error: WireError): void {
    this.#channel.close(error)
  }

  #request(call: ControlCall, body?: Buffer): Promise<Uint8Array | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array | undefined>()
    this.#channel.call(JSON.stringify(call), body, {
      reply: (_head, replyBody) => resolve(replyBody),
      error({ name, message, stack }) {
        const error = new Error(message)
        error.name = name ?? 'Error'
        if (stack !== undefined) error.stack = stack
        reject(error)
      },
    })
    return promise
  }
}

function joined({ source, cache }: BackendCode, catalogs: readonly CatalogBytes[] = []): Buffer {
  if (cache === undefined && catalogs.length === 0) return source
  return Buffer.concat([source, cache ?? new Uint8Array(0), ...catalogs.map(({ bytes }) => bytes)])
}
