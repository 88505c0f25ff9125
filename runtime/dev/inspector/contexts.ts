// The one context of an isolate that has the plugin: debuggers of Node expect a default one, which isolated-vm (7.0) does not name.
// Invariant: its other context, which has nothing in it, is not shown.

interface ContextEvent {
  readonly method?: string
  readonly params?: { readonly context?: { readonly id: number; readonly name: string } }
}

/** isolated-vm's names. */
const EMPTY = 'default'
const CREATED = 'Runtime.executionContextCreated'
/** Where commands name their context; without one they mean the default. */
const NAMED: Readonly<Record<string, string>> = {
  'Runtime.evaluate': 'contextId',
  'Runtime.compileScript': 'executionContextId',
  'Runtime.runScript': 'executionContextId',
  'Runtime.globalLexicalScopeNames': 'executionContextId',
}

export class Contexts {
  readonly #name: string
  /** V8 counts from 1, and the plugin's is made first. */
  #id = 1

  constructor(name: string) {
    this.#name = name
  }

  /** The event as the client gets it; undefined: it does not. */
  event<Event extends object>(event: Event): Event | undefined {
    const { method, params } = event as ContextEvent
    const context = params?.context
    if (method !== CREATED || context === undefined) return event
    if (context.name === EMPTY) return undefined
    this.#id = context.id
    const named = { ...context, name: this.#name, auxData: { isDefault: true } }
    return { ...event, params: { ...params, context: named } }
  }

  /** The command as the isolate gets it. */
  command<Command extends { readonly method: string; readonly params?: Readonly<Record<string, unknown>> }>(
    command: Command,
  ): Command {
    const { method, params = {} } = command
    const name = NAMED[method]
    if (name === undefined || params[name] !== undefined || params.uniqueContextId !== undefined)
      return command
    return { ...command, params: { ...params, [name]: this.#id } }
  }
}
