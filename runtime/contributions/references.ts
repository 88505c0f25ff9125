// The extension points that a manifest names, of every kind, with their places in the file.

import type { PointKind } from '../../sdk/host/point-kinds.ts'
import type { Manifest } from '../../sdk/manifest/manifest.ts'

export interface Reference {
  readonly kind: PointKind
  /** Of events and calls it may be a pattern: "content.*", "*". */
  readonly name: string
  /** JSON pointer into the manifest. */
  readonly pointer: string
  /** Where it differs from the plugin's. */
  readonly priority?: number | undefined
}

export function referencesOf({
  contributes,
  permissions,
}: Pick<Manifest, 'contributes' | 'permissions'>): readonly Reference[] {
  const { menus = [], slots = [], hooks = [], actions = [] } = contributes ?? {}
  const { events = [], host = [] } = permissions ?? {}
  return [
    ...menus.map(({ menu }, at) => referenceTo('menus', menu, `/contributes/menus/${at}/menu`)),
    ...slots.map(({ slot, priority }, at) => ({
      ...referenceTo('slots', slot, `/contributes/slots/${at}/slot`),
      priority,
    })),
    ...hooks.map(({ hook, priority }, at) => ({
      ...referenceTo('hooks', hook, `/contributes/hooks/${at}/hook`),
      priority,
    })),
    ...actions.map(({ context = 'general' }, at) =>
      referenceTo('contexts', context, `/contributes/actions/${at}/context`),
    ),
    ...events.map((name, at) => referenceTo('events', name, `/permissions/events/${at}`)),
    ...host.map((name, at) => referenceTo('calls', name, `/permissions/host/${at}`)),
  ]
}

function referenceTo(kind: PointKind, name: string, pointer: string): Reference {
  return { kind, name, pointer }
}
