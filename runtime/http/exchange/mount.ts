// The address of a plugin: the same plugin has one mount on our origin, and another on an origin of its own.

export interface Mount {
  readonly id: string
  /** `opaque`: below a path of our origin, its pages sandboxed. `own`: on an origin that belongs to this plugin alone. */
  readonly mode: 'own' | 'opaque'
  /** Path before the plugin's own paths: "/plugins/hello", "/tools/plugins/hello"; "" on an origin of its own. */
  readonly path: string
  /** The origin that the visitor sees: "http://127.0.0.1:3000". */
  readonly origin: string
  /** The origin of the runtime's own pages, which may frame the plugin's. */
  readonly shellOrigin: string
  /** What follows `<id>.` in the names of own origins; null where there are none, and on an origin of its own. */
  readonly pluginSuffix: string | null
}

/** The plugin's own origin, where the visitor's way of reaching us allows one and this is another; else null. */
export function ownOriginOf({ id, origin, pluginSuffix }: Mount): string | null {
  if (pluginSuffix === null) return null
  return `${origin.slice(0, origin.indexOf('://'))}://${id}.${pluginSuffix}`
}
