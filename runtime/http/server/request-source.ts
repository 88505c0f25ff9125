// Host, scheme and client address of a request, as far as they can be trusted.
// Invariant: X-Forwarded-* counts only with `trustProxy`, and only the entry that the nearest proxy wrote (the last one).

import type { Config } from '../../config/config.ts'
import { addressAt, publicAddresses } from '../../config/public-urls.ts'

export type SourceConfig = Pick<Config, 'publicUrl' | 'publicUrls' | 'trustProxy'>

export interface RequestSource {
  /** Name and port in the canonical form of the URL standard; without the scheme's default port. */
  readonly host: string
  /** Without the port; an IPv6 address is in brackets. */
  readonly hostname: string
  readonly scheme: 'http' | 'https'
  /** `scheme://host`. */
  readonly origin: string
}

/** Null when the Host header is not a name that a URL could hold. */
export function sourceOf(request: Request, config: SourceConfig): RequestSource | null {
  const url = new URL(request.url)
  const named = forwarded(request, 'x-forwarded-host', config) ?? request.headers.get('host') ?? url.host
  if (/[/\\?#@\s]/.test(named)) return null
  const plain = URL.parse(`http://${named}`)
  if (plain === null) return null
  const scheme = schemeOf(request, { url, named: plain, config })
  const source = URL.parse(`${scheme}://${named}`)
  return source && { host: source.host, hostname: source.hostname, scheme, origin: source.origin }
}

/** Whether this name always resolves to the machine itself. */
export function isLoopbackName(hostname: string): boolean {
  return isPlainLoopback(hostname) || hostname.endsWith('.localhost')
}

/** A loopback name that is not the own origin of a plugin, as `<id>.localhost` is. */
export function isPlainLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname)
}

/**
 * The address that limits are counted for.
 * @param peer the remote address; undefined without a connection (a request made in process)
 */
export function clientAddress(request: Request, peer: string | undefined, config: SourceConfig): string {
  return forwarded(request, 'x-forwarded-for', config) ?? peer ?? 'in-process'
}

/** The remote address of a Hono context of @hono/node-server. */
export function peerOf(env: unknown): string | undefined {
  const socket = fieldOf(fieldOf(env, 'incoming'), 'socket')
  const address = fieldOf(socket, 'remoteAddress')
  return typeof address === 'string' ? address : undefined
}

/** Path and query as they were sent, of a Hono context of @hono/node-server; undefined on another platform. */
export function rawTargetOf(env: unknown): string | undefined {
  const url = fieldOf(fieldOf(env, 'incoming'), 'url')
  return typeof url === 'string' ? url : undefined
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined
}

function forwarded(request: Request, header: string, config: SourceConfig): string | undefined {
  if (!config.trustProxy) return undefined
  const last = request.headers.get(header)?.split(',').at(-1)?.trim()
  return last === '' ? undefined : last
}

interface SchemeFacts {
  readonly url: URL
  readonly named: URL
  readonly config: SourceConfig
}

function schemeOf(request: Request, facts: SchemeFacts): 'http' | 'https' {
  const proto = forwarded(request, 'x-forwarded-proto', facts.config)
  if (proto !== undefined) return proto.toLowerCase() === 'https' ? 'https' : 'http'
  if (facts.url.protocol === 'https:') return 'https'
  // Behind an untrusted proxy that terminates TLS, the configured URL still says which scheme browsers use.
  const own = addressAt(publicAddresses(facts.config), facts.named)
  return own?.url.protocol === 'https:' ? 'https' : 'http'
}
