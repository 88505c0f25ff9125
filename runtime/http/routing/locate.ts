// Routes a request by its path: to a plugin's backend, its pages, a reserved path below it, or the runtime itself.
// Invariant: the path is matched raw: an encoded slash or dot never makes a path mean another plugin.

import { type LanguagePrefixes, languageBeforePlugins } from '../exchange/language-prefix.ts'
import { type Mount, PLUGINS } from '../exchange/mount.ts'
import type { MeterTarget } from '../metrics/http-meter.ts'
import { isBundlePath } from '../pages/bundle-answer.ts'
import { MESSAGES_PATH } from '../pages/page-messages.ts'
import type { OriginMode } from './origin.ts'

/** A request for a plugin. */
export interface Located {
  readonly kind: 'backend' | 'page' | 'reserved'
  readonly mount: Mount
  /**
   * Path and query, raw. For a backend the part after "/api", at least "/"; for a reserved path the part after "/.plugbay"; for
   * a page the part after the mount: "" is the mount without a slash.
   */
  readonly target: string
  /** Where the same is in a language that counts, or in none, or without the prefix on an own origin: the request is redirected there. */
  readonly movedTo?: string
}

/** `misspelt`: a path of the runtime in another spelling than its own; respond with 400. */
export type Target = Located | { readonly kind: 'runtime' } | { readonly kind: 'misspelt' }

const API = '/api'
const RESERVED = '/.plugbay'
const RUNTIME: Target = { kind: 'runtime' }
const MISSPELT: Target = { kind: 'misspelt' }
/** Letters, digits, "-", ".", "_" and "~": the router decodes them, and a proxy that guards "/api/" may not. */
const NEEDLESS_ENCODING = /%(?:2[de]|3\d|[46][1-9a-f]|[57][\da]|5f|7e)/i

export interface Place {
  readonly basePath: string
  /** Whether plugins are shown on origins of their own where the visitor's way in has such. */
  readonly hasOwnOrigins: boolean
  readonly ownOriginsOnly: boolean
  readonly languages: LanguagePrefixes
}

/** @param url path and query as received, below the base path */
export function locate(url: string, mode: Exclude<OriginMode, { kind: 'foreign' }>, place: Place): Target {
  const end = url.indexOf('?')
  const path = end === -1 ? url : url.slice(0, end)
  const query = end === -1 ? '' : url.slice(end)
  if (mode.kind === 'plugin') {
    const { id, origin, shellOrigin } = mode
    const shell = shellOrigin + place.basePath
    const language = languageOnOwnOrigin(path, id, place.languages)
    const mount: Mount = { id, mode: 'own', path: '', origin, shellOrigin, shell, pluginSuffix: null }
    if (language === undefined) return onOwnOrigin(mount, path, query)
    const prefix = `/${language}`
    return onOwnOrigin({ ...mount, path: prefix, plainPath: '', language }, path.slice(prefix.length), query)
  }
  // Where pages lead back from (return-page.ts).
  if (path === PLUGINS) return RUNTIME
  if (path.startsWith(PLUGINS)) return below('', { path, query, mode, place })
  const language = languageBeforePlugins(path)
  if (language === undefined) return NEEDLESS_ENCODING.test(path) ? MISSPELT : RUNTIME
  return inLanguage(language, { path: path.slice(1 + language.length), query, mode, place })
}

/**
 * Paths of the shared origin lead to the same plugin here: what it knows of its address does not depend on the origin.
 * The new address has the origin in front: what follows the prefix may be "//another.example".
 */
function onOwnOrigin(mount: Mount, path: string, query: string): Located {
  const prefix = PLUGINS + mount.id
  if (!path.startsWith(`${prefix}/`)) return split(mount, path, query)
  const rest = path.slice(prefix.length)
  const located = split(mount, rest, query)
  return located.kind === 'page' ? { ...located, movedTo: mount.origin + mount.path + rest + query } : located
}

interface Below {
  /** From "/plugins/" on. */
  readonly path: string
  readonly query: string
  readonly mode: Extract<OriginMode, { kind: 'shared' }>
  readonly place: Place
}

/** @param prefix "" or "/fr" */
function below(prefix: string, { path, query, mode, place }: Below): Located {
  const { basePath, hasOwnOrigins, ownOriginsOnly } = place
  const idEnd = path.indexOf('/', PLUGINS.length)
  const id = path.slice(PLUGINS.length, idEnd === -1 ? undefined : idEnd)
  const { origin } = mode
  const mount: Mount = {
    id,
    mode: 'opaque',
    path: `${basePath}${prefix}${PLUGINS}${id}`,
    origin,
    shellOrigin: origin,
    shell: basePath,
    pluginSuffix: hasOwnOrigins ? mode.pluginSuffix : null,
  }
  return split(
    ownOriginsOnly ? { ...mount, isHidden: true } : mount,
    idEnd === -1 ? '' : path.slice(idEnd),
    query,
  )
}

function inLanguage(language: string, request: Below): Located {
  const { languages, basePath } = request.place
  const plain = below('', request)
  const isTranslated = languages.isTranslated(plain.mount.id)
  // Of a plugin that does not serve it is not known; it may be back in a moment.
  if (languages.has(language) && isTranslated !== false) {
    const { kind, target, mount } = below(`/${language}`, request)
    return { kind, target, mount: { ...mount, plainPath: plain.mount.path, language } }
  }
  const nearest = isTranslated === true ? languages.match([language]) : undefined
  const prefix = nearest === undefined ? '' : `/${nearest}`
  return { ...plain, movedTo: basePath + prefix + request.path + request.query }
}

/** The frontend of a plugin whose pages are not translated may have a folder of this name. */
function languageOnOwnOrigin(path: string, id: string, languages: LanguagePrefixes): string | undefined {
  if (path.startsWith(`${API}/`)) return undefined
  const end = path.indexOf('/', 1)
  const segment = path.slice(1, end === -1 ? undefined : end)
  return languages.has(segment) && languages.isTranslated(id) === true ? segment : undefined
}

function split(mount: Mount, rest: string, query: string): Located {
  if (rest === API || rest.startsWith(`${API}/`))
    return { kind: 'backend', mount, target: (rest.slice(API.length) || '/') + query }
  // Large, so they are sent as pages are.
  if (rest.startsWith(`${RESERVED}/`) && !isSentAsPage(rest))
    return { kind: 'reserved', mount, target: rest.slice(RESERVED.length) + query }
  return { kind: 'page', mount, target: rest + query }
}

function isSentAsPage(path: string): boolean {
  return path === MESSAGES_PATH || isBundlePath(path)
}

/** Metrics target that its answer is counted for. */
export function meterTargetOf({ kind }: Located): MeterTarget {
  return kind === 'backend' ? 'backend' : 'page'
}
