// The last calls of one plugin, and requests that did not reach it, in memory, with subscribers; and which permissions it has used, and lacked.
// Invariant: its memory is bounded, whatever a plugin does; a call that is gone from it is forgotten by late host calls too.

import type { RecordedCall, RecordedHostCall } from '../../sdk/api/recordings.ts'
import { PermissionNotes } from './permission-notes.ts'
import type { Header } from './shown.ts'

const MOST_CALLS = 200
const MOST_HOST_CALLS = 100
/** Changes come in bursts: subscribers get them together. */
const GATHER_MS = 100

type Changing<Value> = { -readonly [Key in keyof Value]: Value[Key] }

/** A host call that was made; `at`: when, by performance.now(). */
interface Made extends Changing<RecordedHostCall> {
  readonly at: number
}

export interface CallFacts {
  readonly requestId: string | null
  readonly call: string
  readonly title: string
  readonly user: string | null
  readonly requestHeaders: readonly Header[]
}

export interface CallEnd {
  readonly outcome: string
  readonly message?: string
  readonly status?: number
  readonly bytes?: number
  readonly responseHeaders?: readonly Header[]
  /** False: the runtime answered before the plugin had it. */
  readonly reached?: boolean
}

export class PluginRecording {
  readonly permissions = new PermissionNotes()
  readonly #calls: OpenRecord[] = []
  readonly #byRequest = new Map<string, OpenRecord>()
  readonly #listeners = new Set<(call: RecordedCall) => void>()
  readonly #changed = new Set<OpenRecord>()
  #timer: NodeJS.Timeout | undefined
  #seq = 0

  /**
   * A guest call begins; one that another release takes over goes on.
   * @param at when, by performance.now()
   */
  begin(facts: CallFacts, at = performance.now()): OpenRecord {
    const known = facts.requestId === null ? undefined : this.#byRequest.get(facts.requestId)
    if (known?.isRunning === true) return known
    const record = new OpenRecord(++this.#seq, { facts, at, onChange: () => this.#note(record) })
    this.#calls.push(record)
    if (facts.requestId !== null) this.#byRequest.set(facts.requestId, record)
    while (this.#calls.length > MOST_CALLS) this.#forget(this.#calls.shift())
    this.#note(record)
    return record
  }

  /** What the visitor got instead of an answer of the plugin. */
  answered(requestId: string, end: CallEnd): void {
    this.#byRequest.get(requestId)?.answered(end)
  }

  /** A host call, of the guest call with this id. */
  hostCall(requestId: string | undefined, made: Pick<RecordedHostCall, 'name' | 'detail'>): HostCallRecord {
    const owner = requestId === undefined ? undefined : this.#byRequest.get(requestId)
    return (owner ?? this.#ownerless()).add(made)
  }

  /** Newest first. */
  list(): readonly RecordedCall[] {
    return this.#calls.map((record) => record.view()).reverse()
  }

  /** Called with each call that is new or has changed. */
  subscribe(listener: (call: RecordedCall) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Host calls while the backend loads, and of work whose request is not known. */
  #ownerless(): OpenRecord {
    const newest = this.#calls.at(-1)
    if (newest?.isOwnerless === true && !newest.isFull) return newest
    const record = this.begin({ requestId: null, call: 'none', title: '', user: null, requestHeaders: [] })
    record.end({ outcome: 'ok' })
    return record
  }

  #forget(record: OpenRecord | undefined): void {
    const id = record?.requestId
    if (id !== null && id !== undefined && this.#byRequest.get(id) === record) this.#byRequest.delete(id)
  }

  #note(record: OpenRecord): void {
    if (this.#listeners.size === 0) return
    this.#changed.add(record)
    this.#timer ??= setTimeout(() => this.#tell(), GATHER_MS).unref()
  }

  #tell(): void {
    this.#timer = undefined
    const calls = [...this.#changed].map((record) => record.view())
    this.#changed.clear()
    for (const call of calls) for (const listener of this.#listeners) listener(call)
  }
}

export interface HostCallRecord {
  end(outcome: string, message?: string): void
}

interface RecordParts {
  readonly facts: CallFacts
  readonly at: number
  readonly onChange: () => void
}

export class OpenRecord {
  readonly #seq: number
  readonly #facts: CallFacts
  readonly #onChange: () => void
  readonly #startedAt: string
  readonly #began: number
  readonly #hostCalls: Made[] = []
  #moreHostCalls = 0
  #ms: number | null = null
  #end: CallEnd = { outcome: 'running' }

  constructor(seq: number, { facts, at, onChange }: RecordParts) {
    this.#seq = seq
    this.#facts = facts
    this.#onChange = onChange
    this.#began = at
    this.#startedAt = new Date(Date.now() - (performance.now() - at)).toISOString()
  }

  get requestId(): string | null {
    return this.#facts.requestId
  }

  /** Of host calls that belong to no guest call. */
  get isOwnerless(): boolean {
    return this.#facts.call === 'none'
  }

  get isRunning(): boolean {
    return this.#ms === null
  }

  get isFull(): boolean {
    return this.#hostCalls.length >= MOST_HOST_CALLS
  }

  /** The first end counts. */
  end(end: CallEnd): void {
    if (this.#ms !== null) return
    this.#ms = performance.now() - this.#began
    this.#end = end
    this.#onChange()
  }

  /** An error of the plugin says more than the refusal that follows from it. */
  answered(end: CallEnd): void {
    this.end(end)
    const { outcome, status = end.status } = this.#end
    const isFailed = outcome !== 'ok' && outcome !== 'CANCELLED'
    this.#end = { ...this.#end, ...(isFailed ? status !== undefined && { status } : end) }
    this.#onChange()
  }

  add({ name, detail }: Pick<RecordedHostCall, 'name' | 'detail'>): HostCallRecord {
    this.#onChange()
    if (this.isFull) {
      this.#moreHostCalls++
      return { end: () => undefined }
    }
    const at = performance.now()
    const made: Made = { at, name, detail, afterMs: rounded(at - this.#began), ms: null, outcome: 'running' }
    this.#hostCalls.push(made)
    return {
      end: (outcome, message) => {
        made.ms = rounded(performance.now() - at)
        made.outcome = outcome
        if (message !== undefined) made.message = message
        this.#onChange()
      },
    }
  }

  view(): RecordedCall {
    const { status = null, bytes = null, responseHeaders = [], reached = true, outcome, message } = this.#end
    const { requestHeaders, ...facts } = this.#facts
    return {
      ...facts,
      seq: this.#seq,
      startedAt: this.#startedAt,
      ms: this.#ms === null ? null : rounded(this.#ms),
      ...{ status, bytes, reached, outcome },
      ...(message !== undefined && { message }),
      requestHeaders: [...requestHeaders],
      responseHeaders: [...responseHeaders],
      hostCalls: this.#hostCalls.map(({ at: _at, ...shown }) => shown),
      moreHostCalls: this.#moreHostCalls,
    }
  }
}

/** To hundredths of a millisecond. */
function rounded(ms: number): number {
  return Math.round(ms * 100) / 100
}
