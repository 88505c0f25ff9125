// The port between a framed page and the shell around it, on the side of the page. The page makes it, so that what the shell says
// reaches this document and no other one.
// Invariant: nothing is taken for the shell's but what comes through that port.

import {
  type Hello,
  type PageMessage,
  parseShellMessage,
  type Question,
  type ShellFacts,
  type ShellMessage,
} from '../shell-messages.ts'

/** What plugbay/client finds in a framed page. */
export interface ShellConnection {
  readonly version: 1
  /** Resolves when the shell has answered: null where there is none. */
  readonly welcome: Promise<ShellFacts | null>
  readonly facts: ShellFacts | null
  /** Rejects with the reason of the shell. */
  ask(question: Question): Promise<unknown>
  open(path: string, replace: boolean): void
  /** Calls the listener with every message of the shell but answers. Returns how to end that. */
  listen(listener: (message: ShellMessage) => void): () => void
}

export interface Connection extends ShellConnection {
  send(message: PageMessage): void
}

/** A page in a frame of another application has no shell to wait for. */
const WELCOME_MS = 5000

/** @param shell origin of the shell */
export function connect(shell: string, token: string | null): Connection {
  const { port1: port, port2: offered } = new MessageChannel()
  const { promise: welcome, resolve } = Promise.withResolvers<ShellFacts | null>()
  const open = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  const listeners = new Set<(message: ShellMessage) => void>()
  let facts: ShellFacts | null = null
  let last = 0
  port.addEventListener('message', ({ data }) => {
    const message = parseShellMessage(data)
    if (message === undefined) return
    if (message.type === 'answer' || message.type === 'refusal') {
      const waiting = open.get(message.id)
      open.delete(message.id)
      if (message.type === 'answer') waiting?.resolve(message.value)
      else waiting?.reject(new Error(message.reason))
      return
    }
    if (message.type === 'facts') {
      facts = message.facts
      resolve(facts)
    }
    for (const listener of listeners) listener(message)
  })
  port.start()
  const hello: Hello = { plugbay: 'page', version: 1, token }
  parent.postMessage(hello, shell, [offered])
  setTimeout(() => resolve(null), WELCOME_MS)
  const send = (message: PageMessage): void => port.postMessage(message)
  return {
    version: 1,
    welcome,
    send,
    get facts() {
      return facts
    },
    async ask(question) {
      if ((await welcome) === null) throw new Error('The page is not shown in the shell')
      last += 1
      const answer = Promise.withResolvers<unknown>()
      open.set(last, answer)
      send({ type: 'ask', id: last, question })
      return await answer.promise
    },
    open: (path, replace) => send({ type: 'open', path, replace }),
    listen(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
