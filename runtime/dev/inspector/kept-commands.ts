// What a debugger has set, so that the isolate of the next save is set the same way: domains that are enabled, breakpoints, pauses.
// Invariant: commands are kept in the order in which they were given first, since a domain comes before what is set in it.

/** A message of the Chrome DevTools protocol that has an answer. */
export interface Command {
  readonly id: number
  readonly method: string
  readonly params?: Readonly<Record<string, unknown>>
}

/** Each replaces the one before it. */
const SETTINGS: ReadonlySet<string> = new Set([
  'Debugger.setAsyncCallStackDepth',
  'Debugger.setBlackboxPatterns',
  'Debugger.setBreakpointsActive',
  'Debugger.setPauseOnExceptions',
  'Debugger.setSkipAllPauses',
  'Runtime.setAsyncCallStackDepth',
  'Runtime.setCustomObjectFormatterEnabled',
  'Runtime.setMaxCallStackSizeToCapture',
])
/** There may be several. Their answers name them, for "Debugger.removeBreakpoint". */
const BREAKPOINTS: ReadonlySet<string> = new Set([
  'Debugger.setBreakpointByUrl',
  'Debugger.setInstrumentationBreakpoint',
])
const BINDING = 'Runtime.addBinding'
const MAX_KEPT = 10_000

export class KeptCommands {
  readonly #commands = new Map<string, Command>()
  /** Keys of breakpoints, by the names that answers gave them. */
  readonly #breakpoints = new Map<string, string>()
  /** Keys of breakpoints whose answers have not come, by the id of the command. */
  readonly #asked = new Map<number, string>()

  get all(): readonly Command[] {
    return [...this.#commands.values()]
  }

  note(command: Command): void {
    const { id, method, params = {} } = command
    const [domain, name] = method.split('.')
    if (name === 'enable' || SETTINGS.has(method)) this.#keep(method, command)
    else if (name === 'disable') {
      for (const key of this.#commands.keys()) if (key.startsWith(`${domain}.`)) this.#commands.delete(key)
    } else if (method === BINDING) this.#keep(`${method} ${JSON.stringify(params)}`, command)
    else if (BREAKPOINTS.has(method)) {
      const key = `${method} ${JSON.stringify(params)}`
      this.#keep(key, command)
      this.#asked.set(id, key)
    } else if (method === 'Debugger.removeBreakpoint') {
      const name = String(params.breakpointId)
      this.#commands.delete(this.#breakpoints.get(name) ?? '')
      this.#breakpoints.delete(name)
    }
  }

  /** Learns the name of a breakpoint from the answer to its command. */
  answered(id: number, result: unknown): void {
    const key = this.#asked.get(id)
    if (key === undefined) return
    this.#asked.delete(id)
    const { breakpointId } = (result ?? {}) as { readonly breakpointId?: unknown }
    if (typeof breakpointId === 'string') this.#breakpoints.set(breakpointId, key)
    // It was refused.
    else this.#commands.delete(key)
  }

  #keep(key: string, command: Command): void {
    if (this.#commands.size < MAX_KEPT || this.#commands.has(key)) this.#commands.set(key, command)
  }
}
