// Classifies the origin of a request: ours, a plugin's own, or foreign.
// Invariant: a Host that is neither a public URL's, nor below a plugin domain, nor a loopback name gets nothing (DNS rebinding).

import { FORMS } from '../../../sdk/manifest/names.ts'
import type { Config } from '../../config/config.ts'
import { addressAt, publicAddresses } from '../../config/public-urls.ts'
import { isPlainLoopback } from '../server/request-source.ts'

export interface OriginQuestion {
  /** The Host header, or what a trusted proxy reports of it. */
  readonly hostHeader: string | null | undefined
  readonly config: Pick<Config, 'publicUrl' | 'publicUrls' | 'pluginDomain'>
  /** The port of the server: our own pages are there as long as there is no public URL. */
  readonly port: number
  /** The scheme that browsers use; default http. */
  readonly scheme?: 'http' | 'https'
}

export type OriginMode =
  /** `origin`: as the visitor reaches the runtime. `pluginSuffix`: follows `<id>.` in own origins; null without them. */
  | { readonly kind: 'shared'; readonly origin: string; readonly pluginSuffix: string | null }
  /** `origin`: of the plugin. `shellOrigin`: ours, whose pages may frame the plugin's. */
  | { readonly kind: 'plugin'; readonly id: string; readonly origin: string; readonly shellOrigin: string }
  /** Respond with 421 MISDIRECTED. */
  | { readonly kind: 'foreign' }

const FOREIGN: OriginMode = { kind: 'foreign' }

/** Classifies a request by its Host. Never throws. */
export function originMode(question: OriginQuestion): OriginMode {
  const { hostHeader, config, scheme = 'http' } = question
  if (!hostHeader || /[/\\?#@\s]/.test(hostHeader)) return FOREIGN
  const url = URL.parse(`${scheme}://${hostHeader}`)
  if (url === null) return FOREIGN
  const { hostname, host } = url
  const addresses = publicAddresses(config)
  const shared = addressAt(addresses, url)
  if (shared !== undefined) {
    const { origin, port } = shared.url
    const suffix = shared.pluginDomain === null ? null : withPort(shared.pluginDomain, port)
    return { kind: 'shared', origin, pluginSuffix: suffix ?? localSuffix(hostname, host) }
  }
  const above = addresses.find(({ pluginDomain }) => isBelow(hostname, pluginDomain))
  if (above !== undefined) {
    const id = idBelow(hostname, above.pluginDomain)
    return isId(id)
      ? { kind: 'plugin', id, origin: `${above.url.protocol}//${host}`, shellOrigin: above.url.origin }
      : FOREIGN
  }
  if (addresses.length === 0 && isBelow(hostname, config.pluginDomain)) {
    const id = idBelow(hostname, config.pluginDomain)
    const shellOrigin = `http://localhost:${question.port}`
    return isId(id) ? { kind: 'plugin', id, origin: url.origin, shellOrigin } : FOREIGN
  }
  if (hostname.endsWith('.localhost')) {
    const id = hostname.slice(0, -'.localhost'.length)
    return isId(id)
      ? {
          kind: 'plugin',
          id,
          origin: url.origin,
          shellOrigin: `${scheme}://${withPort('localhost', url.port)}`,
        }
      : FOREIGN
  }
  if (isPlainLoopback(hostname))
    return { kind: 'shared', origin: url.origin, pluginSuffix: localSuffix(hostname, host) }
  return FOREIGN
}

/** Names below "localhost" lead to this machine too; names below an IP address do not exist. */
function localSuffix(hostname: string, host: string): string | null {
  return hostname === 'localhost' ? host : null
}

function isBelow(hostname: string, domain: string | null): domain is string {
  return domain !== null && hostname.endsWith(`.${domain}`)
}

function idBelow(hostname: string, domain: string | null): string {
  return domain === null ? '' : hostname.slice(0, -domain.length - 1)
}

function withPort(name: string, port: string): string {
  return port === '' ? name : `${name}:${port}`
}

function isId(label: string): boolean {
  return new RegExp(FORMS.id.pattern).test(label)
}
