// Responses of `plugbay dev` in place of a plugin's own: the client script, the events, the problem page, and what pages report and ask.
// Invariant: only the plugin's own pages get events; other sites must not read an author's code from a code frame, nor open files.

import { timingSafeEqual } from 'node:crypto'
import type { Problem } from '../errors.ts'
import type { Answer } from '../http/exchange/answer.ts'
import type { Exchange } from '../http/exchange/exchange.ts'
import { headerOf } from '../http/exchange/headers.ts'
import { isForeignPage, isSandboxedPage, PAGE_CORS } from '../http/pages/page-cors.ts'
import type { ReservedPaths } from '../http/routing/reserved-paths.ts'
import { clientScript } from './client/client-script.ts'
import { openEditor, readEditorPlace } from './open-editor.ts'
import type { PageEvents } from './page-events.ts'
import { MAX_REPORT, pageProblem, readPageFailure } from './page-failures.ts'
import { problemPage } from './problem-page.ts'
import { readText } from './read-text.ts'

export interface DevPathsOptions {
  /** The plugin's folder. */
  readonly folder: string
  readonly events: PageEvents
  /** What a page must know to open files in the editor; undefined where other machines can reach the server. */
  readonly editorToken: string | undefined
  /** URL of the running plugin's pages, for a request to another plugin's. */
  readonly addressOf: () => { readonly id: string; readonly url: string } | undefined
  /** Folder of its frontend. */
  readonly frontendOf: () => string
  readonly onPageFailure: (problem: Problem) => void
  readonly onEditorFailure: (message: string) => void
}

export function createDevPaths(options: DevPathsOptions): ReservedPaths {
  const { events } = options
  const script = clientScript()
  return {
    answer(path, exchange) {
      if (exchange.request.method === 'POST') {
        if (path === '/failures') return fromOwnPage(exchange, () => failureAnswer(exchange, options))
        return path === '/open-in-editor'
          ? fromOwnPage(exchange, () => editorAnswer(exchange, options))
          : undefined
      }
      if (!isRead(exchange)) return undefined
      if (path === '/client.js') return answer(exchange, 'text/javascript; charset=utf-8', script)
      return path === '/events' ? fromOwnPage(exchange, () => eventAnswer(exchange, events)) : undefined
    },
    fallbackPage: (exchange, head = '') =>
      isRead(exchange) ? problemAnswer(exchange, head, options) : undefined,
  }
}

type Maybe<Value> = Value | Promise<Value>

function fromOwnPage(exchange: Exchange, then: () => Maybe<Answer>): Maybe<Answer> {
  if (!isForeignPage(senderOf(exchange))) return then()
  return { status: 403, headers: ['content-type', 'text/plain; charset=utf-8'], body: 'Not for this page' }
}

function senderOf({ request, mount, isPage }: Exchange): Parameters<typeof isForeignPage>[0] {
  return { mount, isPage, requestOrigin: headerOf(request, 'origin') }
}

function eventAnswer(exchange: Exchange, events: PageEvents): Answer {
  const headers = ['content-type', 'text/event-stream; charset=utf-8', 'cache-control', 'no-store']
  // A proxy must not buffer events.
  headers.push('x-accel-buffering', 'no')
  if (isSandboxedPage(senderOf(exchange))) headers.push(...PAGE_CORS)
  return { status: 200, headers, body: exchange.request.method === 'HEAD' ? null : events.open() }
}

/** Answers with the problem, for the overlay of that page. */
async function failureAnswer(exchange: Exchange, options: DevPathsOptions): Promise<Answer> {
  const failure = readPageFailure((await readText(exchange.request.body, MAX_REPORT)) ?? '')
  if (failure === undefined) return said(exchange, 400, { title: 'It is not the report of a page' })
  const { mount } = exchange
  const problem = await pageProblem(failure, {
    folder: options.folder,
    base: `${mount.origin}${mount.path}/`,
    frontend: options.frontendOf(),
  })
  options.onPageFailure(problem)
  return said(exchange, 200, problem)
}

async function editorAnswer(exchange: Exchange, options: DevPathsOptions): Promise<Answer> {
  const asked = readEditorPlace((await readText(exchange.request.body, MAX_REPORT)) ?? '')
  const { editorToken, folder, onEditorFailure } = options
  if (asked === undefined || editorToken === undefined || !isSame(asked.token, editorToken))
    return said(exchange, 403, { title: 'Not for this page' })
  const isOpened = await openEditor(folder, asked, onEditorFailure)
  return isOpened ? said(exchange, 200, {}) : said(exchange, 404, { title: 'It is no file of the plugin' })
}

function isSame(given: string, expected: string): boolean {
  const [one, two] = [Buffer.from(given), Buffer.from(expected)]
  return one.length === two.length && timingSafeEqual(one, two)
}

function said(exchange: Exchange, status: number, value: object): Answer {
  const headers = ['content-type', 'application/json', 'cache-control', 'no-store']
  if (isSandboxedPage(senderOf(exchange))) headers.push(...PAGE_CORS)
  return { status, headers, body: JSON.stringify(value) }
}

function problemAnswer(
  exchange: Exchange,
  head: string,
  { events, addressOf }: DevPathsOptions,
): Answer | undefined {
  const { request, mount } = exchange
  if (!(headerOf(request, 'accept') ?? '').includes('text/html')) return undefined
  const running = addressOf()
  if (running !== undefined && running.id !== mount.id) {
    return { status: 302, headers: ['location', running.url, 'cache-control', 'no-store'], body: null }
  }
  const client = `${mount.path}/.plugbay/client.js?none`
  const page = problemPage({ id: mount.id, head, client, problems: events.problems })
  return answer(exchange, 'text/html; charset=utf-8', page, 503)
}

function isRead({ request }: Exchange): boolean {
  return request.method === 'GET' || request.method === 'HEAD'
}

function answer({ request }: Exchange, type: string, body: string, status = 200): Answer {
  const headers = ['content-type', type, 'cache-control', 'no-store']
  headers.push('cross-origin-resource-policy', 'cross-origin')
  return { status, headers, body: request.method === 'HEAD' ? null : body }
}
