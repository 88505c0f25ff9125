// A page of a plugin in a sandboxed frame, and the shell's end of the port to it.
// Invariants: only the document of this plugin in this frame is heard, and only through the port that it has made: a sandboxed page proves
// by its page token whose it is, another one by its origin. What it says reaches no further than its frame, its address and the answers below.

import type { PluginPage } from '../api/pages.ts'
import {
  isPath,
  isSignedOut,
  type PageMessage,
  parseHello,
  parsePageMessage,
  type Question,
  type ShellFacts,
  type ShellMessage,
} from '../client/shell-messages.ts'
import { createBudget } from './budget.ts'

/** Popups as in a page of its own. No dialogs, and nothing that leads the window away. */
const SANDBOX = 'allow-scripts allow-forms allow-popups allow-popups-to-escape-sandbox allow-downloads'

/** A page that works says a few things a second; more is a flood. */
const MESSAGES = { burst: 300, perSecond: 60 }
const QUESTIONS = { burst: 60, perSecond: 10 }
/** Of the window's history: more replace the last one, so that the reader can always go back. */
const STEPS = { burst: 30, perSecond: 0.5 }
const LOADS = { burst: 10, perSecond: 0.5 }
/** A document that is loaded says hello once. */
const HELLOS = { burst: 20, perSecond: 1 }

/** A page has this long to connect, once it is loaded. */
const SILENT_MS = 4000

export type FrameState =
  | 'loading'
  | 'connected'
  /** Loaded, but not connected: an error of the server, a file, or a page that has gone astray. */
  | 'silent'
  /** It shows something that is not the plugin's. The frame is gone. */
  | 'left'
  /** It said more than a page has to say. The frame is gone. */
  | 'flooded'

/** What the shell does for a page; each call has been checked and counted. */
export interface FrameShell {
  stateChanged(state: FrameState): void
  /** The page is at this path, by itself. `push`: a step of its own. */
  moved(path: string, push: boolean): void
  titled(title: string): void
  /** The page wants this one in its place; the shell calls `load()`. */
  asked(path: string, replace: boolean): void
  stepped(by: number): void
  /** Resolves with the answer; what it rejects with is the reason that the page gets. */
  answer(question: Exclude<Question, { readonly ask: 'token' }>): Promise<unknown>
}

export interface PageFrame {
  /** Loads a page of the plugin, into a new frame: browsers would lead the one before "back" by themselves, past the shell. */
  load(path: string): void
  /** The reader went back or forward in the shell. */
  go(path: string): void
  tell(facts: ShellFacts): void
  send(message: ShellMessage): void
  close(): void
}

export interface PageFrameOptions {
  readonly page: PluginPage
  readonly path: string
  /** The element that the frame is put into. */
  readonly place: HTMLElement
  /** Pixels that a frame may have that is as high as its content. */
  readonly maxHeight: number
  readonly facts: ShellFacts
  readonly shell: FrameShell
  /** Asks the server for a new page token. */
  readonly token: () => Promise<string>
}

export function pageFrame({
  page,
  path: first,
  facts: given,
  place,
  maxHeight,
  shell,
  token,
}: PageFrameOptions): PageFrame {
  let facts = given
  let frame = document.createElement('iframe')
  /** Not heard any more, and taken out when the next one is there. */
  let before: HTMLIFrameElement | undefined
  let port: MessagePort | undefined
  /** The port of the document that was loaded last. */
  let loaded: MessagePort | undefined
  let state: FrameState = 'loading'
  let shownPath = first
  let shownTitle = ''
  let timer: ReturnType<typeof setTimeout> | undefined
  const hellos = createBudget(HELLOS)
  const messages = createBudget(MESSAGES)
  const questions = createBudget(QUESTIONS)
  const steps = createBudget(STEPS)
  const loads = createBudget(LOADS)

  const enter = (next: FrameState): void => {
    clearTimeout(timer)
    if (state === next) return
    state = next
    shell.stateChanged(next)
  }
  const end = (why: 'left' | 'flooded'): void => {
    close()
    enter(why)
  }
  const send = (message: ShellMessage): void => port?.postMessage(message)

  /** Below the plugin's path; throws for what a browser would resolve to elsewhere. */
  const addressOf = (path: string): string => {
    const url = new URL(page.root + path, location.href)
    const isInside =
      isPath(path) && url.origin === location.origin && url.pathname.startsWith(`${page.root}/`)
    if (!isInside) throw new TypeError(`"${path}" is not a path of the plugin`)
    return url.href
  }

  const isOurs = async (offered: string | null, origin: string): Promise<boolean> => {
    if (page.origin !== null) return origin === page.origin
    if (origin !== 'null' || offered === null) return false
    // The server knows its tokens, and for which plugin each is.
    const url = `${page.root}/.plugbay/token`
    const answer = await fetch(url, { method: 'POST', headers: { 'plugbay-token': offered } })
    return answer.ok
  }

  const hear = ({ source, origin, data, ports }: MessageEvent): void => {
    if (source === null || source !== frame.contentWindow) return
    if (!hellos.take()) return end('flooded')
    // Of a frame that has shown the plugin: where the reader is really signed out, the next answer is the same.
    if (isSignedOut(data) && state === 'connected' && loads.take()) return shell.asked(shownPath, true)
    const hello = parseHello(data)
    const [offered] = ports
    if (hello === undefined || offered === undefined) return
    port?.close()
    port = offered
    void isOurs(hello.token, origin).then(
      (isIt) => {
        // Another document may have come in between.
        if (port !== offered) return offered.close()
        if (!isIt) return end('left')
        offered.onmessage = (event) => receive(offered, event.data)
        send({ type: 'facts', facts })
        enter('connected')
      },
      () => enter('silent'),
    )
  }

  const receive = (from: MessagePort, data: unknown): void => {
    if (from !== port) return
    if (!messages.take()) return end('flooded')
    const message = parsePageMessage(data)
    if (message !== undefined) act(message)
  }

  const act = (message: PageMessage): void => {
    if (message.type === 'at') {
      if (message.path !== shownPath) shell.moved(message.path, message.push && steps.take())
      shownPath = message.path
      if (message.title !== shownTitle) shell.titled(message.title)
      shownTitle = message.title
    } else if (message.type === 'open') {
      if (loads.take()) shell.asked(message.path, message.replace || !steps.take())
    } else if (message.type === 'step') {
      if (loads.take()) shell.stepped(message.by)
    } else if (message.type === 'size') frame.height = String(Math.min(message.height, maxHeight))
    else void reply(message.id, message.question)
  }

  const reply = async (id: number, question: Question): Promise<void> => {
    const asker = port
    const say = (message: ShellMessage): void => {
      if (asker === port) send(message)
    }
    if (!questions.take()) return say({ type: 'refusal', id, reason: 'Too many at once: try again later' })
    try {
      const value = question.ask === 'token' ? await token() : await shell.answer(question)
      say({ type: 'answer', id, value })
    } catch (error) {
      say({ type: 'refusal', id, reason: error instanceof Error ? error.message.slice(0, 500) : 'It failed' })
    }
  }

  const waitForHello = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => enter('silent'), SILENT_MS)
  }

  const disconnect = (): void => {
    clearTimeout(timer)
    port?.close()
    port = undefined
    loaded = undefined
  }
  const close = (): void => {
    removeEventListener('message', hear)
    disconnect()
    before?.remove()
    frame.remove()
  }

  const open = (address: string): void => {
    const made = document.createElement('iframe')
    // Its own origin is not ours: to have it gives a page its storage, and nothing of the shell.
    made.setAttribute('sandbox', page.origin === null ? SANDBOX : `${SANDBOX} allow-same-origin`)
    made.title = page.name
    made.referrerPolicy = 'no-referrer'
    made.allow = ''
    made.name = frameName(facts)
    made.addEventListener('load', () => {
      if (frame !== made) return
      before?.remove()
      // A document that has a shell to speak to has said so before it is loaded.
      if (port === loaded) waitForHello()
      loaded = port
    })
    made.src = address
    frame = made
    place.append(made)
  }

  addEventListener('message', hear)
  open(addressOf(first))
  return {
    load(path) {
      const address = addressOf(path)
      disconnect()
      before?.remove()
      // It may be in the midst of a click.
      before = frame
      before.hidden = true
      shownPath = path
      enter('loading')
      open(address)
    },
    go(path) {
      if (path === shownPath) return
      if (state !== 'connected') return this.load(path)
      shownPath = path
      send({ type: 'go', path })
    },
    tell(next) {
      facts = next
      frame.name = frameName(facts)
      send({ type: 'facts', facts })
    },
    send,
    close,
  }
}

/** The page reads the colours from it before anything is shown. No two have the same name, by which browsers would restore one. */
function frameName({ scheme }: ShellFacts): string {
  return `plugbay-${scheme}-${Math.random()}`
}
