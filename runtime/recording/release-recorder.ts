// Watches one release where its calls pass anyway: guest calls at its runner, host calls at their handler, permissions at its mandate.
// Invariant: what is watched behaves as without it; a value is masked and cut before it is kept.

import type { PermissionName } from '../../sdk/permissions/permissions.ts'
import { DECLARED_HANDLERS } from '../../sdk/protocol/guest-calls.ts'
import type { HostCall } from '../../sdk/protocol/host-calls.ts'
import type { ReceiveStream } from '../../sdk/protocol/streams.ts'
import { PlugbayError } from '../errors.ts'
import type { Mandate } from '../permissions/authority.ts'
import type { CallError, Caller } from '../sandbox/runner/caller.ts'
import type { CallMessage, GuestCall } from '../sandbox/runner/guest-call.ts'
import type { CallRecorder, HostCallArguments, HostCallHandler, Retirement } from '../sandbox/types.ts'
import type { SecretMask } from '../secrets/secret-mask.ts'
import type { CallFacts, OpenRecord, PluginRecording } from './plugin-recording.ts'
import { shownHeaders, shownTarget, shownText } from './shown.ts'

/** Errors of calls that wait for the plugin. */
const NOT_SENT: ReadonlySet<string> = new Set(['GUEST_BUSY', 'GUEST_THROTTLED', 'PLUGIN_UNAVAILABLE'])
/** Bytes of statements that are looked at. */
const SQL_BYTES = 2048

export class ReleaseRecorder implements CallRecorder {
  readonly #recording: PluginRecording
  readonly #mask: SecretMask

  constructor(recording: PluginRecording, mask: SecretMask) {
    this.#recording = recording
    this.#mask = mask
  }

  watch(message: CallMessage, caller: Caller): Caller {
    const facts = this.#factsOf(message)
    this.#noteHandler(facts)
    return new WatchedCaller(caller, this.#recording.begin(facts), this.#mask)
  }

  lacks(permission: PermissionName, given: string | undefined): void {
    const origin = given === undefined ? undefined : URL.parse(given)?.origin
    this.#recording.permissions.lack({ permission, ...(origin !== undefined && { value: [origin] }) })
  }

  watchHostCalls(handle: HostCallHandler): HostCallHandler {
    return (row, args, body, streams) => {
      const detail = this.#detailOf(row, args, body)
      const record = this.#recording.hostCall(streams.requestId, { name: row.name, detail })
      const running = handle(row, args, body, streams)
      running.then(
        () => record.end('ok'),
        (error: unknown) => {
          const { code, message } =
            error instanceof PlugbayError ? error : new PlugbayError('HOST_CALL_FAILED')
          record.end(code, shownText(message, this.#mask))
        },
      )
      return running
    }
  }

  watchMandate(mandate: Mandate): Mandate {
    const { permissions } = this.#recording
    return {
      get bounds() {
        return mandate.bounds
      },
      authorize(need) {
        try {
          mandate.authorize(need)
        } catch (error) {
          permissions.lack(need)
          throw error
        }
        permissions.use(need)
      },
      onChange: (listener) => mandate.onChange(listener),
      end: () => mandate.end(),
    }
  }

  /** A head is the runtime's own; what it holds is a visitor's. */
  #factsOf({ head }: CallMessage): CallFacts {
    const { m, method, url, path, headers, user, requestId } = JSON.parse(head)
    const target = typeof url === 'string' ? url.slice(url.indexOf('/', url.indexOf('://') + 3)) : ''
    return {
      requestId,
      call: m,
      title: m === 'fetch' ? `${method} ${shownTarget(target, this.#mask)}` : (path ?? m),
      user: user?.name ?? null,
      requestHeaders: shownHeaders(headers, this.#mask),
    }
  }

  /** Some permissions are used by being called. */
  #noteHandler({ call, title }: CallFacts): void {
    if (call === 'task.run') this.#recording.permissions.use({ permission: 'tasks', value: true })
    const [before = ''] = DECLARED_HANDLERS.events.handler.split('*')
    if (call === 'event.deliver')
      this.#recording.permissions.use({ permission: 'events', value: [title.slice(before.length)] })
  }

  #detailOf(row: HostCall, args: HostCallArguments, body: Uint8Array | undefined): string {
    // Its headers may hold credentials.
    if (row.name === 'net.fetch') return shownTarget(fetchText(args), this.#mask)
    // Past the length that the text begins with; it is not parsed.
    if (row.name.startsWith('db.') && body !== undefined)
      return shownText(Buffer.from(body.subarray(4, SQL_BYTES)).toString(), this.#mask)
    const text = typeof args === 'string' ? args : JSON.stringify(args)
    return shownText(text.slice(1, -1), this.#mask)
  }
}

function fetchText(args: HostCallArguments): string {
  const [head] = typeof args === 'string' ? [] : args
  const { method = '', url = '' } = (typeof head === 'object' && head !== null ? head : {}) as {
    readonly method?: unknown
    readonly url?: unknown
  }
  return `${String(method)} ${String(url)}`
}

class WatchedCaller implements Caller {
  readonly #caller: Caller
  readonly #record: OpenRecord
  readonly #mask: SecretMask

  constructor(caller: Caller, record: OpenRecord, mask: SecretMask) {
    this.#caller = caller
    this.#record = record
    this.#mask = mask
  }

  reply(head: string, body: Uint8Array | undefined, stream: ReceiveStream | undefined): void {
    this.#record.end({
      outcome: 'ok',
      ...this.#responseOf(head),
      ...(stream === undefined && body !== undefined && { bytes: body.byteLength }),
    })
    this.#caller.reply(head, body, stream)
  }

  error(error: CallError): void {
    const { code, name, message } = error
    const text = name === undefined ? message : `${name}: ${message}`
    this.#record.end({ outcome: code, message: shownText(text, this.#mask), reached: !NOT_SENT.has(code) })
    this.#caller.error(error)
  }

  opened(call: GuestCall): void {
    this.#caller.opened(call)
  }

  moved(call: GuestCall): void {
    this.#caller.moved(call)
  }

  retired(how: Retirement): void {
    this.#caller.retired(how)
  }

  left(): void {
    this.#record.end({ outcome: 'CANCELLED' })
    this.#caller.left?.()
  }

  /** The guest wrote it: anything may be in it. Results of other calls than requests have no status. */
  #responseOf(head: string): {
    readonly status?: number
    readonly responseHeaders?: ReturnType<typeof shownHeaders>
  } {
    let value: unknown
    try {
      value = JSON.parse(head)
    } catch {
      // The caller refuses it.
      return {}
    }
    if (typeof value !== 'object' || value === null || !('status' in value)) return {}
    const { status } = value
    if (typeof status !== 'number' || !Number.isSafeInteger(status)) return {}
    return { status, responseHeaders: shownHeaders('headers' in value ? value.headers : [], this.#mask) }
  }
}
