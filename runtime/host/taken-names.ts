// Names that belong to the application: a plugin's own points and events are below its id, and so must be free.

import type { Points } from './points.ts'

/** The name of a point of the runtime or the host that is below the id of the plugin, if any. */
export function pointBelow(pluginId: string, points: Points): string | undefined {
  return points.list().find(({ name }) => name === pluginId || name.startsWith(`${pluginId}.`))?.name
}
