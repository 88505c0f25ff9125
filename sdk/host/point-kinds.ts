// The kinds of extension points, named as in a declaration, and the word for one point of each kind.

export const POINT_KINDS = {
  menus: { word: 'menu', isServed: true },
  slots: { word: 'slot', isServed: true },
  hooks: { word: 'hook', isServed: true },
  events: { word: 'event', isServed: true },
  contexts: { word: 'context', isServed: true },
  calls: { word: 'call', isServed: true },
} as const satisfies Readonly<Record<string, PointKindRow>>

interface PointKindRow {
  readonly word: string
  /** False: a host may declare such points and plugins may name them, but this version does nothing with them yet. */
  readonly isServed: boolean
}

export type PointKind = keyof typeof POINT_KINDS

export const POINT_KIND_NAMES = Object.keys(POINT_KINDS) as readonly PointKind[]

/**
 * What operators put in order: the plugins at a point, those that change settings of another plugin or of the application, and those
 * that bring values or patches for its templates.
 */
export type OrderedKind = PointKind | 'settings' | 'values' | 'patches'

export const ORDERED_KIND_NAMES: readonly OrderedKind[] = [
  ...POINT_KIND_NAMES,
  'settings',
  'values',
  'patches',
]
