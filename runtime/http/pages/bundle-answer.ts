// Frontend bundles for pages of the application: the document of a frame, what a module is mounted with, and our script in frames.
// Invariant: the document is sandboxed like every page of a plugin, and holds a page token of its own; a module is answered only while
// the plugin may run in pages.

import type { BrowserScripts } from '../../bundles/browser-scripts.ts'
import type { ServingPlugin } from '../../contributions/live-plugin.ts'
import { type ErrorCode, PlugbayError } from '../../errors.ts'
import { BUNDLE_PATHS } from '../../slots/bundle-view.ts'
import type { Answer } from '../exchange/answer.ts'
import type { Exchange } from '../exchange/exchange.ts'
import { problemDocument } from '../server/problem.ts'
import { withBody } from './asset-answer.ts'
import { type BundleAnswerContext, type BundleContextServices, bundleContext } from './bundle-context.ts'
import { bundleDocument, bundleTags } from './bundle-document.ts'
import { errorAnswer } from './error-page.ts'
import { inserted } from './insertion.ts'
import { ownFileAnswer } from './own-files.ts'
import { tagsFor } from './page-html.ts'
import { pageLanguage } from './page-language.ts'
import type { PageTokens } from './page-token.ts'

export interface BundleServices extends BundleContextServices {
  readonly tokens: PageTokens
  readonly scripts: BrowserScripts
}

type BundleExchange = Pick<Exchange, 'request' | 'mount' | 'user'>

export interface BundleVisit {
  readonly exchange: BundleExchange
  readonly plugin: ServingPlugin
  /** "" or "?…", raw. */
  readonly query: string
  /** The plugin headers. */
  readonly fixed: readonly string[]
}

const PATHS: ReadonlySet<string> = new Set(Object.values(BUNDLE_PATHS))

export function isBundlePath(path: string): boolean {
  return PATHS.has(path)
}

/** GET or HEAD by a visitor who may see the pages. */
export async function bundleAnswer(
  path: string,
  visit: BundleVisit,
  services: BundleServices,
): Promise<Answer> {
  if (path === BUNDLE_PATHS.script) return scriptAnswer(visit, services)
  const { mount } = visit.exchange
  const isFrame = path === BUNDLE_PATHS.document
  // On an origin of its own it would not be sandboxed; where the origin of the application shows nothing of plugins, there are no frames.
  if (mount.mode === 'own' || (isFrame && mount.isHidden === true)) return refusal('MISDIRECTED', visit)
  try {
    const context = await bundleContext(visit.exchange, visit, services)
    if (isFrame !== (context.as === 'frame')) return refusal('NOT_FOUND', visit)
    return await (isFrame ? documentAnswer(context, visit, services) : contextAnswer(context, visit))
  } catch (error) {
    if (!(error instanceof PlugbayError)) throw error
    return refusal(error.code, visit, error)
  }
}

function contextAnswer({ json }: BundleAnswerContext, { exchange: { request }, fixed }: BundleVisit): Answer {
  const headers = [...fixed, 'content-type', 'application/json', 'cache-control', 'no-store']
  headers.push('cross-origin-resource-policy', 'same-origin')
  return { status: 200, headers, body: request.method === 'HEAD' ? null : new Uint8Array(json) }
}

async function documentAnswer(
  context: BundleAnswerContext,
  { exchange, plugin, fixed }: BundleVisit,
  services: BundleServices,
): Promise<Answer> {
  const { request, mount, user } = exchange
  const token = services.tokens.issue({ pluginId: plugin.id, user })
  const headers = [...fixed, 'content-type', 'text/html; charset=utf-8', 'cache-control', 'no-store']
  headers.push('cross-origin-resource-policy', 'same-origin')
  const isHead = request.method === 'HEAD'
  const credential = { token, isStranger: user === null, mount }
  if (context.page === null) {
    const body = bundleDocument(context, { credential, language: pageLanguage(exchange, services), mount })
    return { status: 200, headers, body: isHead ? null : body }
  }
  const asset = plugin.artifact.asset(context.page)
  if (asset === undefined) return refusal('NOT_FOUND', { exchange, plugin, fixed, query: '' })
  const { shared } = asset.variants
  const folder = context.page.slice(0, context.page.lastIndexOf('/') + 1)
  const tags = tagsFor(shared, {
    base: `${mount.path}/${encodeURI(folder)}`,
    language: pageLanguage(exchange, services),
    page: credential,
    // The script of bundles speaks to the page around.
    frame: null,
    client: null,
  })
  const bytes = new Uint8Array(Buffer.from(tags + bundleTags(context, mount), 'utf8'))
  const { identity, head } = shared
  return await withBody(
    { status: 200, headers, length: identity.size + bytes.length },
    isHead
      ? null
      : inserted(plugin.artifact.read(identity), { at: Math.min(head ?? 0, identity.size), bytes }),
  )
}

/** The same for everyone: it holds nothing of the plugin. */
function scriptAnswer({ exchange: { request }, fixed }: BundleVisit, { scripts }: BundleServices): Answer {
  const answer = ownFileAnswer(scripts('bundle-frame'), 'text/javascript', request)
  return { ...answer, headers: [...fixed, ...answer.headers] }
}

/** What the page of the application has asked wrongly is said; what went wrong in the plugin is in its log. */
function refusal(code: ErrorCode, { exchange, fixed }: BundleVisit, error?: PlugbayError): Answer {
  const answer = errorAnswer(code, exchange, fixed)
  if (error === undefined || !['BAD_REQUEST', 'POINT_UNKNOWN'].includes(code) || answer.body === null)
    return answer
  const headers = [
    ...fixed,
    'content-type',
    'application/problem+json; charset=utf-8',
    'cache-control',
    'no-store',
  ]
  return {
    ...answer,
    headers,
    body: JSON.stringify(problemDocument(error, { detailed: true, shell: exchange.mount.shell })),
  }
}
