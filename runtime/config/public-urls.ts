// The addresses that visitors use: "publicUrl", then those of "publicUrls". The first is the main one, for links.
// Invariant: a name that is not here, not below a plugin domain and not a loopback name is not ours.

import type { Config } from './config.ts'

/** An entry of "publicUrls". */
export interface PublicUrl {
  /** An origin: "https://media.example.org". */
  readonly url: string
  /** Own origins of plugins for visitors of this address: `<id>.<pluginDomain>`. */
  readonly pluginDomain?: string | null
}

export interface PublicAddress {
  readonly url: URL
  readonly pluginDomain: string | null
}

export type PublicConfig = Pick<Config, 'publicUrl' | 'publicUrls'>

/** `pluginDomain` of the config is that of the first, unless that names another one. Anything but a URL is left out. */
export function publicAddresses(
  config: PublicConfig & Partial<Pick<Config, 'pluginDomain'>>,
): readonly PublicAddress[] {
  const given = [...(config.publicUrl === null ? [] : [config.publicUrl]), ...config.publicUrls]
  return given.flatMap((each, index) => {
    const { url, pluginDomain = null } = typeof each === 'string' ? { url: each } : each
    const parsed = URL.parse(url)
    const fallback = index === 0 ? (config.pluginDomain ?? null) : null
    return parsed === null ? [] : [{ url: parsed, pluginDomain: pluginDomain ?? fallback }]
  })
}

/** The origin that links lead to; null when only loopback names are used. */
export function mainOrigin(config: PublicConfig): string | null {
  return publicAddresses(config)[0]?.url.origin ?? null
}

/** Ports are not compared: a tunnel or a container maps them. Of several with the same name, the one with the very host is meant. */
export function addressAt(
  addresses: readonly PublicAddress[],
  { hostname, host, origin }: Pick<URL, 'hostname' | 'host' | 'origin'>,
): PublicAddress | undefined {
  return (
    addresses.find(({ url }) => url.origin === origin) ??
    addresses.find(({ url }) => url.host === host) ??
    addresses.find(({ url }) => url.hostname === hostname)
  )
}
