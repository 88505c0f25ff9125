// The only HTTP client of the page. Invariant: every failure is an ApiError with a text that can be shown.

import type { ProblemDocument } from '../../../../sdk/api/problems.ts'
import { language, t } from '../languages/text.ts'

/** The details of a failure: the server's problem document, or what the page can tell by itself. */
export type ErrorDocument = Pick<ProblemDocument, 'title' | 'status'> & Partial<ProblemDocument>

export class ApiError extends Error {
  readonly status: number
  readonly document: ErrorDocument

  constructor(document: ErrorDocument) {
    super(document.title)
    this.name = 'ApiError'
    this.status = document.status
    this.document = document
  }
}

export interface SendOptions {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Sent as JSON. */
  readonly json?: unknown
  readonly signal?: AbortSignal
}

/** URL of an admin API path, relative to the page, so that it works under any base path. */
export function apiUrl(path: string): string {
  return serverUrl(`/api/v1/${path}`)
}

/** URL of a path of the server, such as those of plugins: "/plugins/hello/". */
export function serverUrl(path: string): string {
  return new URL(`..${path}`, new URL('.', document.baseURI)).href
}

/** Sends one request; resolves with the parsed body, or undefined for 204. Rejects with ApiError. */
export async function send<T>(path: string, options: SendOptions = {}): Promise<T> {
  const init: RequestInit = { method: options.method ?? 'GET', credentials: 'same-origin', cache: 'no-store' }
  if (options.signal) init.signal = options.signal
  const isJson = 'json' in options
  // Names and descriptions of plugins come in the language of the page.
  init.headers = { 'accept-language': language, ...(isJson && { 'content-type': 'application/json' }) }
  if (isJson) init.body = JSON.stringify(options.json)
  let response: Response
  try {
    response = await fetch(apiUrl(path), init)
  } catch (error) {
    if (options.signal?.aborted) throw error
    throw new ApiError(UNREACHABLE)
  }
  return readAnswer<T>(response.status, await response.text())
}

/** Interprets a response. Shared by fetch and by the upload, which needs XMLHttpRequest for its progress. */
export function readAnswer<T>(status: number, text: string): T {
  const body = parse(text)
  if (status >= 200 && status < 300) return body as T
  throw new ApiError(problemDocument(status, body))
}

export const UNREACHABLE: ErrorDocument = {
  title: t('The server does not answer'),
  status: 0,
  detail: t('The request could not be sent, or the connection was lost'),
  hint: t('Check that the server runs and that this device reaches it'),
}

function parse(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    // Not from our server: a proxy in front of it answers in HTML. The status still describes the failure.
    return undefined
  }
}

function problemDocument(status: number, body: unknown): ErrorDocument {
  if (typeof body === 'object' && body !== null && 'title' in body && typeof body.title === 'string')
    return { ...body, title: body.title, status }
  return {
    title: t('The server answered with status {status}', { status }),
    status,
    hint: t('The log of the server holds the cause'),
  }
}

/** Converts any thrown value to an ApiError. */
export function asErrorDocument(error: unknown): ErrorDocument {
  if (error instanceof ApiError) return error.document
  return {
    title: t('Something went wrong on this page'),
    status: 0,
    detail: String(error),
    hint: t('Reload the page'),
  }
}
