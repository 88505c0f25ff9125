// The container images of plugins, by what can be done with them: a pure function of those that serve, in order.
// Invariant: a name is that of one plugin; the others that want it are named in a problem.

import type { Problem } from '../errors.ts'
import type { ServingPlugin } from './live-plugin.ts'

/** `build`: from templates of the plugin. `remote`: pulled from a registry, and pushed to it. */
export type ImageUse = 'build' | 'remote'

export interface DeclaredImage {
  readonly use: ImageUse
  readonly name: string
  readonly plugin: ServingPlugin
  /** A template. */
  readonly tag: string
  /** Present when the operator has not granted it, or another plugin has the name. */
  readonly problem: Problem | undefined
}

/** @param plugins in order */
export function declaredImages(plugins: readonly ServingPlugin[]): readonly DeclaredImage[] {
  return (['build', 'remote'] as const).flatMap((use) => {
    const owners = new Map<string, string>()
    return plugins.flatMap((plugin) =>
      Object.entries(plugin.manifest.contributes?.images?.[use] ?? {}).map(([name, tag]): DeclaredImage => {
        const owner = owners.get(name)
        if (owner === undefined) owners.set(name, plugin.id)
        const problem = owner === undefined ? notGranted(plugin, use) : conflict(name, [owner, plugin.id])
        return { use, name, plugin, tag, problem }
      }),
    )
  })
}

/** The conflicts that a plugin is part of, and what it lacks. */
export function imageProblemsOf(pluginId: string, images: readonly DeclaredImage[]): readonly Problem[] {
  const own = images.filter(({ plugin }) => plugin.id === pluginId)
  return images.flatMap(({ use, name, plugin, problem }) => {
    const isPart = plugin.id === pluginId || own.some((each) => each.use === use && each.name === name)
    return isPart && problem !== undefined ? [problem] : []
  })
}

function notGranted({ id, grants }: ServingPlugin, use: ImageUse): Problem | undefined {
  if (grants.images === 'build' || (use === 'remote' && grants.images === 'pull')) return undefined
  return {
    code: 'IMAGE_NOT_GRANTED',
    message: `"${id}" is not granted to have images ${use === 'build' ? 'built' : 'pulled and pushed'}`,
    hint: `Grant it the permission "images"`,
  }
}

function conflict(name: string, [owner, other]: readonly [string, string]): Problem {
  return {
    code: 'IMAGE_CONFLICT',
    message: `Two plugins have an image "${name}": that of "${owner}" is used, and not that of "${other}"`,
    hint: 'Disable one of them, or change their priorities',
  }
}
