// The address of a plugin: the same plugin has one mount on our origin, and another on an origin of its own.

export interface Mount {
  readonly id: string
  /** `opaque`: below a path of our origin, its pages sandboxed. `own`: on an origin that belongs to this plugin alone. */
  readonly mode: 'own' | 'opaque'
  /** Path prefix of the plugin: "/plugins/hello", "/tools/plugins/hello"; "" on an origin of its own. */
  readonly path: string
  /** The origin that the visitor sees: "http://127.0.0.1:3000". */
  readonly origin: string
  /** The origin of the runtime's own pages, which may frame the plugin's. */
  readonly shellOrigin: string
  /** Where the runtime is, as an address from here: "", "/tools"; with its origin on an origin of the plugin's own. */
  readonly shell: string
  /** Suffix after `<id>.` in the names of own origins; null without own origins, and on one of them. */
  readonly pluginSuffix: string | null
  /** Plugins are shown on their own origins only: here a browser must not show anything of this one. */
  readonly isHidden?: boolean
  /** The language that the path names: "/fr/plugins/hello", or "/fr" on an origin of its own. */
  readonly language?: string
  /** With a language: the path prefix without it. */
  readonly plainPath?: string
}

/** Paths of the runtime that lead to plugins. */
export const PLUGINS = '/plugins/'

/** The path prefix of the plugin in a language. */
export function pathIn({ id, mode, path, plainPath = path }: Mount, language: string): string {
  const rest = mode === 'own' ? '' : `${PLUGINS}${id}`
  return `${plainPath.slice(0, plainPath.length - rest.length)}/${language}${rest}`
}

/**
 * Where the backend is, as the plugin knows it: the same path on every origin. On an origin of its own it is "/api", too, which a
 * route of the plugin's may be called as well.
 */
export function publicPrefix({ id, mode, path }: Pick<Mount, 'id' | 'mode' | 'path'>): string {
  return mode === 'own' ? `${path}${PLUGINS}${id}/api` : `${path}/api`
}

/** Whether visitors reach the plugin by https. Its own origin has the scheme of ours. */
export function isSecure({ origin }: Pick<Mount, 'origin'>): boolean {
  return origin.startsWith('https:')
}

/** The plugin's own origin, if it exists for the visitor's way in and is not the current one; else null. */
export function ownOriginOf({ id, origin, pluginSuffix }: Mount): string | null {
  if (pluginSuffix === null) return null
  return `${origin.slice(0, origin.indexOf('://'))}://${id}.${pluginSuffix}`
}
