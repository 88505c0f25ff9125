// The messages of a plugin for its pages: the catalogs that a reader of one language needs, as they are in the package.
// Invariant: they are joined as bytes and not parsed, and their sizes are bounded by the package check.

import { createHash } from 'node:crypto'
import type { MessagesAnswer } from '../../../sdk/client/messages.ts'
import type { ServingPlugin } from '../../contributions/live-plugin.ts'
import { directionOf } from '../../languages/direction.ts'
import type { Languages } from '../../languages/languages.ts'
import type { Representation } from '../../package/artifact.ts'
import type { Answer } from '../exchange/answer.ts'
import type { Exchange } from '../exchange/exchange.ts'
import { headerOf } from '../exchange/headers.ts'
import { VARY_BY_LANGUAGE } from '../exchange/visitor-language.ts'
import { PUBLIC_HEADERS } from './asset-answer.ts'
import { isUnchanged } from './negotiation.ts'
import { isSandboxedPage, PAGE_CORS } from './page-cors.ts'
import type { PageLanguageServices } from './page-language.ts'

/** Below the mount. */
export const MESSAGES_PATH = '/.plugbay/messages'

type Parts = readonly (readonly [language: string, part: Representation])[]

/**
 * GET or HEAD by a visitor who may see the pages.
 * @param fixed the plugin headers
 */
export function messagesAnswer(
  { request, mount, user, isPage }: Pick<Exchange, 'request' | 'mount' | 'user' | 'isPage'>,
  plugin: ServingPlugin,
  { languages, languageOf, fixed }: PageLanguageServices & { readonly fixed: readonly string[] },
): Answer | Promise<Answer> {
  const { access } = plugin
  const language = mount.language ?? languageOf(request, user)
  const parts = catalogsFor(plugin, language, languages)
  const head = headFor(plugin, language, languages)
  const headers = [...fixed, 'content-type', 'application/json']
  const etag = etagOf(JSON.stringify(head), parts)
  // It is asked for at each visit, so that a new release is seen, and access is checked again.
  headers.push('etag', etag, 'cache-control', access === 'public' ? 'no-cache' : 'private, no-cache')
  if (mount.language === undefined) headers.push(...VARY_BY_LANGUAGE)
  const sender = { mount, isPage, requestOrigin: headerOf(request, 'origin') }
  if (access === 'public') headers.push(...PUBLIC_HEADERS)
  else if (isSandboxedPage(sender)) headers.push(...PAGE_CORS)
  else headers.push('cross-origin-resource-policy', 'same-origin')
  if (isUnchanged(headerOf(request, 'if-none-match'), etag)) return { status: 304, headers, body: null }
  if (request.method === 'HEAD') return { status: 200, headers, body: null }
  return messagesJson(plugin, { language, languages, parts }).then((json) => ({
    status: 200,
    headers,
    body: new Uint8Array(json),
  }))
}

/** The catalogs that a reader of the language needs, in order. */
export function catalogsFor({ artifact }: ServingPlugin, language: string, languages: Languages): Parts {
  return languages.chain(language, [...artifact.catalogs.keys()]).flatMap((each) => {
    const part = artifact.catalogs.get(each)
    return part === undefined ? [] : [[each, part] as const]
  })
}

/** Messages as the client reads them. */
export async function messagesJson(
  plugin: ServingPlugin,
  {
    language,
    languages,
    parts,
  }: { readonly language: string; readonly languages: Languages; readonly parts: Parts },
): Promise<Buffer> {
  const catalogs = await Promise.all(parts.map(([, part]) => plugin.artifact.readAll(part)))
  return join(JSON.stringify(headFor(plugin, language, languages)), parts, catalogs)
}

function headFor(
  { policy }: ServingPlugin,
  language: string,
  languages: Languages,
): Omit<MessagesAnswer, 'catalogs'> {
  return {
    language,
    dir: directionOf(language),
    available: languages.available,
    marks: policy.marksMissing,
  }
}

function join(head: string, parts: Parts, catalogs: readonly Uint8Array[]): Buffer {
  const pieces: Uint8Array[] = [Buffer.from(`${head.slice(0, -1)},"catalogs":[`)]
  for (const [index, [language]] of parts.entries()) {
    const front = `${index === 0 ? '' : ','}{"language":${JSON.stringify(language)},"messages":`
    pieces.push(Buffer.from(front), catalogs[index] ?? Buffer.from('{}'), Buffer.from('}'))
  }
  return Buffer.concat([...pieces, Buffer.from(']}')])
}

function etagOf(head: string, parts: Parts): string {
  const hash = createHash('sha256').update(head)
  for (const [language, { etag }] of parts) hash.update(`\n${language} ${etag}`)
  return `"${hash.digest('hex').slice(0, 32)}"`
}
