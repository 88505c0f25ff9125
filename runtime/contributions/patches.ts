// What plugins bring for the templates of the application: patches, by place and in order, and files; pure functions of those that serve.

import { templatesFolder } from '../../sdk/manifest/layout.ts'
import type { Manifest } from '../../sdk/manifest/manifest.ts'
import { didYouMean } from '../../sdk/text/did-you-mean.ts'
import type { Problem } from '../errors.ts'
import { isIgnored } from '../templates/format/file-rules.ts'
import type { Contributor, Contributors } from './contributors.ts'
import type { ServedArtifact, ServingPlugin } from './live-plugin.ts'

export interface Patch {
  readonly plugin: ServingPlugin
  /** Null: a handler gives it. */
  readonly text: string | null
}

/** Where plugins have patches for, sorted. */
export function patchedPoints(plugins: readonly ServingPlugin[]): readonly string[] {
  const names = plugins.flatMap(({ manifest }) => Object.keys(manifest.contributes?.patches ?? {}))
  return [...new Set(names)].toSorted()
}

/** In order. */
export function patchesAt(point: string, contributors: Pick<Contributors, 'of'>): readonly Patch[] {
  return contributors.of('patches', point).flatMap(({ plugin }: Contributor) => {
    const patches = plugin.manifest.contributes?.patches ?? {}
    const text = Object.hasOwn(patches, point) ? patches[point] : undefined
    return text === undefined ? [] : [{ plugin, text: text === true ? null : text }]
  })
}

/** @param known the places that templates and other patches have */
export function patchWarnings(
  { contributes }: Pick<Manifest, 'contributes'>,
  known: ReadonlySet<string>,
): readonly Problem[] {
  return Object.keys(contributes?.patches ?? {}).flatMap((name) => {
    if (known.has(name)) return []
    const meant = didYouMean(name, [...known])
    return [
      {
        code: 'POINT_UNKNOWN' as const,
        message: `No template has the place "${name}": this patch of the plugin does nothing here`,
        hint:
          meant === undefined
            ? 'See the places that there are with "plugbay patches list"'
            : `Did you mean "${meant}"?`,
        file: 'manifest.json',
        pointer: `/contributes/patches/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
      },
    ]
  })
}

/** A file of a plugin's templates. */
export interface PluginTemplate {
  /** As templates name it: "redis/apps/redis.conf". */
  readonly name: string
  readonly plugin: ServingPlugin
  readonly entry: ServedArtifact['entries'][number]
  /** Whether it becomes a file of its own: no script of a step, and nothing that others include. */
  readonly isRendered: boolean
}

/** Only what lies below the plugin's own name. */
export function templatesOf(plugin: ServingPlugin): readonly PluginTemplate[] {
  const own = `${templatesFolder(plugin.manifest)}/${plugin.id}/`
  return plugin.artifact.entries
    .filter(({ path }) => path.startsWith(own))
    .map((entry) => {
      const below = entry.path.slice(own.length)
      const isRendered = !isIgnored(below) && !below.startsWith('hooks/')
      return { name: `${plugin.id}/${below}`, plugin, entry, isRendered }
    })
}
