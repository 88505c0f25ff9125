// Sends a file to the plugin's own backend and says how far it is: only XMLHttpRequest tells a page what has left it.
// The script of the page adds the token, as to every request to the backend (runtime/http/pages/client/page-credentials.ts).

export interface UploadProgress {
  /** Bytes that have left the page; after a cut, those that have arrived. */
  readonly sent: number
  readonly total: number
}

export interface UploadOptions {
  /** "PUT" by default; of no use with `resumable`. */
  readonly method?: 'PUT' | 'POST'
  /**
   * Sends the file in parts, repeats what fails, and goes on with what has arrived, also after a reload: when the same file is sent to
   * the same path. The backend receives it by `env.files.receive`.
   */
  readonly resumable?: boolean
  /** The type of the blob by default, as `content-type`. */
  readonly headers?: Readonly<Record<string, string>>
  /** Ends the upload: it rejects with the reason of the signal. */
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: UploadProgress) => void
}

/** Resolves with the answer, whatever its status. Rejects with a TypeError when there is none, as `fetch()` does. */
export function sendWithProgress(
  url: URL,
  content: Blob | BufferSource,
  options: Omit<UploadOptions, 'method' | 'resumable'> & { readonly method?: 'PUT' | 'POST' | 'PATCH' },
): Promise<Response> {
  const { method = 'PUT', headers = {}, signal, onProgress } = options
  const { promise, resolve, reject } = Promise.withResolvers<Response>()
  if (signal?.aborted === true) return Promise.reject(signal.reason)
  const request = new XMLHttpRequest()
  request.open(method, url)
  request.responseType = 'arraybuffer'
  for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value)
  // Listeners on `upload` make it a request that asks for permission first, so there are none without need.
  if (onProgress !== undefined)
    request.upload.addEventListener('progress', ({ loaded, total }) => onProgress({ sent: loaded, total }))
  const abort = () => request.abort()
  signal?.addEventListener('abort', abort)
  request.addEventListener('loadend', () => signal?.removeEventListener('abort', abort))
  request.addEventListener('load', () => resolve(responseOf(request)))
  request.addEventListener('error', () => reject(new TypeError('The upload was cut off')))
  request.addEventListener('abort', () => reject(signal?.reason))
  request.send(content)
  return promise
}

function responseOf(request: XMLHttpRequest): Response {
  const headers = new Headers()
  for (const line of request.getAllResponseHeaders().trim().split('\r\n')) {
    const end = line.indexOf(':')
    if (end > 0) headers.append(line.slice(0, end), line.slice(end + 1).trim())
  }
  const { status, statusText } = request
  const hasBody = status !== 204 && status !== 205 && status !== 304
  return new Response(hasBody ? (request.response as ArrayBuffer) : null, { status, statusText, headers })
}
