// Headers of an answer that are a plugin's to set. A list of what may pass, since browsers learn new headers that speak for a
// whole origin, and proxies obey undocumented ones.
// Invariant: what passes describes the one answer that it comes with.

const NAMES: ReadonlySet<string> = new Set([
  // About the body (RFC 9110, 8 and 14; RFC 9530).
  'content-type',
  'content-encoding',
  'content-language',
  'content-location',
  'content-disposition',
  'content-range',
  'content-digest',
  'content-md5',
  'digest',
  'repr-digest',
  'accept-ranges',
  'etag',
  'last-modified',
  'sourcemap',
  // Caching: lifetime, audience, dependencies (RFC 9111, 9745, 8594).
  'cache-control',
  'expires',
  'age',
  'pragma',
  'vary',
  'warning',
  'deprecation',
  'sunset',
  // About the next request (RFC 9110, 10.2, 11.6, 12.5; RFC 7240).
  'location',
  'retry-after',
  'allow',
  'www-authenticate',
  'authentication-info',
  'accept',
  'accept-encoding',
  'accept-language',
  'accept-patch',
  'accept-post',
  'accept-query',
  'preference-applied',
  'want-content-digest',
  'want-repr-digest',
  'set-cookie',
  // About its origin: tracing, signatures (RFC 9421), measurements, limits.
  'request-id',
  'correlation-id',
  'traceparent',
  'tracestate',
  'traceresponse',
  'server-timing',
  'signature',
  'signature-input',
  'idempotency-key',
  'ratelimit',
  // For clients of WebDAV (RFC 4918).
  'dav',
  'lock-token',
  'timeout',
  'ms-author-via',
])

/**
 * CORS of public plugins; rate limits; resumable uploads; htmx; MCP; gRPC; radio streams; and headers without meaning for
 * browsers.
 */
const PREFIXES: readonly string[] = [
  'access-control-',
  'ratelimit-',
  'tus-',
  'upload-',
  'hx-',
  'mcp-',
  'grpc-',
  'icy-',
  'x-',
]

/** Exceptions among those that begin with "x-": policies of the runtime, and commands to a proxy in front. */
const ORDERS =
  /^x-(?:content-security-policy|webkit-csp|content-type-options|frame-options|xss-protection|permitted-cross-domain-policies|dns-prefetch-control|ua-compatible|powered-by|accel-|sendfile|lighttpd-|litespeed-|reproxy-)/

/** @param name in lower case */
export function isThePlugins(name: string): boolean {
  if (NAMES.has(name)) return true
  return PREFIXES.some((prefix) => name.startsWith(prefix)) && !ORDERS.test(name)
}
