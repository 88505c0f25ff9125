// Routes a request by its path: to a plugin's backend, its pages, a reserved path below it, or the runtime itself.
// Invariant: the path is matched raw: an encoded slash or dot never makes a path mean another plugin.

import type { Mount } from '../exchange/mount.ts'
import type { MeterTarget } from '../metrics/http-meter.ts'
import type { OriginMode } from './origin.ts'

/** A request for a plugin. */
export interface Located {
  readonly kind: 'backend' | 'page' | 'reserved'
  readonly mount: Mount
  /**
   * Path and query, raw. For a backend the part after "/api", at least "/"; for a reserved path the part after "/.plugbay"; for
   * a page the part after the mount: "" is the mount without a slash.
   */
  readonly target: string
}

export type Target = Located | { readonly kind: 'runtime' }

const PREFIX = '/plugins/'
const API = '/api'
const RESERVED = '/.plugbay'
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
    const { id, origin, shellOrigin } = mode
    return split({ id, mode: 'own', path: '', origin, shellOrigin, pluginSuffix: null }, path, query)
  }
  if (!path.startsWith(PREFIX)) return RUNTIME
  const idEnd = path.indexOf('/', PREFIX.length)
  const id = path.slice(PREFIX.length, idEnd === -1 ? undefined : idEnd)
  const { origin } = mode
  const mount: Mount = {
    id,
    mode: 'opaque',
    path: `${basePath}${PREFIX}${id}`,
    origin,
    shellOrigin: origin,
    // Below a base path the rest of the origin belongs to another application: plugins have no origins of their own there.
    pluginSuffix: basePath === '' ? mode.pluginSuffix : null,
  }
  return split(mount, idEnd === -1 ? '' : path.slice(idEnd), query)
}

function split(mount: Mount, rest: string, query: string): Located {
  if (rest === API || rest.startsWith(`${API}/`))
    return { kind: 'backend', mount, target: (rest.slice(API.length) || '/') + query }
  if (rest.startsWith(`${RESERVED}/`))
    return { kind: 'reserved', mount, target: rest.slice(RESERVED.length) + query }
  return { kind: 'page', mount, target: rest + query }
}

/** Metrics target that its answer is counted for. */
export function meterTargetOf({ kind }: Located): MeterTarget {
  return kind === 'backend' ? 'backend' : 'page'
}
