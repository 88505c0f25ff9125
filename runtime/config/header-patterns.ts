// Names of response headers in the configuration: "x-acme-region", or "x-acme-*" for all that begin so.
// Invariant: no pattern lets a plugin set a policy of the runtime or a header of the connection.

const PATTERN = /^[a-z0-9][a-z0-9-]*\*?$/

/** Policies of pages, of the whole origin, and what frames a message: never a plugin's. */
const NEVER =
  /^(?:content-security-policy.*|x-content-security-policy.*|x-webkit-csp.*|x-content-type-options|x-frame-options|x-xss-protection|x-permitted-cross-domain-policies|referrer-policy|permissions-policy.*|document-policy.*|cross-origin-.*|origin-agent-cluster|strict-transport-security|clear-site-data|service-worker-allowed|set-cookie2?|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|content-length|date|sec-.*)$/

/** Whether a name of the configuration can be one. Text in lower case. */
export function isHeaderPattern(text: string): boolean {
  return PATTERN.test(text) && !NEVER.test(text)
}

/** Whether one of the patterns names the header. `name` in lower case. */
export function matchesHeader(patterns: readonly string[], name: string): boolean {
  return (
    patterns.some((pattern) =>
      pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
    ) && !NEVER.test(name)
  )
}
