// The header Link (RFC 8288): lists in pages and descriptions of an API, as their clients expect them.
// Invariant: browsers load nothing because of it: relations that make them fetch, connect or apply something do not pass, and
// what they may look at in advance is the plugin's own.

import { type AddressFacts, addressForVisitor } from './own-addresses.ts'

const RELATIONS: ReadonlySet<string> = new Set([
  ...['next', 'prev', 'previous', 'first', 'last', 'start', 'self', 'current', 'up', 'index', 'contents'],
  ...['item', 'collection', 'edit', 'create-form', 'edit-form', 'related', 'via', 'author', 'license'],
  ...[
    'describedby',
    'describes',
    'service',
    'service-desc',
    'service-doc',
    'service-meta',
    'status',
    'profile',
  ],
  ...[
    'latest-version',
    'successor-version',
    'predecessor-version',
    'version-history',
    'deprecation',
    'sunset',
  ],
  ...['alternate', 'canonical', 'hub'],
])

/** "<target>; name=value; name="a text"", up to the comma behind it. */
const LINK = /\s*<([^<>]*)>((?:\s*;\s*[!#$&+\-.^_`|~\w*]+(?:\s*=\s*(?:"[^"\\]*"|[^\s;,"]+))?)*)\s*(?:,|$)/y
const PARAMETER = /\s*;\s*([!#$&+\-.^_`|~\w*]+)(?:\s*=\s*(?:"([^"\\]*)"|([^\s;,"]+)))?/gy

/** The value for the visitor: all links, or undefined when one of them is not to pass. */
export function linksForVisitor(value: string, facts: AddressFacts): string | undefined {
  const out: string[] = []
  for (let at = 0; at < value.length; at = LINK.lastIndex) {
    LINK.lastIndex = at
    const [, target, parameters = ''] = LINK.exec(value) ?? []
    if (target === undefined || !isHarmless(parameters)) return undefined
    const address = addressForVisitor(target, facts)
    if (!isOwn(address, facts)) return undefined
    out.push(`<${address}>${parameters}`)
  }
  return out.length === 0 ? undefined : out.join(', ')
}

function isHarmless(parameters: string): boolean {
  const found = [...parameters.matchAll(PARAMETER)].filter(([, name = '']) => name.toLowerCase() === 'rel')
  const [, , quoted, bare] = found[0] ?? []
  const relations = (quoted ?? bare ?? '').trim().toLowerCase().split(/\s+/)
  return found.length === 1 && relations.every((relation) => RELATIONS.has(relation))
}

/** Firefox fetches what is "next" in advance. */
function isOwn(address: string, { mount }: AddressFacts): boolean {
  const { origin, path } = mount
  const url = URL.parse(address, `${origin}${path}/api/`)
  return url !== null && url.origin === origin && url.pathname.startsWith(`${path}/`)
}
