// The events for open pages, as server-sent events: the current state first, then every change.
// Invariant: a page that connects late, or again, reaches the same state as one that was connected all the time.

import type { Problem } from '../errors.ts'

export type PageEvent =
  /** First event of every stream. `revision` is the serving content, null without any. */
  | {
      readonly event: 'hello'
      readonly data: {
        readonly revision: string | null
        readonly problems: readonly Problem[]
        /** Recent errors of the backend, perhaps from while this page was loading. */
        readonly failure?: Problem
        /** What a page must know to open files in the editor. */
        readonly editor?: string
      }
    }
  | { readonly event: 'reload'; readonly data: { readonly revision: string } }
  | { readonly event: 'css'; readonly data: { readonly revision: string; readonly paths: readonly string[] } }
  | { readonly event: 'problem'; readonly data: { readonly problems: readonly Problem[] } }
  | { readonly event: 'ok'; readonly data: Record<string, never> }
  /** An error of the serving backend. */
  | { readonly event: 'failure'; readonly data: { readonly failure: Problem } }

const HEARTBEAT_MS = 15_000
/** A page may cause an error before it is connected. */
const RECENT_MS = 3000

export class PageEvents {
  readonly #streams = new Set<ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>>()
  readonly #heartbeat: NodeJS.Timeout
  #revision: string | null = null
  #problems: readonly Problem[] = []
  #failure: { readonly problem: Problem; readonly until: number } | undefined
  #closed = false

  readonly #editorToken: string | undefined

  /** @param editorToken for the plugin's own pages, which alone get events */
  constructor(editorToken?: string) {
    this.#editorToken = editorToken
    // A proxy, or a browser that went to sleep, drops a silent connection.
    this.#heartbeat = setInterval(() => this.#write(': still here\n\n'), HEARTBEAT_MS)
    this.#heartbeat.unref()
  }

  get revision(): string | null {
    return this.#revision
  }

  get problems(): readonly Problem[] {
    return this.#problems
  }

  /** A stream for one page; it ends when the page disconnects or close() is called. */
  open(): ReadableStream<Uint8Array<ArrayBuffer>> {
    let own: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined
    return new ReadableStream({
      start: (controller) => {
        if (this.#closed) return controller.close()
        own = controller
        this.#streams.add(controller)
        const failure = this.#recentFailure()
        const data = {
          revision: this.#revision,
          problems: this.#problems,
          ...(failure !== undefined && { failure }),
          ...(this.#editorToken !== undefined && { editor: this.#editorToken }),
        }
        controller.enqueue(bytesOf({ event: 'hello', data }))
      },
      cancel: () => {
        if (own !== undefined) this.#streams.delete(own)
      },
    })
  }

  /** Other content serves now. `css`: paths of style sheets, if nothing else changed. */
  serves(revision: string | null, css?: readonly string[]): void {
    if (revision === this.#revision) return
    this.#failure = undefined
    this.#revision = revision
    if (revision === null) return
    this.#send(
      css === undefined
        ? { event: 'reload', data: { revision } }
        : { event: 'css', data: { revision, paths: css } },
    )
  }

  /** Problems of the last save; an empty list without any. */
  reportProblems(problems: readonly Problem[]): void {
    if (problems.length === 0 && this.#problems.length === 0) return
    this.#problems = problems
    this.#send(problems.length === 0 ? { event: 'ok', data: {} } : { event: 'problem', data: { problems } })
  }

  /** An error of the serving backend; pages that connect a moment later get it as well. */
  reportFailure(problem: Problem): void {
    this.#failure = { problem, until: performance.now() + RECENT_MS }
    this.#send({ event: 'failure', data: { failure: problem } })
  }

  /** Ends every stream. Idempotent. */
  close(): void {
    this.#closed = true
    clearInterval(this.#heartbeat)
    for (const stream of this.#streams) stream.close()
    this.#streams.clear()
  }

  #recentFailure(): Problem | undefined {
    return this.#failure !== undefined && performance.now() < this.#failure.until
      ? this.#failure.problem
      : undefined
  }

  #send(event: PageEvent): void {
    const bytes = bytesOf(event)
    for (const stream of this.#streams) stream.enqueue(bytes)
  }

  #write(text: string): void {
    const bytes = Buffer.from(text)
    for (const stream of this.#streams) stream.enqueue(bytes)
  }
}

function bytesOf({ event, data }: PageEvent): Uint8Array<ArrayBuffer> {
  return Buffer.from(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
}
