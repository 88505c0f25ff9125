// Keeps the page policy on answers of plugins in an embedding application, whose middleware may replace headers after the runtime
// has answered (Hono's secureHeaders(), helmet): without the sandbox, a plugin's page would have the rights of the application.
// Invariant: on a Node server of HTTP/1, no head of an answer with a policy leaves without it. Two policies both apply.

const KEPT = Symbol('kept policy')

export interface Kept {
  readonly policy: string
  readonly onLost: () => void
}

type WriteHead = (this: Outgoing, ...given: unknown[]) => unknown

interface Outgoing {
  writeHead: WriteHead
  /** The head as text, once it is written: undocumented, as in exchange/prepared-head.ts. */
  _header?: unknown
  [KEPT]?: Kept & { readonly before: WriteHead }
}

/**
 * Watches the response that an answer will be written to; nothing on another platform.
 * @param env of a Hono context of @hono/node-server
 */
export function keepPolicy(env: unknown, kept: Kept): void {
  if (typeof env !== 'object' || env === null || !('outgoing' in env)) return
  const { outgoing } = env
  if (!isOutgoing(outgoing) || outgoing.writeHead === writeHead) return
  // Packages replace the method too (on-headers): the text at the end is what counts.
  outgoing[KEPT] = { ...kept, before: outgoing.writeHead }
  outgoing.writeHead = writeHead
}

function isOutgoing(value: unknown): value is Outgoing {
  return typeof value === 'object' && value !== null && 'writeHead' in value
}

const writeHead: WriteHead = function writeHead(this: Outgoing, ...given) {
  const kept = this[KEPT]
  const result = kept?.before.apply(this, given)
  const { _header: head } = this
  if (kept === undefined || typeof head !== 'string' || hasPolicy(head, kept.policy)) return result
  kept.onLost()
  this._header = `${head.slice(0, -2)}content-security-policy: ${kept.policy}\r\n\r\n`
  return result
}

function hasPolicy(head: string, policy: string): boolean {
  return head.split('\r\n').some((line) => /^content-security-policy:/i.test(line) && line.includes(policy))
}
