// Sends a file in parts, and goes on with what has arrived after a cut connection, a reload or another release of the plugin. The shape is
// that of resumable uploads for HTTP (draft-ietf-httpbis-resumable-upload); `env.files.receive` is the other side.
// Invariant: the name of an upload comes from the file alone, so a page needs no memory of its own to find it again.

import { nameOfContent } from './content-name.ts'
import { sendWithProgress, type UploadOptions } from './upload.ts'

export interface ResumableParts {
  readonly url: URL
  readonly content: Blob
  readonly options: UploadOptions
  /** Called before each request. */
  readonly prepare: () => Promise<void>
}

/** What a cut costs at most; below the smallest limit that servers have for a request. */
const PART_BYTES = 2 * 1024 * 1024
/** A file has at most 10,000 parts. */
const MOST_PARTS = 9000
/** In a row, without a part that arrived. */
const MOST_FAILURES = 10
const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 30_000
/** A connection that is dead looks like one that is slow. */
const STANDSTILL_MS = 60_000

/** Of a part, or of the whole: its answer, or why there is none. */
type Outcome =
  | { readonly answer: Response; readonly isFinal: boolean }
  | { readonly failure: TypeError; readonly isFinal: false }

export async function uploadInParts(parts: ResumableParts): Promise<Response> {
  const { url, content, options } = parts
  const upload = new URL(url)
  upload.searchParams.set('upload', await nameOfContent(content))
  const attempt = new Attempt({ ...parts, url: upload })
  try {
    for (let failures = 0; ; ) {
      const before = attempt.arrived
      const outcome = await attempt.run()
      if (outcome.isFinal) return outcome.answer
      failures = attempt.arrived > before ? 1 : failures + 1
      if (failures === MOST_FAILURES) {
        if ('failure' in outcome) throw outcome.failure
        return outcome.answer
      }
      await pause(waitOf(outcome, failures), options.signal)
    }
  } catch (error) {
    if (options.signal?.aborted === true) attempt.cancel()
    throw error
  }
}

class Attempt {
  /** Bytes that the server has. */
  arrived = 0
  readonly #parts: ResumableParts
  readonly #partBytes: number

  constructor(parts: ResumableParts) {
    this.#parts = parts
    this.#partBytes = Math.max(PART_BYTES, Math.ceil(parts.content.size / MOST_PARTS))
  }

  /** From what has arrived to the end, or to the first request that fails. Rejects with the reason of the signal. */
  async run(): Promise<Outcome> {
    const { content, options } = this.#parts
    const type = content.type === '' ? {} : { 'content-type': content.type }
    const begun = await this.#send('POST', undefined, { ...type, ...options.headers })
    if ('failure' in begun || !begun.answer.ok) return begun
    this.#note(Number(begun.answer.headers.get('upload-offset')))
    if (isComplete(begun.answer)) return { ...begun, isFinal: true }
    for (;;) {
      const start = this.arrived
      const part = content.slice(start, start + this.#partBytes)
      const isLast = start + part.size === content.size
      const sent = await this.#send('PATCH', part, {
        ...options.headers,
        'content-type': 'application/partial-upload',
        'upload-offset': String(start),
        'upload-complete': isLast ? '?1' : '?0',
      })
      if ('failure' in sent || !sent.answer.ok) return sent
      this.#note(start + part.size)
      if (isLast || isComplete(sent.answer)) return { ...sent, isFinal: true }
    }
  }

  /** Removes what has arrived. Without a connection, the server does that after seven days. */
  cancel(): void {
    const { url, options } = this.#parts
    const headers = { ...options.headers, 'upload-cancel': '?1' }
    sendWithProgress(url, new Blob(), { method: 'POST', headers }).catch(() => undefined)
  }

  async #send(
    method: 'POST' | 'PATCH',
    part: Blob | undefined,
    headers: Readonly<Record<string, string>>,
  ): Promise<Outcome> {
    const { url, content, options, prepare } = this.#parts
    await prepare()
    const dead = new AbortController()
    const late = () => dead.abort(new TypeError('Nothing of the upload has moved for a minute'))
    let timer = setTimeout(late, STANDSTILL_MS)
    const start = this.arrived
    const onProgress = ({ sent }: { readonly sent: number }) => {
      clearTimeout(timer)
      timer = setTimeout(late, STANDSTILL_MS)
      // What has left the page counts when the server says that it has it, so never more than the part.
      if (part !== undefined) this.#report(start + Math.min(sent, part.size))
    }
    const signal = options.signal === undefined ? dead.signal : AbortSignal.any([options.signal, dead.signal])
    try {
      const answer = await sendWithProgress(url, part ?? new Blob(), {
        ...{ method, signal, onProgress },
        headers: {
          ...headers,
          'upload-length': String(content.size),
          ...(part === undefined && { 'upload-complete': '?0' }),
        },
      })
      return { answer, isFinal: !answer.ok && !isPassing(answer, method) }
    } catch (error) {
      if (options.signal?.aborted === true || !(error instanceof TypeError)) throw error
      return { failure: error, isFinal: false }
    } finally {
      clearTimeout(timer)
    }
  }

  #note(bytes: number): void {
    this.arrived = bytes
    this.#report(bytes)
  }

  #report(sent: number): void {
    const { content, options } = this.#parts
    options.onProgress?.({ sent, total: content.size })
  }
}

function isComplete({ headers }: Response): boolean {
  return headers.get('upload-complete') === '?1'
}

/** Whether another attempt may succeed. An upload that is gone, or further than we know, begins again. */
function isPassing({ status }: Response, method: 'POST' | 'PATCH'): boolean {
  if (method === 'PATCH' && (status === 404 || status === 409)) return true
  return (
    status === 408 || status === 425 || status === 429 || status === 500 || (status >= 502 && status <= 504)
  )
}

function waitOf(outcome: Outcome, failures: number): number {
  const asked = 'answer' in outcome ? Number(outcome.answer.headers.get('retry-after') ?? 0) * 1000 : 0
  // Those whose connection was cut together must not come back together.
  const wait = FIRST_WAIT_MS * 2 ** (failures - 1) * (0.5 + Math.random() / 2)
  return Math.min(LONGEST_WAIT_MS, Math.max(wait, Number.isNaN(asked) ? 0 : asked))
}

/** Ends early when the network is back. Rejects with the reason of the signal. */
async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  const end = () => resolve()
  const abort = () => reject(signal?.reason)
  addEventListener('online', end)
  signal?.addEventListener('abort', abort)
  try {
    signal?.throwIfAborted()
    await promise
  } finally {
    clearTimeout(timer)
    removeEventListener('online', end)
    signal?.removeEventListener('abort', abort)
  }
}
