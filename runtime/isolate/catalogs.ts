// The catalogs of messages of one plugin: bytes that came with its code, and become text when its guest asks for a language.

import type { LoadCall } from '../../sdk/protocol/sandbox-control.ts'

export type ReadCatalog = (language: string) => string | undefined

/** Where the catalogs begin in the body of a load call; undefined without any. */
export function catalogsStart({ sourceBytes, cacheBytes = 0, catalogs = [] }: LoadCall): number | undefined {
  return catalogs.length === 0 ? undefined : sourceBytes + cacheBytes
}

export function catalogsFromBody(load: LoadCall, body: Uint8Array): ReadCatalog {
  const byLanguage = new Map<string, Uint8Array>()
  let offset = catalogsStart(load) ?? 0
  for (const { language, bytes } of load.catalogs ?? []) {
    // A copy: a view would keep the code in memory.
    byLanguage.set(language, body.slice(offset, offset + bytes))
    offset += bytes
  }
  return (language) => {
    const bytes = byLanguage.get(String(language))
    return bytes && new TextDecoder().decode(bytes)
  }
}
