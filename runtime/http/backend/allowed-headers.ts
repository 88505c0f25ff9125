// Headers of an answer that are a plugin's to set. A list of what may pass, since browsers learn new headers that speak for a
// whole origin, and proxies obey undocumented ones. The operator can add to it.
// Invariant: what passes describes the one answer that it comes with.

import { matchesHeader } from '../../config/header-patterns.ts'

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
  'x-download-options',
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
  // Of the orders to nginx the one that concerns this answer alone.
  'x-accel-buffering',
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
  'x-request-id',
  'x-correlation-id',
  'x-trace-id',
  'x-response-time',
  'x-runtime',
  'x-version',
  'x-api-version',
  'x-cache',
  'x-robots-tag',
  // Lists in pages. Of Link only what makes browsers do nothing (links.ts).
  'link',
  'x-total-count',
  'x-total-pages',
  'x-total',
  'x-page',
  'x-per-page',
  'x-next-page',
  'x-prev-page',
  'x-has-more',
  // CORS (Fetch standard), of public plugins.
  'access-control-allow-origin',
  'access-control-allow-credentials',
  'access-control-allow-methods',
  'access-control-allow-headers',
  'access-control-expose-headers',
  'access-control-max-age',
  // For clients of WebDAV (RFC 4918).
  'dav',
  'lock-token',
  'timeout',
  'ms-author-via',
])

/** Rate limits; resumable uploads; htmx and its like; MCP; gRPC; radio streams; and what authors name themselves. */
const FAMILIES =
  /^(?:(?:x-)?ratelimit-|x-rate-limit-|tus-|upload-|hx-|x-inertia(?:-|$)|x-up-|x-pjax-|mcp-|grpc-|icy-|x-plugin-)/

/**
 * @param name in lower case
 * @param more patterns of the operator (config/header-patterns.ts)
 */
export function isThePlugins(name: string, more: readonly string[]): boolean {
  return NAMES.has(name) || FAMILIES.test(name) || (more.length > 0 && matchesHeader(more, name))
}
