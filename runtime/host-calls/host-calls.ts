// Executes the host calls of one release: one table of handlers, one authorize() before each.
// Invariant: a handler runs only with a grant that the plugin has now, its own or that of the handle that the call names; the identity of the caller comes from the instance, never
// from the call; after end() nothing is executed, and after replace() nothing that may change something.

import { CallTable } from '../../sdk/protocol/call-table.ts'
import type {
  HostCall,
  HostCallName,
  HostCallResult,
  RelayedCallName,
  RelayedResult,
} from '../../sdk/protocol/host-calls.ts'
import { PlugbayError } from '../errors.ts'
import type { Mandate } from '../permissions/authority.ts'
import type { HostCallHandler, HostCallStreams, InstanceLimits } from '../sandbox/types.ts'
import type { SecretHandles } from './secrets.ts'

/** A secret in a response, before it was masked. */
export interface SecretEcho {
  readonly name: string
  /** The server that answered. */
  readonly origin: string
  /** `head`: in the status text, a header or the address. */
  readonly place: 'head' | 'body'
}

/** The release that makes a call. */
export interface Caller {
  readonly pluginId: string
  readonly mandate: Mandate
  readonly limits: InstanceLimits
  readonly secrets: SecretHandles
  /** Called when a response holds a secret of the plugin. */
  readonly onEcho: (echo: SecretEcho) => void
  /** The release may only read: another one serves. */
  readonly isReadOnly: boolean
}

export type Handler = (
  caller: Caller,
  args: readonly unknown[],
  body: Uint8Array | undefined,
  streams: HostCallStreams,
) => Promise<HostCallResult>

/** For a relayed row: the arguments are text, which the receiving process parses. */
export type RelayHandler = (
  caller: Caller,
  args: string,
  body: Uint8Array | undefined,
) => Promise<RelayedResult>

export type Handlers = {
  readonly [Name in HostCallName]: Name extends RelayedCallName ? RelayHandler : Handler
}

interface OpenCall {
  readonly row: HostCall
  readonly running: Promise<unknown>
}

type CallerFacts = Omit<Caller, 'isReadOnly'>

export class HostCalls implements Caller {
  readonly pluginId: string
  readonly mandate: Mandate
  readonly limits: InstanceLimits
  readonly secrets: SecretHandles
  readonly onEcho: Caller['onEcho']
  readonly #handlers: Handlers
  /** Calls that are being executed, by a number that counts up. */
  readonly #open = new CallTable<OpenCall>()
  #lastCall = 0
  #phase: 'serving' | 'replaced' | 'over' = 'serving'

  constructor({ pluginId, mandate, limits, secrets, onEcho }: CallerFacts, handlers: Handlers) {
    this.pluginId = pluginId
    this.mandate = mandate
    this.limits = limits
    this.secrets = secrets
    this.onEcho = onEcho
    this.#handlers = handlers
  }

  get isReadOnly(): boolean {
    return this.#phase !== 'serving'
  }

  /** For the instances of the release. */
  readonly handle: HostCallHandler = async (row, args, body, streams) => {
    this.#requireAllowed(row)
    // The arguments of a row match its handler, because `relay` decides both.
    const handler = this.#handlers[row.name] as (
      ...given: unknown[]
    ) => Promise<HostCallResult | RelayedResult>
    const running = handler(this, args, body, streams)
    const id = ++this.#lastCall
    this.#open.set(id, { row, running })
    try {
      return await running
    } finally {
      this.#open.delete(id)
    }
  }

  /** Another release serves: calls that may change something are refused from now on. */
  replace(): void {
    if (this.#phase === 'serving') this.#phase = 'replaced'
  }

  /** Nothing serves: every call is refused from now on. */
  end(): void {
    this.#phase = 'over'
    this.mandate.end()
  }

  /**
   * Resolves when no call that would be refused now is still being executed. Requests to other servers are not waited for: one
   * that is refused was aborted, the others have left already.
   */
  async settled(): Promise<void> {
    const awaited = this.#open.values().filter(({ row }) => row.name !== 'net.fetch' && !this.#isAllowed(row))
    await Promise.allSettled(awaited.map(({ running }) => running))
  }

  /** @throws PlugbayError PERMISSION_DENIED, RELEASE_REPLACED, CANCELLED */
  #requireAllowed({ permission, effect, mayRead }: HostCall): void {
    if (permission !== null) this.mandate.authorize({ permission })
    if (this.#phase === 'over') throw new PlugbayError('CANCELLED', 'The plugin was stopped')
    if (this.#phase === 'replaced' && effect && !mayRead) throw replaced()
  }

  #isAllowed(row: HostCall): boolean {
    // A statement was sent when it could still write.
    if (this.#phase !== 'serving' && row.effect) return false
    try {
      this.#requireAllowed(row)
      return true
    } catch {
      // The refusal is the answer.
      return false
    }
  }
}

/** The refusal of whatever may change something, after another release has begun to serve. */
export function replaced(): PlugbayError {
  return new PlugbayError(
    'RELEASE_REPLACED',
    'Another release of the plugin serves now: this one can only read, and end what it has begun',
  )
}
