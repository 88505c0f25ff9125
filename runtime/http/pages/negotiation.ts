// Selects the bytes of an asset for a request: a compressed copy, a part, or nothing because the client has them.
// Invariant: parts are always of the identity encoding; a validator names exactly the bytes that it came with.

import type { Representation, Variant } from '../../package/artifact.ts'

export type Coding = 'identity' | 'gzip' | 'br'

/** The best copy that the client accepts (RFC 9110, 12.5.3): higher quality first, then the smaller one. */
export function chooseCoding(acceptEncoding: string | undefined, variant: Variant): Coding {
  if (acceptEncoding === undefined || (variant.gzip === null && variant.br === null)) return 'identity'
  // What browsers send, without parsing it.
  if (variant.br !== null && /^gzip, deflate, br(?:, zstd)?$/.test(acceptEncoding)) return 'br'
  const qualities = new Map<string, number>()
  for (const item of acceptEncoding.split(',')) {
    const [name = '', ...parameters] = item.split(';')
    const q = parameters
      .map((each) => /^\s*q=([\d.]+)\s*$/i.exec(each)?.[1])
      .find((each) => each !== undefined)
    qualities.set(name.trim().toLowerCase(), q === undefined ? 1 : Number(q))
  }
  const quality = (name: string): number => qualities.get(name) ?? qualities.get('*') ?? 0
  let best: Coding = 'identity'
  let bestQuality = Math.max(qualities.get('identity') ?? 0, Number.MIN_VALUE)
  for (const coding of ['gzip', 'br'] as const) {
    const found = variant[coding]
    if (found === null || quality(coding) < bestQuality) continue
    best = coding
    bestQuality = quality(coding)
  }
  return best
}

/** Whether the client has these bytes (If-None-Match, weak comparison). */
export function isUnchanged(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false
  if (ifNoneMatch === etag || ifNoneMatch.trim() === '*') return true
  return ifNoneMatch.split(',').some((each) => each.trim().replace(/^W\//, '') === etag)
}

export type RangeOutcome =
  /** Send everything: no range was requested, or an unsupported one. */
  | { readonly kind: 'whole' }
  /** Half-open. */
  | { readonly kind: 'part'; readonly start: number; readonly end: number }
  | { readonly kind: 'unsatisfiable' }

const WHOLE: RangeOutcome = { kind: 'whole' }

/** A single byte range (RFC 9110, 14.1.2). Several at once get the whole body, which the RFC allows. */
export function chooseRange(
  headers: { readonly range: string | undefined; readonly ifRange: string | undefined },
  part: Pick<Representation, 'size' | 'etag'>,
): RangeOutcome {
  const { range, ifRange } = headers
  if (range === undefined || (ifRange !== undefined && ifRange.trim() !== part.etag)) return WHOLE
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/i.exec(range.replaceAll(' ', ''))
  const [, first = '', last = ''] = match ?? []
  if (match === null || (first === '' && last === '')) return WHOLE
  if (first === '') {
    const length = Math.min(Number(last), part.size)
    return length === 0
      ? { kind: 'unsatisfiable' }
      : { kind: 'part', start: part.size - length, end: part.size }
  }
  const start = Number(first)
  const end = last === '' ? part.size : Math.min(Number(last) + 1, part.size)
  if (last !== '' && Number(last) < start) return WHOLE
  return start >= part.size ? { kind: 'unsatisfiable' } : { kind: 'part', start, end }
}
