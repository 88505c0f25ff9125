// The plugin headers (csp.ts), built once per live plugin and mount.

import type { ServingPlugin } from '../../contributions/live-plugin.ts'
import type { Mount } from '../exchange/mount.ts'
import { pluginHeaders } from './csp.ts'

/** Clients choose the Host header, and each language has a mount of its own: the number of mounts cached per plugin is bounded. */
const MAX_MOUNTS = 64

/** Flat; must not be changed. */
export type PluginHeadersAt = (plugin: ServingPlugin, mount: Mount) => readonly string[]

export function createPluginHeaderCache(): PluginHeadersAt {
  const byPlugin = new WeakMap<ServingPlugin, Map<string, readonly string[]>>()
  return (plugin, mount) => {
    let mounts = byPlugin.get(plugin)
    if (mounts === undefined) {
      mounts = new Map()
      byPlugin.set(plugin, mounts)
    }
    const key = `${mount.mode} ${mount.shellOrigin} ${mount.path}`
    const known = mounts.get(key)
    if (known !== undefined) return known
    const made = pluginHeaders(mount, plugin.grants.network ?? [])
    if (mounts.size < MAX_MOUNTS) mounts.set(key, made)
    return made
  }
}
