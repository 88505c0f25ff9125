// Finds out what a request is for: a plugin's backend, its pages, or something of the runtime's own.
// Invariant: the path is matched raw: an encoded slash or dot never makes a path mean another plugin.

import type { OriginMode } from '../pages/origin.ts'
import type { Place } from './types.ts'

export type Target =
  | { readonly kind: 'backend'; readonly id: string; readonly place: Place; readonly target: string }
  | {
      readonly kind: 'page'
      readonly id: string
      readonly place: Place
      readonly path: string
      readonly query: string
    }
  | { readonly kind: 'runtime' }

const PREFIX = '/plugins/'
const RUNTIME: Target = { kind: 'runtime' }

/** @param url path and query as received, below the base path */
export function locate(
  url: string,
  mode: Exclude<OriginMode, { kind: 'foreign' }>,
  basePath: string,
): Target {
  const end = url.indexOf('?')
  const path = end === -1 ? url : url.slice(0, end)
  const query = end === -1 ? '' : url.slice(end)
  if (mode.kind === 'plugin') {
    const place: Place = { mode: 'own', mount: '', origin: mode.origin, shell: mode.shell }
    return split(mode.id, { place, rest: path, query })
  }
  if (!path.startsWith(PREFIX)) return RUNTIME
  const idEnd = path.indexOf('/', PREFIX.length)
  const id = path.slice(PREFIX.length, idEnd === -1 ? undefined : idEnd)
  const place: Place = {
    mode: 'opaque',
    mount: `${basePath}${PREFIX}${id}`,
    origin: mode.origin,
    shell: mode.origin,
  }
  return split(id, { place, rest: idEnd === -1 ? '' : path.slice(idEnd), query })
}

function split(id: string, parts: { place: Place; rest: string; query: string }): Target {
  const { place, rest, query } = parts
  if (rest === '/api' || rest.startsWith('/api/')) {
    return { kind: 'backend', id, place, target: (rest.slice('/api'.length) || '/') + query }
  }
  return { kind: 'page', id, place, path: rest, query }
}
