// The plugin headers (pages/csp.ts) of each route, as a flat list, built once per route and place: requests are many, places few.

import type { ServingPlugin } from '../../contributions/live-plugin.ts'
import { pluginHeaders } from '../pages/csp.ts'
import type { Place } from './types.ts'

/** A visitor chooses the name that he reaches us by: no more than this many are remembered per route. */
const MAX_PLACES = 16

export function createPluginHeaderCache(): (route: ServingPlugin, place: Place) => readonly string[] {
  const byRoute = new WeakMap<ServingPlugin, Map<string, readonly string[]>>()
  return (route, place) => {
    const places = byRoute.get(route) ?? new Map<string, readonly string[]>()
    byRoute.set(route, places)
    const key = `${place.mode} ${place.shell} ${place.mount}`
    const known = places.get(key)
    if (known !== undefined) return known
    const context = { mount: place.mount, publicOrigin: place.shell, network: route.grants.network ?? [] }
    const made = Object.entries(pluginHeaders(place.mode, context)).flat()
    if (places.size < MAX_PLACES) places.set(key, made)
    return made
  }
}
