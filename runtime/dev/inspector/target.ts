// What a debugger attaches to: the isolate that runs the plugin now, and after a save the next one, without attaching again.
// Invariant: every command of the client gets one answer, also when its isolate is gone.

import type { Debugger } from '../../sandbox/types.ts'
import { Contexts } from './contexts.ts'
import { type Command, KeptCommands } from './kept-commands.ts'

/** Sends a message to the attached program. */
export type Tell = (message: string) => void

interface Isolate {
  readonly send: Tell
}

interface Message {
  readonly id?: number
  readonly result?: unknown
}

/** Ids of our own commands; clients count from 1. */
const FIRST_OWN = 2 ** 30
/** Commands that wait for an isolate. */
const MAX_WAITING = 1000
/** Ends what the client had begun, and goes on where it had paused. */
const LEAVING = [
  'Debugger.resume',
  'Debugger.disable',
  'Runtime.disable',
  'Profiler.disable',
  'HeapProfiler.disable',
]
const NO_ISOLATE = { code: -32000, message: 'The plugin was loaded again' }

export class InspectorTarget {
  /** Secret: who knows it may attach. */
  readonly id: string
  readonly title: string
  /** All that live, the newest last. */
  readonly #isolates = new Set<Isolate>()
  #current: Isolate | undefined
  #tell: Tell | undefined
  readonly #contexts: Contexts
  #kept = new KeptCommands()
  /** Commands of the client without an answer. */
  readonly #open = new Set<number>()
  #waiting: string[] = []
  #nextId = FIRST_OWN

  constructor(id: string, title: string) {
    this.id = id
    this.title = title
    this.#contexts = new Contexts(title)
  }

  /** An isolate begins. Its script waits until this returns. */
  add(isolate: Isolate): Debugger {
    this.#isolates.add(isolate)
    this.#use(isolate)
    return {
      receive: (message) => {
        if (isolate === this.#current) this.#receive(message)
      },
      ended: () => {
        this.#isolates.delete(isolate)
        // One that did not load leaves the one before it, which serves on.
        if (isolate === this.#current) this.#use([...this.#isolates].at(-1))
      },
    }
  }

  get isAttached(): boolean {
    return this.#tell !== undefined
  }

  /** One client at a time. Returns what takes its messages, and the end. */
  attach(tell: Tell): { receive(message: string): void; end(): void } {
    this.#tell = tell
    return { receive: (message) => this.#command(message), end: () => this.#leave() }
  }

  #leave(): void {
    this.#tell = undefined
    this.#kept = new KeptCommands()
    this.#open.clear()
    this.#waiting = []
    this.#release(this.#current)
  }

  #release(isolate: Isolate | undefined): void {
    for (const method of LEAVING) isolate?.send(this.#own({ method }))
  }

  #use(next: Isolate | undefined): void {
    const before = this.#current
    if (next === before) return
    this.#current = next
    if (this.#tell === undefined) return
    if (before !== undefined && this.#isolates.has(before)) this.#release(before)
    for (const id of this.#open) this.#tell(JSON.stringify({ id, error: NO_ISOLATE }))
    this.#open.clear()
    if (before !== undefined)
      this.#tell(JSON.stringify({ method: 'Runtime.executionContextsCleared', params: {} }))
    if (next === undefined) return
    for (const { id: _theirs, ...command } of this.#kept.all) next.send(this.#own(command))
    for (const message of this.#waiting.splice(0)) this.#command(message)
  }

  #own(command: Omit<Command, 'id'>): string {
    this.#nextId = this.#nextId === 2 ** 31 - 1 ? FIRST_OWN : this.#nextId + 1
    return JSON.stringify({ id: this.#nextId, ...command })
  }

  #command(message: string): void {
    const command = parse(message) as Command | undefined
    if (command === undefined || !Number.isInteger(command.id) || typeof command.method !== 'string') return
    const isolate = this.#current
    if (isolate === undefined) {
      if (this.#waiting.length < MAX_WAITING) this.#waiting.push(message)
      return
    }
    this.#open.add(command.id)
    this.#kept.note(command)
    isolate.send(JSON.stringify(this.#contexts.command(command)))
  }

  #receive(message: string): void {
    const said = (parse(message) ?? {}) as Message
    const { id, result } = said
    if (id !== undefined) {
      if (!this.#open.delete(id)) return
      this.#kept.answered(id, result)
      return this.#tell?.(message)
    }
    const event = this.#contexts.event(said)
    if (event !== undefined) this.#tell?.(event === said ? message : JSON.stringify(event))
  }
}

function parse(message: string): object | undefined {
  try {
    const value: unknown = JSON.parse(message)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
