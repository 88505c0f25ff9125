// Headers of requests and responses are flat lists: lower-case names and values alternate, in the order of the wire.

import type { FlatHeaders } from '../../../sdk/protocol/guest-request.ts'

/**
 * The value of a header; repeated ones are joined (RFC 9110, 5.3; RFC 6265, 5.4).
 * @param name in lower case
 */
export function headerOf({ headers }: { readonly headers: FlatHeaders }, name: string): string | undefined {
  let found: string | undefined
  for (let index = 0; index + 1 < headers.length; index += 2) {
    if (headers[index] !== name) continue
    const value = headers[index + 1]
    found = found === undefined ? value : `${found}${name === 'cookie' ? '; ' : ', '}${value}`
  }
  return found
}

/** In the form of Request, Response and Headers of the Fetch standard. */
export function headerPairs(headers: FlatHeaders): [string, string][] {
  const pairs: [string, string][] = []
  for (let index = 0; index + 1 < headers.length; index += 2)
    pairs.push([headers[index] as string, headers[index + 1] as string])
  return pairs
}
